#include "engine/ops/element_tuple.h"

#include <algorithm>
#include <utility>

#include "engine/ops/op.h"
#include "engine/ops/rows.h"

namespace rivulet {
namespace {

// The first few, since a file may name a million.
std::string Names(std::span<const DType> dtypes) {
  constexpr size_t kMost = 16;
  std::string text = "(";
  for (size_t i = 0; i < std::min(dtypes.size(), kMost); ++i) text += Cat(i == 0 ? "" : ", ", dtypes[i]);
  if (dtypes.size() > kMost) text += Cat(" and ", static_cast<int64_t>(dtypes.size() - kMost), " more");
  return text + ")";
}

Shape RowShape(const Shape& shape) { return Shape(shape.dims().subspan(1)); }

// Copies a whole tensor into the corner of a place that is nowhere smaller.
void CopyToCorner(const Tensor& from, const Shape& place, char* to) {
  const int rank = from.rank();
  if (from.num_elements() == 0) return;
  const DType dtype = from.dtype();
  if (rank == 0) return CopyElements(dtype, to, from.raw(), 1);
  const int64_t line = from.dim(rank - 1);
  std::vector<int64_t> at(static_cast<size_t>(rank), 0);
  for (int64_t done = 0; done < from.num_elements(); done += line) {
    int64_t offset = 0;
    for (int axis = 0; axis < rank; ++axis) offset = offset * place[axis] + at[static_cast<size_t>(axis)];
    CopyElements(dtype, ElementAt(to, dtype, offset), ElementAt(from.raw(), dtype, done), line);
    for (int axis = rank - 2; axis >= 0; --axis) {
      if (++at[static_cast<size_t>(axis)] < from.dim(axis)) break;
      at[static_cast<size_t>(axis)] = 0;
    }
  }
}

Result<Tensor> JoinComponent(const TupleForm& form, size_t component, std::span<const KeptTuple> elements,
                             Allocator& allocator) {
  const DType dtype = form.dtypes[component];
  Shape place = form.shapes[component];
  bool pads = false;
  for (int axis = 0; axis < place.rank(); ++axis) {
    if (place[axis] >= 0) continue;
    int64_t most = 0;
    for (const KeptTuple& element : elements) most = std::max(most, element.parts()[component].dim(axis));
    place.set_dim(axis, most);
    pads = true;
  }
  Shape shape{static_cast<int64_t>(elements.size())};
  if (place.rank() >= Shape::kMaxRank) return InvalidArgument("elements of ", place.rank(), " dims make no batch");
  for (const int64_t dim : place.dims()) shape.push_back(dim);
  if (shape.num_elements() < 0) return ResourceExhausted("a batch of shape ", shape, " is too large");
  RIVULET_ASSIGN_OR_RETURN(Tensor batch, Tensor::Allocate(dtype, shape, allocator));
  if (pads) ClearElements(dtype, batch.raw(), batch.num_elements());
  const int64_t row = place.num_elements();
  for (size_t i = 0; i < elements.size(); ++i) {
    char* to = ElementAt(batch.raw(), dtype, static_cast<int64_t>(i) * row);
    CopyToCorner(elements[i].parts()[component], place, to);
  }
  return batch;
}

}  // namespace

std::string TupleForm::ToString() const {
  std::string text = Names(dtypes);
  for (size_t i = 0; i < shapes.size(); ++i) text += Cat(i == 0 ? " of shapes " : ", ", shapes[i]);
  return text;
}

bool ShapeFits(const Shape& want, const Shape& shape) {
  if (!want.has_rank()) return true;
  if (want.rank() != shape.rank()) return false;
  for (int axis = 0; axis < want.rank(); ++axis) {
    if (want[axis] >= 0 && want[axis] != shape[axis]) return false;
  }
  return true;
}

Status CheckDtypes(std::span<const DType> want, std::span<const DType> got) {
  if (std::equal(want.begin(), want.end(), got.begin(), got.end())) return Status();
  return InvalidArgument("want components of ", Names(want), ", got ", Names(got));
}

namespace {

Status CheckDtypesOf(const TupleForm& form, const Tuple& tuple) {
  std::vector<DType> got;
  for (const Tensor& part : tuple) got.push_back(part.dtype());
  return CheckDtypes(form.dtypes, got);
}

}  // namespace

Status CheckElement(const TupleForm& form, const Tuple& tuple) {
  RIVULET_RETURN_IF_ERROR(CheckDtypesOf(form, tuple));
  for (size_t i = 0; i < form.shapes.size(); ++i) {
    if (ShapeFits(form.shapes[i], tuple[i].shape())) continue;
    return InvalidArgument("component ", i, ": want shape ", form.shapes[i], ", got ", tuple[i].shape());
  }
  return Status();
}

Result<int64_t> CheckBatch(const TupleForm& form, const Tuple& batch) {
  RIVULET_RETURN_IF_ERROR(CheckDtypesOf(form, batch));
  for (size_t i = 0; i < batch.size(); ++i) {
    const Shape& shape = batch[i].shape();
    if (shape.rank() < 1) return InvalidArgument("component ", i, ": want a batch of rank 1 or more, got a scalar");
    if (shape[0] != batch[0].dim(0)) {
      return InvalidArgument("component ", i, " is a batch of ", shape[0], ", component 0 one of ", batch[0].dim(0));
    }
    if (i >= form.shapes.size() || ShapeFits(form.shapes[i], RowShape(shape))) continue;
    return InvalidArgument("component ", i, ": want rows of shape ", form.shapes[i], ", got ", RowShape(shape));
  }
  return batch.empty() ? 0 : batch[0].dim(0);
}

KeptTuple& KeptTuple::operator=(KeptTuple&& other) noexcept {
  std::swap(parts_, other.parts_);
  std::swap(charged_, other.charged_);
  std::swap(charge_, other.charge_);
  return *this;
}

KeptTuple::~KeptTuple() {
  if (charged_ != nullptr) charged_->Release(charge_);
}

Result<KeptTuple> KeptTuple::Keep(Tuple tuple, Allocator& allocator) {
  // The tensors' descriptions, and what a container and the heap take for an element.
  const size_t charge = sizeof(KeptTuple) + tuple.size() * (sizeof(Tensor) + 64) + 64;
  RIVULET_RETURN_IF_ERROR(allocator.Charge(charge));
  KeptTuple kept;
  kept.charged_ = allocator.shared_from_this();
  kept.charge_ = charge;
  kept.parts_.reserve(tuple.size());
  for (Tensor& part : tuple) {
    if (!part.valid()) {  // comes later
      kept.parts_.emplace_back();
      continue;
    }
    RIVULET_ASSIGN_OR_RETURN(Tensor owned, Owned(std::move(part), allocator));
    kept.parts_.push_back(std::move(owned));
  }
  return kept;
}

Result<KeptTuple> KeptTuple::KeepRow(const Tuple& batch, int64_t i, Allocator& allocator) {
  Tuple rows;
  rows.reserve(batch.size());
  for (const Tensor& part : batch) {
    const Shape shape = RowShape(part.shape());
    RIVULET_ASSIGN_OR_RETURN(Tensor row, Tensor::Allocate(part.dtype(), shape, allocator));
    const int64_t count = row.num_elements();
    if (count > 0) CopyElements(part.dtype(), row.raw(), ElementAt(part.raw(), part.dtype(), i * count), count);
    rows.push_back(std::move(row));
  }
  return Keep(std::move(rows), allocator);
}

Result<Tuple> JoinElements(const TupleForm& form, std::span<const KeptTuple> elements, Allocator& allocator) {
  Tuple batch;
  for (size_t i = 0; i < form.dtypes.size(); ++i) {
    RIVULET_ASSIGN_OR_RETURN(Tensor joined, JoinComponent(form, i, elements, allocator));
    batch.push_back(std::move(joined));
  }
  return batch;
}

}  // namespace rivulet
