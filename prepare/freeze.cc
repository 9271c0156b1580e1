#include "prepare/freeze.h"

#include <algorithm>
#include <unordered_map>

#include "engine/base/errors.h"
#include "prepare/constants.h"
#include "prepare/strip_unused.h"

namespace rivulet::prepare {
namespace {

bool Contains(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// What passes a reference or handle on; the same operator without "Ref" passes the value on.
bool PassesOn(std::string_view op) {
  if (op.starts_with("Ref")) op.remove_prefix(3);
  return op == "Identity" || op == "Enter" || op == "Exit" || op == "Switch" || op == "Merge" ||
         op == "NextIteration" || op == "LoopCond";
}

bool Writes(std::string_view op) {
  return op.starts_with("Assign") || op.starts_with("Scatter") || op.starts_with("ResourceScatter") ||
         op.starts_with("Apply") || op.starts_with("ResourceApply") || op.starts_with("SparseApply") ||
         op.starts_with("ResourceSparseApply") || op.starts_with("CountUpTo") || op.starts_with("ResourceCountUpTo");
}

class Freezer {
 public:
  explicit Freezer(GraphDef& graph) : graph_(graph) {}

  // Records that output 0 of the node at `at` is the variable of that type.
  void Seed(size_t at, DType type) { frozen_.emplace(graph_.nodes[at].name, Source{type, graph_.nodes[at].name}); }

  // Follows references and handles until no node is added: loops pass them backwards.
  Status Spread() {
    for (bool changed = true; changed;) {
      changed = false;
      for (NodeDef& node : graph_.nodes) {
        const Source* source = SourceOf(node, 0);
        if (source == nullptr || !PassesOn(node.op) || frozen_.contains(node.name)) continue;
        frozen_.emplace(node.name, *source);
        changed = true;
      }
    }
    return Status();
  }

  Status RewriteReaders() {
    std::vector<NodeDef> added;
    for (NodeDef& node : graph_.nodes) RIVULET_RETURN_IF_ERROR(Rewrite(node, &added));
    for (NodeDef& node : added) graph_.nodes.push_back(std::move(node));
    return Status();
  }

 private:
  struct Source {
    DType type;
    std::string variable;
  };

  const Source* SourceOf(const NodeDef& node, size_t input) const {
    if (input >= node.inputs.size()) return nullptr;
    const InputName name = ParseInput(node.inputs[input]);
    if (name.is_control) return nullptr;
    const auto it = frozen_.find(std::string(name.node));
    return it == frozen_.end() ? nullptr : &it->second;
  }

  static Status Wrong(const NodeDef& node, const Source& source, const char* what) {
    return Unimplemented("node '", node.name, "' (", node.op, ") ", what, " variable '", source.variable, "'");
  }

  Status Rewrite(NodeDef& node, std::vector<NodeDef>* added) {
    const Source* source = SourceOf(node, 0);
    if (source != nullptr && Writes(node.op)) {
      return Wrong(node, *source, "writes; name outputs of the graph for inference, not for training: it would change");
    }
    if (PassesOn(node.op) && source != nullptr) {
      if (node.op.starts_with("Ref")) node.op.erase(0, 3);
      node.attrs["T"] = Attr::OfType(source->type);
      node.attrs.erase("_output_shapes");  // was said of a reference or handle
      return Status();
    }
    if (node.op == "ReadVariableOp" && source != nullptr) {
      node.op = "Identity";
      KeepAttrs(node, {"_class"});
      node.attrs["T"] = Attr::OfType(source->type);
      return Status();
    }
    if (node.op == "ResourceGather" && source != nullptr) return RewriteGather(node, *source, added);
    if (node.op == "ResourceGatherNd" && source != nullptr) {
      return Rename(node, "GatherNd", {{"dtype", "Tparams"}, {"Tindices", "Tindices"}});
    }
    if (node.op == "VariableShape" && source != nullptr) {
      node.op = "Shape";
      KeepAttrs(node, {"out_type"});
      node.attrs["T"] = Attr::OfType(source->type);
      return Status();
    }
    if ((node.op == "VarIsInitializedOp" || node.op == "IsVariableInitialized") && source != nullptr) {
      const bool yes = true;
      node = MakeConst(node.name, Tensor::Scalar<bool>(yes));
      return Status();
    }
    return CheckCalls(node);
  }

  // A handle must not be left where a handle is wanted.
  Status CheckCalls(const NodeDef& node) const {
    static constexpr std::string_view kCalls[] = {
        "PartitionedCall", "StatefulPartitionedCall", "If",   "StatelessIf",
        "While",           "StatelessWhile",          "Case", "StatelessCase"};
    if (std::find(std::begin(kCalls), std::end(kCalls), node.op) == std::end(kCalls)) return Status();
    for (size_t i = 0; i < node.inputs.size(); ++i) {
      if (const Source* source = SourceOf(node, i); source != nullptr && handles_.contains(source->variable)) {
        return Wrong(node, *source, "calls a function with");
      }
    }
    return Status();
  }

  static void KeepAttrs(NodeDef& node, const std::vector<std::string>& kept) {
    for (auto it = node.attrs.begin(); it != node.attrs.end();) {
      it = Contains(kept, it->first) ? std::next(it) : node.attrs.erase(it);
    }
  }

  static Status Rename(NodeDef& node, const char* op, const std::vector<std::pair<std::string, std::string>>& attrs) {
    std::map<std::string, Attr, std::less<>> kept;
    for (const auto& [from, to] : attrs) {
      if (const Attr* attr = node.Find(from)) kept[to] = *attr;
    }
    node.op = op;
    node.attrs = std::move(kept);
    return Status();
  }

  // GatherV2 along the axis after the batch dims.
  static Status RewriteGather(NodeDef& node, const Source& source, std::vector<NodeDef>* added) {
    const Attr* batch = node.Find("batch_dims");
    const int64_t batch_dims = batch == nullptr ? 0 : batch->AsInt().value_or(0);
    if (node.inputs.size() < 2 || batch_dims < 0 || batch_dims > 254) {
      return Wrong(node, source, "reads in a way that cannot be frozen:");
    }
    (void)Rename(node, "GatherV2", {{"dtype", "Tparams"}, {"Tindices", "Tindices"}, {"_class", "_class"}});
    node.attrs["Tparams"] = Attr::OfType(source.type);
    node.attrs["Taxis"] = Attr::OfType(DType::kInt32);
    node.attrs["batch_dims"] = Attr::OfInt(batch_dims);
    const std::string axis = node.name + "/axis";
    added->push_back(MakeConst(axis, Tensor::Scalar<int32_t>(static_cast<int32_t>(batch_dims))));
    node.inputs.insert(node.inputs.begin() + 2, axis);
    return Status();
  }

  GraphDef& graph_;
  std::unordered_map<std::string, Source> frozen_;

 public:
  std::unordered_map<std::string, bool> handles_;  // variables that were VarHandleOps
};

}  // namespace

bool IsVariable(const NodeDef& node) {
  return node.op == "Variable" || node.op == "VariableV2" || node.op == "VarHandleOp";
}

Result<size_t> FreezeVariables(const FreezeOptions& options,
                               const std::function<Result<Tensor>(const NodeDef& variable)>& value_of,
                               GraphDef& graph) {
  RIVULET_RETURN_IF_ERROR(KeepNeeded(options.outputs, graph));
  Freezer freezer(graph);
  size_t count = 0;
  for (size_t i = 0; i < graph.nodes.size(); ++i) {
    NodeDef& node = graph.nodes[i];
    if (!IsVariable(node) || Contains(options.except, node.name) ||
        (!options.only.empty() && !Contains(options.only, node.name))) {
      continue;
    }
    RIVULET_ASSIGN_OR_RETURN(const Tensor value, value_of(node));
    const Attr* dtype = node.Find("dtype");
    if (dtype != nullptr && dtype->AsType() && *dtype->AsType() != value.dtype()) {
      return InvalidArgument("variable '", node.name, "': want ", Name(*dtype->AsType()), ", the checkpoint has ",
                             Name(value.dtype()));
    }
    if (node.op == "VarHandleOp") freezer.handles_[node.name] = true;
    freezer.Seed(i, value.dtype());
    NodeDef constant = MakeConst(node.name, value);
    constant.device = node.device;
    for (const std::string& input : node.inputs) {
      if (ParseInput(input).is_control) constant.inputs.push_back(input);
    }
    node = std::move(constant);
    ++count;
  }
  RIVULET_RETURN_IF_ERROR(freezer.Spread());
  RIVULET_RETURN_IF_ERROR(freezer.RewriteReaders());
  if (options.clear_devices) {
    for (NodeDef& node : graph.nodes) node.device.clear();
  }
  // VarIsInitializedOp as a constant may leave its variable unused.
  RIVULET_RETURN_IF_ERROR(KeepNeeded(options.outputs, graph));
  return count;
}

}  // namespace rivulet::prepare
