// What a FakeQuant makes of activations is written as codes of 8 bits and what they stand for, the same numbers bit for
// bit, so that other passes can move the border of the codes.
//
//   y = FakeQuantWithMinMaxVars(x, min, max)      becomes      q = _Int8Quantize(x)
//                                                              y = _Int8Dequantize(q)
//
// Where the range is known, and where next to it stands something that can work on codes.
#include "engine/passes/int8_match.h"

namespace rivulet {
namespace {

constexpr std::string_view kOnCodes[] = {
    "Conv2D", "DepthwiseConv2dNative", "MatMul", "Add", "AddV2", "AvgPool", "MaxPool", "Mean", "Mul", "ConcatV2"};

bool WorksOnCodes(const Node& node) {
  for (const std::string_view op : kOnCodes) {
    if (node.op == op) return true;
  }
  return false;
}

// Nodes that such an operator reads, or makes the input of, through a few that change nothing for it.
std::vector<bool> NextToCodes(const Graph& graph) {
  constexpr std::string_view kBetween[] = {"BiasAdd",          "Relu",      "Relu6", "Reshape", "Squeeze", "Pad",
                                           "FusedBatchNormV3", "ExpandDims"};
  const auto is_between = [&](const Node& node) {
    return std::find(std::begin(kBetween), std::end(kBetween), node.op) != std::end(kBetween);
  };
  std::vector<bool> next(static_cast<size_t>(graph.size()), false);
  const auto source_of = [&](int32_t index) {
    for (int i = 0; i < 4 && is_between(graph.node(index)) && !graph.node(index).inputs.empty(); ++i) {
      index = graph.node(index).inputs[0].node;
    }
    return index;
  };
  for (int32_t i = 0; i < graph.size(); ++i) {
    const Node& node = graph.node(i);
    if (WorksOnCodes(node)) {
      for (const Edge& edge : node.inputs) next[static_cast<size_t>(source_of(edge.node))] = true;
    } else if (IsFakeQuant8(node)) {
      const int32_t source = source_of(node.inputs[0].node);
      if (WorksOnCodes(graph.node(source))) next[static_cast<size_t>(i)] = true;
    }
  }
  return next;
}

void WriteCodes(const PassContext& context, PatchSink& sink) {
  const Graph& graph = context.graph;
  std::vector<bool> next;
  for (int32_t i = 0; i < graph.size(); ++i) {
    const Node& node = graph.node(i);
    if (!IsFakeQuant8(node) || node.op == "FakeQuantWithMinMaxVarsPerChannel") continue;
    if (context.uses[static_cast<size_t>(i)] == 0 || graph.fact(node.inputs[0]).value.valid()) continue;
    if (next.empty()) next = NextToCodes(graph);
    if (!next[static_cast<size_t>(i)]) continue;
    const auto steps = KnownSteps(graph, node);
    if (!steps) continue;
    sink.Begin();
    Node quantize = StepNode(kInt8Quantize, node.name + "/codes", {node.inputs[0]});
    quantize.attrs.Set("low", steps->low);
    quantize.attrs.Set("high", steps->high);
    quantize.attrs.Set("step", steps->step);
    quantize.attrs.Set("steps_of_one", steps->steps_of_one);
    quantize.attrs.Set("divides", steps->divides);
    const auto zero = static_cast<int64_t>(steps->zero_code);
    quantize.attrs.Set("zero", zero);
    quantize.attrs.Set("last", static_cast<int64_t>(steps->LevelOf(steps->high)) + zero);
    const Edge codes = sink.Add(std::move(quantize));
    sink.Replace({i, 0}, sink.Add(DequantizeNode(node.name, codes, zero, steps->step)));
  }
}

}  // namespace

Status Int8Levels(const PassContext& context, PatchSink& sink) {
  if constexpr (kHasInt8Steps) WriteCodes(context, sink);
  return Status();
}

}  // namespace rivulet
