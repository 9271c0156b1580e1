// Batches of sparse tensors: one of rank r cut along its first dim into several of rank r - 1, and several joined under
// new leading dims.
#ifndef RIVULET_ENGINE_OPS_SPARSE_ELEMENTS_H_
#define RIVULET_ENGINE_OPS_SPARSE_ELEMENTS_H_

#include <span>

#include "engine/ops/sparse_parts.h"

namespace rivulet {

struct SparseElement {
  Tensor indices;  // int64 [n, rank]
  Tensor values;   // [n]
  Tensor shape;    // int64 [rank]
};

// OK unless the parts are not those of a sparse tensor of dtype; `i` is the element's number in messages.
Status CheckSparseElement(const SparseElement& element, DType dtype, int64_t i);

// Makes outputs 0, 1 and 2 the sparse tensor of shape [leading dims.., the largest of each dim of the elements'
// shapes], where element i, which was checked, stands at flat position i of the leading dims.
Status JoinSparse(RunContext& c, std::span<const SparseElement> elements, std::span<const int64_t> leading,
                  DType dtype);

// ---- Cutting: inputs 0, 1 and 2 are a sparse tensor of rank 2 or more ----

// Sets output 0 to [first dim of the shape, more..] as far as it is known.
Status InferCut(InferContext& c, std::initializer_list<int64_t> more);

// OK unless an index is outside of the shape, or does not come after the one before it.
Status CheckCut(const RunContext& c);

// Rows [begin, end) without their first coordinate, in memory of their own.
Result<SparseElement> CutSparse(const RunContext& c, int64_t begin, int64_t end);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_SPARSE_ELEMENTS_H_
