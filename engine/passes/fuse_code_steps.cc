// What TensorFlow's quantised operators do between two products is one step.
//
//   s, s1, s2 = QuantizedConv2D(x, w, ..)
//   lo, hi = RequantizationRange(s, s1, s2)
//   q, q1, q2 = Requantize(s, s1, s2, lo, hi)
//   a, a1, a2 = QuantizedAdd(q, bias, q1, q2, ..)              becomes
//   lo2, hi2 = RequantizationRange(a, a1, a2)
//   b, b1, b2 = Requantize(a, a1, a2, lo2, hi2)
//   y, y1, y2 = QuantizedRelu6(b, b1, b2)
//
//   y, y1, y2 = _QuantizedConv2DSteps(x, w, .., bias, ..) {steps=["RequantizeFound", "QuantizedAdd", "RequantizeFound",
//                                                                 "QuantizedRelu6"]}
//
// A chain begins with a product whose filter is known, a sum or product of two values of one shape, codes or floats; it
// goes on as long as each value has no other reader and ends with bytes or floats. The steps are those of code_steps.h.
#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>

#include "engine/base/small.h"
#include "engine/ops/code_steps.h"
#include "engine/passes/match.h"

namespace rivulet {
namespace {

struct Use {
  int32_t reader;
  int input;
  int slot;
};

// The value behind the steps so far.
struct Chain {
  std::vector<std::string> steps;
  std::vector<Edge> arguments;
  std::vector<int32_t> nodes;  // that it takes in
  int32_t end = -1;            // the node whose value it is
  StageType type = StageType::kCodes;
};

class Chains {
 public:
  Chains(const PassContext& context, PatchSink& sink)
      : context_(context),
        graph_(context.graph),
        sink_(sink),
        uses_(static_cast<size_t>(graph_.size())),
        kept_(static_cast<size_t>(graph_.size()), false),
        taken_(static_cast<size_t>(graph_.size()), false) {
    for (int32_t i = 0; i < graph_.size(); ++i) {
      const Node& node = graph_.node(i);
      for (size_t k = 0; k < node.inputs.size(); ++k) {
        uses_[static_cast<size_t>(node.inputs[k].node)].push_back({i, static_cast<int>(k), node.inputs[k].slot});
      }
      for (const int32_t control : node.control_inputs) kept_[static_cast<size_t>(control)] = true;
    }
    for (const Edge& edge : context.roots) kept_[static_cast<size_t>(edge.node)] = true;
  }

  Status Run() {
    RIVULET_ASSIGN_OR_RETURN(const std::vector<int32_t> order, TopologicalOrder(graph_));
    for (const int32_t i : order) {
      if (taken_[static_cast<size_t>(i)] || context_.uses[static_cast<size_t>(i)] == 0) continue;
      if (!IsPlain(graph_.node(i))) continue;
      FromProduct(i) || FromDepthwise(i) || FromPair(i) || (!kIsSmall && FromScaled(i)) || FromFloats(i) ||
          FromCodes(i);
    }
    return Status();
  }

 private:
  static bool IsPlain(const Node& node) { return node.control_inputs.empty() && node.def != nullptr; }

  bool IsOp(int32_t i, std::string_view op) const { return graph_.node(i).op == op && IsPlain(graph_.node(i)); }

  // What a node makes first; kInvalid where it makes nothing.
  static DType TypeOf(const Node& node) { return node.outputs.empty() ? DType::kInvalid : node.outputs[0].dtype; }

  // Whether each use of the node is by one of `readers`, and nobody else wants it.
  bool IsReadBy(int32_t i, std::initializer_list<int32_t> readers) const {
    if (kept_[static_cast<size_t>(i)]) return false;
    return std::all_of(uses_[static_cast<size_t>(i)].begin(), uses_[static_cast<size_t>(i)].end(), [&](const Use& use) {
      return std::find(readers.begin(), readers.end(), use.reader) != readers.end();
    });
  }

  // The node's one reader, or -1.
  int32_t ReaderOf(int32_t i) const {
    const std::vector<Use>& uses = uses_[static_cast<size_t>(i)];
    if (uses.empty() || !IsReadBy(i, {uses[0].reader})) return -1;
    return IsPlain(graph_.node(uses[0].reader)) ? uses[0].reader : -1;
  }

