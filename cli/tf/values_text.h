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

}  // namespace rivulet::tf

#endif  // RIVULET_CLI_TF_VALUES_TEXT_H_
