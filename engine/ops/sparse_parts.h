// A sparse tensor as three inputs of an operator: indices [n, rank] and values [n], both in the same order, and the
// shape [rank] of what they are elements of. What the operators of sparse tensors share.
#ifndef RIVULET_ENGINE_OPS_SPARSE_PARTS_H_
#define RIVULET_ENGINE_OPS_SPARSE_PARTS_H_

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/checked.h"
#include "engine/base/sort.h"
#include "engine/base/text.h"
#include "engine/ops/op.h"

namespace rivulet {

// What is known of n and rank, else kUnknownDim.
struct SparseFacts {
  int64_t count = Shape::kUnknownDim;
  int64_t rank = Shape::kUnknownDim;
};

// Takes `dim` for `known` where that is not known yet; false where the two differ.
inline bool AgreeOnDim(int64_t dim, int64_t* known) {
  if (dim < 0) return true;
  if (*known < 0) *known = dim;
  return *known == dim;
}

// Checks that three inputs have the shapes of a sparse tensor's parts, and go together.
inline Result<SparseFacts> InferSparse(InferContext& c, int indices, int values, int shape) {
  RIVULET_RETURN_IF_ERROR(c.WantRank(indices, 2));
  RIVULET_RETURN_IF_ERROR(c.WantRank(values, 1));
  RIVULET_RETURN_IF_ERROR(c.WantRank(shape, 1));
  SparseFacts facts;
  if (c.shape(indices).has_rank()) facts = {c.shape(indices)[0], c.shape(indices)[1]};
  if (c.shape(values).has_rank() && !AgreeOnDim(c.shape(values)[0], &facts.count)) {
    return InvalidArgument("want as many values as indices, got ", c.shape(values)[0], " and ", facts.count);
  }
  if (c.shape(shape).has_rank() && !AgreeOnDim(c.shape(shape)[0], &facts.rank)) {
    return InvalidArgument("shape: want one dim for each of ", facts.rank, " coordinates, got ", c.shape(shape)[0]);
  }
  return facts;
}

// The parts at run time, checked by InferSparse.
struct SparseView {
  SparseView(const Tensor& indices_tensor, const Tensor& values_tensor, std::span<const int64_t> dims)
      : indices(indices_tensor.data<int64_t>()),
        count(indices_tensor.dim(0)),
        rank(indices_tensor.dim(1)),
        values(&values_tensor),
        shape(dims) {}
  SparseView(const RunContext& c, int first)
      : SparseView(c.input(first), c.input(first + 1), c.input(first + 2).values<int64_t>()) {}

  const int64_t* index(int64_t i) const { return indices + i * rank; }

  const int64_t* indices;
  int64_t count;
  int64_t rank;
  const Tensor* values;
  std::span<const int64_t> shape;
};

// The number of elements of a shape given as values, or an error that names it.
inline Result<int64_t> DenseCount(std::span<const int64_t> dims, std::string_view name = "shape") {
  CheckedSize count = 1;
  for (const int64_t dim : dims) {
    if (dim < 0) return InvalidArgument(name, ": want dims >= 0, got ", dim);
    count *= dim;
  }
  if (!count.valid()) return InvalidArgument(name, ": the product of the dims does not fit into 64 bits");
  if (dims.size() > Shape::kMaxRank) return InvalidArgument(name, ": want at most 254 dims, got ", dims.size());
  return count.value();
}

// -1, 0 or 1 as index a comes before, is, or comes after b, by coordinates from the first to the last.
inline int CompareIndices(const int64_t* a, const int64_t* b, int64_t rank) {
  for (int64_t d = 0; d < rank; ++d) {
    if (a[d] != b[d]) return a[d] < b[d] ? -1 : 1;
  }
  return 0;
}

// The places of indices in the order of their coordinates, those of `axes` one after another; equal ones keep theirs.
inline std::vector<int64_t> SortedPlaces(const SparseView& sparse, std::span<const int64_t> axes) {
  std::vector<int64_t> order(static_cast<size_t>(sparse.count));
  std::iota(order.begin(), order.end(), int64_t{0});
  StableSort(order.begin(), order.end(), [&](int64_t a, int64_t b) {
    const int64_t* x = sparse.index(a);
    const int64_t* y = sparse.index(b);
    for (const int64_t axis : axes) {
      if (x[axis] != y[axis]) return x[axis] < y[axis];
    }
    return false;
  });
  return order;
}

inline std::vector<int64_t> AllAxes(int64_t rank) {
  std::vector<int64_t> axes(static_cast<size_t>(rank));
  std::iota(axes.begin(), axes.end(), int64_t{0});
  return axes;
}

// The coordinates as text, for messages: "[1,0]".
inline std::string IndexText(const int64_t* index, int64_t rank) {
  std::string text = "[";
  for (int64_t d = 0; d < rank; ++d) text += Cat(d == 0 ? "" : ",", index[d]);
  return text + "]";
}

// Whether an index names an element of a tensor of that shape.
inline bool IsInside(const int64_t* index, std::span<const int64_t> shape) {
  for (size_t d = 0; d < shape.size(); ++d) {
    if (index[d] < 0 || index[d] >= shape[d]) return false;
  }
  return true;
}

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_SPARSE_PARTS_H_