  // Whether inputs `codes`, `low` and `low` + 1 of a node are the outputs of `value`, and no other is.
  bool ReadsTriple(const Node& node, int32_t value, size_t codes, size_t low) const {
    if (node.inputs.size() < low + 2) return false;
    const bool reads = node.inputs[codes] == Edge{value, 0} && node.inputs[low] == Edge{value, 1} &&
                       node.inputs[low + 1] == Edge{value, 2};
    return reads && std::count_if(node.inputs.begin(), node.inputs.end(),
                                  [&](const Edge& edge) { return edge.node == value; }) == 3;
  }

  static void Take(Chain* chain, std::string step, std::initializer_list<Edge> arguments,
                   std::initializer_list<int32_t> nodes, int32_t end, StageType type) {
    chain->steps.push_back(std::move(step));
    chain->arguments.insert(chain->arguments.end(), arguments);
    chain->nodes.insert(chain->nodes.end(), nodes);
    chain->end = end;
    chain->type = type;
  }

  // The RequantizationRange that finds the range of a Requantize, with a Maximum over its high end or without.
  struct Found {
    int32_t range = -1;
    int32_t above = -1;
    Edge least;
  };
  std::optional<Found> FoundRange(int32_t index) const {
    const Node& narrow = graph_.node(index);
    Found found{.range = narrow.inputs[3].node};
    if (!IsOp(found.range, "RequantizationRange") || narrow.inputs[3].slot != 0) return std::nullopt;
    const std::vector<Edge>& measured = graph_.node(found.range).inputs;
    if (!std::equal(measured.begin(), measured.end(), narrow.inputs.begin())) return std::nullopt;
    if (narrow.inputs[4] == Edge{found.range, 1}) {
      if (!IsReadBy(found.range, {index})) return std::nullopt;
      return found;
    }
    found.above = narrow.inputs[4].node;
    const Node& above = graph_.node(found.above);
    if (!IsOp(found.above, "Maximum") || !IsReadBy(found.above, {index})) return std::nullopt;
    const size_t side = above.inputs[0] == Edge{found.range, 1} ? 1 : 0;
    found.least = above.inputs[side];
    const Fact& least = graph_.fact(found.least);
    if (above.inputs[1 - side] != Edge{found.range, 1} || found.least.node == found.range) return std::nullopt;
    if (!least.value.valid() || least.shape.num_elements() != 1 || !std::isfinite(ReadFloats(least.value)[0]))
      return std::nullopt;
    if (!IsReadBy(found.range, {index, found.above})) return std::nullopt;
    return found;
  }

  // A Requantize of the chain's codes, which nobody else reads where the chain makes them.
  bool Narrow(int32_t index, bool is_owned, Chain* chain) const {
    const Node& node = graph_.node(index);
    if (!IsOp(index, "Requantize") || TypeOf(node) != DType::kQuint8) return false;
    if (const std::optional<Found> found = FoundRange(index)) {
      if (is_owned && !IsReadBy(node.inputs[0].node, {index, found->range})) return false;
      if (found->above < 0) {
        Take(chain, "RequantizeFound", {}, {found->range, index}, index, StageType::kBytes);
      } else {
        Take(chain, "RequantizeFoundAbove", {found->least}, {found->range, found->above, index}, index,
             StageType::kBytes);
      }
      return true;
    }
    if (is_owned && !IsReadBy(node.inputs[0].node, {index})) return false;
    Take(chain, "Requantize", {node.inputs[3], node.inputs[4]}, {index}, index, StageType::kBytes);
    return true;
  }

  // The last dim of a value that has more than one element there; 0 where it is not known.
  int64_t ChannelsOf(Edge edge) const {
    const Shape& shape = graph_.fact(edge).shape;
    if (!shape.has_rank() || shape.rank() < 2 || shape[shape.rank() - 1] < 2) return 0;
    return shape[shape.rank() - 1];
  }

