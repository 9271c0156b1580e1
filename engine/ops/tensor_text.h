// A tensor as text for people, as TensorFlow prints it: "[[0 1 2 ... 7 8 9]\n ...\n [...]]".
#ifndef RIVULET_ENGINE_OPS_TENSOR_TEXT_H_
#define RIVULET_ENGINE_OPS_TENSOR_TEXT_H_

#include <cstdint>
#include <string>

#include "rivulet/tensor.h"

namespace rivulet {

// The first and the last `ends` elements of every dim; all of them when `ends` is negative.
void AppendTensorText(const Tensor& tensor, int64_t ends, std::string* out);

// As Print writes it: the first `most` elements between brackets for all axes but the last, "[0 1 2][3 4..."; all of
// them when `most` is negative.
void AppendPrintedTensor(const Tensor& tensor, int64_t most, std::string* out);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_TENSOR_TEXT_H_
