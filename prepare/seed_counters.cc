#include "prepare/seed_counters.h"

#include <algorithm>

#include "engine/base/errors.h"
#include "prepare/freeze.h"
#include "prepare/idle_waits.h"
#include "prepare/names.h"

namespace rivulet::prepare {
namespace {

// What was found of one variable.
struct Counter {
  NameSet steps;      // the nodes that write to it
  std::string draws;  // a node that draws numbers by it
};

class Finder {
 public:
  Finder(const std::vector<std::string>& outputs, const GraphDef& graph) {
    for (const std::string& output : outputs) outputs_.insert(std::string(ParseInput(output).node));
    for (const NodeDef& node : graph.nodes) {
      for (const std::string& input : node.inputs) {
        if (!ParseInput(input).is_control) readers_[ParseInput(input).node].push_back(&node);
      }
    }
  }

  // Nothing where the variable's value goes anywhere else.
  std::optional<Counter> Look(const NodeDef& variable) {
    Counter counter;
    std::vector<const NodeDef*> waiting;
    for (const NodeDef* node : readers_[variable.name]) {
      const bool is_step = node->op == "AssignVariableOp" || node->op == "AssignAddVariableOp";
      if (is_step && ParseInput(node->inputs[0]).node == variable.name && readers_[node->name].empty()) {
        counter.steps.insert(node->name);
      } else if (node->op == "ReadVariableOp") {
        waiting.push_back(node);
      } else {
        return std::nullopt;
      }
    }
    if (counter.steps.empty() || outputs_.contains(variable.name)) return std::nullopt;
    NameViewSet seen;
    while (!waiting.empty()) {
      const NodeDef& node = *waiting.back();
      waiting.pop_back();
      if (counter.steps.contains(node.name) || !seen.insert(node.name).second) continue;
      if (outputs_.contains(node.name)) return std::nullopt;
      if (node.op.starts_with("StatelessRandom")) {
        counter.draws = node.name;
        // A generator's key and counter are values that go on to what draws.
        if (node.op != "StatelessRandomGetKeyCounter") continue;
      } else if (MayHaveEffects(node.op) && node.op != "ReadVariableOp") {
        return std::nullopt;
      }
      const std::vector<const NodeDef*>& next = readers_[node.name];
      waiting.insert(waiting.end(), next.begin(), next.end());
    }
    if (counter.draws.empty()) return std::nullopt;
    return counter;
  }

 private:
  NameSet outputs_;
  NameViewMap<std::vector<const NodeDef*>> readers_;  // of values
};

// What waited for a node that goes waits for what that one waited for.
void Drop(const NameSet& gone, GraphDef& graph) {
  NameMap<std::vector<std::string>> waits;
  std::erase_if(graph.nodes, [&](NodeDef& node) {
    if (!gone.contains(node.name)) return false;
    std::erase_if(node.inputs, [](const std::string& input) { return !ParseInput(input).is_control; });
    waits.emplace(node.name, std::move(node.inputs));
    return true;
  });
  for (NodeDef& node : graph.nodes) {
    std::vector<std::string> inputs, pending = std::move(node.inputs);
    NameSet seen;  // a file may say that two steps wait for each other
    for (size_t i = 0; i < pending.size(); ++i) {
      const std::string input = pending[i];
      const auto wait = waits.find(std::string(ParseInput(input).node));
      if (wait != waits.end()) {
        if (seen.insert(wait->first).second) pending.insert(pending.end(), wait->second.begin(), wait->second.end());
      } else if (!ParseInput(input).is_control || std::find(inputs.begin(), inputs.end(), input) == inputs.end()) {
        inputs.push_back(input);
      }
    }
    node.inputs = std::move(inputs);
  }
}

}  // namespace

Result<std::vector<std::string>> StopSeedCounters(const std::vector<std::string>& outputs, GraphDef& graph) {
  std::vector<std::string> notes;
  NameSet steps;
  Finder finder(outputs, graph);
  for (const NodeDef& node : graph.nodes) {
    if (node.op != "VarHandleOp") continue;
    std::optional<Counter> counter = finder.Look(node);
    if (!counter) continue;
    steps.merge(counter->steps);
    notes.push_back(Cat("node '", counter->draws,
                        "' draws random numbers, as in training, and counts them in variable '", node.name,
                        "': the frozen graph draws the same ones in each run"));
  }
  if (!steps.empty()) Drop(steps, graph);
  return notes;
}

}  // namespace rivulet::prepare
