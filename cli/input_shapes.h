// --input-shape NAME=1,224,224,3: shapes that a model's file does not tell.
#ifndef RIVULET_CLI_INPUT_SHAPES_H_
#define RIVULET_CLI_INPUT_SHAPES_H_

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rivulet/shape.h"
#include "rivulet/status.h"

namespace rivulet::cli {

using InputShapes = std::vector<std::pair<std::string, Shape>>;

// Dims are separated by ',' or 'x'; "NAME=" is a scalar.
Result<InputShapes> ParseInputShapes(const std::vector<std::string>& arguments);

}  // namespace rivulet::cli

#endif  // RIVULET_CLI_INPUT_SHAPES_H_
