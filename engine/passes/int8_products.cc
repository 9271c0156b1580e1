// Products of quantised activations and quantised constant weights work on codes.
//
//   c = Conv2D(_Int8Dequantize(a), FakeQuantWithMinMaxVarsPerChannel(w, min, max))
//   b = BiasAdd(c, bias)                                                becomes   q = _Int8Conv2D(a, codes of w, ..)
//   q = _Int8Quantize(Relu(b))
//
// Also DepthwiseConv2dNative and MatMul; weights that are a Dequantize of qint8 codes; with one range for all channels,
// seen through a Reshape; with constants per channel added or multiplied, norms among them; and with Pad in front.
// Without a Quantize the sums become floats (not those of depthwise products). Weights that are more than 128 steps
// from 0 stay float.
#include <cmath>
#include <limits>

#include "engine/ops/op.h"
#include "engine/passes/int8_match.h"

namespace rivulet {
namespace {

// What is known of the weights.
struct Weights {
  Tensor codes;              // int8, of the filter's shape
  std::vector<float> steps;  // of each output channel
};

// What follows a product: y = sum * scale + offset per channel, up to `last`.
struct Affine {
  int32_t last = -1;
  std::vector<double> scale;
  std::vector<double> offset;
};

class ProductsOfCodes {
 public:
  explicit ProductsOfCodes(const PassContext& context) : context_(context), graph_(context.graph), users_(context) {}

  Status Run(PatchSink& sink) {
    for (int32_t i = 0; i < graph_.size(); ++i) {
      if (context_.uses[static_cast<size_t>(i)] == 0) continue;
      const auto product = MatchProduct(graph_, i);
      if (!product || product->channels_first || product->channels == 0) continue;
      const auto codes = CodesBehind(graph_, graph_.node(i).inputs[0]);
      if (!codes) continue;
      RIVULET_RETURN_IF_ERROR(context_.stop.Why());
      RIVULET_RETURN_IF_ERROR(Rewrite(*product, *codes, sink));
    }
    return Status();
  }

 private:
  Status Rewrite(const Product& product, Codes codes, PatchSink& sink) {
    const Node& node = graph_.node(product.node);
    const bool depthwise = node.op == "DepthwiseConv2dNative";
    if (!CanTake(node, product)) return Status();
    const Affine affine = Follow(product);
    const auto quantized = FollowToCodes(graph_, users_, affine.last);
    if (!quantized && depthwise) return Status();
    RIVULET_ASSIGN_OR_RETURN(const auto weights, ReadWeights(node, product.channels));
    if (!weights) return Status();

    const OpDef& def = depthwise ? kInt8DepthwiseConv2D : node.op == "MatMul" ? kInt8MatMul : kInt8Conv2D;
    const int32_t end = quantized ? quantized->node : affine.last;
    Node made = StepNode(def, graph_.node(end).name, {});
    made.attrs = node.attrs;
    made.attrs.Erase("transpose_a");
    made.attrs.Set("zero", codes.zero);
    if (node.op != "MatMul") TakePad(&codes, &made);
    made.attrs.Set("T", quantized ? DType::kUint8 : DType::kFloat);
    const double out_step = quantized ? static_cast<double>(quantized->step) : 1;
    const double out_zero = quantized ? static_cast<double>(quantized->zero) : 0;
    made.attrs.Set("low", quantized ? quantized->low : -std::numeric_limits<float>::infinity());
    made.attrs.Set("high", quantized ? quantized->high : std::numeric_limits<float>::infinity());
    std::vector<float> multiply, add;
    for (size_t j = 0; j < affine.scale.size(); ++j) {
      const double step = static_cast<double>(codes.step) * static_cast<double>(weights->steps[j]);
      multiply.push_back(static_cast<float>(step * affine.scale[j] / out_step));
      add.push_back(static_cast<float>(affine.offset[j] / out_step + out_zero));
      // What the kernels promise nothing for.
      const double most = 255.0 * 255.0 * static_cast<double>(weights->codes.num_elements() / product.channels);
      const bool fits = most * std::abs(static_cast<double>(multiply[j])) + std::abs(static_cast<double>(add[j])) < 1e9;
      if (!std::isfinite(multiply[j]) || !std::isfinite(add[j]) || (quantized && !fits)) return Status();
    }
    sink.Begin();
    const Shape channels = {product.channels};
    made.inputs = {codes.edge, sink.Add(ConstNode(node.name + "/codes", weights->codes)),
                   sink.Add(ConstNode(node.name + "/multiply", Tensor::Of<float>(channels, multiply))),
                   sink.Add(ConstNode(node.name + "/add", Tensor::Of<float>(channels, add)))};
    sink.Replace({end, 0}, sink.Add(std::move(made)));
    return Status();
  }

