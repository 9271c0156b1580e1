#include "engine/ops/uncompress.h"

#include <algorithm>

#if defined(RIVULET_HAS_ZLIB)
#include <zlib.h>
#endif

namespace rivulet {

#if defined(RIVULET_HAS_ZLIB)

Status Uncompress(std::string_view compressed, bool is_gzip, const StopToken& stop, TextBytes* bytes,
                  std::string* out) {
  constexpr size_t kPiece = size_t{64} << 10;
  out->clear();
  z_stream stream = {};
  if (inflateInit2(&stream, MAX_WBITS + (is_gzip ? 16 : 0)) != Z_OK) return ResourceExhausted("zlib: no memory");
  struct End {
    z_stream* stream;
    ~End() { inflateEnd(stream); }
  } end{&stream};
  size_t taken = 0;
  while (!stop.stopped()) {
    const size_t given = std::min<size_t>(compressed.size() - taken, size_t{1} << 30);
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(compressed.data() + taken));
    stream.avail_in = static_cast<uInt>(given);
    // What comes out is charged piece by piece, so a small input costs little whatever it says of itself.
    const size_t before = out->size();
    RIVULET_RETURN_IF_ERROR(bytes->Charge(static_cast<int64_t>(kPiece)));
    out->resize(before + kPiece);
    stream.next_out = reinterpret_cast<Bytef*>(out->data() + before);
    stream.avail_out = static_cast<uInt>(kPiece);
    const int code = inflate(&stream, Z_NO_FLUSH);
    taken += given - stream.avail_in;
    out->resize(before + kPiece - stream.avail_out);
    if (code == Z_MEM_ERROR) return ResourceExhausted("zlib: no memory");
    if (code == Z_STREAM_END) {
      if (!is_gzip || taken == compressed.size()) return Status();
      if (inflateReset(&stream) != Z_OK) return ResourceExhausted("zlib: no memory");
    } else if (code != Z_OK && code != Z_BUF_ERROR) {
      return DataLoss("bytes: this is no ", is_gzip ? "GZIP" : "ZLIB", " stream",
                      stream.msg != nullptr ? Cat(": ", stream.msg) : std::string());
    } else if (taken == compressed.size() && stream.avail_out > 0) {
      return Status();
    }
  }
  return Status();
}

#else

Status Uncompress(std::string_view, bool, const StopToken&, TextBytes*, std::string*) {
  return Unimplemented("this build has no zlib");
}

#endif

}  // namespace rivulet
