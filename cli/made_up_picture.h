// Pictures that are made up: noise is the same to most networks, whatever its seed.
#ifndef RIVULET_CLI_MADE_UP_PICTURE_H_
#define RIVULET_CLI_MADE_UP_PICTURE_H_

#include <cstdint>

#include "rivulet/tensor.h"

namespace rivulet::cli {

// Whether a tensor could be pictures: floats of four dims, the last of 1, 3 or 4 channels, with some pixels.
bool CanBePictures(const Tensor& tensor);

// Discs, bars and boxes of some colours before a ground that changes slowly, with a little noise; from -1 to 1.
// Each seed gives another picture, the same on every machine.
void DrawPictures(uint32_t seed, Tensor* tensor);

}  // namespace rivulet::cli

#endif  // RIVULET_CLI_MADE_UP_PICTURE_H_
