#include "cli/flags.h"
#include "cli/model_flags.h"

#include <algorithm>

#include "cli/cache_folder.h"
#include "cli/command.h"
#include "engine/base/errors.h"
#include "engine/graph/graph.h"
#include "engine/ops/op.h"
#include "engine/run/cut.h"

namespace rivulet::cli {

void ModelFlags::AddTo(Subcommand& command) {
  command
      .option("--tags", tags,
              "Which graph of a SavedModel, its tags separated by commas; default: serve, or the only one, or the "
              "one without")
      .type_name("TAG,…");
  command.option("--checkpoint", checkpoint, "Where variables come from; default: the checkpoint beside the model")
      .type_name("PREFIX");
  command.flag("--follow-links", follow_links, "Files of a model's folder may be links that lead out of it");
}

LoadOptions ModelFlags::Options() const {
  LoadOptions options;
  options.checkpoint = checkpoint;
  options.follow_links = follow_links;
  std::string tag;
  for (const char c : tags + ",") {
    if (c != ',') {
      tag += c;
    } else if (!tag.empty()) {
      options.tags.push_back(std::exchange(tag, std::string()));
    }
  }
  return options;
}

std::shared_ptr<const Model> LoadModel(const std::string& path, const ModelFlags& flags, int* code, int threads) {
  auto model = Model::Load(path, Cached(threads, flags.Options()));
  if (model.ok()) return *model;
  // A path that is not there is bad data; tags that are not there are a bad call.
  const bool bad_tags =
      !flags.tags.empty() && model.status().message().find("no graph has the tags") != std::string::npos;
  *code = Fail(model.status(), bad_tags ? kBadCall : kBadData);
  return nullptr;
}

Result<NameChoice> NameChoice::Of(const Model& model, const std::string& key) {
  NameChoice choice;
  const Result<const ModelSignature*> found = model.FindSignature(key);
  if (found.ok()) {
    choice.signature_ = *found;
  } else if (!key.empty()) {
    return found.status();
  }
  return choice;
}

std::string NameChoice::Input(const std::string& name) const {
  const SignatureTensor* tensor = signature_ == nullptr ? nullptr : signature_->FindInput(name);
  return tensor == nullptr ? name : tensor->name;
}

std::string NameChoice::Output(const std::string& name) const {
  const SignatureTensor* tensor = signature_ == nullptr ? nullptr : signature_->FindOutput(name);
  return tensor == nullptr ? name : tensor->name;
}

Status NameChoice::Unknown(Status status, const std::string& name, bool is_input) const {
  if (status.ok() || status.code() != Code::kNotFound || signature_ == nullptr) return status;
  std::string keys;
  for (const SignatureTensor& tensor : is_input ? signature_->inputs : signature_->outputs) {
    keys += Cat(keys.empty() ? "" : ", ", Quoted(tensor.key));
  }
  return NotFound("no ", is_input ? "input" : "output", " or node is called ", Quoted(name), "; signature ",
                  Quoted(signature_->key), keys.empty() ? " has none" : " has ", keys);
}

std::string NameChoice::KeyOf(const std::string& node) const {
  if (signature_ == nullptr) return node;
  for (const SignatureTensor& input : signature_->inputs) {
    if (input.name == node || input.name == node + ":0") return input.key;
  }
  return node;
}

std::vector<std::string> NameChoice::DefaultOutputs(const Model& model) const {
  std::vector<std::string> names;
  if (signature_ == nullptr) {
    // A variable that nobody reads is no output of the model.
    const std::vector<std::string> likely = model.LikelyOutputs();
    for (const std::string& name : likely) {
      if (CheckIsArray(model, name, name).ok()) names.push_back(name);
    }
    return names.empty() ? likely : names;
  }
  for (const SignatureTensor& tensor : signature_->outputs) names.push_back(tensor.key);
  return names;
}

namespace {

// What a signature promises it gives, also where that is the variable itself.
bool IsPromised(const Model& model, Edge edge) {
  for (const ModelSignature& signature : model.Signatures()) {
    for (const SignatureTensor& output : signature.outputs) {
      const Result<Edge> named = FindEdge(model.graph(), output.name);
      if (named.ok() && *named == edge) return true;
    }
  }
  return false;
}

bool IsVariable(const Node& node) {
  return node.op == "VariableV2" || node.op == "Variable" || node.op == "VarHandleOp";
}

// Whether the tensor is an object of the session, or the variable itself and not what an operator gives for it.
bool IsObject(const Model& model, Edge edge, const std::string& tensor) {
  const Node& node = model.graph().node(edge.node);
  if (IsVariable(node) || (node.def != nullptr && (node.def->flags & kNamedResource) == kNamedResource)) return true;
  const Result<Model::EdgeInfo> info = model.Describe(tensor);
  return info.ok() && (info->dtype == DType::kResource || info->dtype == DType::kVariant);
}

// A node that gives an array for it: the one that TensorFlow's variables read, else the first that takes it and changes
// nothing. Empty when there is none.
std::string ReaderOf(const Model& model, Edge edge) {
  const Graph& graph = model.graph();
  const int32_t usual = graph.Find(Cat(graph.node(edge.node).name, "/read"));
  const auto reads = [&](const Node& node) {
    const bool changes = node.op.starts_with("Assign") || node.op.find("Scatter") != std::string::npos ||
                         (node.def != nullptr && (node.def->flags & kEffect) == kEffect);
    if (changes || std::find(node.inputs.begin(), node.inputs.end(), edge) == node.inputs.end()) return false;
    const Result<Model::EdgeInfo> info = model.Describe(node.name);
    return info.ok() && info->dtype != DType::kInvalid && !IsObject(model, {graph.Find(node.name), 0}, node.name);
  };
  if (usual >= 0 && reads(graph.node(usual))) return graph.node(usual).name;
  for (const Node& node : graph.nodes()) {
    if (reads(node)) return node.name;
  }
  return {};
}

}  // namespace

Status CheckIsArray(const Model& model, const std::string& name, const std::string& tensor) {
  RIVULET_ASSIGN_OR_RETURN(const Edge edge, FindEdge(model.graph(), tensor));
  if (!IsObject(model, edge, tensor)) return Status();
  const Node& node = model.graph().node(edge.node);
  if (node.op.starts_with("Variable") && IsPromised(model, edge)) return Status();
  const std::string reader = ReaderOf(model, edge);
  return InvalidArgument("output ", Quoted(name), " is ", IsVariable(node) ? "a variable" : "a resource of the session",
                         " (", node.op, "), not an array",
                         reader.empty() ? std::string() : Cat("; fetch what reads it: ", Quoted(reader)));
}

}  // namespace rivulet::cli
