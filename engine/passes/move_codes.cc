// Codes that become floats only to be moved about and to be codes again are moved as codes; their new values are a
// table.
//
//   f = Dequantize(x, lo, hi)                        c = Transpose(x, perm)
//   t = Transpose(f, perm)                becomes    y, y1, y2 = _CodeTable(c, lo, hi) {steps=["Dequantize v0",
//   y, y1, y2 = QuantizeV2(t, Min(t), Max(t))                                                  "QuantizeFound v1"]}
//
// Also Slice, StridedSlice, Squeeze and ExpandDims, and ranges that are given. Not where the size of the code counts
// more.
#include <algorithm>
#include <memory>
#include <optional>
#include <string>

#include "engine/base/small.h"
#include "engine/ops/code_table.h"
#include "engine/passes/match.h"

namespace rivulet {
namespace {

constexpr std::string_view kMoves[] = {"Transpose", "Slice", "StridedSlice", "Squeeze", "ExpandDims"};
constexpr int64_t kLeastElements = 64;

class MovedCodes {
 public:
  MovedCodes(const PassContext& context, PatchSink& sink)
      : context_(context),
        graph_(context.graph),
        sink_(sink),
        readers_(static_cast<size_t>(graph_.size())),
        kept_(static_cast<size_t>(graph_.size()), false) {
    for (int32_t i = 0; i < graph_.size(); ++i) {
      for (const Edge& edge : graph_.node(i).inputs) readers_[static_cast<size_t>(edge.node)].push_back(i);
      for (const int32_t control : graph_.node(i).control_inputs) kept_[static_cast<size_t>(control)] = true;
    }
    for (const Edge& edge : context.roots) kept_[static_cast<size_t>(edge.node)] = true;
  }

  void Run() {
    for (int32_t i = 0; i < graph_.size(); ++i) {
      if (context_.uses[static_cast<size_t>(i)] > 0 && IsEncoder(i)) Take(i);
    }
  }

 private:
  static bool IsPlain(const Node& node) {
    return node.control_inputs.empty() && node.def != nullptr && !node.inputs.empty() && !node.outputs.empty();
  }

  static bool IsMinFirst(const Node& node) {
    const AttrReader attrs(node);
    return attrs.Str("mode") == "MIN_FIRST" && attrs.Int("axis") == -1;
  }

  bool IsEncoder(int32_t i) const {
    const Node& node = graph_.node(i);
    return node.op == "QuantizeV2" && IsPlain(node) && node.outputs[0].dtype == DType::kQuint8 && IsMinFirst(node) &&
           AttrReader(node).Float("ensure_minimum_range") == 0.01f;
  }

  bool IsOneNumber(Edge edge) const {
    const Fact& fact = graph_.fact(edge);
    return fact.dtype == DType::kFloat && fact.shape == Shape({});
  }

  // A Dequantize of quint8, MIN_FIRST.
  bool IsDecoder(int32_t i) const {
    const Node& node = graph_.node(i);
    return node.op == "Dequantize" && IsPlain(node) && node.outputs[0].dtype == DType::kFloat && IsMinFirst(node) &&
           graph_.fact(node.inputs[0]).dtype == DType::kQuint8 && IsOneNumber(node.inputs[1]) &&
           IsOneNumber(node.inputs[2]);
  }

  // A move of floats that codes were, of which nothing but codes is made.
  bool IsMove(Edge value) const {
    const Node& node = graph_.node(value.node);
    if (std::find(std::begin(kMoves), std::end(kMoves), node.op) == std::end(kMoves) || !IsPlain(node)) return false;
    if (node.op == "Transpose" && FindOp("Bitcast") == nullptr) return false;
    if (kept_[static_cast<size_t>(value.node)] || !IsDecoder(node.inputs[0].node)) return false;
    const Shape& shape = node.outputs[0].shape;
    if (!shape.complete() || shape.num_elements() < kLeastElements) return false;
    const std::vector<int32_t>& readers = readers_[static_cast<size_t>(value.node)];
    return std::all_of(readers.begin(), readers.end(), [&](int32_t reader) {
      const std::string& op = graph_.node(reader).op;
      return op == "QuantizeV2" || op == "Min" || op == "Max" || op == "Reshape";
    });
  }

