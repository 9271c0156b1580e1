// Measured times, on the nodes that they are of.
#include <string_view>

#include "cli/view/graph.h"
#include "prepare/names.h"

namespace rivulet::cli::view {
namespace {

// "conv/Relu6_1" of a pass that made it of "conv/Relu6".
std::string_view WithoutNumber(std::string_view name) {
  const size_t end = name.find_last_not_of("0123456789");
  if (end == std::string_view::npos || end + 1 == name.size() || name[end] != '_') return name;
  return name.substr(0, end);
}

class Names {
 public:
  explicit Names(const ViewGraph& graph) {
    for (int32_t i = 0; i < graph.num_nodes(); ++i) {
      const std::string_view name = graph.node(i).name;
      if (graph.node(i).function >= 0) continue;
      nodes_.emplace(name, i);
      for (size_t at = name.find('/'); at != std::string_view::npos; at = name.find('/', at + 1))
        scopes_.emplace(name.substr(0, at), i);
    }
  }

  // -1 when there is nothing of that name, nor a scope around it.
  int32_t Find(std::string_view name) const {
    for (const std::string_view tried : {name, WithoutNumber(name)}) {
      if (const auto found = nodes_.find(tried); found != nodes_.end()) return found->second;
    }
    // What a call was replaced by is named after it: "call/body/conv".
    for (size_t at = name.rfind('/'); at != std::string_view::npos && at > 0; at = name.rfind('/', at - 1)) {
      const std::string_view scope = name.substr(0, at);
      if (const auto found = nodes_.find(scope); found != nodes_.end()) return found->second;
      if (const auto found = scopes_.find(scope); found != scopes_.end()) return found->second;
    }
    return -1;
  }

 private:
  prepare::NameViewMap<int32_t> nodes_;
  prepare::NameViewMap<int32_t> scopes_;  // the first node within
};

}  // namespace

bool AddTimes(const RunProfile& profile, ViewGraph* graph) {
  const Names names(*graph);
  bool all_found = true;
  for (const RunProfile::Step& step : profile.steps) {
    const int32_t node = names.Find(step.node);
    if (node < 0 || step.runs <= 0) {
      all_found = all_found && node >= 0;
      continue;
    }
    graph->node(node).cost.ms += step.ms / static_cast<double>(step.runs);
  }
  graph->has_times = true;
  return all_found;
}

}  // namespace rivulet::cli::view
