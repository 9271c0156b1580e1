#include "cli/deflated_size.h"

#include <zlib.h>

#include <algorithm>
#include <array>

namespace rivulet::cli {

int64_t DeflatedSize(std::string_view bytes) {
  constexpr int kBest = 9, kRaw = -15, kMemory = 9;
  constexpr size_t kPiece = size_t{1} << 30;
  z_stream stream{};
  if (deflateInit2(&stream, kBest, Z_DEFLATED, kRaw, kMemory, Z_DEFAULT_STRATEGY) != Z_OK) return 0;
  std::array<unsigned char, 65536> out;
  int64_t size = 0;
  do {
    const std::string_view piece = bytes.substr(0, kPiece);
    bytes.remove_prefix(piece.size());
    stream.next_in = reinterpret_cast<unsigned char*>(const_cast<char*>(piece.data()));
    stream.avail_in = static_cast<unsigned>(piece.size());
    do {
      stream.next_out = out.data();
      stream.avail_out = out.size();
      deflate(&stream, bytes.empty() ? Z_FINISH : Z_NO_FLUSH);
      size += static_cast<int64_t>(out.size() - stream.avail_out);
    } while (stream.avail_out == 0);
  } while (!bytes.empty());
  deflateEnd(&stream);
  return size;
}

}  // namespace rivulet::cli