  // Whether an edge is the least (or largest) of all elements of `value`, perhaps behind a Reshape to a list.
  bool Measures(Edge edge, std::string_view op, Edge value) const {
    const Node& node = graph_.node(edge.node);
    if (node.op != op || !IsPlain(node) || node.outputs[0].shape != Shape({})) return false;
    const Edge of = node.inputs[0];
    return of == value || (graph_.node(of.node).op == "Reshape" && IsPlain(graph_.node(of.node)) &&
                           graph_.node(of.node).inputs[0] == value);
  }

  struct Source {
    Edge codes, low, high;
  };
  // What is decoded. Of a QuantizedReshape's codes those that it copies, by a Reshape, which does not.
  Source Reshaped(const Node& decoder) {
    const Source source{decoder.inputs[0], decoder.inputs[1], decoder.inputs[2]};
    const int32_t index = source.codes.node;
    const Node& above = graph_.node(index);
    if (above.op != "QuantizedReshape" || !IsPlain(above) || source.codes.slot != 0) return source;
    if (source.low != Edge{index, 1} || source.high != Edge{index, 2}) return source;
    Node shaped;
    shaped.name = above.name + "/codes";
    shaped.op = "Reshape";
    shaped.inputs = {above.inputs[0], above.inputs[1]};
    shaped.attrs = above.attrs;
    return {sink_.Add(std::move(shaped)), above.inputs[2], above.inputs[3]};
  }

  void Take(int32_t index) {
    const Node& encoder = graph_.node(index);
    const Edge value = encoder.inputs[0];
    if (!IsMove(value)) return;
    const Edge low = encoder.inputs[1], high = encoder.inputs[2];
    const bool finds = Measures(low, "Min", value) && Measures(high, "Max", value);
    if (!finds && !(IsOneNumber(low) && IsOneNumber(high))) return;
    const Node& move = graph_.node(value.node);
    const Node& decoder = graph_.node(move.inputs[0].node);
    sink_.Begin();
    const Source source = Reshaped(decoder);
    Node moved;
    moved.name = move.name + "/codes";
    moved.op = move.op;
    moved.inputs = move.inputs;
    moved.inputs[0] = source.codes;
    moved.attrs = move.attrs;
    // Transpose has no quint8, as in TensorFlow.
    const DType type = move.op == "Transpose" ? DType::kUint8 : DType::kQuint8;
    if (type == DType::kUint8) {
      Node cast;
      cast.name = move.name + "/bytes";
      cast.op = "Bitcast";
      cast.inputs = {source.codes};
      cast.attrs.Set("T", DType::kQuint8);
      cast.attrs.Set("type", type);
      moved.inputs[0] = sink_.Add(std::move(cast));
    }
    moved.attrs.Set("T", type);
    const Edge codes = sink_.Add(std::move(moved));
    Node made;
    made.name = encoder.name;
    made.op = kCodeTable.name;
    made.def = &kCodeTable;
    made.inputs = {codes, source.low, source.high};
    auto types = std::make_shared<AttrList>();
    if (!finds) {
      made.inputs.insert(made.inputs.end(), {low, high});
      types->types = {DType::kFloat, DType::kFloat};
    }
    auto steps = std::make_shared<AttrList>();
    steps->strings = {"Dequantize v0", finds ? "QuantizeFound v1" : "Quantize v1 x0"};
    made.attrs.Set("steps", std::shared_ptr<const AttrList>(std::move(steps)));
    made.attrs.Set("Targ", std::shared_ptr<const AttrList>(std::move(types)));
    made.attrs.Set("Tx", type);
    made.attrs.Set("T", DType::kQuint8);
    const Edge y = sink_.Add(std::move(made));
    for (int32_t slot = 0; slot < 3; ++slot) sink_.Replace({index, slot}, {y.node, slot});
  }

  const PassContext& context_;
  const Graph& graph_;
  PatchSink& sink_;
  std::vector<std::vector<int32_t>> readers_;
  std::vector<bool> kept_;  // fetched, or waited for
};

}  // namespace

Status MoveCodes(const PassContext& context, PatchSink& sink) {
  if constexpr (kHasCodeTable && !kIsSmall) MovedCodes(context, sink).Run();
  return Status();
}

}  // namespace rivulet
