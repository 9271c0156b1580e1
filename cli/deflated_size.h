// What a store's zip makes of a file.
#ifndef RIVULET_CLI_DEFLATED_SIZE_H_
#define RIVULET_CLI_DEFLATED_SIZE_H_

#include <cstdint>
#include <string_view>

namespace rivulet::cli {

// Bytes after zlib's deflate at its best.
int64_t DeflatedSize(std::string_view bytes);

}  // namespace rivulet::cli

#endif  // RIVULET_CLI_DEFLATED_SIZE_H_
