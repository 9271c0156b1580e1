// The tutorials' likeness of rounded weights: a picture at fewer colours.
#ifndef RIVULET_CLI_SHRINK_PICTURE_H_
#define RIVULET_CLI_SHRINK_PICTURE_H_

#include <string>
#include <vector>

#include "engine/media/image.h"
#include "rivulet/status.h"

namespace rivulet::cli {

// Of red, green and blue.
struct Picture {
  ImageInfo info;
  std::vector<uint8_t> bytes;
};

Result<Picture> ReadPicture(const std::string& path);

// At most `colors` colours, each the mean of the pixels that it stands for.
void ReduceColors(int colors, std::vector<uint8_t>* picture);

Result<std::string> PngOf(const Picture& picture);

// Writes the picture as a PNG of so many colours, and prints what that makes of its size.
Status ShrinkPicture(const std::string& path, int colors, const std::string& out);

}  // namespace rivulet::cli

#endif  // RIVULET_CLI_SHRINK_PICTURE_H_
