#include "cli/inspect_setup.h"

#include <cstdio>
#include <nlohmann/json.hpp>

#include "engine/base/errors.h"
#include "engine/graph/graph.h"
#include "engine/graph/model_setup.h"

namespace rivulet::cli {
namespace {

constexpr size_t kMostVariables = 20;
constexpr size_t kMostFunctions = 10;

nlohmann::json TensorsJson(const Model& model, const std::vector<SignatureTensor>& tensors) {
  nlohmann::json json = nlohmann::json::array();
  for (const SignatureTensor& tensor : tensors) {
    json.push_back({{"key", tensor.key},
                    {"tensor", tensor.name},
                    {"dtype", Name(tensor.dtype)},
                    {"shape", ShapeJson(tensor.shape)},
                    {"has_default", HasDefault(model, tensor)}});
  }
  return json;
}

// "audio float32[1,512], rate int32[] (default)"
std::string TensorList(const Model& model, const std::vector<SignatureTensor>& tensors) {
  std::string line;
  for (const SignatureTensor& tensor : tensors) {
    line += Cat(line.empty() ? "" : ", ", tensor.key, " ", Name(tensor.dtype), tensor.shape.ToString(),
                HasDefault(model, tensor) ? " (default)" : "");
  }
  return line.empty() ? "nothing" : line;
}

}  // namespace

bool HasDefault(const Model& model, const SignatureTensor& input) {
  if (input.default_value.valid()) return true;
  const int32_t node = model.graph().Find(std::string_view(input.name).substr(0, input.name.rfind(':')));
  return node >= 0 && model.graph().node(node).op == "PlaceholderWithDefault";
}

nlohmann::json ShapeJson(const Shape& shape) {
  if (!shape.has_rank()) return nullptr;
  return std::vector<int64_t>(shape.dims().begin(), shape.dims().end());
}

void AddSetup(const Model& model, const std::optional<CheckpointInfo>& checkpoint, nlohmann::json* json) {
  const ModelSetup& setup = model.setup();
  (*json)["tags"] = setup.tags;
  (*json)["tensorflow_version"] = setup.tensorflow_version;
  (*json)["signatures"] = nlohmann::json::array();
  for (const ModelSignature& signature : model.Signatures()) {
    (*json)["signatures"].push_back({{"key", signature.key},
                                     {"method", signature.method},
                                     {"inputs", TensorsJson(model, signature.inputs)},
                                     {"outputs", TensorsJson(model, signature.outputs)}});
  }
  (*json)["init_ops"] = setup.init_ops;
  (*json)["assets"] = nlohmann::json::array();
  for (const auto& [tensor, path] : setup.assets) (*json)["assets"].push_back({{"tensor", tensor}, {"path", path}});
  if (checkpoint) (*json)["checkpoint"] = ToJson(*checkpoint);
  for (const SavedObject& object : setup.objects) {
    if (object.kind == SavedObject::Kind::kFunction && !object.functions.empty()) {
      (*json)["exported_functions"].push_back({{"path", object.path}, {"functions", object.functions}});
    }
  }
}

void PrintPieces(const char* title, const std::vector<std::string>& pieces) {
  std::string line = title;
  line.resize(11, ' ');
  for (const std::string& piece : pieces) {
    if (line.size() + piece.size() > 110) {
      std::printf("%s\n", line.c_str());
      line = std::string(11, ' ');
    }
    line += " " + piece;
  }
  std::printf("%s\n", line.c_str());
}

std::string FormatLine(const Model& model) {
  std::string line = model.format();
  const ModelSetup& setup = model.setup();
  if (!setup.tensorflow_version.empty()) {
    const std::string& version = setup.tensorflow_version;
    const size_t dot = version.find('.');
    line += ", TF " + version.substr(0, dot == std::string::npos ? dot : version.find('.', dot + 1));
  }
  for (size_t i = 0; i < setup.tags.size(); ++i) line += (i == 0 ? ", tags " : " ") + setup.tags[i];
  return line;
}

void PrintSetup(const Model& model, const std::optional<CheckpointInfo>& checkpoint, bool all_variables) {
  for (const ModelSignature& signature : model.Signatures()) {
    std::printf("%s: %s → %s\n", signature.key.c_str(), TensorList(model, signature.inputs).c_str(),
                TensorList(model, signature.outputs).c_str());
  }
  std::vector<std::string> exported;
  for (const SavedObject& object : model.setup().objects) {
    if (object.kind != SavedObject::Kind::kFunction || object.functions.empty() || object.path.empty()) continue;
    if (exported.size() == kMostFunctions) {
      exported.back() = "…";
      break;
    }
    exported.push_back(object.path);
  }
  if (!exported.empty()) PrintPieces("exported", exported);
  if (checkpoint) {
    std::printf("variables   %zu (%.2f MB), checkpoint V%d\n", checkpoint->variables.size(),
                static_cast<double>(checkpoint->bytes) / 1e6, checkpoint->version);
    PrintVariables(*checkpoint, all_variables ? SIZE_MAX : kMostVariables);
  } else if (!model.setup().restore_op.empty()) {
    std::printf("variables   none: %s\n", model.setup().no_checkpoint.c_str());
  }
  for (const auto& [tensor, path] : model.setup().assets) std::printf("asset       %s\n", path.c_str());
}

}  // namespace rivulet::cli
