// A tensor written out on the command line: what follows NAME== in --input.
#ifndef RIVULET_CLI_LITERAL_H_
#define RIVULET_CLI_LITERAL_H_

#include <string>

#include "rivulet/tensor.h"

namespace rivulet::cli {

// 0.5, true, 1+2j: a scalar of `dtype`; [1, 2] or [[1, 2], [3, 4]]: its elements, lists of one length at each depth.
// Strings are taken as they stand, unless they are a list of quoted ones: ["yes", "no"].
Result<Tensor> ParseLiteral(const std::string& text, DType dtype);

}  // namespace rivulet::cli

#endif  // RIVULET_CLI_LITERAL_H_
