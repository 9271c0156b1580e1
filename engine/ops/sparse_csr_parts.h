// Elements of CSR matrices of any of their four types, read and written as pairs of doubles.
#ifndef RIVULET_ENGINE_OPS_SPARSE_CSR_PARTS_H_
#define RIVULET_ENGINE_OPS_SPARSE_CSR_PARTS_H_

#include <array>

#include "rivulet/tensor.h"

namespace rivulet {

// Elements of any of the four types, each as two doubles.
struct Parts {
  Parts(const Tensor& tensor, bool conjugated)
      : data(tensor.raw()),
        wide(tensor.dtype() == DType::kDouble || tensor.dtype() == DType::kComplex128),
        step(tensor.dtype() == DType::kComplex64 || tensor.dtype() == DType::kComplex128 ? 2 : 1),
        sign(conjugated ? -1.0 : 1.0) {}

  double Get(int64_t i) const {
    return wide ? static_cast<const double*>(data)[i] : static_cast<double>(static_cast<const float*>(data)[i]);
  }
  std::array<double, 2> operator[](int64_t i) const { return {Get(i * step), step == 2 ? sign * Get(2 * i + 1) : 0.0}; }

  const void* data;
  bool wide;
  int64_t step;
  double sign;
};

// The same, and sums, as two doubles each: the real part and the imaginary one.
inline void AddProduct(std::array<double, 2> x, std::array<double, 2> y, double* sum) {
  sum[0] += x[0] * y[0] - x[1] * y[1];
  sum[1] += x[0] * y[1] + x[1] * y[0];
}

inline void Store(const double* sum, bool conjugated, int64_t i, Tensor* to) {
  const Parts parts(*to, false);
  for (int64_t part = 0; part < parts.step; ++part) {
    const double value = part == 1 && conjugated ? -sum[1] : sum[part];
    if (parts.wide) {
      static_cast<double*>(to->raw())[i * parts.step + part] = value;
    } else {
      static_cast<float*>(to->raw())[i * parts.step + part] = static_cast<float>(value);
    }
  }
}

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_SPARSE_CSR_PARTS_H_
