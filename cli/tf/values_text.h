// Tensors' values as text.
#ifndef RIVULET_CLI_TF_VALUES_TEXT_H_
#define RIVULET_CLI_TF_VALUES_TEXT_H_

#include <string>

#include "rivulet/tensor.h"

namespace rivulet::tf {

// One element: numbers in the shortest form that reads back, bools as True and False, strings as b'...'.
std::string ValueText(const Tensor& tensor, int64_t index);

// The first `most` elements with blanks between, "..." after them where there are more.
std::string ValuesText(const Tensor& tensor, int64_t most);

// As NumPy prints an array: brackets by axis, and only the ends of axes where there are more than `threshold` elements.
std::string ArrayText(const Tensor& tensor, int64_t threshold = 1000, int64_t edge_items = 3);

}  // namespace rivulet::tf

#endif  // RIVULET_CLI_TF_VALUES_TEXT_H_