  // A Dequantize of quint8, MIN_FIRST.
  bool IsCodesToFloats(int32_t i) const {
    const Node& node = graph_.node(i);
    if (!IsOp(i, "Dequantize") || TypeOf(node) != DType::kFloat) return false;
    const AttrReader attrs(node);
    return attrs.Str("mode") == "MIN_FIRST" && attrs.Int("axis") == -1 &&
           graph_.fact(node.inputs[0]).dtype == DType::kQuint8 && graph_.fact(node.inputs[1]).shape == Shape({}) &&
           graph_.fact(node.inputs[2]).shape == Shape({});
  }

  // A step on bytes `value`: what its one reader does.
  bool OnBytes(int32_t value, int32_t reader, Chain* chain) const {
    const Node& node = graph_.node(reader);
    if (!IsPlain(node) || TypeOf(node) == DType::kQint8) return false;
    if (node.op == "QuantizedRelu" || node.op == "QuantizedRelu6") {
      if (!ReadsTriple(node, value, 0, 1)) return false;
      Take(chain, node.op, {}, {reader}, reader, StageType::kBytes);
      return true;
    }
    if (node.op == "QuantizedReluX") {
      if (!ReadsTriple(node, value, 0, 2)) return false;
      Take(chain, node.op, {node.inputs[1]}, {reader}, reader, StageType::kBytes);
      return true;
    }
    if (node.op == "Dequantize") {
      if (!ReadsTriple(node, value, 0, 1) || !IsCodesToFloats(reader) || IsForDepthwise(reader)) return false;
      Take(chain, node.op, {}, {reader}, reader, StageType::kFloats);
      return true;
    }
    return WithChannels(value, reader, chain);
  }

  bool WithChannels(int32_t value, int32_t reader, Chain* chain) const {
    const Node& node = graph_.node(reader);
    const bool is_bias = node.op == "QuantizedBiasAdd";
    if (!is_bias && node.op != "QuantizedAdd" && node.op != "QuantizedMul") return false;
    const size_t side = ReadsTriple(node, value, 0, 2) ? 1 : 0;
    if (side == 0 && (is_bias || !ReadsTriple(node, value, 1, 4))) return false;
    const Edge other = node.inputs[side];
    const int64_t channels = ChannelsOf({value, 0});
    if (channels == 0 || graph_.fact(other).shape != Shape({channels})) return false;
    if (graph_.fact(other).dtype != DType::kQuint8 || graph_.fact({value, 0}).dtype != DType::kQuint8) return false;
    const size_t low = side == 1 ? 4 : 2;
    Take(chain, node.op, {other, node.inputs[low], node.inputs[low + 1]}, {reader}, reader, StageType::kCodes);
    return true;
  }

  // Whether a node is the least (or largest) of all elements of `value`, perhaps behind a Reshape to a list.
  bool Measures(int32_t index, std::string_view op, Edge value, int32_t* flat) const {
    const Node& node = graph_.node(index);
    if (!IsOp(index, op) || node.outputs[0].shape != Shape({})) return false;
    *flat = -1;
    if (node.inputs[0] == value) return true;
    *flat = node.inputs[0].node;
    return IsOp(*flat, "Reshape") && graph_.node(*flat).inputs[0] == value;
  }

  static bool IsMinFirst(const Node& node) {
    const AttrReader attrs(node);
    return attrs.Str("mode") == "MIN_FIRST" && attrs.Int("axis") == -1 && TypeOf(node) == DType::kQuint8 &&
           attrs.Float("ensure_minimum_range") == 0.01f;
  }

  // A QuantizeV2 of floats, over their own range or a given one.
  bool Quantize(int32_t index, bool is_owned, Chain* chain) const {
    const Node& node = graph_.node(index);
    if (!IsOp(index, "QuantizeV2") || !IsMinFirst(node)) return false;
    const Edge value = node.inputs[0];
    const int32_t min = node.inputs[1].node, max = node.inputs[2].node;
    int32_t min_flat = -1, max_flat = -1;
    if (Measures(min, "Min", value, &min_flat) && Measures(max, "Max", value, &max_flat)) {
      // Of what the chain makes, all readers go with it.
      const bool all = IsReadBy(min, {index}) && IsReadBy(max, {index}) &&
                       (min_flat < 0 || IsReadBy(min_flat, {min, max})) &&
                       (max_flat < 0 || IsReadBy(max_flat, {min, max}));
      if (is_owned && (!all || !IsReadBy(value.node, {index, min, max, min_flat, max_flat}))) return false;
      Take(chain, "QuantizeFound", {}, {index}, index, StageType::kBytes);
      return true;
    }
    if (is_owned && !IsReadBy(value.node, {index})) return false;
    Take(chain, "Quantize", {node.inputs[1], node.inputs[2]}, {index}, index, StageType::kBytes);
    return true;
  }

