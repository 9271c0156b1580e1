// Gradients of functions, as TensorFlow's SymbolicGradient defines them: of a function of the library by going back
// through its body, of an operator by its formula (gradient_formula.h).
#ifndef RIVULET_ENGINE_RUN_SYMBOLIC_GRADIENT_H_
#define RIVULET_ENGINE_RUN_SYMBOLIC_GRADIENT_H_

#include <string_view>

#include "engine/run/body.h"
#include "rivulet/limits.h"

namespace rivulet {

inline constexpr std::string_view kSymbolicGradient = "SymbolicGradient";

// What is counted, before anything is made, for the gradient of one node besides its inputs: more than the longest
// formula adds.
inline constexpr int64_t kLongestGradient = 32;

// x..., dy... -> dx... of the function that the attributes of a SymbolicGradient name in `f`. The body calls what the
// function calls, and in place of a call's gradient it has a SymbolicGradient of that call. RESOURCE_EXHAUSTED beyond
// limits.nodes.
Result<Body> GradientBody(const AttrMap& attrs, const FunctionMap& functions, const Limits& limits);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_RUN_SYMBOLIC_GRADIENT_H_
