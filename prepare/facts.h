// What the engine knows of a graph's edges without running it.
#ifndef RIVULET_PREPARE_FACTS_H_
#define RIVULET_PREPARE_FACTS_H_

#include <memory>
#include <string_view>

#include "engine/graph/graph.h"
#include "prepare/graph_def.h"

namespace rivulet::prepare {

class Facts {
 public:
  // The graph must be one that the engine can import. Operators that it does not know have unknown facts.
  static Result<Facts> Of(const GraphDef& graph);

  // Of "name" or "name:port"; a fact without type or shape where nothing is known.
  const Fact& Of(std::string_view input) const;
  DType TypeOf(std::string_view input) const { return Of(input).dtype; }
  const Shape& ShapeOf(std::string_view input) const { return Of(input).shape; }

 private:
  std::shared_ptr<const Graph> graph_;
};

}  // namespace rivulet::prepare

#endif  // RIVULET_PREPARE_FACTS_H_