  bool OnFloats(int32_t value, Chain* chain) const {
    for (const Use& use : uses_[static_cast<size_t>(value)]) {
      if (IsOp(use.reader, "QuantizeV2") && use.input == 0) return Quantize(use.reader, true, chain);
    }
    const int32_t reader = ReaderOf(value);
    if (reader < 0) return false;
    const Node& node = graph_.node(reader);
    const bool adds = node.op == "Add" || node.op == "AddV2" || node.op == "BiasAdd";
    const std::string* format = node.attrs.Get<std::string>("data_format");
    if ((!adds && node.op != "Mul") || (format != nullptr && *format != "NHWC")) return false;
    const Edge other = node.inputs[0] == Edge{value, 0} ? node.inputs[1] : node.inputs[0];
    const int64_t channels = ChannelsOf({value, 0});
    const Fact& fact = graph_.fact(other);
    if (channels == 0 || other.node == value || !fact.value.valid() || fact.dtype != DType::kFloat) return false;
    if (fact.shape.rank() > graph_.fact({value, 0}).shape.rank() || fact.shape.num_elements() != channels ||
        fact.shape.rank() < 1 || fact.shape[fact.shape.rank() - 1] != channels) {
      return false;
    }
    const std::vector<float> row = ReadFloats(fact.value);
    if (!std::all_of(row.begin(), row.end(), [](float v) { return std::isfinite(v); })) return false;
    Take(chain, adds ? "Add" : "Mul", {other}, {reader}, reader, StageType::kFloats);
    return true;
  }

  // One more step; false where there is none.
  bool GoOn(Chain* chain) const {
    if (kept_[static_cast<size_t>(chain->end)] || chain->steps.size() > 30) return false;
    if (chain->type == StageType::kFloats) return OnFloats(chain->end, chain);
    if (chain->type == StageType::kBytes) {
      const int32_t reader = ReaderOf(chain->end);
      return reader >= 0 && OnBytes(chain->end, reader, chain);
    }
    for (const Use& use : uses_[static_cast<size_t>(chain->end)]) {
      if (IsOp(use.reader, "Requantize") && use.input == 0) {
        return ReadsTriple(graph_.node(use.reader), chain->end, 0, 1) && Narrow(use.reader, true, chain);
      }
    }
    return false;
  }

  // As far as it goes, back to where the last bytes or floats were; false where there are none.
  bool Follow(Chain* chain) const {
    Chain best;
    while (true) {
      if (chain->type != StageType::kCodes && !chain->steps.empty()) best = *chain;
      if (!GoOn(chain)) break;
    }
    *chain = std::move(best);
    return chain->end >= 0;
  }

  // Puts a node in place of the chain's last one.
  bool Put(const OpDef& def, std::vector<Edge> inputs, const Chain& chain, std::string_view types, AttrMap attrs,
           const char* source) {
    const Node& end = graph_.node(chain.end);
    for (const int32_t node : chain.nodes) taken_[static_cast<size_t>(node)] = true;
    Node made;
    made.name = end.name;
    made.op = def.name;
    made.def = &def;
    made.attrs = std::move(attrs);
    made.inputs = std::move(inputs);
    made.inputs.insert(made.inputs.end(), chain.arguments.begin(), chain.arguments.end());
    auto steps = std::make_shared<AttrList>();
    steps->strings = chain.steps;
    made.attrs.Set("steps", std::shared_ptr<const AttrList>(std::move(steps)));
    auto list = std::make_shared<AttrList>();
    const size_t typed = types == "Tin" ? 0 : def.name == kDepthwiseSteps.name ? 2 : 6;
    for (size_t i = typed; i < made.inputs.size(); ++i) list->types.push_back(graph_.fact(made.inputs[i]).dtype);
    made.attrs.Set(std::string(types), std::shared_ptr<const AttrList>(std::move(list)));
    made.attrs.Set("T", end.outputs[0].dtype);
    if (source != nullptr) made.attrs.Set("source", std::string(source));
    sink_.Begin();
    const Edge y = sink_.Add(std::move(made));
    for (int32_t slot = 0; slot < static_cast<int32_t>(end.outputs.size()); ++slot) {
      sink_.Replace({chain.end, slot}, {y.node, slot});
    }
    return true;
  }

