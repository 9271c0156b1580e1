#include "engine/run/cut.h"

#include <charconv>
#include <map>

#include "engine/graph/shape_math.h"
#include "engine/ops/op.h"

namespace rivulet {
namespace {

Status InferFeed(InferContext& c) {
  c.set_output(0, c.attrs().ShapeAttr("shape"));
  return Status();
}

constexpr OpDef kFeed = {.name = "_Feed",
                         .inputs = "",
                         .outputs = "output:dtype",
                         .attrs = "dtype:type; shape:shape",
                         .infer = InferFeed,
                         .flags = kStateful | kTakesObjects};

Status UnknownName(const Graph& graph, std::string_view name) {
  std::vector<std::string_view> names;
  for (const Node& node : graph.nodes()) names.push_back(node.name);
  const std::string near = NearestNames(name, names);
  return NotFound("no node is called ", Quoted(name), near.empty() ? "" : "; did you mean ", near,
                  near.empty() ? "" : "?");
}

// Copies nodes on demand and remembers where they went.
class Cutter {
 public:
  Cutter(const Graph& model, Cut* cut) : model_(model), cut_(*cut), moved_(static_cast<size_t>(model.size()), -1) {
    // Most of a model is needed, passes add some, and to move nodes to a larger place costs more than to have it.
    cut_.graph.Reserve(static_cast<size_t>(model.size()) * 5 / 4);
  }

  void AddFeed(Edge edge, const FeedSpec& spec) {
    fed_[edge] = static_cast<int32_t>(cut_.feeds.size());
    cut_.feeds.push_back(-1);
    specs_.push_back(&spec);
  }

  Edge Take(Edge edge) {
    const auto fed = fed_.find(edge);
    if (fed != fed_.end()) return {TakeFeed(fed->second, edge), 0};
    return {TakeNode(edge.node), edge.slot};
  }

  int32_t TakeNode(int32_t index) {
    int32_t& moved = moved_[static_cast<size_t>(index)];
    if (moved < 0) {
      const Node& node = model_.node(index);
      Node copy;
      copy.name = node.name;
      copy.op = node.op;
      copy.def = node.def;
      copy.attrs = node.attrs;
      moved = cut_.graph.AddNode(std::move(copy));
      pending_.push_back(index);
    }
    return moved;
  }

  // Copies what the taken nodes need; without recursion, since a model may be a long chain.
  Status Finish(const StopToken& stop) {
    while (!pending_.empty()) {
      if (stop.stopped()) return stop.Why();
      const Node& node = model_.node(pending_.back());
      const int32_t moved = moved_[static_cast<size_t>(pending_.back())];
      pending_.pop_back();
      std::vector<Edge> inputs;
      inputs.reserve(node.inputs.size());
      for (const Edge& edge : node.inputs) inputs.push_back(Take(edge));
      std::vector<int32_t> controls;
      for (const int32_t control : node.control_inputs) {
        if (!IsFedPlaceholder(control)) controls.push_back(TakeNode(control));
      }
      cut_.graph.node(moved).inputs = std::move(inputs);
      cut_.graph.node(moved).control_inputs = std::move(controls);
    }
    return Status();
  }

 private:
  // Waiting for what is fed is over before the run begins.
  bool IsFedPlaceholder(int32_t index) const {
    const std::string& op = model_.node(index).op;
    return (op == "Placeholder" || op == "PlaceholderV2") && fed_.contains({index, 0});
  }

  int32_t TakeFeed(int32_t feed, Edge edge) {
    int32_t& node = cut_.feeds[static_cast<size_t>(feed)];
    if (node < 0) {
      const FeedSpec& spec = *specs_[static_cast<size_t>(feed)];
      // A node of the model with this name may be copied later, so the feed's name must not be one of the model's.
      node = cut_.graph.AddNode(FeedNode(Cat(EdgeName(model_, edge), ":fed"), spec.dtype, spec.shape));
    }
    return node;
  }

  const Graph& model_;
  Cut& cut_;
  std::vector<int32_t> moved_;
  std::vector<int32_t> pending_;
  std::map<Edge, int32_t> fed_;
  std::vector<const FeedSpec*> specs_;
};

Status CheckFeed(const Graph& model, Edge edge, const FeedSpec& spec) {
  const Node& node = model.node(edge.node);
  if (!node.op.starts_with("Placeholder")) return Status();
  const DType want = AttrReader(node).Type("dtype");
  if (want != DType::kInvalid && want != spec.dtype) {
    return InvalidArgument("input ", Quoted(spec.name), ": want ", want, ", got ", spec.dtype);
  }
  // What a default stands in for may have any shape, whatever the node says of it.
  if (node.op != "Placeholder" && node.op != "PlaceholderV2") return Status();
  const Shape shape = AttrReader(node).ShapeAttr("shape");
  // Graphs from before versions existed write `shape {}` for "any shape".
  const bool is_any = !shape.has_rank() || (!model.has_versions && shape.rank() == 0);
  if (is_any || MergeShapes(shape, spec.shape).ok()) return Status();
  return InvalidArgument("input ", Quoted(spec.name), ": want shape ", shape, ", got ", spec.shape);
}

}  // namespace

Node FeedNode(std::string name, DType dtype, const Shape& shape) {
  Node node;
  node.name = std::move(name);
  node.op = kFeed.name;
  node.def = &kFeed;
  node.attrs.Set("dtype", dtype);
  node.attrs.Set("shape", shape);
  return node;
}

Result<Edge> FindEdge(const Graph& graph, std::string_view name) {
  std::string_view node = name;
  int32_t slot = 0;
  const size_t colon = name.rfind(':');
  if (colon != std::string_view::npos && graph.Find(name) < 0) {
    const std::string_view digits = name.substr(colon + 1);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), slot);
    if (error != std::errc() || end != digits.data() + digits.size() || slot < 0) {
      return InvalidArgument(Quoted(name), ": want NAME or NAME:PORT with a port >= 0");
    }
    node = name.substr(0, colon);
  }
  const int32_t index = graph.Find(node);
  if (index < 0) return UnknownName(graph, node);
  return Edge{index, slot};
}

Result<Cut> CutGraph(const Graph& model, const std::vector<FeedSpec>& feeds, const std::vector<std::string>& fetches,
                     const std::vector<std::string>& targets, const StopToken& stop) {
  Cut cut;
  cut.graph.producer = model.producer;
  cut.graph.has_versions = model.has_versions;
  Cutter cutter(model, &cut);
  std::map<Edge, std::string> seen;
  for (const FeedSpec& spec : feeds) {
    RIVULET_ASSIGN_OR_RETURN(const Edge edge, FindEdge(model, spec.name));
    if (!seen.emplace(edge, spec.name).second) return InvalidArgument("input ", Quoted(spec.name), " is fed twice");
    RIVULET_RETURN_IF_ERROR(CheckFeed(model, edge, spec));
    cutter.AddFeed(edge, spec);
  }
  for (const std::string& name : fetches) {
    RIVULET_ASSIGN_OR_RETURN(const Edge edge, FindEdge(model, name));
    cut.fetches.push_back(cutter.Take(edge));
  }
  for (const std::string& name : targets) {
    RIVULET_ASSIGN_OR_RETURN(const Edge edge, FindEdge(model, name));
    cut.targets.push_back(cutter.TakeNode(edge.node));
  }
  RIVULET_RETURN_IF_ERROR(cutter.Finish(stop));
  return cut;
}

}  // namespace rivulet
