// The one rule by which a result equals a reference:
//
//   |d| <= rtol * |ref| + atol * max(1, max|ref|)   for floats and complex numbers (moduli)
//   |d| <= 1 level                                  for quantised types
//   d == 0                                          for integers, bools and strings
//
// NaN equals NaN, an infinity equals the same infinity only; max|ref| is over the finite elements.
#ifndef RIVULET_ENGINE_BASE_EQUALITY_H_
#define RIVULET_ENGINE_BASE_EQUALITY_H_

#include "rivulet/tensor.h"

namespace rivulet {

// Zero stands for the default of the dtype; a negative rtol asks for equal bits (NaN equals any NaN, -0 is not 0).
struct TensorTolerance {
  float rtol = 0;
  float atol = 0;
};

// rtol 1e-4, atol 1e-5; half 2e-3 and bfloat16 1.6e-2 for both.
TensorTolerance DefaultTolerance(DType dtype);
inline TensorTolerance ExactTolerance() { return {-1, 0}; }

// What a comparison found, for reports.
struct TensorDifference {
  int64_t num_different = 0;
  int64_t first = -1;       // index of the first element that differs
  double max_excess = 0;    // largest |d| divided by what was allowed there
  double max_absolute = 0;  // largest |d| over all elements where both are finite
  double max_wanted = 0;    // largest finite |want|
};

// Ok when dtype, shape and all elements agree; otherwise INVALID_ARGUMENT with the first difference in words.
Status CompareTensors(const Tensor& got, const Tensor& want, TensorTolerance tolerance = {},
                      TensorDifference* difference = nullptr);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_BASE_EQUALITY_H_
