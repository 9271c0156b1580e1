// The tutorials' likeness of rounded weights: a picture at fewer colours.
#ifndef RIVULET_CLI_SHRINK_PICTURE_H_
#define RIVULET_CLI_SHRINK_PICTURE_H_

#include <string>

#include "rivulet/status.h"

namespace rivulet::cli {

// Writes the picture as a PNG of at most `colors` colours, each the mean of the pixels that it stands for.
Status ShrinkPicture(const std::string& path, int colors, const std::string& out);

}  // namespace rivulet::cli

#endif  // RIVULET_CLI_SHRINK_PICTURE_H_