  bool FromProduct(int32_t i) {
    const Node& node = graph_.node(i);
    const bool is_conv = node.op == "QuantizedConv2D";
    if (!is_conv && node.op != "QuantizedMatMul") return false;
    const Fact& filter = graph_.fact(node.inputs[1]);
    // Known alone is not enough: what has to wait for something is no constant, and not known where steps are prepared.
    if (graph_.node(node.inputs[1].node).op != "Const") return false;
    if (!filter.value.valid() || filter.dtype != DType::kQuint8 || filter.shape.num_elements() == 0) return false;
    Chain chain{.end = i};
    if (!Follow(&chain)) return false;
    AttrMap attrs;
    for (const char* name : {"strides", "padding", "dilations", "transpose_a", "transpose_b"}) {
      if (const AttrValue* value = node.attrs.Find(name); value != nullptr) attrs.Set(name, *value);
    }
    return Put(is_conv ? kQuantizedConv2DSteps : kQuantizedMatMulSteps, node.inputs, chain, "Targ", std::move(attrs),
               nullptr);
  }

  bool FromPair(int32_t i) {
    const Node& node = graph_.node(i);
    if (node.op != "QuantizedAdd" && node.op != "QuantizedMul") return false;
    const Shape& shape = graph_.fact(node.inputs[0]).shape;
    if (!shape.complete() || shape.num_elements() < 2 || shape != graph_.fact(node.inputs[1]).shape) return false;
    Chain chain{.end = i};
    return Follow(&chain) && Put(kCodeSteps, node.inputs, chain, "Tin", {}, node.op.c_str());
  }

  bool FromFloats(int32_t i) {
    const Node& node = graph_.node(i);
    Chain chain{.type = StageType::kFloats};
    if (!Quantize(i, false, &chain) || !Follow(&chain)) return false;
    if (chain.steps.size() == 1 && chain.steps[0] == "Quantize") return false;
    return Put(kCodeSteps, {node.inputs[0]}, chain, "Tin", {}, "floats");
  }

  // From codes that become floats, times a value for each channel of which nothing else is known, and codes again:
  // squeeze and excite.
  bool FromScaled(int32_t i) {
    const Node& node = graph_.node(i);
    const int64_t channels = node.op == "Mul" ? ChannelsOf({i, 0}) : 0;
    if (channels == 0 || TypeOf(node) != DType::kFloat) return false;
    const Shape& shape = graph_.fact({i, 0}).shape;
    for (size_t side = 0; side < 2; ++side) {
      const Edge from = node.inputs[side], other = node.inputs[1 - side];
      const Shape& row = graph_.fact(other).shape;
      if (from.node == other.node || !IsCodesToFloats(from.node) || graph_.fact(from).shape != shape) continue;
      if (!row.complete() || row.rank() < 1 || row.rank() > shape.rank() || row[row.rank() - 1] != channels ||
          row.num_elements() != channels) {
        continue;
      }
      Chain chain;
      Take(&chain, "Dequantize", {}, {}, from.node, StageType::kFloats);
      Take(&chain, "Mul", {other}, {i}, i, StageType::kFloats);
      if (!Follow(&chain) || chain.steps.size() == 2) return false;
      const std::vector<Edge>& codes = graph_.node(from.node).inputs;
      return Put(kCodeSteps, {codes[0], codes[1], codes[2]}, chain, "Tin", {}, "codes");
    }
    return false;
  }

  // A depthwise convolution in floats that nothing else will be fused with.
  bool IsDepthwise(int32_t i) const {
    const Node& node = graph_.node(i);
    if (!kHasDepthwiseSteps || !IsOp(i, "DepthwiseConv2dNative") || TypeOf(node) != DType::kFloat) return false;
    const std::string* format = node.attrs.Get<std::string>("data_format");
    const std::string& above = graph_.node(node.inputs[0].node).op;
    return (format == nullptr || *format == "NHWC") && above != "Pad" && above != "PadV2" && above != "SpaceToBatchND";
  }

