// What moves numbers about, or takes the largest, does so with codes as well: the border of the codes goes behind it.
//
//   y = Reshape(_Int8Dequantize(a), shape)      becomes      r = Reshape(a, shape)
//                                                            y = _Int8Dequantize(r)
//
// Also Squeeze, ExpandDims, Transpose, MaxPool, Pad (with the code of 0) and ConcatV2 of codes with the same levels;
// where a Quantize follows a ConcatV2, its inputs get that one's levels first. Between codes an operator of one input
// that works on each element alone becomes a table:
//
//   q = _Int8Quantize(Sigmoid(_Int8Dequantize(a)))      becomes      q = _Int8Lookup(a, table)
#include <array>

#include "engine/ops/infer.h"
#include "engine/ops/op.h"
#include "engine/passes/int8_match.h"

namespace rivulet {
namespace {

bool SameLevels(const Codes& a, const Codes& b) { return a.zero == b.zero && a.step == b.step; }

class MovesOfCodes {
 public:
  MovesOfCodes(const PassContext& context, PatchSink& sink)
      : context_(context), graph_(context.graph), users_(context), sink_(sink) {}

  Status Run() {
    for (int32_t i = 0; i < graph_.size(); ++i) {
      const Node& node = graph_.node(i);
      if (context_.uses[static_cast<size_t>(i)] == 0 || !node.control_inputs.empty() || node.inputs.empty()) continue;
      if (node.op == "_Int8Quantize") {
        RIVULET_RETURN_IF_ERROR(MakeTable(i));
      } else if (node.op == "ConcatV2") {
        Join(i);
      } else if (const auto codes = CodesBehind(graph_, node.inputs[0]); codes && Moves(node)) {
        Move(i, *codes);
      }
    }
    return Status();
  }

 private:
  static bool Moves(const Node& node) {
    constexpr std::string_view kMoves[] = {"Reshape", "Squeeze", "ExpandDims", "Transpose", "MaxPool", "Pad"};
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
    const Node& between = graph_.node(quantize.inputs[0].node);
    const bool alone = users_.Of(quantize.inputs[0].node) == index && between.control_inputs.empty();
    if (!alone || between.inputs.size() != 1 || (between.def->flags & kElementwise) == 0) return Status();
    const auto codes = CodesBehind(graph_, between.inputs[0]);
    if (!codes || graph_.fact(quantize.inputs[0]).dtype != DType::kFloat) return Status();
    std::array<float, 256> numbers = NumbersOf(*codes);
    const Fact input{DType::kFloat, {256}, Tensor::Of<float>({256}, numbers)};
    const Fact* const inputs[] = {&input};
    const Fact output{DType::kFloat, {256}, {}};
    auto values = EvaluateNode(between, inputs, {&output, 1}, context_.allocator, context_.pool, context_.stop);
    RIVULET_RETURN_IF_ERROR(context_.stop.Why());
    if (!values.ok()) return Status();  // it fails when it runs
    sink_.Begin();
    sink_.Replace({index, 0}, Lookup(quantize, *codes, (*values)[0].values<float>()));
    return Status();
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
