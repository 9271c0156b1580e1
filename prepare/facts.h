// What the engine knows of a graph's edges without running it.
#ifndef RIVULET_PREPARE_FACTS_H_
#define RIVULET_PREPARE_FACTS_H_

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "engine/graph/graph.h"
#include "prepare/graph_def.h"

namespace rivulet::prepare {

class Facts {
 public:
  // The graph must be one that the engine can import. Operators that it does not know, and nodes that it refuses,
  // have unknown facts: an outdated corner of a graph is no reason to leave the rest.
  static Result<Facts> Of(const GraphDef& graph);

  // Why nodes are refused, by their names.
  const std::map<std::string, Status>& failures() const { return failures_; }

  // Of "name" or "name:port"; a fact without type or shape where nothing is known.
  const Fact& Of(std::string_view input) const;
  DType TypeOf(std::string_view input) const { return Of(input).dtype; }
  const Shape& ShapeOf(std::string_view input) const { return Of(input).shape; }

 private:
  std::shared_ptr<const Graph> graph_;
  std::map<std::string, Status> failures_;
};

}  // namespace rivulet::prepare

#endif  // RIVULET_PREPARE_FACTS_H_
