#include "engine/ops/tensor_array_object.h"

#include <algorithm>
#include <vector>

#include "engine/base/checked.h"
#include "engine/ops/rows.h"
#include "engine/ops/tensor_list_value.h"

namespace rivulet {

Status TensorArray::Start(int64_t size, Allocator& allocator) {
  std::lock_guard<std::mutex> lock(mutex_);
  may_grow_ = options_.is_dynamic;
  return elements_.Resize(size, allocator);
}

Status TensorArray::WantOpen() const { return is_closed_ ? InvalidArgument("the tensor array was closed") : Status(); }

Result<int64_t> TensorArray::Size() const {
  std::lock_guard<std::mutex> lock(mutex_);
  RIVULET_RETURN_IF_ERROR(WantOpen());
  return elements_.size();
}

void TensorArray::Close() {
  // Freed outside the lock.
  std::map<std::string, std::shared_ptr<TensorArray>> gradients;
  std::lock_guard<std::mutex> lock(mutex_);
  is_closed_ = true;
  gradients.swap(gradients_);
}

Status TensorArray::WantDType(const Tensor& value) const {
  if (value.dtype() == dtype()) return Status();
  return InvalidArgument("the tensor array is ", dtype(), ", the value ", value.dtype());
}

Status TensorArray::AddMark(int64_t i, int marks, Allocator& allocator) {
  return elements_.SetMarks(i, static_cast<uint8_t>(elements_.Marks(i) | marks), allocator);
}

// ---- Writing ----

Status TensorArray::Write(int64_t index, Tensor value, Allocator& allocator) {
  RIVULET_RETURN_IF_ERROR(WantDType(value));
  std::lock_guard<std::mutex> lock(mutex_);
  return WriteLocked(index, std::move(value), allocator);
}

Status TensorArray::WriteLocked(int64_t index, Tensor value, Allocator& allocator) {
  RIVULET_RETURN_IF_ERROR(WantOpen());
  if (index < 0 || (index >= elements_.size() && !may_grow_)) {
    return InvalidArgument("index: want [0, ", elements_.size(), "), got ", index);
  }
  if (index >= elements_.size()) RIVULET_RETURN_IF_ERROR(elements_.Resize(index + 1, allocator));
  RIVULET_RETURN_IF_ERROR(WantFits(element_shape_, value.shape()));
  if (options_.identical_shapes && !element_shape_.complete()) element_shape_ = value.shape();
  if (Has(index, kRead)) return InvalidArgument("element ", index, " was read already, so it cannot be written");
  if (Has(index, kWritten)) return AddLocked(index, std::move(value), allocator);
  RIVULET_RETURN_IF_ERROR(elements_.Set(index, std::move(value), allocator));
  return AddMark(index, kWritten, allocator);
}

Status TensorArray::AddLocked(int64_t index, Tensor value, Allocator& allocator) {
  if (!options_.is_gradient) return InvalidArgument("element ", index, " was written already");
  const Shape shape = ShapeOf(index);
  if (!(shape == value.shape())) {
    return InvalidArgument("element ", index, " has shape ", shape, ", what is added ", value.shape());
  }
  if (!elements_.IsSet(index)) {  // zeros so far
    shapes_.erase(index);
    return elements_.Set(index, std::move(value), allocator);
  }
  was_added_to_ = true;
  RIVULET_ASSIGN_OR_RETURN(Tensor sum, AddTensors(elements_.Get(index), value, allocator));
  return elements_.Set(index, std::move(sum), allocator);
}

Status TensorArray::Scatter(Tensor rows, const int32_t* indices, Allocator& allocator) {
  RIVULET_RETURN_IF_ERROR(WantDType(rows));
  if (rows.rank() < 1) return InvalidArgument("value: want rank 1 or more, got a scalar");
  std::lock_guard<std::mutex> lock(mutex_);
  RIVULET_RETURN_IF_ERROR(WantOpen());
  const int64_t count = rows.dim(0);
  // Rows without elements may be more than anybody can count, indices not: those lie in memory.
  int64_t end = indices == nullptr ? count : 0;
  bool in_order = true;
  for (int64_t k = 0; indices != nullptr && k < count; ++k) {
    const int64_t i = indices[k];
    if (i < 0) return InvalidArgument("indices[", k, "]: want >= 0, got ", i);
    end = std::max(end, i + 1);
    in_order &= i == k;
  }
  const int64_t size = may_grow_ ? std::max(elements_.size(), end) : elements_.size();
  if (end > size || (indices == nullptr && end != size)) {
    return InvalidArgument("value: ", count, " rows up to index ", end - 1, " for an array of ", size);
  }
  if (size > INT32_MAX) return ResourceExhausted("the array would have ", size, " elements");
  if (indices == nullptr) marked_size_ = size;
  const Shape row = WithoutFirstDim(rows.shape());
  if (in_order && count == size && count > 0 && !elements_.WasTouched()) {
    RIVULET_RETURN_IF_ERROR(WantFits(element_shape_, row));
    if (options_.identical_shapes && !element_shape_.complete()) element_shape_ = row;
    RIVULET_RETURN_IF_ERROR(elements_.Adopt(std::move(rows), allocator));
    for (int64_t i = 0; i < count; ++i) RIVULET_RETURN_IF_ERROR(AddMark(i, kWritten, allocator));
    return Status();
  }
  RIVULET_RETURN_IF_ERROR(elements_.Resize(size, allocator));
  const int64_t elements = row.num_elements();
  for (int64_t k = count - 1; k >= 0; --k) {
    // A view without owner, so that the array copies it.
    const Tensor view = Tensor::View(rows.dtype(), row, ElementAt(rows.raw(), rows.dtype(), k * elements));
    RIVULET_RETURN_IF_ERROR(WriteLocked(indices != nullptr ? indices[k] : k, view, allocator));
  }
  return Status();
}

Status TensorArray::Split(const Tensor& rows, std::span<const int64_t> lengths, Allocator& allocator) {
  RIVULET_RETURN_IF_ERROR(WantDType(rows));
  if (rows.rank() < 1) return InvalidArgument("value: want rank 1 or more, got a scalar");
  std::lock_guard<std::mutex> lock(mutex_);
  RIVULET_RETURN_IF_ERROR(WantOpen());
  const auto count = static_cast<int64_t>(lengths.size());
  if (count > INT32_MAX) return InvalidArgument("lengths: an array cannot have ", count, " elements");
  CheckedSize total = 0;
  for (const int64_t length : lengths) total += length;
  if (!total.valid() || total.value() != rows.dim(0)) {
    return InvalidArgument("lengths: want numbers >= 0 whose sum is the number of rows, ", rows.dim(0));
  }
  if (may_grow_ && count > elements_.size()) RIVULET_RETURN_IF_ERROR(elements_.Resize(count, allocator));
  if (elements_.size() != count) {
    return InvalidArgument("lengths: want one for each of ", elements_.size(), " elements, got ", count);
  }
  marked_size_ = count;
  Shape shape = rows.shape();
  const int64_t row = WithoutFirstDim(shape).num_elements();
  int64_t at = rows.dim(0);
  for (int64_t i = count - 1; i >= 0; --i) {
    shape.set_dim(0, lengths[static_cast<size_t>(i)]);
    at -= shape[0];
    void* from = ElementAt(const_cast<void*>(rows.raw()), rows.dtype(), at * row);
    RIVULET_RETURN_IF_ERROR(WriteLocked(i, Tensor::View(rows.dtype(), shape, from), allocator));
  }
  return Status();
}

// ---- Reading ----

Result<Tensor> TensorArray::Read(int64_t index, Allocator& allocator) {
  std::lock_guard<std::mutex> lock(mutex_);
  return ReadLocked(index, allocator);
}

bool TensorArray::CopyIfThere(int64_t index, const Shape& shape, void* to) const {
  std::lock_guard<std::mutex> lock(mutex_);
  if (is_closed_ || index < 0 || index >= elements_.size() || !Has(index, kWritten) || Has(index, kCleared))
    return false;
  if (!elements_.IsSet(index) || !(elements_.ShapeAt(index) == shape)) return false;
  elements_.CopyTo(index, shape.num_elements(), to);
  return true;
}

// Of an element that was not written: what makes it zeros.
Result<Shape> TensorArray::UnwrittenShape(int64_t index) const {
  if (element_shape_.complete()) return element_shape_;
  return InvalidArgument("element ", index, " was not written, and the element shape is not known: ", element_shape_);
}

Result<Tensor> TensorArray::ZerosOf(const Shape& shape, Allocator& allocator) const {
  if (ElementBytes(dtype()) == 0 && shape.num_elements() > 0) {
    return InvalidArgument("there are no zeros of ", dtype());
  }
  RIVULET_ASSIGN_OR_RETURN(Tensor zeros, Tensor::Allocate(dtype(), shape, allocator));
  ClearElements(dtype(), zeros.raw(), zeros.num_elements());
  return zeros;
}

Result<Tensor> TensorArray::ReadLocked(int64_t index, Allocator& allocator) {
  RIVULET_RETURN_IF_ERROR(WantOpen());
  if (index < 0 || (index >= elements_.size() && !options_.is_gradient)) {
    return InvalidArgument("index: want [0, ", elements_.size(), "), got ", index);
  }
  // A gradient array is shorter where no gradient came; all up to the index count as zeros.
  if (index >= elements_.size()) {
    RIVULET_ASSIGN_OR_RETURN(const Shape shape, UnwrittenShape(index));
    const int64_t size = elements_.size();
    if (index - size > (1 << 20)) return InvalidArgument("index: ", index, " is far from the size ", size);
    RIVULET_RETURN_IF_ERROR(elements_.Resize(index + 1, allocator));
    for (int64_t i = size; i <= index; ++i) {
      shapes_[i] = shape;
      RIVULET_RETURN_IF_ERROR(AddMark(i, kWritten, allocator));
    }
  } else if (!Has(index, kWritten)) {
    RIVULET_ASSIGN_OR_RETURN(shapes_[index], UnwrittenShape(index));
    RIVULET_RETURN_IF_ERROR(AddMark(index, kWritten, allocator));
  }
  if (Has(index, kCleared)) {
    return InvalidArgument("element ", index, " was cleared when it was read before; clear_after_read is on");
  }
  Tensor value;
  if (elements_.IsSet(index)) {
    value = elements_.Get(index);
  } else {
    RIVULET_ASSIGN_OR_RETURN(value, ZerosOf(shapes_.at(index), allocator));
  }
  RIVULET_RETURN_IF_ERROR(MarkRead(index, allocator));
  return value;
}

// Of a written element.
Shape TensorArray::ShapeOf(int64_t index) const {
  return elements_.IsSet(index) ? elements_.ShapeAt(index) : shapes_.at(index);
}

Status TensorArray::MarkRead(int64_t index, Allocator& allocator) {
  if (!options_.clear_after_read) return AddMark(index, kRead, allocator);
  // What lies in the block goes with it; what has memory of its own, or refers to some, goes now.
  if (elements_.IsSet(index) && elements_.OwnsMemory(index)) {
    shapes_[index] = elements_.ShapeAt(index);
    RIVULET_RETURN_IF_ERROR(elements_.Unset(index, allocator));
  }
  return AddMark(index, kRead | kCleared, allocator);
}

Status TensorArray::NarrowShape(const Shape& given) {
  RIVULET_ASSIGN_OR_RETURN(element_shape_, MergeElementShapes(element_shape_, given));
  return Status();
}

Result<Tensor> TensorArray::Gather(const int32_t* indices, int64_t count, const Shape& given, Allocator& allocator) {
  std::lock_guard<std::mutex> lock(mutex_);
  return Pack(indices, count, given, allocator);
}

Result<Tensor> TensorArray::GatherAll(const Shape& given, Allocator& allocator) {
  std::lock_guard<std::mutex> lock(mutex_);
  return Pack(nullptr, options_.is_gradient ? marked_size_ : elements_.size(), given, allocator);
}

Result<Tensor> TensorArray::Pack(const int32_t* indices, int64_t count, const Shape& given, Allocator& allocator) {
  RIVULET_RETURN_IF_ERROR(WantOpen());
  RIVULET_RETURN_IF_ERROR(NarrowShape(given));
  if (count == 0) {
    if (!element_shape_.complete()) {
      return Unimplemented("the shape of the elements is not known: ", element_shape_, "; no element tells it");
    }
    return Tensor::Allocate(dtype(), WithFirstDim(0, element_shape_), allocator);
  }
  const auto at = [&](int64_t k) { return indices != nullptr ? int64_t{indices[k]} : k; };
  bool in_order = count == elements_.size();
  for (int64_t k = 0; k < count && in_order; ++k) {
    in_order = at(k) == k && elements_.IsSet(k) && !Has(k, kCleared);
  }
  if (in_order) {
    const Shape shape = elements_.ShapeAt(0);
    RIVULET_RETURN_IF_ERROR(WantFits(element_shape_, shape));
    if (shape.rank() >= Shape::kMaxRank) return InvalidArgument("the result would have too many dims");
    RIVULET_ASSIGN_OR_RETURN(Tensor joined, elements_.Join(shape, /*is_sole=*/true, allocator));
    for (int64_t i = 0; i < count; ++i) RIVULET_RETURN_IF_ERROR(MarkRead(i, allocator));
    return joined;
  }
  Tensor out;
  for (int64_t k = 0; k < count; ++k) {
    RIVULET_ASSIGN_OR_RETURN(const Tensor element, ReadLocked(at(k), allocator));
    if (k == 0) {
      RIVULET_RETURN_IF_ERROR(WantFits(element_shape_, element.shape()));
      if (element.rank() >= Shape::kMaxRank) return InvalidArgument("the result would have too many dims");
      RIVULET_ASSIGN_OR_RETURN(out, Tensor::Allocate(dtype(), WithFirstDim(count, element.shape()), allocator));
    } else if (!(WithFirstDim(count, element.shape()) == out.shape())) {
      return InvalidArgument("element ", at(k), " has shape ", element.shape(), ", the first one ",
                             WithoutFirstDim(out.shape()));
    }
    CopyElements(dtype(), ElementAt(out.raw(), dtype(), k * element.num_elements()), element.raw(),
                 element.num_elements());
  }
  return out;
}

Result<Tensor> TensorArray::Concat(const Shape& given, Tensor* lengths, Allocator& allocator) {
  std::lock_guard<std::mutex> lock(mutex_);
  RIVULET_RETURN_IF_ERROR(WantOpen());
  const int64_t count = options_.is_gradient ? marked_size_ : elements_.size();
  RIVULET_ASSIGN_OR_RETURN(*lengths, Tensor::Allocate(DType::kInt64, {count}, allocator));
  std::vector<Tensor> parts;
  Shape inner = given;
  CheckedSize total = 0;
  for (int64_t i = 0; i < count; ++i) {
    RIVULET_ASSIGN_OR_RETURN(Tensor part, ReadLocked(i, allocator));
    if (part.rank() < 1) return InvalidArgument("element ", i, " is a scalar; want rank 1 or more");
    RIVULET_RETURN_IF_ERROR(WantFits(inner, WithoutFirstDim(part.shape())));
    inner = WithoutFirstDim(part.shape());
    lengths->data<int64_t>()[i] = part.dim(0);
    total += part.dim(0);
    parts.push_back(std::move(part));
  }
  if (!inner.complete()) {
    return Unimplemented("the shape of the elements is not known: ", inner, "; no element tells it");
  }
  if (!total.valid() || inner.rank() >= Shape::kMaxRank) return InvalidArgument("the result would be too large");
  RIVULET_ASSIGN_OR_RETURN(Tensor out, Tensor::Allocate(dtype(), WithFirstDim(total.value(), inner), allocator));
  int64_t at = 0;
  for (const Tensor& part : parts) {
    CopyElements(dtype(), ElementAt(out.raw(), dtype(), at), part.raw(), part.num_elements());
    at += part.num_elements();
  }
  return out;
}

// ---- Gradients ----

Result<std::shared_ptr<TensorArray>> TensorArray::Gradient(const std::string& source, const Shape& prefix,
                                                           Allocator& allocator) {
  std::lock_guard<std::mutex> lock(mutex_);
  RIVULET_RETURN_IF_ERROR(WantOpen());
  if (options_.is_gradient) return InvalidArgument("the gradients of an array of gradients are not defined");
  if (was_added_to_) return InvalidArgument("an array that was added to has no gradients");
  may_grow_ = false;
  std::shared_ptr<TensorArray>& gradient = gradients_[source];
  if (gradient != nullptr) return gradient;
  const auto prefixed = [&](const Shape& shape) {
    if (!shape.has_rank() || shape.rank() + prefix.rank() > Shape::kMaxRank) return Shape::UnknownRank();
    Shape out = prefix;
    for (const int64_t dim : shape.dims()) out.push_back(dim);
    return out;
  };
  TensorArrayOptions options = options_;
  options.element_shape = prefixed(element_shape_);
  options.is_dynamic = false;
  options.clear_after_read = true;
  options.is_gradient = true;
  auto made = std::make_shared<TensorArray>(std::move(options));
  RIVULET_RETURN_IF_ERROR(made->Start(elements_.size(), allocator));
  made->marked_size_ = marked_size_;
  for (int64_t i = 0; i < elements_.size(); ++i) {
    if (!Has(i, kWritten)) continue;
    made->shapes_[i] = prefixed(ShapeOf(i));
    RIVULET_RETURN_IF_ERROR(made->AddMark(i, kWritten, allocator));
  }
  gradient = std::move(made);
  return gradient;
}

}  // namespace rivulet
