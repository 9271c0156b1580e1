// Sums and means between codes work on codes.
//
//   q = _Int8Quantize(Relu(AddV2(_Int8Dequantize(a), _Int8Dequantize(b))))      becomes      q = _Int8Add(a, b)
//
// The summands have one known shape, and Relu, or Relu6, may be missing. Likewise AvgPool, and Mean over the pixels of
// images, become _Int8AvgPool, and a Mul of one known shape, or of images and a number for each of their channels,
// _Int8Mul.
#include <cmath>

#include "engine/base/checked.h"
#include "engine/base/sort.h"
#include "engine/ops/op.h"
#include "engine/passes/int8_match.h"

namespace rivulet {
namespace {

class SumsOfCodes {
 public:
  SumsOfCodes(const PassContext& context, PatchSink& sink)
      : context_(context), graph_(context.graph), users_(context), sink_(sink) {}

  void Run() {
    for (int32_t i = 0; i < graph_.size(); ++i) {
      const Node& node = graph_.node(i);
      if (context_.uses[static_cast<size_t>(i)] == 0 || !node.control_inputs.empty()) continue;
      const bool adds = node.op == "Add" || node.op == "AddV2";
      if (!adds && node.op != "Mul" && node.op != "AvgPool" && (node.op != "Mean" || FindOp("Squeeze") == nullptr))
        continue;
      const auto codes = CodesBehind(graph_, node.inputs[0]);
      const auto quantized = codes ? FollowToCodes(graph_, users_, i) : std::nullopt;
      if (!quantized) continue;
      if (adds) {
        Add(node, *codes, *quantized);
      } else if (node.op == "Mul") {
        Multiply(node, *codes, *quantized);
      } else {
        Pool(i, *codes, *quantized);
      }
    }
  }

 private:
  static void SetBounds(Node* node, const Quantized& quantized) {
    node->attrs.Set("low", quantized.low);
    node->attrs.Set("high", quantized.high);
  }

  void Add(const Node& node, const Codes& a, const Quantized& quantized) {
    const auto b = CodesBehind(graph_, node.inputs[1]);
    const Shape& shape = graph_.fact(node.inputs[0]).shape;
    if (!b || !shape.complete() || graph_.fact(node.inputs[1]).shape != shape) return;
    const double step = static_cast<double>(quantized.step);
    const double factor_a = static_cast<double>(a.step) / step, factor_b = static_cast<double>(b->step) / step;
    const double add = static_cast<double>(quantized.zero) - factor_a * static_cast<double>(a.zero) -
                       factor_b * static_cast<double>(b->zero);
    const auto single = [](double v) { return static_cast<float>(v); };
    if (!std::isfinite(single(factor_a)) || !std::isfinite(single(factor_b)) || !std::isfinite(single(add))) return;
    sink_.Begin();
    Node made = StepNode(kInt8Add, graph_.node(quantized.node).name, {a.edge, b->edge});
    made.attrs.Set("factor_a", single(factor_a));
    made.attrs.Set("factor_b", single(factor_b));
    made.attrs.Set("add", single(add));
    SetBounds(&made, quantized);
    sink_.Replace({quantized.node, 0}, sink_.Add(std::move(made)));
  }

  static bool IsOfChannels(const Shape& a, const Shape& b) {
    return a.rank() == 4 && b.rank() == 4 && b[0] == a[0] && b[1] == 1 && b[2] == 1 && b[3] == a[3];
  }

  void Multiply(const Node& node, Codes a, const Quantized& quantized) {
    auto b = CodesBehind(graph_, node.inputs[1]);
    const Shape *left = &graph_.fact(node.inputs[0]).shape, *right = &graph_.fact(node.inputs[1]).shape;
    if (!b || !left->complete() || !right->complete()) return;
    if (*left != *right && IsOfChannels(*right, *left)) {
      std::swap(left, right);
      std::swap(a, *b);
    }
    if (*left != *right && !IsOfChannels(*left, *right)) return;
    const double factor =
        static_cast<double>(a.step) * static_cast<double>(b->step) / static_cast<double>(quantized.step);
    if (!std::isfinite(static_cast<float>(factor))) return;
    sink_.Begin();
    Node made = StepNode(kInt8Mul, graph_.node(quantized.node).name, {a.edge, b->edge});
    made.attrs.Set("zero_a", a.zero);
    made.attrs.Set("zero_b", b->zero);
    made.attrs.Set("factor", static_cast<float>(factor));
    made.attrs.Set("zero", static_cast<float>(quantized.zero));
    SetBounds(&made, quantized);
    sink_.Replace({quantized.node, 0}, sink_.Add(std::move(made)));
  }

