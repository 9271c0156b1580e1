#include "engine/ops/element_store.h"

#include <algorithm>
#include <cstring>

#include "engine/base/checked.h"
#include "engine/base/object.h"
#include "engine/ops/op.h"
#include "engine/ops/rows.h"

namespace rivulet {
namespace {

// A block is made for all elements at once up to this size; beyond it starts with as many rows and doubles.
constexpr int64_t kWholeBytes = int64_t{64} << 20;
// In a store that grows by one element at a time, larger elements are kept loose: spare rows of them would cost more
// than copying them together once.
constexpr int64_t kGrowingRowBytes = int64_t{1} << 20;
constexpr int64_t kFirstRows = 4;

bool IsSole(const Tensor& tensor) { return tensor.owner() != nullptr && tensor.owner().use_count() == 1; }

Shape WithRows(int64_t rows, const Shape& row) {
  Shape shape;
  shape.push_back(rows);
  for (const int64_t dim : row.dims()) shape.push_back(dim);
  return shape;
}

}  // namespace

ElementStore::ElementStore(const ElementStore& other)
    : dtype_(other.dtype_),
      size_(other.size_),
      flags_(other.flags_),
      block_(other.block_),
      row_shape_(other.row_shape_),
      row_(other.row_),
      loose_(other.loose_) {}

void* ElementStore::RowAt(int64_t i) const { return ElementAt(const_cast<void*>(block_.raw()), dtype_, i * row_); }

int64_t ElementStore::RowBytes() const { return row_ * static_cast<int64_t>(StoredBytes(dtype_)); }

Tensor ElementStore::Get(int64_t i) const {
  if (StateOf(i) == kLoose) return loose_->at(i);
  return Tensor::View(dtype_, row_shape_, RowAt(i), block_.owner());
}

void ElementStore::CopyTo(int64_t i, int64_t count, void* to) const {
  switch (StateOf(i)) {
    case kUnset: return ClearElements(dtype_, to, count);
    case kInBlock: return CopyElements(dtype_, to, RowAt(i), count);
    case kLoose: return CopyElements(dtype_, to, loose_->at(i).raw(), count);
  }
}

// Makes the first `count` flags this store's own.
Status ElementStore::OwnFlags(int64_t count, Allocator& allocator) {
  const int64_t have = flags_.num_elements();
  if (have >= count && IsSole(flags_)) return Status();
  // Room for all where that is little: the size may be a promise that is never kept.
  const int64_t room =
      have >= count ? have : std::max({count, 2 * have, std::min(size_, int64_t{1} << 16), int64_t{64}});
  RIVULET_ASSIGN_OR_RETURN(Tensor flags, Tensor::Allocate(DType::kUint8, {room}, allocator));
  if (have > 0) std::memcpy(flags.raw(), flags_.raw(), static_cast<size_t>(have));
  std::memset(flags.data<uint8_t>() + have, 0, static_cast<size_t>(room - have));
  flags_ = std::move(flags);
  return Status();
}

Status ElementStore::OwnLoose() {
  if (loose_ == nullptr) {
    loose_ = std::make_shared<std::map<int64_t, Tensor>>();
  } else if (loose_.use_count() != 1) {
    loose_ = std::make_shared<std::map<int64_t, Tensor>>(*loose_);
  }
  return Status();
}

bool ElementStore::MayWrite(int64_t i) {
  if (IsSole(block_)) {
    is_writer_ = true;
    return true;
  }
  return is_writer_ && (FlagsAt(i) & kSeen) == 0;
}

void ElementStore::ChangeState(int64_t i, State state) {
  uint8_t& flags = flags_.data<uint8_t>()[i];
  flags = static_cast<uint8_t>((flags & ~kStateMask) | state | (state == kInBlock ? kSeen : 0));
}

Status ElementStore::Resize(int64_t size, Allocator& allocator) {
  const int64_t touched = std::min(size_, flags_.num_elements());
  if (size < touched) {
    RIVULET_RETURN_IF_ERROR(OwnFlags(touched, allocator));
    for (int64_t i = size; i < touched; ++i) {
      RIVULET_RETURN_IF_ERROR(Unset(i, allocator));
      flags_.data<uint8_t>()[i] &= kSeen;
    }
  }
  size_ = size;
  return Status();
}

Status ElementStore::Unset(int64_t i, Allocator& allocator) {
  const State state = StateOf(i);
  if (state == kUnset) return Status();
  RIVULET_RETURN_IF_ERROR(OwnFlags(i + 1, allocator));
  if (state == kLoose) {
    RIVULET_RETURN_IF_ERROR(OwnLoose());
    loose_->erase(i);
  } else if (ElementBytes(dtype_) == 0 && MayWrite(i)) {
    ClearElements(dtype_, RowAt(i), row_);  // what strings and references hold
  }
  ChangeState(i, kUnset);
  return Status();
}

Status ElementStore::SetMarks(int64_t i, uint8_t marks, Allocator& allocator) {
  RIVULET_RETURN_IF_ERROR(OwnFlags(i + 1, allocator));
  uint8_t& flags = flags_.data<uint8_t>()[i];
  flags = static_cast<uint8_t>((flags & ((1u << kMarkShift) - 1)) | (static_cast<unsigned>(marks) << kMarkShift));
  return Status();
}

// A block of rows of `shape` that has row i, unless that would be too large.
Status ElementStore::MakeBlock(int64_t i, const Shape& shape, Allocator& allocator) {
  if (shape.rank() >= Shape::kMaxRank) return Status();
  const CheckedSize row_bytes = CheckedSize(shape.num_elements()) * static_cast<int64_t>(StoredBytes(dtype_));
  if (!row_bytes.valid()) return Status();
  const int64_t bytes = std::max<int64_t>(row_bytes.value(), 1);
  const int64_t most = kWholeBytes / bytes;
  const bool grows = size_ == i + 1;  // as far as can be told
  if (i >= most || (grows && bytes > kGrowingRowBytes)) return Status();
  const int64_t rows = std::min(most, grows ? std::max(size_, kFirstRows) : size_);
  RIVULET_ASSIGN_OR_RETURN(block_, Tensor::Allocate(dtype_, WithRows(rows, shape), allocator));
  row_shape_ = shape;
  row_ = shape.num_elements();
  is_writer_ = true;
  return Status();
}

// Moves the block to one that has row i, unless others write to the present one or rows are large.
Status ElementStore::GrowBlock(int64_t i, Allocator& allocator) {
  if (!is_writer_ && !IsSole(block_)) return Status();
  const int64_t rows = block_.dim(0);
  if (RowBytes() > kGrowingRowBytes || i > 4 * rows + (1 << 10)) return Status();
  const int64_t wanted = std::max(2 * rows, i + 1);
  const int64_t count = size_ > i + 1 ? std::max(i + 1, std::min(wanted, size_)) : wanted;
  if (!(CheckedSize(count) * std::max<int64_t>(RowBytes(), 1)).valid()) return Status();
  RIVULET_ASSIGN_OR_RETURN(Tensor block, Tensor::Allocate(dtype_, WithRows(count, row_shape_), allocator));
  if (ElementBytes(dtype_) > 0) {
    CopyElements(dtype_, block.raw(), block_.raw(), rows * row_);
  } else {
    for (int64_t k = 0; k < std::min(rows, size_); ++k) {
      if (StateOf(k) == kInBlock) CopyElements(dtype_, ElementAt(block.raw(), dtype_, k * row_), RowAt(k), row_);
    }
  }
  block_ = std::move(block);
  is_writer_ = true;
  return Status();
}

Status ElementStore::WantDType(const Tensor& value) const {
  if (value.dtype() == dtype_) return Status();
  return InvalidArgument("the elements are ", dtype_, ", the value is ", value.dtype());
}

Status ElementStore::Set(int64_t i, Tensor value, Allocator& allocator) {
  RIVULET_RETURN_IF_ERROR(WantDType(value));
  RIVULET_RETURN_IF_ERROR(OwnFlags(i + 1, allocator));
  if (!block_.valid()) {
    RIVULET_RETURN_IF_ERROR(MakeBlock(i, value.shape(), allocator));
  } else if (i >= block_.dim(0) && value.shape() == row_shape_) {
    RIVULET_RETURN_IF_ERROR(GrowBlock(i, allocator));
  }
  if (block_.valid() && i < block_.dim(0) && value.shape() == row_shape_ && MayWrite(i)) {
    CopyElements(dtype_, RowAt(i), value.raw(), row_);
    if (StateOf(i) == kLoose) {
      RIVULET_RETURN_IF_ERROR(OwnLoose());
      loose_->erase(i);
    }
    ChangeState(i, kInBlock);
    return Status();
  }
  RIVULET_ASSIGN_OR_RETURN(value, Owned(std::move(value), allocator));
  RIVULET_RETURN_IF_ERROR(OwnLoose());
  (*loose_)[i] = std::move(value);
  ChangeState(i, kLoose);
  return Status();
}

Status ElementStore::Adopt(Tensor rows, Allocator& allocator) {
  RIVULET_RETURN_IF_ERROR(WantDType(rows));
  RIVULET_ASSIGN_OR_RETURN(block_, Owned(std::move(rows), allocator));
  if (!block_.is_aligned()) {
    RIVULET_ASSIGN_OR_RETURN(block_, Clone(block_, allocator));
  }
  row_shape_ = Shape(block_.shape().dims().subspan(1));
  row_ = row_shape_.num_elements();
  is_writer_ = true;
  size_ = block_.dim(0);
  RIVULET_RETURN_IF_ERROR(OwnFlags(size_, allocator));
  for (int64_t i = 0; i < size_; ++i) ChangeState(i, kInBlock);
  return Status();
}

bool ElementStore::CanJoinInPlace(const Shape& shape, bool is_sole) {
  if (!block_.valid() || !(row_shape_ == shape) || size_ > block_.dim(0) || size_ > flags_.num_elements()) return false;
  const bool may_clear = is_sole && IsSole(flags_);
  for (int64_t i = 0; i < size_; ++i) {
    const State state = StateOf(i);
    if (state == kLoose || (state == kUnset && !(may_clear && MayWrite(i)))) return false;
  }
  return true;
}

Result<Tensor> ElementStore::Join(const Shape& shape, bool is_sole, Allocator& allocator) {
  const Shape whole = WithRows(size_, shape);
  const int64_t row = shape.num_elements();
  for (int64_t i = 0; i < std::min(size_, flags_.num_elements()); ++i) {
    if (!IsSet(i) || ShapeAt(i) == shape) continue;
    return InvalidArgument("element ", i, " has shape ", ShapeAt(i), ", want ", shape);
  }
  if (size_ > 0 && CanJoinInPlace(shape, is_sole)) {
    for (int64_t i = 0; i < size_; ++i) {
      if (StateOf(i) != kUnset) continue;
      ClearElements(dtype_, RowAt(i), row_);
      flags_.data<uint8_t>()[i] |= kSeen;
    }
    return Tensor::View(dtype_, whole, block_.raw(), block_.owner());
  }
  RIVULET_ASSIGN_OR_RETURN(Tensor joined, Tensor::Allocate(dtype_, whole, allocator));
  for (int64_t i = 0; i < size_; ++i) CopyTo(i, row, ElementAt(joined.raw(), dtype_, i * row));
  return joined;
}

}  // namespace rivulet
