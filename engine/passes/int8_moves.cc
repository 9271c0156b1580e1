// What moves numbers about, or takes the largest, does so with codes as well: the border of the codes goes behind it.
//
//   y = Reshape(_Int8Dequantize(a), shape)      becomes      r = Reshape(a, shape)
//                                                            y = _Int8Dequantize(r)
//
// Also Squeeze, ExpandDims, Transpose, Slice, StridedSlice, Split, MaxPool, Pad (with the code of 0) and ConcatV2 of
// codes with the same levels; where a Quantize follows a ConcatV2, its inputs get that one's levels first, and where it
// follows a Pad, it comes before it. Between
// codes operators that work on each element alone, with numbers that are known, become a table:
//
//   x = _Int8Dequantize(a)
//   q = _Int8Quantize(Mul(x, Sigmoid(x)))               becomes      q = _Int8Lookup(a, table)
#include <algorithm>
#include <array>

#include "engine/base/errors.h"
#include "engine/ops/infer.h"
#include "engine/ops/op.h"
#include "engine/passes/int8_match.h"

namespace rivulet {
namespace {

bool SameLevels(const Codes& a, const Codes& b) { return a.zero == b.zero && a.step == b.step; }

// Operators between a Quantize and one Dequantize, each after those it reads.
struct Between {
  std::optional<Codes> codes;
  std::vector<int32_t> nodes;
};
constexpr size_t kMostBetween = 16;

class MovesOfCodes {
 public:
  MovesOfCodes(const PassContext& context, PatchSink& sink)
      : context_(context), graph_(context.graph), users_(context), sink_(sink) {}

  Status Run() {
    for (int32_t i = 0; i < graph_.size(); ++i) {
      const Node& node = graph_.node(i);
      if (context_.uses[static_cast<size_t>(i)] == 0 || !node.control_inputs.empty() || node.inputs.empty()) continue;
      if (node.op == "_Int8Quantize") {
        if (!PadLater(i)) RIVULET_RETURN_IF_ERROR(MakeTable(i));
      } else if (node.op == "ConcatV2") {
        Join(i);
      } else if (node.op == "Split") {
        if (const auto codes = CodesBehind(graph_, node.inputs[1])) Separate(i, *codes);
      } else if (const auto codes = CodesBehind(graph_, node.inputs[0]); codes && Moves(node)) {
        Move(i, *codes);
      }
    }
    return Status();
  }

 private:
  static bool Moves(const Node& node) {
    constexpr std::string_view kMoves[] = {"Reshape", "Squeeze", "ExpandDims",   "Transpose",
                                           "MaxPool", "Slice",   "StridedSlice", "Pad"};
    if (node.op == "Pad" && FindOp("PadV2") == nullptr) return false;
    return std::find(std::begin(kMoves), std::end(kMoves), node.op) != std::end(kMoves);
  }

  void Move(int32_t index, const Codes& codes) {
    Node moved = CopyOf(graph_.node(index));
    moved.inputs[0] = codes.edge;
    sink_.Begin();
    if (moved.op == "Pad") {
      moved.op = "PadV2";
      moved.inputs.push_back(
          sink_.Add(ConstNode(moved.name + "/zero", Tensor::Scalar(static_cast<uint8_t>(codes.zero)))));
    }
    Finish(index, std::move(moved), codes);
  }

  // Split: each part that is read.
  void Separate(int32_t index, const Codes& codes) {
    Node moved = CopyOf(graph_.node(index));
    moved.inputs[1] = codes.edge;
    const int64_t parts = IntOf(moved, "num_split");
    sink_.Begin();
    const Edge made = sink_.Add(std::move(moved));
    for (int32_t i = 0; i < parts; ++i) {
      std::string name = Cat(graph_.node(index).name, "/part_", i);
      sink_.Replace({index, i}, sink_.Add(DequantizeNode(std::move(name), {made.node, i}, codes.zero, codes.step)));
    }
  }

  // Codes that a Pad with zeros is made of, not what it makes: then what comes before it can make them itself.
  bool PadLater(int32_t index) {
    const Node& quantize = graph_.node(index);
    const Edge padded = quantize.inputs[0];
    const Node& pad = graph_.node(padded.node);
    if (pad.op != "Pad" || !Moves(pad) || !pad.control_inputs.empty() || users_.Of(padded.node) != index) return false;
    sink_.Begin();
    Node before = StepNode(kInt8Quantize, pad.name + "/unpadded", {pad.inputs[0]});
    before.attrs = quantize.attrs;
    Node after = CopyOf(pad);
    after.name = quantize.name;
    after.op = "PadV2";
    after.inputs[0] = sink_.Add(std::move(before));
    after.inputs.push_back(sink_.Add(ConstNode(after.name + "/zero", Tensor::Scalar(CodeOf(quantize, 0.0f)))));
    sink_.Replace({index, 0}, sink_.Add(std::move(after)));
    return true;
  }

  Node CopyOf(const Node& node) const {
    Node copy;
    copy.name = node.name + "/codes";
    copy.op = node.op;
    copy.inputs = node.inputs;
    copy.attrs = node.attrs;
    copy.attrs.Set("T", DType::kUint8);
    return copy;
  }

  void Finish(int32_t index, Node moved, const Codes& codes) {
    const Edge made = sink_.Add(std::move(moved));
    sink_.Replace({index, 0}, sink_.Add(DequantizeNode(graph_.node(index).name, made, codes.zero, codes.step)));
  }

