// What the operators that parse tf.SequenceExample messages share: shapes, and columns of features written as tensors.
#ifndef RIVULET_ENGINE_OPS_SEQUENCE_EXAMPLE_H_
#define RIVULET_ENGINE_OPS_SEQUENCE_EXAMPLE_H_

#include <string_view>
#include <vector>

#include "engine/ops/example_features.h"
#include "engine/ops/op.h"

namespace rivulet {

// The columns of each kind. Outputs are in this order:
//   context     sparse indices, values, shapes; dense values; ragged values, row splits
//   lists       sparse indices, values, shapes; dense values, lengths; ragged values, outer splits, inner splits
struct SequenceColumns {
  std::vector<DType> context_sparse, context_dense, context_ragged, list_sparse, list_dense, list_ragged;
  std::vector<Shape> context_shapes, list_shapes;  // of the dense ones; complete
  bool has_lengths = true;                         // of dense lists
};

// From the attributes that all of the operators have; ragged ones only with `has_ragged`. Counts must agree.
Result<SequenceColumns> ReadSequenceColumns(const AttrReader& attrs, bool has_ragged);

// `batch`: the shape of the messages, a scalar or a vector.
Status InferSequence(InferContext& c, const SequenceColumns& columns, const Shape& batch);

// The keys of each kind, one for each column.
struct SequenceKeys {
  std::vector<std::string_view> context_sparse, context_dense, context_ragged, list_sparse, list_dense, list_ragged;
  std::vector<bool> may_miss;  // of the dense lists
};
// A key that is of two kinds is INVALID_ARGUMENT.
Status CheckKinds(const SequenceKeys& keys);

// Messages are input 0; their names, or none, are input `names`, and the defaults of dense contexts begin at input
// `defaults`.
Status RunSequence(RunContext& c, const SequenceColumns& columns, const SequenceKeys& keys, int names, int defaults);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_SEQUENCE_EXAMPLE_H_
