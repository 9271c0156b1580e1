// Functions of one element that are written as several operators: a hard swish is x * relu6(x + 3) / 6. Where x is one
// of 256 codes, they are a table.
#ifndef RIVULET_PREPARE_INT8_FUNCTIONS_H_
#define RIVULET_PREPARE_INT8_FUNCTIONS_H_

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "prepare/graph_edit.h"

namespace rivulet::prepare {

struct ElementFunction {
  std::string source;                 // the edge whose elements it is of
  std::vector<const NodeDef*> inner;  // the operators before the last one
};

// What `node` makes of each element of one edge that `is_source`, with constants of one element. The longest one: a
// node that such a function goes on from has none.
std::optional<ElementFunction> ReadElementFunction(GraphEdit& edit, const NodeDef& node,
                                                   const std::function<bool(const std::string&)>& is_source);

}  // namespace rivulet::prepare

#endif  // RIVULET_PREPARE_INT8_FUNCTIONS_H_
