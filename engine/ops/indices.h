// Tensors of indices of any integer dtype, read as int64, and the words for an index that is wrong.
#ifndef RIVULET_ENGINE_OPS_INDICES_H_
#define RIVULET_ENGINE_OPS_INDICES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "engine/base/text.h"
#include "rivulet/tensor.h"

namespace rivulet {

// Elements of an int16, int32 or int64 tensor.
class Indices {
 public:
  explicit Indices(const Tensor& tensor) : data_(tensor.raw()), dtype_(tensor.dtype()) {}
  int64_t operator[](int64_t i) const {
    if (dtype_ == DType::kInt32) return static_cast<const int32_t*>(data_)[i];
    if (dtype_ == DType::kInt64) return static_cast<const int64_t*>(data_)[i];
    return static_cast<const int16_t*>(data_)[i];
  }

 private:
  const void* data_;
  DType dtype_;
};

inline std::vector<int64_t> ReadIndices(const Tensor& tensor) {
  const Indices indices(tensor);
  std::vector<int64_t> out(static_cast<size_t>(tensor.num_elements()));
  for (size_t i = 0; i < out.size(); ++i) out[i] = indices[static_cast<int64_t>(i)];
  return out;
}

// 0 <= index < limit.
inline bool InRange(int64_t index, int64_t limit) {
  return static_cast<uint64_t>(index) < static_cast<uint64_t>(limit);
}

// The place of element `flat` in the first `rank` dims of `shape`, e.g. "[1,0]"; "[]" of a scalar.
inline std::string Place(const Shape& shape, int rank, int64_t flat) {
  std::string text;
  for (int axis = rank - 1; axis >= 0; --axis) {
    text = Cat(flat % shape[axis], text.empty() ? "" : ",", text);
    flat /= shape[axis];
  }
  return Cat("[", text, "]");
}

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_INDICES_H_
