// summarize_graph: what a graph takes and gives, how large it is, and a call of benchmark_model to paste.
#include <algorithm>
#include <cstdio>

#include "cli/tf/tools.h"
#include "cli/tf/type_name.h"
#include "cli/tf/values_text.h"
#include "engine/base/checked.h"
#include "engine/base/errors.h"
#include "prepare/model_graph.h"
#include "prepare/names.h"
#include "prepare/needed.h"

namespace rivulet::tf {
namespace {

using prepare::NodeDef;
using Nodes = std::vector<const NodeDef*>;

bool IsInput(const NodeDef& node) { return node.op == "Placeholder" || node.op == "PlaceholderWithDefault"; }
bool IsVariable(const NodeDef& node) {
  return node.op == "Variable" || node.op == "VariableV2" || node.op == "VarHandleOp";
}

DType TypeOf(const NodeDef& node) {
  const prepare::Attr* attr = node.Find("dtype");
  return attr == nullptr ? DType::kInvalid : attr->AsType().value_or(DType::kInvalid);
}

Shape ShapeOf(const NodeDef& node) {
  const prepare::Attr* attr = node.Find("shape");
  return attr == nullptr ? Shape::UnknownRank() : attr->AsShape().value_or(Shape::UnknownRank());
}

std::string Described(const NodeDef& node) {
  const DType type = TypeOf(node);
  return Cat("(name=", node.name, ", type=", TypeName(type), "(", static_cast<int32_t>(type),
             "), shape=", ShapeText(ShapeOf(node)), ") ");
}

void PrintNodes(const char* what, const char* none, const Nodes& nodes) {
  if (nodes.empty()) {
    std::printf("%s\n", none);
    return;
  }
  std::printf("Found %zu %s: ", nodes.size(), what);
  for (const NodeDef* node : nodes) std::printf("%s", Described(*node).c_str());
  std::printf("\n");
}

Nodes OutputsOf(const prepare::GraphDef& graph) {
  prepare::NameViewSet used;
  for (const NodeDef& node : graph.nodes) {
    for (const std::string& input : node.inputs) used.insert(prepare::ParseInput(input).node);
  }
  Nodes outputs;
  for (const NodeDef& node : graph.nodes) {
    const bool unlikely = node.op == "Const" || node.op == "Assign" || node.op == "NoOp" || node.op == "Placeholder" ||
                          node.op == "AssignVariableOp" || node.op == "VarHandleOp";
    if (!unlikely && !used.contains(node.name)) outputs.push_back(&node);
  }
  return outputs;
}

// "4.34M".
std::string Short(int64_t number) {
  if (number < 1000) return Cat(number);
  static constexpr char kUnits[] = "kMBT";
  auto value = static_cast<double>(number) / 1000;
  size_t unit = 0;
  for (; value >= 1000 && unit < 3; ++unit) value /= 1000;
  char text[48];
  std::snprintf(text, sizeof(text), "%.2f%c", value, kUnits[unit]);
  return text;
}

struct Counts {
  CheckedSize constants = 0;
  CheckedSize variables = 0;
  int64_t control_edges = 0;
  std::map<std::string, int64_t> devices;
  std::map<std::string, int64_t> ops;
};

void Count(const NodeDef& node, Counts* counts) {
  ++counts->ops[node.op];
  if (!node.device.empty()) ++counts->devices[node.device];
  for (const std::string& input : node.inputs) counts->control_edges += prepare::ParseInput(input).is_control ? 1 : 0;
  if (node.op == "Const") {
    // The shape alone: a splat of a terabyte counts without being made.
    const auto* value = node.Find("value");
    const std::optional<Shape> shape = value == nullptr ? std::nullopt : value->AsTensorShape();
    if (shape) counts->constants += std::max<int64_t>(shape->num_elements(), 0);
  } else if (IsVariable(node)) {
    counts->variables += std::max<int64_t>(ShapeOf(node).num_elements(), 0);
  }
}

std::string Sum(CheckedSize size) {
  return size.valid() ? Cat(size.value(), " (", Short(size.value()), ")") : "too many";
}

void PrintCounts(const Counts& counts) {
  std::printf("Found %s const parameters, %s variable parameters, and %lld control_edges\n",
              Sum(counts.constants).c_str(), Sum(counts.variables).c_str(),
              static_cast<long long>(counts.control_edges));
  for (const auto& [device, count] : counts.devices) {
    std::printf("%lld nodes assigned to device '%s'\n", static_cast<long long>(count), device.c_str());
  }
}

void PrintOps(const Counts& counts) {
  std::vector<std::pair<std::string, int64_t>> ops(counts.ops.begin(), counts.ops.end());
  std::stable_sort(ops.begin(), ops.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  std::printf("Op types used: ");
  for (size_t i = 0; i < ops.size(); ++i) {
    std::printf("%s%lld %s", i == 0 ? "" : ", ", static_cast<long long>(ops[i].second), ops[i].first.c_str());
  }
  std::printf("\n");
}

std::string Joined(const Nodes& nodes, const char* between, std::string (*text)(const NodeDef&)) {
  std::string out;
  for (const NodeDef* node : nodes) out += (node == nodes[0] ? "" : between) + text(*node);
  return out;
}

// Unknown dims as 1, which benchmark_model can make.
std::string BenchmarkShape(const NodeDef& node) {
  std::string out;
  const Shape shape = ShapeOf(node);
  for (const int64_t dim : shape.dims()) out += (out.empty() ? "" : ",") + Cat(dim < 0 ? int64_t{1} : dim);
  return out;
}

// The inputs that the outputs need: a frozen loop leaves placeholders that nothing reads.
Nodes NeededInputs(const prepare::GraphDef& graph, const Nodes& inputs, const Nodes& outputs) {
  prepare::TransformContext context;
  for (const NodeDef* output : outputs) context.outputs.push_back(output->name);
  const auto names = prepare::NeededNames(graph, context, false);
  if (!names.ok()) return inputs;
  Nodes needed;
  for (const NodeDef* input : inputs) {
    if (names->contains(input->name)) needed.push_back(input);
  }
  return needed;
}

void PrintBenchmarkCall(const Nodes& inputs, const Nodes& outputs, const std::string& path) {
  const auto name = [](const NodeDef& node) { return node.name; };
  const auto type = [](const NodeDef& node) { return std::string(TypeName(TypeOf(node))); };
  std::printf("To use with tensorflow/tools/benchmark:benchmark_model try these arguments:\n");
  std::printf(
      "benchmark_model --graph=%s --show_flops --input_layer=%s --input_layer_type=%s --input_layer_shape=%s "
      "--output_layer=%s\n",
      path.c_str(), Joined(inputs, ",", name).c_str(), Joined(inputs, ",", type).c_str(),
      Joined(inputs, ":", BenchmarkShape).c_str(), Joined(outputs, ",", name).c_str());
}

std::string FirstValues(const NodeDef& node) {
  const auto* value = node.Find("value");
  const Result<Tensor> tensor = value == nullptr ? Result<Tensor>(InvalidArgument("no value")) : value->AsTensor();
  if (!tensor.ok()) return Cat(", value=<", tensor.status().message(), ">");
  std::string text =
      Cat(", value=Tensor<type: ", TypeName(tensor->dtype()), " shape: ", ShapeText(tensor->shape()), " values: ");
  return text + ValuesText(*tensor, 3) + ">";
}

void PrintStructure(const prepare::GraphDef& graph) {
  for (const NodeDef& node : graph.nodes) {
    std::string inputs;
    for (const std::string& input : node.inputs) inputs += (inputs.empty() ? "" : ", ") + input;
    std::printf("%s (%s): [%s]%s\n", node.name.c_str(), node.op.c_str(), inputs.c_str(),
                node.op == "Const" ? FirstValues(node).c_str() : "");
  }
}

Status Summarize(const std::string& path, bool print_structure) {
  RIVULET_ASSIGN_OR_RETURN(const prepare::ModelGraph model, prepare::ReadModelGraph(path));
  const prepare::GraphDef& graph = model.graph;
  Nodes inputs, variables;
  Counts counts;
  for (const NodeDef& node : graph.nodes) {
    if (IsInput(node)) inputs.push_back(&node);
    if (IsVariable(node)) variables.push_back(&node);
    Count(node, &counts);
  }
  RIVULET_RETURN_IF_ERROR(
      prepare::VisitFunctionNodes(graph, [&](std::string_view, const NodeDef& node) { Count(node, &counts); }));
  const Nodes outputs = OutputsOf(graph);
  PrintNodes("possible inputs", "No inputs spotted.", inputs);
  PrintNodes("variables", "No variables spotted.", variables);
  if (outputs.empty()) {
    std::printf("No outputs spotted.\n");
  } else {
    std::printf("Found %zu possible outputs: ", outputs.size());
    for (const NodeDef* node : outputs) std::printf("(name=%s, op=%s) ", node->name.c_str(), node->op.c_str());
    std::printf("\n");
  }
  PrintCounts(counts);
  RIVULET_RETURN_IF_ERROR(prepare::CheckReferences(graph).Framed(Cat("'", path, "'")));
  PrintOps(counts);
  PrintBenchmarkCall(NeededInputs(graph, inputs, outputs), outputs, path);
  if (print_structure) PrintStructure(graph);
  return Status();
}

int Run(const Call& call) {
  std::string in_graph;
  bool print_structure = false;
  Flags flags = call.MakeFlags();
  flags.Add("in_graph", &in_graph, "input graph file name");
  flags.Add("print_structure", &print_structure, "whether to print the nodes with their inputs");
  if (const auto code = flags.Parse(call.arguments)) return *code;
  if (in_graph.empty()) return flags.FailCall("--in_graph can't be empty");
  const Status status = Summarize(in_graph, print_structure);
  return status.ok() ? 0 : call.Fail(status);
}

}  // namespace

const Tool kSummarizeGraph = {"summarize_graph", "Says what a graph takes, gives and is made of.", kCpp, Run};

}  // namespace rivulet::tf
