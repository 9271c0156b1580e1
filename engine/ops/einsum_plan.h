// What an Einsum does, for inputs of given shapes: found once, so that a run looks at no label.
//
// An operand is brought into the order [batch, free, summed] (or [batch, summed, free]) of its labels, where batch
// labels are in both operands and the output, free ones in one operand and the output, summed ones in both operands
// only. A label of one operand alone that the output lacks is summed before. A label twice in an operand takes the
// diagonal, twice in the output makes one. Then the product [batch, free of a, free of b] is a batch of matrix
// products, brought into the order of the output. Copies are left out where the memory is already right.
#ifndef RIVULET_ENGINE_OPS_EINSUM_PLAN_H_
#define RIVULET_ENGINE_OPS_EINSUM_PLAN_H_

#include <span>

#include "engine/ops/einsum_equation.h"
#include "engine/ops/product.h"
#include "engine/ops/strided_copy.h"

namespace rivulet {

struct EinsumOperand {
  int input = 0;
  PreparedCopy copy;
  bool copies = false;
  bool sums = false;
  int64_t rows = 0;    // elements that are left
  int64_t length = 0;  // of those that are summed for each
};

struct EinsumPlan {
  EinsumOperand left;
  EinsumOperand right;  // of two inputs
  ProductShape shape;   // of two inputs
  // From what is computed to the output.
  PreparedCopy back;
  bool copies_back = false;
  bool diagonal = false;  // the output has elements that are not computed: zeros
  int64_t computed = 0;
};

// Of complete shapes; the output has elements.
EinsumPlan PlanEinsum(const BoundEinsum& bound, std::span<const Shape> inputs, const Shape& output);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_EINSUM_PLAN_H_
