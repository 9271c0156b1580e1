// The operators that have a gradient as a function of the graph, which are those that TensorFlow's SymbolicGradient
// knows; its other gradients exist only in Python, while a model is trained.
#ifndef RIVULET_ENGINE_RUN_GRADIENT_FORMULA_H_
#define RIVULET_ENGINE_RUN_GRADIENT_FORMULA_H_

#include <span>
#include <string_view>
#include <vector>

#include "engine/base/errors.h"
#include "engine/run/gradient_builder.h"

namespace rivulet {

// The gradients of all inputs, in order. Whoever calls one saw to it that there are as many inputs and outputs as the
// operator's signature wants.
using GradientRule = Result<std::vector<Edge>> (*)(GradientBuilder&);

struct GradientFormula {
  const char* op;
  GradientRule rule;
};

// One list a file, gradient_<list>.cc.
std::span<const GradientFormula> ElementwiseGradients();
std::span<const GradientFormula> BroadcastGradients();
std::span<const GradientFormula> ReductionGradients();
std::span<const GradientFormula> ProductGradients();
std::span<const GradientFormula> ArrayGradients();
std::span<const GradientFormula> NeuralGradients();

// Null for an operator without one.
GradientRule FindGradient(std::string_view op);

// Whether nothing flows back through the operator, by its nature (Shape, Less, Floor, StopGradient) or, with some, by
// TensorFlow's decision.
bool StopsGradient(std::string_view op);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_RUN_GRADIENT_FORMULA_H_
