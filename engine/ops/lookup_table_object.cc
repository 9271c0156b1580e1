#include <mutex>

#include "engine/ops/lookup_table.h"

namespace rivulet {
namespace {

// The dims before those of one key.
Shape Places(const Shape& keys, int key_rank) {
  Shape places;
  for (int i = 0; i + key_rank < keys.rank(); ++i) places.push_back(keys[i]);
  return places;
}

}  // namespace

Status LookupTable::CheckTypes(const Tensor* keys, const Tensor* values) const {
  if (keys != nullptr && keys->dtype() != form_.key_dtype) {
    return InvalidArgument("the table's keys are ", form_.key_dtype, ", got keys of ", keys->dtype());
  }
  if (values != nullptr && values->dtype() != form_.value_dtype) {
    return InvalidArgument("the table's values are ", form_.value_dtype, ", got values of ", values->dtype());
  }
  return Status();
}

Status LookupTable::CheckEnding(const Shape& keys) const {
  const int rank = form_.key_shape.rank();
  bool fits = keys.rank() >= rank;
  for (int i = 0; fits && i < rank; ++i) {
    const int64_t dim = keys[keys.rank() - rank + i];
    fits = dim < 0 || dim == form_.key_shape[i];
  }
  if (fits) return Status();
  return InvalidArgument("keys of shape ", keys, ": one key of the table has shape ", form_.key_shape);
}

Result<Shape> LookupTable::ShapeFor(const Shape& keys) const {
  if (!keys.has_rank()) return Shape::UnknownRank();
  RIVULET_RETURN_IF_ERROR(CheckEnding(keys));
  Shape shape = Places(keys, form_.key_shape.rank());
  if (shape.rank() + form_.value_shape.rank() > Shape::kMaxRank)
    return InvalidArgument("the values have too many dims");
  for (int i = 0; i < form_.value_shape.rank(); ++i) shape.push_back(form_.value_shape[i]);
  return shape;
}

Status LookupTable::CheckEntries(const Tensor& keys, const Tensor& values) const {
  RIVULET_RETURN_IF_ERROR(CheckTypes(&keys, &values));
  RIVULET_ASSIGN_OR_RETURN(const Shape want, ShapeFor(keys.shape()));
  if (values.shape() == want) return Status();
  return InvalidArgument("for keys of shape ", keys.shape(), " want values of shape ", want, ", got ", values.shape());
}

int64_t LookupTable::size() const {
  std::shared_lock<std::shared_mutex> lock(mutex_);
  return Count();
}

Status LookupTable::Find(const Tensor& keys, const Tensor& otherwise, Tensor* values, const StopToken& stop) const {
  RIVULET_RETURN_IF_ERROR(CheckTypes(&keys, &otherwise));
  RIVULET_RETURN_IF_ERROR(CheckEnding(keys.shape()));
  if (!(otherwise.shape() == form_.value_shape) && !(otherwise.shape() == values->shape())) {
    return InvalidArgument("the default value: want shape ", form_.value_shape, " or ", values->shape(), ", got ",
                           otherwise.shape());
  }
  std::shared_lock<std::shared_mutex> lock(mutex_);
  return DoFind(keys, otherwise, values, stop);
}

Status LookupTable::Initialize(const Tensor& keys, const Tensor& values, Allocator& allocator, const StopToken& stop) {
  RIVULET_RETURN_IF_ERROR(CheckEntries(keys, values));
  std::unique_lock<std::shared_mutex> lock(mutex_);
  return DoInitialize(keys, values, allocator, stop);
}

Status LookupTable::DoInitialize(const Tensor&, const Tensor&, Allocator&, const StopToken&) {
  return InvalidArgument("table ", Quoted(form_.name), " is filled by insertion; it takes no initialiser");
}

Status LookupTable::Insert(const Tensor& keys, const Tensor& values, Allocator& allocator, const StopToken& stop) {
  RIVULET_RETURN_IF_ERROR(CheckEntries(keys, values));
  std::unique_lock<std::shared_mutex> lock(mutex_);
  return DoInsert(keys, values, allocator, stop);
}

Status LookupTable::Remove(const Tensor& keys, const StopToken& stop) {
  RIVULET_RETURN_IF_ERROR(CheckTypes(&keys, nullptr));
  RIVULET_RETURN_IF_ERROR(CheckEnding(keys.shape()));
  std::unique_lock<std::shared_mutex> lock(mutex_);
  return DoRemove(keys, stop);
}

Status LookupTable::CheckImport(const Tensor& keys, const Tensor& values) const { return CheckEntries(keys, values); }

Status LookupTable::Import(const Tensor& keys, const Tensor& values, Allocator& allocator, const StopToken& stop) {
  RIVULET_RETURN_IF_ERROR(CheckTypes(&keys, &values));
  RIVULET_RETURN_IF_ERROR(CheckImport(keys, values));
  std::unique_lock<std::shared_mutex> lock(mutex_);
  return DoImport(keys, values, allocator, stop);
}

void LookupTable::Clear() {
  std::unique_lock<std::shared_mutex> lock(mutex_);
  DoClear();
}

Status LookupTable::Export(Allocator& allocator, Tensor* keys, Tensor* values) const {
  std::shared_lock<std::shared_mutex> lock(mutex_);
  return DoExport(allocator, keys, values);
}

}  // namespace rivulet
