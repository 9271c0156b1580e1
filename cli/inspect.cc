// rivulet inspect: what is in a model file.
#include <algorithm>
#include <cstdio>
#include <optional>
#include <set>
#include <nlohmann/json.hpp>

#include "cli/flags.h"
#include "cli/command.h"
#include "cli/idle_inputs.h"
#include "cli/inspect_checkpoint.h"
#include "cli/inspect_setup.h"
#include "cli/model_flags.h"
#include "cli/model_summary.h"
#include "cli/pack_text.h"
#include "engine/base/errors.h"
#include "engine/graph/graph.h"
#include "engine/graph/model_setup.h"
#include "engine/ops/not_run.h"

namespace rivulet::cli {
namespace {

struct InspectCommand {
  std::string model;
  std::string op;
  bool nodes = false;
  bool variables = false;
  bool json = false;
  ModelFlags flags;
};

std::string Signature(const Fact& fact) { return Cat(Name(fact.dtype), fact.shape.ToString()); }

void PrintNode(const Graph& graph, const Node& node) {
  std::printf("%s = %s(", node.name.c_str(), node.op.c_str());
  bool first = true;
  for (const Edge& edge : node.inputs) {
    std::printf("%s%s", first ? "" : ", ", EdgeName(graph, edge).c_str());
    first = false;
  }
  for (const int32_t control : node.control_inputs) {
    std::printf("%s^%s", first ? "" : ", ", graph.node(control).name.c_str());
    first = false;
  }
  std::printf(")");
  for (size_t i = 0; i < node.outputs.size(); ++i)
    std::printf("%s%s", i == 0 ? " -> " : ", ", Signature(node.outputs[i]).c_str());
  std::printf("%s\n", node.def == nullptr ? "   (no kernel)" : "");
}

bool Feeds(const Graph& graph, const std::string& input, std::string_view op) {
  const int32_t index = graph.Find(input);
  return std::any_of(graph.nodes().begin(), graph.nodes().end(), [&](const Node& node) {
    return node.op.starts_with(op) && !node.inputs.empty() && node.inputs[0].node == index;
  });
}

// One row of scores: what `rivulet label` can put labels to.
bool GivesScores(const Graph& graph, const std::vector<std::string>& outputs) {
  if (outputs.size() != 1) return false;
  const Node& node = graph.node(graph.Find(outputs[0]));
  if (node.outputs.empty() || node.outputs[0].dtype != DType::kFloat) return false;
  const Shape& shape = node.outputs[0].shape;
  return shape.has_rank() && shape.rank() == 2 && shape[1] > 1;
}

// What to write after NAME= for an input: one string may be a file's bytes, several come as an array.
std::string_view ValueOf(DType dtype, const Shape& shape) {
  if (dtype == DType::kString && (!shape.has_rank() || shape.rank() == 0)) return "@file";
  return "array.npy";
}

// A command that can be pasted: `label` where it fits, else `run` with every input and the outputs.
std::string NextCommand(const std::string& path, const Model& model, const Graph& graph,
                        const std::vector<std::string>& outputs) {
  if (!model.Signatures().empty()) {
    const Result<const ModelSignature*> chosen = model.FindSignature("");
    const ModelSignature& signature = chosen.ok() ? **chosen : model.Signatures().front();
    std::string command = Cat("rivulet run ", path);
    if (!chosen.ok()) command += Cat(" --signature ", signature.key);
    std::set<std::string> given;  // two keys may mean one tensor
    for (const SignatureTensor& input : signature.inputs) {
      if (HasDefault(model, input) || !given.insert(input.name).second) continue;
      command += Cat(" --input ", input.key, "=", ValueOf(input.dtype, input.shape));
    }
    return command + " --save out";
  }
  const auto inputs = model.Inputs();
  if (inputs.size() == 1 && GivesScores(graph, outputs)) {
    const Model::Input& input = inputs[0];
    if (Feeds(graph, input.name, "DecodeWav")) return Cat("rivulet label ", path, " sound.wav");
    const bool is_picture = input.dtype == DType::kFloat || input.dtype == DType::kUint8;
    if (Feeds(graph, input.name, "Decode") || (is_picture && input.shape.has_rank() && input.shape.rank() == 4 &&
                                               (input.shape[3] == 3 || input.shape[3] == 1))) {
      return Cat("rivulet label ", path, " picture.jpg");
    }
  }
  std::string command = Cat("rivulet run ", path);
  for (const auto& input : inputs) {
    if (input.has_default) continue;
    const bool is_switch = input.name.find("keep_prob") != std::string::npos;
    command += Cat(" --input ", input.name, "=");
    command += input.dtype == DType::kBool ? "=false" : is_switch ? "=1" : ValueOf(input.dtype, input.shape);
  }
  for (const std::string& output : outputs) command += Cat(" --output ", output);
  return command + " --save out";
}

// Those that a run may need, then those that nothing reads.
struct ListedInput {
  Model::Input input;
  bool is_read = true;
};
std::vector<ListedInput> ListInputs(const Model& model) {
  const std::vector<Model::Input> idle = IdleInputs(model);
  const auto is_idle = [&](const std::string& name) {
    return std::any_of(idle.begin(), idle.end(), [&](const Model::Input& input) { return input.name == name; });
  };
  std::vector<ListedInput> inputs;
  for (const Model::Input& input : model.Inputs()) {
    if (!is_idle(input.name)) inputs.push_back({input, true});
  }
  for (const Model::Input& input : idle) inputs.push_back({input, false});
  return inputs;
}

nlohmann::json ToJson(const Model& model, const Graph& graph, const ModelSummary& summary,
                      const std::vector<std::string>& outputs) {
  nlohmann::json json = {{"format", model.format()},
                         {"file_bytes", model.file_bytes()},
                         {"nodes", graph.size()},
                         {"functions", graph.functions.size()},
                         {"producer", graph.producer},
                         {"parameters", summary.parameters},
                         {"parameter_bytes", summary.parameter_bytes},
                         {"flops", summary.flops},
                         {"ops", summary.histogram},
                         {"missing_ops", summary.missing_ops},
                         {"problems", summary.problems},
                         {"inputs", nlohmann::json::array()},
                         {"outputs", nlohmann::json::array()}};
  for (const auto& [input, is_read] : ListInputs(model)) {
    json["inputs"].push_back({{"name", input.name},
                              {"dtype", Name(input.dtype)},
                              {"shape", ShapeJson(input.shape)},
                              {"has_default", input.has_default},
                              {"is_read", is_read}});
  }
  for (const std::string& name : outputs) {
    const Node& node = graph.node(graph.Find(name));
    nlohmann::json entry = {{"name", name}, {"op", node.op}};
    if (!node.outputs.empty()) {
      entry["dtype"] = Name(node.outputs[0].dtype);
      if (node.outputs[0].shape.has_rank()) entry["shape"] = ShapeJson(node.outputs[0].shape);
    }
    json["outputs"].push_back(entry);
  }
  return json;
}

void PrintEnds(const Model& model, const Graph& graph, const std::vector<std::string>& outputs) {
  size_t longest = 20;
  const std::vector<ListedInput> inputs = ListInputs(model);
  for (const auto& [input, is_read] : inputs) longest = std::max(longest, input.name.size());
  for (const std::string& name : outputs) longest = std::max(longest, name.size());
  const int width = static_cast<int>(std::min<size_t>(longest, 60));
  for (const auto& [input, is_read] : inputs) {
    std::printf("input       %-*s %s%s%s%s\n", width, input.name.c_str(), std::string(Name(input.dtype)).c_str(),
                input.shape.ToString().c_str(), input.has_default ? "   has a default" : "",
                is_read ? "" : "   nothing reads it");
  }
  for (const std::string& name : outputs) {
    const Node& node = graph.node(graph.Find(name));
    std::printf("output      %-*s %s\n", width, name.c_str(),
                node.outputs.empty() ? "?" : Signature(node.outputs[0]).c_str());
  }
}

// How often a loop turns, a graph does not say.
void PrintArithmetic(const ModelSummary& summary) {
  const char* const loops[] = {"While", "StatelessWhile", "For", "NextIteration", "RefNextIteration"};
  const bool turns =
      std::any_of(std::begin(loops), std::end(loops), [&](const char* op) { return summary.histogram.contains(op); });
  const bool is_small = summary.flops < 500'000;
  std::printf("arithmetic  %.3f %s a run%s%s, in products of known shapes\n",
              static_cast<double>(summary.flops) / (is_small ? 1e6 : 1e9), is_small ? "MFLOP" : "GFLOP",
              turns ? " whose loops turn once" : "", summary.assumes_ones ? " with unknown dims as 1" : "");
}

void PrintSummary(const InspectCommand& command, const Model& model, const Graph& graph, const ModelSummary& summary,
                  const std::optional<CheckpointInfo>& checkpoint, const std::vector<std::string>& outputs,
                  const std::optional<prepare::PackMetadata>& metadata) {
  std::printf("%s: %s, %d nodes, %.2f MB\n", command.model.c_str(), FormatLine(model).c_str(), graph.size(),
              static_cast<double>(model.file_bytes()) / 1e6);
  if (metadata) std::printf("%s", PackText(*metadata).c_str());
  PrintSetup(model, checkpoint, command.variables);
  if (!graph.functions.empty()) std::printf("functions   %zu\n", graph.functions.size());
  // Signatures say it better.
  if (model.Signatures().empty()) PrintEnds(model, graph, outputs);
  std::printf("parameters  %lld (%.2f MB)\n", static_cast<long long>(summary.parameters),
              static_cast<double>(summary.parameter_bytes) / 1e6);
  if (summary.flops > 0) PrintArithmetic(summary);
  PrintPieces("ops", HistogramPieces(summary.histogram));
  for (const auto& [op, count] : summary.missing_ops) {
    std::printf("would not run: %s, %lld node%s: %s\n", op.c_str(), static_cast<long long>(count),
                count == 1 ? "" : "s", NoKernel(op).c_str());
  }
  for (const std::string& problem : summary.problems) std::printf("would not run: %s\n", problem.c_str());
  std::printf("next        %s\n", NextCommand(command.model, model, graph, outputs).c_str());
}

bool HasOp(const Graph& graph, const std::string& op) {
  return std::any_of(graph.nodes().begin(), graph.nodes().end(), [&](const Node& node) { return node.op == op; });
}

int InspectCheckpoint(const InspectCommand& command, const std::string& prefix) {
  auto info = ReadCheckpointInfo(prefix, command.flags.follow_links);
  if (!info.ok()) return Fail(info.status(), kBadData);
  if (command.json) {
    PrintJson(ToJson(*info));
    return kFine;
  }
  std::printf("%s: checkpoint V%d, %zu variable%s, %.2f MB\n", prefix.c_str(), info->version, info->variables.size(),
              info->variables.size() == 1 ? "" : "s", static_cast<double>(info->bytes) / 1e6);
  PrintVariables(*info, SIZE_MAX);
  return kFine;
}

int Inspect(const InspectCommand& command) {
  Status status;
  const std::string prefix = CheckpointOf(command.model, command.flags.follow_links, &status);
  if (!status.ok()) return Fail(status, kBadData);
  if (!prefix.empty()) return InspectCheckpoint(command, prefix);
  int code = kFine;
  const std::shared_ptr<const Model> model = LoadModel(command.model, command.flags, &code);
  if (model == nullptr) return code;
  const auto metadata = MetadataOf(*model);
  if (!metadata.ok()) return Fail(metadata.status(), kBadData);
  Graph graph = model->graph();
  if (!command.op.empty() && !HasOp(graph, command.op)) {
    std::set<std::string_view> ops;
    for (const Node& node : graph.nodes()) ops.insert(node.op);
    const std::string nearest = NearestNames(command.op, ops);
    return FailCall(
        Cat("no node has the operator ", Quoted(command.op), nearest.empty() ? "" : "; nearest: ", nearest));
  }
  const ModelSummary summary = Summarize(*model, &graph);
  const std::vector<std::string> outputs = model->LikelyOutputs();
  std::optional<CheckpointInfo> checkpoint;
  if (!model->setup().checkpoint_prefix.empty()) {
    auto info = ReadCheckpointInfo(model->setup().checkpoint_prefix, command.flags.follow_links);
    if (!info.ok()) return Fail(info.status(), kBadData);
    checkpoint = *std::move(info);
  }
  if (command.json) {
    nlohmann::json json = ToJson(*model, graph, summary, outputs);
    AddSetup(*model, checkpoint, &json);
    if (*metadata) json["metadata"] = PackJson(**metadata);
    if (command.nodes || !command.op.empty()) {
      for (const Node& node : graph.nodes()) {
        if (!command.op.empty() && node.op != command.op) continue;
        nlohmann::json entry = {{"name", node.name}, {"op", node.op}, {"inputs", nlohmann::json::array()}};
        for (const Edge& edge : node.inputs) entry["inputs"].push_back(EdgeName(graph, edge));
        for (const Fact& fact : node.outputs) entry["outputs"].push_back(Signature(fact));
        json["graph"].push_back(entry);
      }
    }
    PrintJson(json);
    return kFine;
  }
  if (command.nodes || !command.op.empty()) {
    for (const Node& node : graph.nodes()) {
      if (command.op.empty() || node.op == command.op) PrintNode(graph, node);
    }
    return kFine;
  }
  PrintSummary(command, *model, graph, summary, checkpoint, outputs, *metadata);
  return kFine;
}

}  // namespace

void AddInspect(CLI::App& app, int* code) {
  auto command = std::make_shared<InspectCommand>();
  Subcommand sub(app, "inspect", "What is in a model: inputs, outputs, operators, sizes, what would not run");
  sub.option("model", command->model, "Model file, SavedModel folder or checkpoint").required();
  sub.flag("--nodes", command->nodes, "One line per node");
  sub.flag("--variables", command->variables, "All variables of a SavedModel");
  sub.option("--op", command->op, "Only the nodes of this operator").type_name("TYPE");
  sub.flag("--json", command->json, "As one JSON object");
  command->flags.AddTo(sub);
  sub.footer(
      "Examples:\n  rivulet inspect model.pb\n  rivulet inspect saved_model_folder --tags serve\n  rivulet inspect "
      "model.ckpt-100\n  rivulet inspect model.pb --op Conv2D\n  rivulet inspect model.pb "
      "--nodes | less");
  sub.callback([command, code] { *code = Inspect(*command); });
}

}  // namespace rivulet::cli
