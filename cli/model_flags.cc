#include "cli/model_flags.h"

#include "cli/command.h"
#include "engine/base/errors.h"
#include "engine/graph/graph.h"
#include "engine/run/cut.h"

namespace rivulet::cli {

void ModelFlags::AddTo(CLI::App& command) {
  command
      .add_option("--tags", tags,
                  "Which graph of a SavedModel, its tags separated by commas; default: serve, or the only one")
      ->type_name("TAG,…");
  command.add_option("--checkpoint", checkpoint, "Where variables come from; default: the checkpoint beside the model")
      ->type_name("PREFIX");
  command.add_flag("--follow-links", follow_links, "Files of a model's folder may be links that lead out of it");
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

std::shared_ptr<const Model> LoadModel(const std::string& path, const ModelFlags& flags, int* code) {
  auto model = Model::Load(path, flags.Options());
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

std::string NameChoice::KeyOf(const std::string& node) const {
  if (signature_ == nullptr) return node;
  for (const SignatureTensor& input : signature_->inputs) {
    if (input.name == node || input.name == node + ":0") return input.key;
  }
  return node;
}

std::vector<std::string> NameChoice::DefaultOutputs(const Model& model) const {
  if (signature_ == nullptr) return model.LikelyOutputs();
  std::vector<std::string> names;
  for (const SignatureTensor& tensor : signature_->outputs) names.push_back(tensor.key);
  return names;
}

Status CheckIsArray(const Model& model, const std::string& name, const std::string& tensor) {
  const Result<Edge> edge = FindEdge(model.graph(), tensor);
  if (!edge.ok()) return edge.status();
  const std::string& op = model.graph().node(edge->node).op;
  if (op == "VarHandleOp") {
    return InvalidArgument("output ", Quoted(name), " is a variable (", op, "), not an array; fetch what reads it");
  }
  const Result<Model::EdgeInfo> info = model.Describe(tensor);
  if (info.ok() && (info->dtype == DType::kResource || info->dtype == DType::kVariant)) {
    return InvalidArgument("output ", Quoted(name), " is a ", Name(info->dtype), " (", op,
                           "), an object of the session and not an array");
  }
  return Status();
}

}  // namespace rivulet::cli
