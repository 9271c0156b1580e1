// A dense, row-major array: type, shape, and shared ownership of its bytes.
#ifndef RIVULET_TENSOR_H_
#define RIVULET_TENSOR_H_

#include <algorithm>
#include <memory>
#include <span>
#include <string>

#include "rivulet/allocator.h"
#include "rivulet/dtype.h"
#include "rivulet/shape.h"

namespace rivulet {

// Copying a Tensor shares the bytes. A view of a mapped model file may start at any address; is_aligned() tells, and
// only aligned tensors give typed pointers.
class Tensor {
 public:
  Tensor() = default;  // no tensor: dtype() is kInvalid

  // Uninitialised memory for plain types, empty strings for kString, null references for kResource and kVariant.
  // `shape` must be complete.
  static Result<Tensor> Allocate(DType dtype, const Shape& shape, Allocator& allocator);
  // Bytes owned by someone else; `owner` keeps them alive (may be null when the caller does).
  static Tensor View(DType dtype, const Shape& shape, void* data, std::shared_ptr<void> owner = nullptr);
  // For tests and small values: allocated without budget; values.size() must match the shape.
  template <typename T>
  static Tensor Of(const Shape& shape, std::span<const T> values);
  template <typename T>
  static Tensor Scalar(T value) {
    return Of<T>({}, std::span<const T>(&value, 1));
  }

  bool valid() const { return dtype_ != DType::kInvalid; }
  DType dtype() const { return dtype_; }
  const Shape& shape() const { return shape_; }
  int rank() const { return shape_.rank(); }
  int64_t dim(int axis) const { return shape_.dim(axis); }
  int64_t num_elements() const { return num_elements_; }
  // Bytes of the elements; for strings the bytes of the string objects, not of their text.
  size_t bytes() const;

  bool is_aligned() const;
  void* raw() { return data_; }
  const void* raw() const { return data_; }
  template <typename T>
  T* data() {
    return static_cast<T*>(data_);
  }
  template <typename T>
  const T* data() const {
    return static_cast<const T*>(data_);
  }
  template <typename T>
  std::span<const T> values() const {
    return {data<T>(), static_cast<size_t>(num_elements_)};
  }
  const std::shared_ptr<void>& owner() const { return owner_; }

  // The same bytes seen with another shape of as many elements, or another type of the same element size.
  Tensor Reshaped(const Shape& shape) const;
  Tensor Retyped(DType dtype) const;

  // Points an existing view at other memory; for the executor's arena.
  void SetData(void* data) { data_ = data; }

 private:
  DType dtype_ = DType::kInvalid;
  Shape shape_;
  int64_t num_elements_ = 0;
  void* data_ = nullptr;
  std::shared_ptr<void> owner_;
};

// A copy in memory of its own, aligned.
Result<Tensor> Clone(const Tensor& tensor, Allocator& allocator);

// Bytes of an element as a Tensor stores it: ElementBytes(), or the size of the std::string or of the shared reference
// (kResource, kVariant: engine/base/object.h) that an element is.
size_t StoredBytes(DType dtype);

template <typename T>
Tensor Tensor::Of(const Shape& shape, std::span<const T> values) {
  auto copy = std::make_shared<std::unique_ptr<T[]>>(std::make_unique<T[]>(values.size() + 1));
  std::copy(values.begin(), values.end(), copy->get());
  T* data = copy->get();
  return View(DTypeOf<T>, shape, data, std::shared_ptr<void>(std::move(copy)));
}

}  // namespace rivulet

#endif  // RIVULET_TENSOR_H_
