// Functions made ready to run: the library's bodies with a call's attributes put in, as graphs.
#ifndef RIVULET_ENGINE_RUN_BODY_H_
#define RIVULET_ENGINE_RUN_BODY_H_

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/graph/graph.h"

namespace rivulet {

// A graph with arguments (nodes of the operator _Arg) and results. What a loop's condition and body are, too.
struct Body {
  Graph graph;
  std::vector<int32_t> args;     // by position
  std::vector<Edge> results;     // by position
  std::vector<int32_t> effects;  // nodes that run also when no result needs them
};

// The _Arg node of position `index`.
Node ArgNode(std::string name, DType dtype, int64_t index);

// One function of the library with the attributes of `call`, and the call's own dtypes where the function leaves types
// open. `functions` is looked at for the outputs of nodes that are themselves calls. Operators are looked up.
Result<Body> Instantiate(const Function& function, const AttrMap& attrs, const FunctionMap& functions);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_RUN_BODY_H_
