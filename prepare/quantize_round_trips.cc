#include "prepare/quantize_round_trips.h"

#include <set>
#include <vector>

#include "engine/base/errors.h"
#include "prepare/constants.h"
#include "prepare/graph_edit.h"

namespace rivulet::prepare {
namespace {

using Names = std::set<std::string, std::less<>>;

Names ReadByProducts(const GraphDef& graph) {
  Names names;
  for (const NodeDef& node : graph.nodes) {
    if (node.op != "Conv2D" && node.op != "BiasAdd" && node.op != "MatMul") continue;
    if (TypeAttr(node, "T") != DType::kFloat) continue;
    for (const std::string& input : node.inputs) {
      const InputName name = ParseInput(input);
      if (!name.is_control && name.port == 0) names.emplace(name.node);
    }
  }
  return names;
}

NodeDef MakeNode(std::string name, std::string op, std::vector<std::string> inputs,
                 std::vector<std::pair<const char*, DType>> types) {
  NodeDef node{.name = std::move(name), .op = std::move(op), .inputs = std::move(inputs)};
  for (const auto& [attr, type] : types) node.attrs[attr] = Attr::OfType(type);
  return node;
}

// The nodes behind `original`; the last has the name that it had.
std::vector<NodeDef> RoundTrip(const std::string& name, const std::string& original) {
  std::vector<NodeDef> nodes;
  // Constants wait for the value, which keeps them in its loop or branch.
  const auto constant = [&](const std::string& stem, int32_t value) {
    nodes.push_back(MakeConst(stem, Tensor::Of<int32_t>({1}, std::vector<int32_t>{value})));
    nodes.back().inputs = {"^" + original};
    return stem;
  };
  const std::string shape = constant(name + "_reshape_dims", -1), axis = constant(name + "_dims", 0);
  const std::string flat = name + "_reshape", min = name + "_min", max = name + "_max", bytes = name + "_quantize";
  nodes.push_back(MakeNode(flat, "Reshape", {original, shape}, {{"T", DType::kFloat}, {"Tshape", DType::kInt32}}));
  for (const auto& [range, op] : {std::pair{min, "Min"}, std::pair{max, "Max"}}) {
    nodes.push_back(MakeNode(range, op, {flat, axis}, {{"T", DType::kFloat}, {"Tidx", DType::kInt32}}));
    nodes.back().attrs["keep_dims"] = Attr::OfBool(false);
  }
  nodes.push_back(MakeNode(bytes, "QuantizeV2", {original, min, max}, {{"T", DType::kQuint8}}));
  nodes.back().attrs["mode"] = Attr::OfString("MIN_FIRST");
  nodes.push_back(MakeNode(name, "Dequantize", {bytes, bytes + ":1", bytes + ":2"}, {{"T", DType::kQuint8}}));
  nodes.back().attrs["mode"] = Attr::OfString("MIN_FIRST");
  return nodes;
}

}  // namespace

Result<size_t> QuantizeRoundTrips(GraphDef& graph) {
  const Names names = ReadByProducts(graph);
  Names fed;
  for (const NodeDef& node : graph.nodes) {
    if (IsPlaceholder(node) && names.contains(node.name)) fed.insert(node.name);
  }
  std::vector<NodeDef> nodes;
  for (NodeDef& node : graph.nodes) {
    for (std::string& input : node.inputs) {
      const InputName name = ParseInput(input);
      if (name.is_control || !names.contains(name.node)) continue;
      // What a node has besides its first output stays its own.
      if (name.port > 0) input = Cat(name.node, "_original:", name.port);
      if (name.port == 0 && fed.contains(name.node)) input = Cat(name.node, "_dequantize");
    }
    const std::string name = node.name;
    if (names.contains(name) && !fed.contains(name)) node.name += "_original";
    const std::string original = node.name;
    nodes.push_back(std::move(node));
    if (!names.contains(name)) continue;
    for (NodeDef& one : RoundTrip(fed.contains(name) ? name + "_dequantize" : name, original)) {
      nodes.push_back(std::move(one));
    }
  }
  graph.nodes = std::move(nodes);
  RIVULET_RETURN_IF_ERROR(IndexNodes(graph).status());
  return names.size();
}

}  // namespace rivulet::prepare
