#include "engine/import/inflate.h"

#include <algorithm>

#include "engine/base/errors.h"

#if defined(RIVULET_HAS_ZLIB)
#include <zlib.h>
#endif

namespace rivulet {

#if defined(RIVULET_HAS_ZLIB)

Result<std::vector<uint8_t>> Inflate(std::span<const uint8_t> compressed, uint64_t max_bytes) {
  // The output grows with what really comes out, so a small input costs little memory whatever it says of itself.
  constexpr size_t kPiece = size_t{64} << 10;
  z_stream stream = {};
  if (inflateInit(&stream) != Z_OK) return ResourceExhausted("zlib: no memory");
  struct End {
    z_stream* stream;
    ~End() { inflateEnd(stream); }
  } end{&stream};
  std::vector<uint8_t> out;
  size_t taken = 0;
  int code = Z_OK;
  while (code == Z_OK) {
    const size_t given = std::min<size_t>(compressed.size() - taken, size_t{1} << 30);
    stream.next_in = const_cast<Bytef*>(compressed.data() + taken);
    stream.avail_in = static_cast<uInt>(given);
    const size_t before = out.size();
    out.resize(before + kPiece);
    stream.next_out = out.data() + before;
    stream.avail_out = static_cast<uInt>(kPiece);
    code = inflate(&stream, Z_NO_FLUSH);
    taken += given - stream.avail_in;
    out.resize(before + kPiece - stream.avail_out);
    if (out.size() > max_bytes) return ResourceExhausted("zlib: more than ", max_bytes, " uncompressed bytes");
  }
  if (code == Z_MEM_ERROR) return ResourceExhausted("zlib: no memory");
  if (code != Z_STREAM_END) return DataLoss("zlib: the stream is broken or cut");
  return out;
}

#else

Result<std::vector<uint8_t>> Inflate(std::span<const uint8_t>, uint64_t) {
  return Unimplemented("this build reads no zlib-compressed blocks");
}

#endif

}  // namespace rivulet
