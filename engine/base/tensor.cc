#include "rivulet/tensor.h"

#include <cstring>
#include <new>

#include "engine/base/checked.h"
#include "engine/base/errors.h"
#include "engine/base/drop_reference.h"
#include "engine/base/mapped_bytes.h"
#include "engine/base/object.h"

namespace rivulet {

namespace {

bool IsObject(DType dtype) { return dtype == DType::kResource || dtype == DType::kVariant; }

// Memory for elements that have constructors: made empty here, destroyed when the last tensor over them goes.
template <typename T>
Tensor Construct(DType dtype, const Shape& shape, std::shared_ptr<void> memory) {
  auto* elements = static_cast<T*>(memory.get());
  const int64_t count = shape.num_elements();
  for (int64_t i = 0; i < count; ++i) new (elements + i) T();
  std::shared_ptr<void> owner(elements, [memory = std::move(memory), count](void* p) {
    auto* first = static_cast<T*>(p);
    for (int64_t i = 0; i < count; ++i) {
      if constexpr (std::is_same_v<T, ObjectRef>) DropReference(first[i]);
      first[i].~T();
    }
  });
  return Tensor::View(dtype, shape, elements, std::move(owner));
}

}  // namespace

size_t StoredBytes(DType dtype) {
  if (dtype == DType::kString) return sizeof(std::string);
  return IsObject(dtype) ? sizeof(ObjectRef) : ElementBytes(dtype);
}

size_t Tensor::bytes() const { return static_cast<size_t>(num_elements_) * StoredBytes(dtype_); }

bool Tensor::is_aligned() const {
  // Elements of 8 and 16 bytes are also moved as 64-bit words, whatever they mean; nothing needs more than 8 bytes.
  size_t alignment = StoredBytes(dtype_);
  if (alignment > 8) alignment = 8;
  return alignment <= 1 || reinterpret_cast<uintptr_t>(data_) % alignment == 0;
}

Tensor Tensor::View(DType dtype, const Shape& shape, void* data, std::shared_ptr<void> owner) {
  Tensor tensor;
  tensor.dtype_ = dtype;
  tensor.shape_ = shape;
  tensor.num_elements_ = shape.num_elements() < 0 ? 0 : shape.num_elements();
  tensor.data_ = data;
  tensor.owner_ = std::move(owner);
  return tensor;
}

Result<Tensor> Tensor::Allocate(DType dtype, const Shape& shape, Allocator& allocator) {
  const int64_t count = shape.num_elements();
  const size_t element = StoredBytes(dtype);
  if (element == 0) return Internal("a tensor of ", dtype, " has no bytes to allocate");
  const CheckedSize bytes = CheckedSize(count) * static_cast<int64_t>(element);
  if (!bytes.valid()) {
    return ResourceExhausted("a ", dtype, " tensor of shape ", shape, " is larger than any memory");
  }
  RIVULET_ASSIGN_OR_RETURN(std::shared_ptr<void> memory, allocator.Allocate(static_cast<size_t>(bytes.value())));
  if (dtype == DType::kString) return Construct<std::string>(dtype, shape, std::move(memory));
  if (IsObject(dtype)) return Construct<ObjectRef>(dtype, shape, std::move(memory));
  void* data = memory.get();
  return View(dtype, shape, data, std::move(memory));
}

Tensor Tensor::Reshaped(const Shape& shape) const {
  Tensor out = *this;
  out.shape_ = shape;
  return out;
}

Tensor Tensor::Retyped(DType dtype) const {
  Tensor out = *this;
  out.dtype_ = dtype;
  return out;
}

// Less than that shares its pages with what lies beside it.
constexpr size_t kLarge = size_t{64} << 10;

Result<Tensor> Clone(const Tensor& tensor, Allocator& allocator) {
  RIVULET_ASSIGN_OR_RETURN(Tensor copy, Tensor::Allocate(tensor.dtype(), tensor.shape(), allocator));
  if (tensor.dtype() == DType::kString) {
    std::copy_n(tensor.data<std::string>(), tensor.num_elements(), copy.data<std::string>());
  } else if (IsObject(tensor.dtype())) {
    std::copy_n(tensor.data<ObjectRef>(), tensor.num_elements(), copy.data<ObjectRef>());
  } else if (tensor.bytes() >= kLarge) {
    RIVULET_RETURN_IF_ERROR(MappedBytes(tensor.raw(), tensor.bytes()).Copy(0, tensor.bytes(), copy.raw()));
  } else if (tensor.bytes() > 0) {
    std::memcpy(copy.raw(), tensor.raw(), tensor.bytes());
  }
  return copy;
}

}  // namespace rivulet
