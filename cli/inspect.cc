// rivulet inspect: what is in a model file.
#include <algorithm>
#include <cstdio>
#include <map>

#include "cli/command.h"
#include "engine/base/errors.h"
#include "engine/ops/infer.h"
#include "engine/run/flops.h"

namespace rivulet::cli {
namespace {

struct InspectCommand {
  std::string model;
  std::string op;
  bool nodes = false;
  bool json = false;
};

struct Summary {
  std::map<std::string, int64_t> histogram;
  std::map<std::string, int64_t> unknown_ops;
  std::vector<std::string> problems;
  int64_t parameters = 0;
  int64_t parameter_bytes = 0;
  int64_t flops = 0;
};

// Small constants are axes and shapes rather than weights; they count all the same, as TensorFlow's own tool does.
void CountConstant(const Node& node, Summary* summary) {
  const auto* literal = node.attrs.Get<std::shared_ptr<const TensorLiteral>>("value");
  if (literal == nullptr || *literal == nullptr) return;
  const int64_t count = std::max<int64_t>((*literal)->shape.num_elements(), 0);
  summary->parameters += count;
  summary->parameter_bytes += (*literal)->prefix.num_elements() * static_cast<int64_t>(ElementBytes((*literal)->dtype));
}

Summary Summarize(const Model& model, Graph* graph) {
  Summary summary;
  for (const Node& node : graph->nodes()) {
    ++summary.histogram[node.op];
    if (node.def == nullptr) ++summary.unknown_ops[node.op];
    if (node.op == "Const") CountConstant(node, &summary);
  }
  const Status inferred = InferGraph(*graph, *model.allocator());
  if (!inferred.ok()) summary.problems.emplace_back(inferred.message());
  for (const Node& node : graph->nodes()) {
    if (node.outputs.empty()) continue;
    summary.flops += CountFlops(*graph, node);
  }
  return summary;
}

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

// A command that can be pasted: every input with a file name, the first likely output.
std::string NextCommand(const std::string& path, const Model& model, const std::vector<std::string>& outputs) {
  const auto inputs = model.Inputs();
  const bool is_picture = inputs.size() == 1 && inputs[0].dtype == DType::kFloat && inputs[0].shape.rank() == 4;
  if (is_picture) return Cat("rivulet label ", path, " picture.jpg");
  std::string command = Cat("rivulet run ", path);
  for (const auto& input : inputs) {
    if (input.has_default) continue;
    command += Cat(" --input ", input.name, input.dtype == DType::kString ? "=@file" : "=array.npy");
  }
  if (!outputs.empty()) command += Cat(" --output ", outputs[0]);
  return command + " --save out";
}

nlohmann::json ToJson(const Model& model, const Graph& graph, const Summary& summary,
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
                         {"missing_ops", summary.unknown_ops},
                         {"problems", summary.problems},
                         {"inputs", nlohmann::json::array()},
                         {"outputs", nlohmann::json::array()}};
  for (const auto& input : model.Inputs()) {
    nlohmann::json shape = nullptr;
    if (input.shape.has_rank()) shape = std::vector<int64_t>(input.shape.dims().begin(), input.shape.dims().end());
    json["inputs"].push_back(
        {{"name", input.name}, {"dtype", Name(input.dtype)}, {"shape", shape}, {"has_default", input.has_default}});
  }
  for (const std::string& name : outputs) {
    const Node& node = graph.node(graph.Find(name));
    nlohmann::json entry = {{"name", name}, {"op", node.op}};
    if (!node.outputs.empty()) {
      entry["dtype"] = Name(node.outputs[0].dtype);
      const Shape& shape = node.outputs[0].shape;
      if (shape.has_rank()) entry["shape"] = std::vector<int64_t>(shape.dims().begin(), shape.dims().end());
    }
    json["outputs"].push_back(entry);
  }
  return json;
}

void PrintSummary(const std::string& path, const Model& model, const Graph& graph, const Summary& summary,
                  const std::vector<std::string>& outputs) {
  std::printf("%s: %s, %d nodes, %.2f MB\n", path.c_str(), model.format().c_str(), graph.size(),
              static_cast<double>(model.file_bytes()) / 1e6);
  if (!graph.functions.empty()) std::printf("functions   %zu\n", graph.functions.size());
  for (const auto& input : model.Inputs()) {
    std::printf("input       %-32s %s%s%s\n", input.name.c_str(), std::string(Name(input.dtype)).c_str(),
                input.shape.ToString().c_str(), input.has_default ? "   has a default" : "");
  }
  for (const std::string& name : outputs) {
    const Node& node = graph.node(graph.Find(name));
    std::printf("output      %-32s %s\n", name.c_str(),
                node.outputs.empty() ? "?" : Signature(node.outputs[0]).c_str());
  }
  std::printf("parameters  %lld (%.2f MB)\n", static_cast<long long>(summary.parameters),
              static_cast<double>(summary.parameter_bytes) / 1e6);
  if (summary.flops > 0)
    std::printf("arithmetic  %.3f GFLOP a run, where shapes are known\n", static_cast<double>(summary.flops) / 1e9);
  std::vector<std::pair<int64_t, std::string>> ops;
  for (const auto& [op, count] : summary.histogram) ops.emplace_back(-count, op);
  std::sort(ops.begin(), ops.end());
  std::string line = "ops        ";
  for (const auto& [count, op] : ops) {
    const std::string piece = Cat(" ", op, "×", -count);
    if (line.size() + piece.size() > 110) {
      std::printf("%s\n", line.c_str());
      line = "           ";
    }
    line += piece;
  }
  std::printf("%s\n", line.c_str());
  for (const auto& [op, count] : summary.unknown_ops) {
    std::printf("would not run: %s, %lld node%s: no kernel for this operator\n", op.c_str(),
                static_cast<long long>(count), count == 1 ? "" : "s");
  }
  for (const std::string& problem : summary.problems) std::printf("would not run: %s\n", problem.c_str());
  std::printf("next        %s\n", NextCommand(path, model, outputs).c_str());
}

int Inspect(const InspectCommand& command) {
  auto model = Model::Load(command.model);
  if (!model.ok()) {
    Fail(model.status());
    return kBadData;
  }
  Graph graph = (*model)->graph();
  const Summary summary = Summarize(**model, &graph);
  const std::vector<std::string> outputs = (*model)->LikelyOutputs();
  if (command.json) {
    nlohmann::json json = ToJson(**model, graph, summary, outputs);
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
  PrintSummary(command.model, **model, graph, summary, outputs);
  return kFine;
}

}  // namespace

void AddInspect(CLI::App& app, int* code) {
  auto command = std::make_shared<InspectCommand>();
  CLI::App* sub =
      app.add_subcommand("inspect", "What is in a model: inputs, outputs, operators, sizes, what would not run");
  sub->add_option("model", command->model, "Model file")->required();
  sub->add_flag("--nodes", command->nodes, "One line per node");
  sub->add_option("--op", command->op, "Only the nodes of this operator")->type_name("TYPE");
  sub->add_flag("--json", command->json, "As one JSON object");
  sub->footer(
      "Examples:\n  rivulet inspect model.pb\n  rivulet inspect model.pb --op Conv2D\n  rivulet inspect model.pb "
      "--nodes | less");
  sub->callback([command, code] { *code = Inspect(*command); });
}

}  // namespace rivulet::cli