  bool CanTake(const Node& node, const Product& product) const {
    const Shape& filter = graph_.fact(node.inputs[1]).shape;
    const Shape& input = graph_.fact(node.inputs[0]).shape;
    // What the kernels' 32 bits hold.
    if (filter.num_elements() / product.channels > INT32_MAX / (255 * 128)) return false;
    if (node.op == "MatMul") {
      const bool* transposed = node.attrs.Get<bool>("transpose_a");
      return transposed == nullptr || !*transposed;
    }
    if (node.op == "DepthwiseConv2dNative") return filter[3] == 1 && (filter[0] + 3) / 4 * filter[1] <= 32;
    return node.op == "Conv2D" && input.has_rank() && input[3] == filter[2];
  }

  // Constants per channel that are added or multiplied.
  Affine Follow(const Product& product) const {
    const auto channels = static_cast<size_t>(product.channels);
    Affine out{product.node, std::vector<double>(channels, 1), std::vector<double>(channels, 0)};
    for (int32_t next = users_.Of(out.last); next >= 0; next = users_.Of(next)) {
      const Node& node = graph_.node(next);
      const bool adds = node.op == "BiasAdd" || node.op == "Add" || node.op == "AddV2";
      std::vector<float> scale, offset;
      if (!node.control_inputs.empty()) break;
      if (adds || node.op == "Mul") {
        const Edge other = node.inputs[0].node == out.last ? node.inputs[1] : node.inputs[0];
        const std::string* format = node.attrs.Get<std::string>("data_format");
        if (format != nullptr && *format == "NCHW") break;
        (adds ? offset : scale) =
            PerChannel(graph_.fact(other), product.channels, graph_.fact({out.last, 0}).shape.rank());
        if (scale.empty() && offset.empty()) break;
      } else if (auto norm = KnownBatchNorm(graph_, node, product.channels); norm && node.inputs[0].node == out.last) {
        const std::string* format = node.attrs.Get<std::string>("data_format");
        if (format != nullptr && *format == "NCHW") break;
        scale = std::move(norm->scale);
        offset = std::move(norm->offset);
      } else {
        break;
      }
      for (size_t j = 0; j < channels; ++j) {
        const double factor = scale.empty() ? 1 : static_cast<double>(scale[j]);
        out.scale[j] *= factor;
        out.offset[j] = out.offset[j] * factor + (offset.empty() ? 0 : static_cast<double>(offset[j]));
      }
      out.last = next;
    }
    return out;
  }

  // A Pad of codes with `zero` that the product can do itself.
  void TakePad(Codes* codes, Node* made) const {
    const Node& pad = graph_.node(codes->edge.node);
    if (pad.op != "PadV2" || !pad.control_inputs.empty()) return;
    const std::string* padding = made->attrs.Get<std::string>("padding");
    const Tensor& outside = graph_.fact(pad.inputs[2]).value;
    const Tensor& widths = graph_.fact(pad.inputs[1]).value;
    if (padding == nullptr || *padding != "VALID" || !outside.valid() || !widths.valid()) return;
    if (*static_cast<const uint8_t*>(outside.raw()) != codes->zero) return;
    auto list = std::make_shared<AttrList>();
    list->ints = ToInt64s(widths);
    if (list->ints.size() != 8 || list->ints[0] != 0 || list->ints[1] != 0 || list->ints[6] != 0 ||
        list->ints[7] != 0) {
      return;
    }
    made->attrs.Set("padding", std::string("EXPLICIT"));
    made->attrs.Set("explicit_paddings", std::shared_ptr<const AttrList>(std::move(list)));
    codes->edge = pad.inputs[0];
  }

