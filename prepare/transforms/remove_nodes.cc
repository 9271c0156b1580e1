// remove_nodes: nodes of some operators go, and their readers read what they read.
//
//   a -> Identity -> b   with op=Identity   becomes   a -> b
//
// What is fed or fetched stays, and so does a node that orders others: one that waits for more than it reads, and one
// behind a Switch that others wait for, which says that its branch is taken.
#include <algorithm>

#include "engine/base/errors.h"
#include "prepare/names.h"
#include "prepare/transforms/transforms.h"

namespace rivulet::prepare {
namespace {

bool IsSwitch(const NodeDef& node) { return node.op == "Switch" || node.op == "RefSwitch"; }

class Remover {
 public:
  Remover(GraphDef& graph, const TransformContext& context, const std::vector<std::string>& ops, int64_t max_inputs)
      : graph_(graph), context_(context), ops_(ops.begin(), ops.end()), max_inputs_(max_inputs) {
    for (const auto* names : {&context.inputs, &context.outputs}) {
      for (const std::string& name : *names) kept_.emplace(ParseInput(name).node);
    }
  }

  Status Run() {
    RIVULET_ASSIGN_OR_RETURN(const NodeIndex index, IndexNodes(graph_));
    NameViewSet waited_for;
    for (const NodeDef& node : graph_.nodes) {
      for (const std::string& input : node.inputs) {
        if (const InputName name = ParseInput(input); name.is_control) waited_for.insert(name.node);
      }
    }
    for (const NodeDef& node : graph_.nodes) {
      if (!ops_.contains(node.op) || kept_.contains(node.name) || node.inputs.empty()) continue;
      if (static_cast<int64_t>(node.inputs.size()) > max_inputs_) continue;
      if (std::any_of(node.inputs.begin(), node.inputs.end(),
                      [](const std::string& i) { return ParseInput(i).is_control; }))
        continue;
      const auto source = index.find(ParseInput(node.inputs[0]).node);
      if (source == index.end() || (IsSwitch(*source->second) && waited_for.contains(node.name))) continue;
      if (context_.MayRewrite(node.name)) replaced_.emplace(node.name, node.inputs[0]);
    }
    for (NodeDef& node : graph_.nodes) {
      if (replaced_.contains(node.name)) continue;
      for (std::string& input : node.inputs) RIVULET_RETURN_IF_ERROR(Redirect(&input));
    }
    std::erase_if(graph_.nodes, [&](const NodeDef& node) { return replaced_.contains(node.name); });
    return Status();
  }

 private:
  // Follows a chain of removed nodes to what stays.
  Status Redirect(std::string* input) const {
    for (size_t steps = 0; steps <= replaced_.size(); ++steps) {
      const InputName name = ParseInput(*input);
      const auto it = replaced_.find(std::string(name.node));
      if (it == replaced_.end()) return Status();
      *input = name.is_control ? Cat("^", ParseInput(it->second).node) : it->second;
    }
    return InvalidArgument("only nodes to be removed lie on a circle, such as '", ParseInput(*input).node, "'");
  }

  GraphDef& graph_;
  const TransformContext& context_;
  NameSet ops_;
  NameSet kept_;
  NameMap<std::string> replaced_;  // a node, and what its readers read instead
  int64_t max_inputs_;
};

Status Apply(GraphDef& graph, const TransformContext& context) {
  const std::vector<std::string> ops = context.arguments.All("op");
  if (ops.empty()) return InvalidArgument("argument 'op' is missing");
  RIVULET_ASSIGN_OR_RETURN(const int64_t max_inputs, context.arguments.Int("max_inputs", 1));
  return Remover(graph, context, ops, max_inputs).Run();
}

// The operators that give what they take.
Promise PromiseOf(const Arguments& arguments) {
  static constexpr std::string_view kForwarders[] = {"Identity",        "CheckNumerics", "StopGradient",
                                                     "PreventGradient", "Snapshot",      "Print"};
  const std::vector<std::string> ops = arguments.All("op");
  const bool all = std::all_of(ops.begin(), ops.end(), [](const std::string& op) {
    return std::find(std::begin(kForwarders), std::end(kForwarders), op) != std::end(kForwarders);
  });
  return all ? Promise::kExact : Promise::kCallers;
}

}  // namespace

const Transform kRemoveNodes = {"remove_nodes", "op max_inputs", Apply, Promise::kExact, PromiseOf};

}  // namespace rivulet::prepare