  // The steps behind a depthwise convolution, of which the first, or the one behind a bias, makes codes.
  bool FollowDepthwise(int32_t i, Chain* chain) const {
    if (!IsDepthwise(i)) return false;
    *chain = {.end = i, .type = StageType::kFloats};
    if (!Follow(chain)) return false;
    const size_t biases = chain->steps[0] == "Add" ? 1 : 0;
    return biases < chain->steps.size() && chain->steps[biases].starts_with("Quantize");
  }

  // Codes become floats for one depthwise convolution alone, which the steps behind it go with: it reads the codes.
  bool IsForDepthwise(int32_t dequantize) const {
    const std::vector<Use>& uses = uses_[static_cast<size_t>(dequantize)];
    if (uses.size() != 1 || uses[0].input != 0 || kept_[static_cast<size_t>(dequantize)]) return false;
    const int32_t depthwise = uses[0].reader;
    Chain chain;
    if (!FollowDepthwise(depthwise, &chain)) return false;
    // Floats are better made where the codes are, but that other threads would fetch four times as many bytes, and that
    // larger filters have their inputs copied anyway.
    const Shape& filter = graph_.fact(graph_.node(depthwise).inputs[1]).shape;
    const bool is_small = filter.has_rank() && filter.rank() == 4 && filter[0] == 3 && filter[1] == 3;
    return !is_small || context_.pool.num_threads() > 1;
  }

  bool FromDepthwise(int32_t i) {
    Chain chain;
    if (!FollowDepthwise(i, &chain)) return false;
    const Node& node = graph_.node(i);
    std::vector<Edge> inputs = {node.inputs[0], node.inputs[1]};
    const int32_t from = node.inputs[0].node;
    if (IsCodesToFloats(from) && IsForDepthwise(from)) {
      const std::vector<Edge>& codes = graph_.node(from).inputs;
      inputs = {codes[0], node.inputs[1], codes[1], codes[2]};
    }
    AttrMap attrs;
    for (const char* name : {"strides", "padding", "explicit_paddings", "dilations"}) {
      if (const AttrValue* value = node.attrs.Find(name); value != nullptr) attrs.Set(name, *value);
    }
    attrs.Set("Tx", graph_.fact(inputs[0]).dtype);
    const bool has_bias = chain.steps[0] == "Add";
    attrs.Set("has_bias", has_bias);
    if (has_bias) chain.steps.erase(chain.steps.begin());  // its row stays the first argument
    return Put(kDepthwiseSteps, inputs, chain, "Targ", std::move(attrs), nullptr);
  }

  // From what reads codes that come from elsewhere.
  bool FromCodes(int32_t i) {
    const Node& node = graph_.node(i);
    Chain chain;
    std::vector<Edge> triple;
    if (node.op == "Requantize") {
      if (!Narrow(i, false, &chain)) return false;
      triple = {node.inputs[0], node.inputs[1], node.inputs[2]};
    } else if (!node.inputs.empty() && graph_.node(node.inputs[0].node).outputs.size() == 3 &&
               graph_.fact(node.inputs[0]).dtype == DType::kQuint8) {
      const int32_t value = node.inputs[0].node;
      if (!OnBytes(value, i, &chain)) return false;
      triple = {{value, 0}, {value, 1}, {value, 2}};
    } else {
      return false;
    }
    if (!Follow(&chain) || chain.steps.size() < 2) return false;
    return Put(kCodeSteps, triple, chain, "Tin", {}, "codes");
  }

  const PassContext& context_;
  const Graph& graph_;
  PatchSink& sink_;
  std::vector<std::vector<Use>> uses_;
  std::vector<bool> kept_;   // fetched, or waited for
  std::vector<bool> taken_;  // by a chain of this round
};

}  // namespace

Status FuseCodeSteps(const PassContext& context, PatchSink& sink) {
  if constexpr (kHasCodeSteps) return Chains(context, sink).Run();
  return Status();
}

}  // namespace rivulet
