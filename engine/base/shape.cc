#include "rivulet/shape.h"

#include <algorithm>

#include "engine/base/checked.h"
#include "engine/base/text.h"

namespace rivulet {

Shape::Shape(std::span<const int64_t> dims) {
  const size_t rank = std::min<size_t>(dims.size(), kMaxRank);
  if (rank > kInlineRank) heap_ = std::make_unique<int64_t[]>(kMaxRank);
  rank_ = static_cast<int32_t>(rank);
  std::copy_n(dims.begin(), rank, data());
}

Shape Shape::UnknownRank() {
  Shape shape;
  shape.rank_ = -1;
  return shape;
}

Shape Shape::OfUnknownDims(int rank) {
  Shape shape;
  for (int i = 0; i < rank; ++i) shape.push_back(kUnknownDim);
  return shape;
}

Shape& Shape::operator=(const Shape& other) {
  if (this == &other) return *this;
  if (other.heap_) {
    if (!heap_) heap_ = std::make_unique<int64_t[]>(kMaxRank);
  } else {
    heap_.reset();
  }
  rank_ = other.rank_;
  std::copy_n(other.data(), std::max(rank_, 0), data());
  return *this;
}

bool Shape::complete() const {
  if (rank_ < 0) return false;
  for (const int64_t dim : dims()) {
    if (dim < 0) return false;
  }
  return true;
}

void Shape::push_back(int64_t dim) {
  if (rank_ >= kMaxRank) return;
  if (rank_ == kInlineRank && !heap_) {
    auto heap = std::make_unique<int64_t[]>(kMaxRank);
    std::copy_n(inline_, rank_, heap.get());
    heap_ = std::move(heap);
  }
  data()[rank_++] = dim;
}

int64_t Shape::num_elements() const {
  if (!complete()) return -1;
  // A zero anywhere makes the tensor empty, however large the other dims are.
  for (const int64_t dim : dims()) {
    if (dim == 0) return 0;
  }
  CheckedSize count = 1;
  for (const int64_t dim : dims()) count *= dim;
  return count.valid() ? count.value() : -1;
}

bool operator==(const Shape& a, const Shape& b) {
  return a.rank_ == b.rank_ && std::equal(a.dims().begin(), a.dims().end(), b.dims().begin());
}

std::string Shape::ToString() const {
  if (rank_ < 0) return "?";
  std::string out = "[";
  for (int i = 0; i < rank_; ++i) {
    if (i > 0) out += ',';
    if (dim(i) < 0) {
      out += '?';
    } else {
      AppendPiece(out, dim(i));
    }
  }
  return out + "]";
}

}  // namespace rivulet
