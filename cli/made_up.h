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

// The same for an input: a whole number alone is 1, being a length or a count more often than a code. Of 0 rounds of a
// loop nothing would come.
Result<Tensor> MakeUpFeed(DType dtype, const Shape& shape);
// With all dims: unknown ones are 1, but for those of pictures, which are 224.
Shape ShapeOfMadeUp(const Shape& shape);

// Adds a made-up feed for every input, of the chosen signature or else of the model, that something reads and that has
// none and no default; a switch of training gets its value in use. What it is made of is told where the file leaves a
// shape open. `shape_flag` is the flag, if any, with which a caller gives a shape that the file does not have: the
// error names it.
Status MakeUpMissing(const Model& model, const NameChoice& names, const std::string& shape_flag, Feeds* feeds);

}  // namespace rivulet::cli

#endif  // RIVULET_CLI_MADE_UP_H_
