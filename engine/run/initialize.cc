#include "engine/run/initialize.h"

#include <algorithm>

#include "engine/run/executor.h"

namespace rivulet {
namespace {

using TextFeeds = std::vector<std::pair<std::string, std::string>>;

bool IsNamedResource(std::string_view op) {
  const OpDef* def = FindOp(op);
  return def != nullptr && (def->flags & kNamedResource) == kNamedResource;
}

// Runs one node with string scalars fed.
Status RunTarget(const Graph& graph, const std::string& target, const TextFeeds& feeds, const Environment& environment,
                 const StopToken& stop) {
  std::vector<FeedSpec> specs;
  Feeds tensors;
  for (const auto& [name, text] : feeds) {
    specs.push_back({name, DType::kString, Shape()});
    tensors.emplace_back(name, Tensor::Scalar<std::string>(text));
  }
  RIVULET_ASSIGN_OR_RETURN(const std::shared_ptr<const Plan> plan,
                           MakePlan(graph, specs, {}, {target}, environment, stop));
  RIVULET_ASSIGN_OR_RETURN(const std::unique_ptr<Frame> frame,
                           MakeFrame(plan, environment.allocator, environment.resources));
  return RunFrame(*frame, tensors, environment, stop, nullptr).status();
}

}  // namespace

bool NeedsState(const Graph& graph, const std::vector<std::string>& fetches, const std::vector<std::string>& targets) {
  std::vector<int32_t> roots;
  for (const std::vector<std::string>* names : {&fetches, &targets}) {
    for (const std::string& name : *names) {
      const Result<Edge> edge = FindEdge(graph, name);
      if (edge.ok()) roots.push_back(edge->node);
    }
  }
  const std::vector<bool> reached = Reachable(graph, roots);
  for (int32_t i = 0; i < graph.size(); ++i) {
    if (reached[static_cast<size_t>(i)] && IsNamedResource(graph.node(i).op)) return true;
  }
  // A body seldom makes its own objects; whether such a function is the one that is called is not asked.
  for (const auto& [name, function] : graph.functions) {
    for (const Function::BodyNode& node : function->body) {
      if (IsNamedResource(node.op)) return true;
    }
  }
  return false;
}

Status Initialize(const Graph& graph, const ModelSetup& setup, const Environment& environment, const StopToken& stop) {
  if constexpr (!kBuilt.saved_models) return NotBuilt("initialisers of SavedModels");
  if (!setup.restore_op.empty() && !setup.checkpoint_prefix.empty()) {
    TextFeeds feeds = setup.assets;
    feeds.emplace_back(setup.filename_tensor, setup.checkpoint_prefix);
    Status status = RunTarget(graph, setup.restore_op, feeds, environment, stop);
    if (!status.ok()) return std::move(status).Framed("restoring variables");
  }
  for (const std::string& init_op : setup.init_ops) {
    Status status = RunTarget(graph, init_op, setup.assets, environment, stop);
    if (!status.ok()) return std::move(status).Framed("running the model's initialiser");
  }
  return Status();
}

std::string TableInitializers(const Graph& graph) {
  std::vector<int32_t> initializers;
  std::string names;
  for (int32_t i = 0; i < graph.size(); ++i) {
    if (!graph.node(i).op.starts_with("InitializeTable")) continue;
    initializers.push_back(i);
    if (initializers.size() <= 3) names += Cat(names.empty() ? "" : ", ", Quoted(graph.node(i).name));
  }
  if (initializers.empty()) return names;
  for (const Node& node : graph.nodes()) {
    if (node.op != "NoOp") continue;
    const std::vector<int32_t>& before = node.control_inputs;
    const auto waits_for = [&](int32_t i) { return std::find(before.begin(), before.end(), i) != before.end(); };
    if (std::all_of(initializers.begin(), initializers.end(), waits_for)) return Quoted(node.name);
  }
  return initializers.size() > 3 ? names + ", …" : names;
}

}  // namespace rivulet