  void Join(int32_t index) {
    const Node& node = graph_.node(index);
    std::vector<Codes> parts;
    for (size_t i = 0; i + 1 < node.inputs.size(); ++i) {
      const auto codes = CodesBehind(graph_, node.inputs[i]);
      if (!codes) return;
      parts.push_back(*codes);
    }
    const int32_t reader = users_.Of(index);
    const bool quantized = reader >= 0 && graph_.node(reader).op == "_Int8Quantize";
    bool same = true;
    for (const Codes& part : parts) same = same && SameLevels(part, parts[0]);
    if (!same && !quantized) return;
    Node joined = CopyOf(node);
    sink_.Begin();
    for (size_t i = 0; i < parts.size(); ++i) {
      joined.inputs[i] = same ? parts[i].edge : WithLevelsOf(graph_.node(reader), parts[i]);
    }
    if (same) return Finish(index, std::move(joined), parts[0]);
    sink_.Replace({reader, 0}, sink_.Add(std::move(joined)));
  }

  // The numbers that the 256 codes stand for.
  static std::array<float, 256> NumbersOf(const Codes& codes) {
    std::array<float, 256> numbers;
    for (int i = 0; i < 256; ++i) {
      numbers[static_cast<size_t>(i)] = static_cast<float>(i - static_cast<int>(codes.zero)) * codes.step;
    }
    return numbers;
  }

  Edge Lookup(const Node& quantize, const Codes& codes, std::span<const float> numbers) {
    std::array<uint8_t, 256> table;
    bool changes = false;
    for (size_t i = 0; i < table.size(); ++i) {
      table[i] = CodeOf(quantize, numbers[i]);
      changes = changes || table[i] != i;
    }
    if (!changes) return codes.edge;
    std::vector<Edge> inputs = {codes.edge,
                                sink_.Add(ConstNode(quantize.name + "/table", Tensor::Of<uint8_t>({256}, table)))};
    return sink_.Add(StepNode(kInt8Lookup, quantize.name, std::move(inputs)));
  }

  Edge WithLevelsOf(const Node& quantize, const Codes& codes) { return Lookup(quantize, codes, NumbersOf(codes)); }

  Status MakeTable(int32_t index) {
    const Node& quantize = graph_.node(index);
    if (const auto codes = CodesBehind(graph_, quantize.inputs[0])) {
      sink_.Begin();
      sink_.Replace({index, 0}, WithLevelsOf(quantize, *codes));
      return Status();
    }
    Between between;
    if (users_.Of(quantize.inputs[0].node) != index || !Collect(quantize.inputs[0], &between)) return Status();
    RIVULET_ASSIGN_OR_RETURN(const Tensor numbers, Evaluate(between));
    if (!numbers.valid() || numbers.num_elements() != 256) return Status();  // it fails when it runs
    sink_.Begin();
    sink_.Replace({index, 0}, Lookup(quantize, *between.codes, numbers.values<float>()));
    return Status();
  }

  static bool IsNumber(const Fact& fact) {
    return fact.value.valid() && fact.dtype == DType::kFloat && fact.value.rank() == 0;
  }

  // Whether the edge is made of one Dequantize and numbers, element by element.
  bool Collect(Edge edge, Between* between) const {
    if (const auto codes = CodesBehind(graph_, edge)) {
      if (!between->codes) between->codes = codes;
      return between->codes->edge == codes->edge && SameLevels(*between->codes, *codes);
    }
    const Fact& fact = graph_.fact(edge);
    if (IsNumber(fact)) return true;
    const Node& node = graph_.node(edge.node);
    if (fact.dtype != DType::kFloat || edge.slot != 0 || !node.control_inputs.empty() || node.def == nullptr ||
        (node.def->flags & kElementwise) == 0) {
      return false;
    }
    if (std::find(between->nodes.begin(), between->nodes.end(), edge.node) != between->nodes.end()) return true;
    if (between->nodes.size() == kMostBetween) return false;
    for (const Edge& input : node.inputs) {
      if (!Collect(input, between)) return false;
    }
    between->nodes.push_back(edge.node);
    return between->nodes.size() <= kMostBetween && between->codes.has_value();
  }

  // What the last one makes of all 256 codes; an invalid tensor where one fails.
  Result<Tensor> Evaluate(const Between& between) const {
    std::array<float, 256> numbers = NumbersOf(*between.codes);
    std::vector<Fact> made;
    const auto fact_of = [&](Edge edge) -> Fact {
      const auto at = std::find(between.nodes.begin(), between.nodes.end(), edge.node);
      if (at != between.nodes.end()) return made[static_cast<size_t>(at - between.nodes.begin())];
      if (CodesBehind(graph_, edge)) return {DType::kFloat, {256}, Tensor::Of<float>({256}, numbers)};
      return {DType::kFloat, {}, Tensor::Scalar(ReadFloats(graph_.fact(edge).value)[0])};
    };
    for (const int32_t index : between.nodes) {
      const Node& node = graph_.node(index);
      std::vector<Fact> facts;
      for (const Edge& edge : node.inputs) facts.push_back(fact_of(edge));
      std::vector<const Fact*> inputs;
      for (const Fact& fact : facts) inputs.push_back(&fact);
      const Fact output{DType::kFloat, {256}, {}};
      auto values = EvaluateNode(node, inputs, {&output, 1}, context_.allocator, context_.pool, context_.stop);
      RIVULET_RETURN_IF_ERROR(context_.stop.Why());
      if (!values.ok()) return Tensor();
      made.push_back({DType::kFloat, {256}, (*values)[0]});
    }
    return made.back().value;
  }

  const PassContext& context_;
  const Graph& graph_;
  const SoleUsers users_;
  PatchSink& sink_;
};

}  // namespace

Status Int8Moves(const PassContext& context, PatchSink& sink) {
  if constexpr (kHasInt8Steps) return MovesOfCodes(context, sink).Run();
  return Status();
}

}  // namespace rivulet