  // Empty where the filter is not a quantised constant, or has weights that do not fit.
  Result<std::optional<Weights>> ReadWeights(const Node& product, int64_t channels) const {
    const Shape& shape = graph_.fact(product.inputs[1]).shape;
    const Node* node = &graph_.node(product.inputs[1].node);
    if (node->op == "Reshape" && node->control_inputs.empty()) node = &graph_.node(node->inputs[0].node);
    const bool codes = IsScaledCodes(*node);
    if (!codes && !IsFakeQuant8(*node)) return std::optional<Weights>();
    const Fact& values = graph_.fact(node->inputs[0]);
    if (!values.value.valid() || !shape.complete() || shape.num_elements() != values.shape.num_elements()) {
      return std::optional<Weights>();
    }
    // The last axis is that of the product's channels, or all have the one range.
    const int64_t ranges = RangesOf(*node, values.shape);
    const bool* transposed = product.attrs.Get<bool>("transpose_b");
    const bool turned = transposed != nullptr && *transposed;
    if (ranges != 1 && (ranges != channels || turned)) return std::optional<Weights>();
    Weights out;
    if (codes) {
      out.codes = values.value.Retyped(DType::kInt8).Reshaped(shape);
    } else {
      RIVULET_ASSIGN_OR_RETURN(out.codes, Tensor::Allocate(DType::kInt8, shape, context_.allocator));
    }
    const bool fit = codes ? ReadSteps(*node, ranges, &out) : RoundFloats(*node, values.value, ranges, &out);
    if (!fit) return std::optional<Weights>();
    for (int64_t j = ranges; j < channels; ++j) out.steps.push_back(out.steps[0]);
    return std::optional<Weights>(std::move(out));
  }

  // How many ranges there are along the last axis; 0 for another axis.
  static int64_t RangesOf(const Node& node, const Shape& shape) {
    const int64_t last = shape.rank() - 1;
    if (node.op == "FakeQuantWithMinMaxVarsPerChannel") return shape[static_cast<int>(last)];
    const int64_t axis = node.op == "Dequantize" ? AttrReader(node).Int("axis") : -1;
    return axis < 0 ? 1 : axis == last ? shape[static_cast<int>(last)] : 0;
  }

  bool RoundFloats(const Node& node, const Tensor& values, int64_t ranges, Weights* out) const {
    std::vector<FakeQuantSteps> steps;
    for (int64_t i = 0; i < ranges; ++i) {
      const auto known = KnownSteps(graph_, node, i);
      if (!known) return false;
      steps.push_back(*known);
      out->steps.push_back(known->step);
    }
    std::vector<float> copy;
    if (!values.is_aligned()) copy = ReadFloats(values);
    const float* floats = copy.empty() ? values.data<float>() : copy.data();
    return RoundToLevels(floats, values.num_elements(), steps, out->codes.data<int8_t>());
  }

  bool ReadSteps(const Node& node, int64_t ranges, Weights* out) const {
    const Tensor& from = graph_.fact(node.inputs[1]).value;
    const Tensor& to = graph_.fact(node.inputs[2]).value;
    if (!from.valid() || !to.valid() || from.num_elements() < ranges || to.num_elements() < ranges) return false;
    const std::vector<float> low = ReadFloats(from), high = ReadFloats(to);
    const float lowest = AttrReader(node).Bool("narrow_range") ? -127.0f : -128.0f;
    for (size_t i = 0; i < static_cast<size_t>(ranges); ++i) {
      out->steps.push_back(std::max(low[i] / lowest, high[i] / 127.0f));
      if (!std::isfinite(out->steps[i])) return false;
    }
    return true;
  }

  const PassContext& context_;
  const Graph& graph_;
  const SoleUsers users_;
};

}  // namespace

Status Int8Products(const PassContext& context, PatchSink& sink) {
  if constexpr (kHasInt8Steps) return ProductsOfCodes(context).Run(sink);
  return Status();
}

}  // namespace rivulet