  // The window of a Mean over height and width; empty where it is another mean.
  std::vector<int64_t> WindowOf(const Node& node) const {
    const Shape& shape = graph_.fact(node.inputs[0]).shape;
    const Tensor& axes = graph_.fact(node.inputs[1]).value;
    if (!shape.has_rank() || shape.rank() != 4 || shape[1] <= 0 || shape[2] <= 0 || !axes.valid()) return {};
    std::vector<int64_t> list = ToInt64s(axes);
    for (int64_t& axis : list) axis += axis < 0 ? 4 : 0;
    Sort(list.begin(), list.end());
    if (list != std::vector<int64_t>{1, 2}) return {};
    return {1, shape[1], shape[2], 1};
  }

  void Pool(int32_t index, const Codes& codes, const Quantized& quantized) {
    const Node& node = graph_.node(index);
    Node made = StepNode(kInt8AvgPool, graph_.node(quantized.node).name, {codes.edge});
    if (node.op == "Mean") {
      auto list = std::make_shared<AttrList>();
      list->ints = WindowOf(node);
      const CheckedSize window = list->ints.empty() ? CheckedSize(-1) : CheckedSize(list->ints[1]) * list->ints[2];
      if (!window.valid() || window.value() > INT32_MAX / 255) return;
      const std::shared_ptr<const AttrList> ksize = std::move(list);
      made.attrs.Set("ksize", ksize);
      made.attrs.Set("strides", ksize);
      made.attrs.Set("padding", std::string("VALID"));
    } else {
      made.attrs = node.attrs;
      const std::string* format = node.attrs.Get<std::string>("data_format");
      const auto* ksize = node.attrs.Get<std::shared_ptr<const AttrList>>("ksize");
      if ((format != nullptr && *format != "NHWC") || ksize == nullptr || (*ksize)->ints.size() != 4) return;
      const CheckedSize window = CheckedSize((*ksize)->ints[1]) * (*ksize)->ints[2];
      if (!window.valid() || window.value() > INT32_MAX / 255) return;
    }
    const double factor = static_cast<double>(codes.step) / static_cast<double>(quantized.step);
    const double add = static_cast<double>(quantized.zero) - factor * static_cast<double>(codes.zero);
    made.attrs.Set("factor", static_cast<float>(factor));
    made.attrs.Set("add", static_cast<float>(add));
    if (!std::isfinite(static_cast<float>(factor)) || !std::isfinite(static_cast<float>(add))) return;
    SetBounds(&made, quantized);
    sink_.Begin();
    Edge result = sink_.Add(std::move(made));
    if (const bool* keeps = node.attrs.Get<bool>("keep_dims"); node.op == "Mean" && (keeps == nullptr || !*keeps)) {
      Node squeeze;
      squeeze.name = node.name + "/squeezed";
      squeeze.op = "Squeeze";
      squeeze.inputs = {result};
      auto axes = std::make_shared<AttrList>();
      axes->ints = {1, 2};
      squeeze.attrs.Set("squeeze_dims", std::shared_ptr<const AttrList>(std::move(axes)));
      squeeze.attrs.Set("T", DType::kUint8);
      result = sink_.Add(std::move(squeeze));
    }
    sink_.Replace({quantized.node, 0}, result);
  }

  const PassContext& context_;
  const Graph& graph_;
  const SoleUsers users_;
  PatchSink& sink_;
};

}  // namespace

Status Int8Sums(const PassContext& context, PatchSink& sink) {
  if constexpr (kHasInt8Steps) SumsOfCodes(context, sink).Run();
  return Status();
}

}  // namespace rivulet
