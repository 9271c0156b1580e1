// The equation of an Einsum: "ij,jk->ik", "...ab->...ba", "ii->i", "i->ii".
//
// Every character but ',' and "->" and the three dots of an ellipsis is a label, as in TensorFlow: also a blank. A
// label stands for the same extent wherever it is. An ellipsis stands for any number of axes, which broadcast.
#ifndef RIVULET_ENGINE_OPS_EINSUM_EQUATION_H_
#define RIVULET_ENGINE_OPS_EINSUM_EQUATION_H_

#include <span>
#include <string_view>
#include <vector>

#include "rivulet/shape.h"
#include "rivulet/status.h"

namespace rivulet {

// Labels are bytes; the axes of ellipses are labelled kFirstEllipsisAxis, .. from the right.
inline constexpr int kEllipsis = -1;
inline constexpr int kFirstEllipsisAxis = 256;

struct EinsumEquation {
  std::vector<std::vector<int>> inputs;  // with kEllipsis where one stands
  std::vector<int> output;
};

// For one or two inputs.
Result<EinsumEquation> ParseEinsum(std::string_view equation, int num_inputs);

// The equation for inputs of given shapes: one label for each axis, and what each label stands for.
struct BoundEinsum {
  std::vector<std::vector<int>> inputs;
  std::vector<int> output;
  std::vector<int64_t> extents;  // by label; -1 where unknown or not used

  Shape OutputShape() const;
};
// All ranks must be known, dims may be unknown.
Result<BoundEinsum> BindEinsum(const EinsumEquation& equation, std::span<const Shape> inputs);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_EINSUM_EQUATION_H_
