// Resizing as Python's imaging library does it with ANTIALIAS: a Lanczos window of three lobes, wider where a picture
// shrinks, first along rows, then along columns, rounded to bytes after each.
#ifndef RIVULET_CLI_TF_ANTIALIAS_H_
#define RIVULET_CLI_TF_ANTIALIAS_H_

#include <cstdint>
#include <span>
#include <vector>

namespace rivulet::tf {

// `pixels` is [height, width, 3]; gives [to_height, to_width, 3].
std::vector<uint8_t> ResizeAntialias(std::span<const uint8_t> pixels, int64_t height, int64_t width, int64_t to_height,
                                     int64_t to_width);

}  // namespace rivulet::tf

#endif  // RIVULET_CLI_TF_ANTIALIAS_H_
