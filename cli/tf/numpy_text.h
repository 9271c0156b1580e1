// Arrays as NumPy prints them, with its columns, its lines and its choice of exponents.
#ifndef RIVULET_CLI_TF_NUMPY_TEXT_H_
#define RIVULET_CLI_TF_NUMPY_TEXT_H_

#include <string>

#include "rivulet/tensor.h"

namespace rivulet::tf {

// numpy.set_printoptions by its names.
struct NumpyOptions {
  int64_t threshold = 1000;  // elements from which only the ends of axes are shown
  int64_t edgeitems = 3;
  int64_t precision = 8;
  int64_t linewidth = 75;
  bool suppress = false;  // no exponents
};

// What str() gives of the array; of a scalar what it gives of NumPy's number.
std::string NumpyText(const Tensor& tensor, const NumpyOptions& options = {});

}  // namespace rivulet::tf

#endif  // RIVULET_CLI_TF_NUMPY_TEXT_H_
