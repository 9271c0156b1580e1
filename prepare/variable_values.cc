#include "prepare/variable_values.h"

#include "engine/base/errors.h"
#include "engine/import/object_graph.h"
#include "prepare/function_calls.h"
#include "prepare/function_def.h"
#include "prepare/inline_functions.h"
#include "prepare/names.h"
#include "prepare/strip_unused.h"

namespace rivulet::prepare {
namespace {

std::vector<std::string> StringsOf(const NodeIndex& index, const NodeDef& node, size_t input) {
  if (input >= node.inputs.size()) return {};
  const auto it = index.find(ParseInput(node.inputs[input]).node);
  const Attr* value = it == index.end() || it->second->op != "Const" ? nullptr : it->second->Find("value");
  if (value == nullptr) return {};
  const Result<Tensor> tensor = value->AsTensor();
  if (!tensor.ok() || tensor->dtype() != DType::kString) return {};
  return {tensor->values<std::string>().begin(), tensor->values<std::string>().end()};
}

// Through Identity nodes to what they pass on.
const NodeDef* Follow(const NodeIndex& index, std::string_view input, int* port) {
  for (int steps = 0; steps < 16; ++steps) {
    const InputName name = ParseInput(input);
    const auto it = index.find(name.node);
    if (it == index.end() || name.is_control) return nullptr;
    *port = name.port;
    if (it->second->op != "Identity" || it->second->inputs.empty()) return it->second;
    input = it->second->inputs[0];
  }
  return nullptr;
}

// What restores variables in functions, as TensorFlow 2 writes it, without them; no nodes where nothing does.
GraphDef RestoringCalls(const GraphDef& graph) {
  GraphDef part = graph;
  Result<FunctionLibrary> library = TakeLibrary(part);
  if (!library.ok() || library->functions.empty()) return {};
  NameSet restoring;
  for (const FunctionDef& function : library->functions) {
    for (const NodeDef& node : function.nodes) {
      if (node.op == "RestoreV2") restoring.insert(function.name);
    }
  }
  std::vector<std::string> calls;
  for (const NodeDef& node : part.nodes) {
    const Attr* attr = node.Find("f");
    const std::vector<std::string> names = attr == nullptr ? std::vector<std::string>() : FunctionsIn(*attr);
    if (names.size() == 1 && restoring.contains(names[0])) calls.push_back(node.name);
  }
  PutLibrary(*library, part);
  if (calls.empty() || !KeepNeeded(calls, part).ok() || !InlineFunctions(part).ok()) return {};
  return part;
}

}  // namespace

void VariableValues::ReadRestoreNodes(const GraphDef& graph) {
  const Result<NodeIndex> index = IndexNodes(graph);
  if (!index.ok()) return;
  for (const NodeDef& node : graph.nodes) {
    if ((node.op != "Assign" && node.op != "AssignVariableOp") || node.inputs.size() < 2) continue;
    int port = 0, variable_port = 0;
    const NodeDef* restore = Follow(*index, node.inputs[1], &port);
    const NodeDef* variable = Follow(*index, node.inputs[0], &variable_port);
    if (restore == nullptr || variable == nullptr) continue;
    const bool is_old = restore->op == "Restore" || restore->op == "RestoreSlice";
    if (restore->op != "RestoreV2" && !is_old) continue;
    const std::vector<std::string> names = StringsOf(*index, *restore, 1), slices = StringsOf(*index, *restore, 2);
    const auto at = static_cast<size_t>(port);
    if (at < names.size()) by_node_.emplace(variable->name, Saved{names[at], at < slices.size() ? slices[at] : ""});
  }
}

void VariableValues::ReadCopies(const GraphDef& graph) {
  const Result<NodeIndex> index = IndexNodes(graph);
  if (!index.ok()) return;
  for (const NodeDef& node : graph.nodes) {
    if (node.op != "AssignVariableOp" || node.inputs.size() < 2) continue;
    int port = 0;
    const NodeDef* copy = Follow(*index, node.inputs[0], &port);
    const NodeDef* read = Follow(*index, node.inputs[1], &port);
    if (copy == nullptr || read == nullptr || read->op != "ReadVariableOp" || read->inputs.empty()) continue;
    const NodeDef* origin = Follow(*index, read->inputs[0], &port);
    const auto saved = by_node_.find(copy->name);
    if (origin != nullptr && saved != by_node_.end()) by_node_.emplace(origin->name, Saved(saved->second));
  }
}

Status VariableValues::ReadObjects() {
  if (reader_->Find(kObjectGraphKey) == nullptr) return Status();
  RIVULET_ASSIGN_OR_RETURN(const Tensor graph, reader_->Read(kObjectGraphKey, *allocator_));
  if (graph.dtype() != DType::kString || graph.num_elements() != 1) return Status();
  const std::string& bytes = graph.data<std::string>()[0];
  RIVULET_ASSIGN_OR_RETURN(const std::vector<TrackedValue> values,
                           ReadTrackedValues({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()}, Limits()));
  for (const TrackedValue& value : values) {
    if (value.attribute != "VARIABLE_VALUE" || value.full_name.empty()) continue;
    const auto [it, is_new] = by_object_.emplace(value.full_name, value.key);
    if (!is_new && it->second != value.key) it->second.clear();
  }
  return Status();
}

Result<VariableValues> VariableValues::Open(const std::string& prefix, const GraphDef& graph) {
  VariableValues values;
  values.prefix_ = prefix;
  values.allocator_ = Allocator::Create();
  const size_t slash = prefix.rfind('/');
  const std::string folder_path = slash == std::string::npos ? "." : slash == 0 ? "/" : prefix.substr(0, slash);
  FolderOptions options;
  options.follow_links = true;  // the caller named the files
  RIVULET_ASSIGN_OR_RETURN(const auto folder, Folder::OpenFolder(folder_path, options));
  RIVULET_ASSIGN_OR_RETURN(values.reader_, CheckpointReader::Open(folder, prefix.substr(slash + 1), {}));
  values.ReadRestoreNodes(graph);
  values.ReadRestoreNodes(RestoringCalls(graph));
  values.ReadCopies(graph);
  const Status status = values.ReadObjects();
  if (!status.ok()) return Status(status).Framed(Cat("'", prefix, "'"));
  return values;
}

Result<Tensor> VariableValues::Of(const NodeDef& variable) const {
  const auto read = [&]() -> Result<Tensor> {
    if (const auto saved = by_node_.find(variable.name);
        saved != by_node_.end() && reader_->Find(saved->second.key) != nullptr) {
      return reader_->ReadSlice(saved->second.key, saved->second.slice, *allocator_);
    }
    std::vector<std::string> names = {variable.name};
    if (const Attr* shared = variable.Find("shared_name"); shared != nullptr && shared->AsString()) {
      names.push_back(*shared->AsString());
    }
    for (const std::string& name : names) {
      if (reader_->Find(name) != nullptr) return reader_->Read(name, *allocator_);
      if (const auto object = by_object_.find(name); object != by_object_.end()) {
        if (object->second.empty()) return InvalidArgument("several objects of the checkpoint have this name");
        return reader_->Read(object->second, *allocator_);
      }
    }
    return reader_->Read(variable.name, *allocator_).status();  // the error with the nearest names
  };
  Result<Tensor> value = read();
  if (!value.ok()) return Status(value.status()).Framed(Cat("'", prefix_, "': variable '", variable.name, "'"));
  return value;
}

}  // namespace rivulet::prepare
