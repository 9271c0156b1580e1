// Inputs that nobody gave: the same values every time, for bench and compare.
#ifndef RIVULET_CLI_MADE_UP_H_
#define RIVULET_CLI_MADE_UP_H_

#include <string>

#include "cli/model_flags.h"
#include "rivulet/session.h"

namespace rivulet::cli {

// Values that no kernel finds special: a fixed sequence in [-1, 1), small numbers for integers. UNIMPLEMENTED for
// strings.
Result<Tensor> MakeUpTensor(DType dtype, const Shape& shape);

// Adds a made-up feed for every input, of the chosen signature or else of the model, that has none and no default;
// unknown dims count as 1. `shape_flag` is the flag, if any, with which a caller gives a shape that the file does not
// have: the error names it.
Status MakeUpMissing(const Model& model, const NameChoice& names, const std::string& shape_flag, Feeds* feeds);

}  // namespace rivulet::cli

#endif  // RIVULET_CLI_MADE_UP_H_
