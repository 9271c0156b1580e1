// Where a function's own gradient is kept.
#ifndef RIVULET_ENGINE_GRAPH_GRADIENT_FUNCTION_H_
#define RIVULET_ENGINE_GRAPH_GRADIENT_FUNCTION_H_

#include <string_view>

namespace rivulet {

// The attribute of a Function that holds the name of the function which the library (GradientDef) says is its gradient.
// Only the importer sets it; an attribute that a file gives this name is dropped.
inline constexpr std::string_view kGradientFunction = "_gradient_function";

}  // namespace rivulet

#endif  // RIVULET_ENGINE_GRAPH_GRADIENT_FUNCTION_H_
