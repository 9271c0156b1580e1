#include "prepare/freeze_body.h"

#include <algorithm>

#include "engine/base/errors.h"
#include "prepare/constants.h"

namespace rivulet::prepare {
namespace {

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

Status Wrong(const NodeDef& node, const Frozen& source, std::string_view what) {
  return Unimplemented("node '", node.name, "' (", node.op, ") ", what, " variable '", source.variable, "'");
}

void KeepAttrs(NodeDef& node, const std::vector<std::string>& kept) {
  std::erase_if(node.attrs,
                [&](const auto& entry) { return std::find(kept.begin(), kept.end(), entry.first) == kept.end(); });
}

void Rename(NodeDef& node, const char* op, const std::vector<std::pair<std::string, std::string>>& attrs) {
  std::map<std::string, Attr, std::less<>> kept;
  for (const auto& [from, to] : attrs) {
    if (const Attr* attr = node.Find(from)) kept[to] = *attr;
  }
  node.op = op;
  node.attrs = std::move(kept);
}

}  // namespace

const Frozen* BodyFreezer::SourceOf(const std::string& text) const {
  if (text.starts_with('^')) return nullptr;
  const size_t colon = text.find(':');
  const std::string name = text.substr(0, colon);
  if (const auto it = frozen_.find(name); it != frozen_.end()) return &it->second;
  // A call's results: "call:3", or "call:output:3" in a function.
  const size_t last = text.rfind(':');
  const std::string position = colon == std::string::npos ? "0" : text.substr(last + 1);
  const auto it = frozen_.find(Cat(name, ":", position));
  return it == frozen_.end() ? nullptr : &it->second;
}

const Frozen* BodyFreezer::SourceOf(const NodeDef& node, size_t input) const {
  return input < node.inputs.size() ? SourceOf(node.inputs[input]) : nullptr;
}

std::string BodyFreezer::Renamed(const std::string& text) const {
  if (!in_function_ || text.starts_with('^')) return text;
  const size_t first = text.find(':'), last = text.rfind(':');
  if (first == std::string::npos || first == last || !renamed_.contains(text.substr(0, first))) return text;
  return Cat(text.substr(0, first), ":output", text.substr(last));
}

// Until no node is added: loops pass references backwards.
bool BodyFreezer::Spread() {
  bool any = false;
  for (bool changed = true; changed;) {
    changed = false;
    for (const NodeDef& node : nodes_) {
      const Frozen* source = SourceOf(node, 0);
      if (source == nullptr || !PassesOn(node.op) || frozen_.contains(node.name)) continue;
      frozen_.emplace(node.name, Frozen(*source));
      changed = any = true;
    }
  }
  return any;
}

Status BodyFreezer::Run() {
  for (bool changed = true; changed;) {
    Spread();
    RIVULET_ASSIGN_OR_RETURN(changed, FreezeOneCall());
  }
  for (NodeDef& node : nodes_) RIVULET_RETURN_IF_ERROR(Rewrite(node));
  if (in_function_) {
    for (NodeDef& node : nodes_) {
      for (std::string& input : node.inputs) input = Renamed(input);
    }
  }
  for (NodeDef& node : added_) nodes_.push_back(std::move(node));
  added_.clear();
  return Status();
}

Status BodyFreezer::Rewrite(NodeDef& node) {
  if (calls_.contains(node.name)) return Status();
  const Frozen* found = SourceOf(node, 0);
  if (found == nullptr) return CheckOthers(node);
  const Frozen source = *found;
  if (Writes(node.op)) {
    return Wrong(node, source, "writes; name outputs of the graph for inference, not for training: it would change");
  }
  if (PassesOn(node.op)) {
    if (node.op.starts_with("Ref")) node.op.erase(0, 3);
    node.attrs["T"] = Attr::OfType(source.type);
    node.attrs.erase("_output_shapes");  // was said of a reference or handle
    return Status();
  }
  if (node.op == "ReadVariableOp") {
    node.op = "Identity";
    KeepAttrs(node, {"_class"});
    node.attrs["T"] = Attr::OfType(source.type);
  } else if (node.op == "ResourceGather") {
    RIVULET_RETURN_IF_ERROR(RewriteGather(node, source));
  } else if (node.op == "ResourceGatherNd") {
    Rename(node, "GatherNd", {{"dtype", "Tparams"}, {"Tindices", "Tindices"}});
  } else if (node.op == "VariableShape") {
    node.op = "Shape";
    KeepAttrs(node, {"out_type"});
    node.attrs["T"] = Attr::OfType(source.type);
  } else if (node.op == "VarIsInitializedOp" || node.op == "IsVariableInitialized") {
    const bool yes = true;
    node = MakeConst(node.name, Tensor::Scalar<bool>(yes));
  } else {
    return CheckOthers(node);
  }
  renamed_.insert(node.name);
  return Status();
}

// A value must not be left where a handle is wanted.
Status BodyFreezer::CheckOthers(const NodeDef& node) const {
  for (const std::string& input : node.inputs) {
    const Frozen* source = SourceOf(input);
    if (source != nullptr && source->is_handle) return Wrong(node, *source, "takes, in a way that cannot be frozen,");
  }
  return Status();
}

// GatherV2 along the axis after the batch dims.
Status BodyFreezer::RewriteGather(NodeDef& node, const Frozen& source) {
  const Attr* batch = node.Find("batch_dims");
  const int64_t batch_dims = batch == nullptr ? 0 : batch->AsInt().value_or(0);
  if (node.inputs.size() < 2 || batch_dims < 0 || batch_dims > 254) {
    return Wrong(node, source, "reads in a way that cannot be frozen:");
  }
  Rename(node, "GatherV2", {{"dtype", "Tparams"}, {"Tindices", "Tindices"}, {"_class", "_class"}});
  node.attrs["Tparams"] = Attr::OfType(source.type);
  node.attrs["Taxis"] = Attr::OfType(DType::kInt32);
  node.attrs["batch_dims"] = Attr::OfInt(batch_dims);
  const std::string axis = node.name + "/axis";
  added_.push_back(MakeConst(axis, Tensor::Scalar<int32_t>(static_cast<int32_t>(batch_dims))));
  node.inputs.insert(node.inputs.begin() + 2, in_function_ ? axis + ":output:0" : axis);
  return Status();
}

}  // namespace rivulet::prepare
