#include "engine/passes/int8_match.h"

#include <cmath>
#include <cstring>

#include "engine/ops/op.h"

namespace rivulet {

int64_t IntOf(const Node& node, std::string_view attr) {
  const int64_t* value = node.attrs.Get<int64_t>(attr);
  return value != nullptr ? *value : 0;
}

float FloatOf(const Node& node, std::string_view attr) {
  const float* value = node.attrs.Get<float>(attr);
  return value != nullptr ? *value : 0.0f;
}

std::optional<Codes> CodesBehind(const Graph& graph, Edge edge) {
  const Node& node = graph.node(edge.node);
  if (node.op != "_Int8Dequantize") return std::nullopt;
  return Codes{node.inputs[0], IntOf(node, "zero"), FloatOf(node, "step")};
}

std::optional<Quantized> FollowToCodes(const Graph& graph, const SoleUsers& users, int32_t node) {
  int32_t next = users.Of(node);
  bool relu = false, relu6 = false;
  if (next >= 0 && graph.node(next).control_inputs.empty()) {
    relu6 = graph.node(next).op == "Relu6";
    relu = relu6 || graph.node(next).op == "Relu";
    if (relu) next = users.Of(next);
  }
  if (next < 0 || graph.node(next).op != "_Int8Quantize") return std::nullopt;
  const Node& quantize = graph.node(next);
  Quantized out{next, IntOf(quantize, "zero"), FloatOf(quantize, "step"), 0,
                static_cast<float>(IntOf(quantize, "last"))};
  if (relu) out.low = static_cast<float>(out.zero);
  if (relu6) out.high = std::min(out.high, static_cast<float>(CodeOf(quantize, 6.0f)));
  if (out.low > out.high) return std::nullopt;
  return out;
}

bool IsFakeQuant8(const Node& node) {
  if (node.op != "FakeQuantWithMinMaxArgs" && node.op != "FakeQuantWithMinMaxVars" &&
      node.op != "FakeQuantWithMinMaxVarsPerChannel") {
    return false;
  }
  const int64_t* bits = node.attrs.Get<int64_t>("num_bits");
  return (bits == nullptr || *bits <= 8) && node.control_inputs.empty();
}

bool IsScaledCodes(const Node& node) {
  if (node.op != "Dequantize" || !node.control_inputs.empty() || node.def == nullptr) return false;
  const AttrReader attrs(node);
  return attrs.Str("mode") == "SCALED" && attrs.Type("T") == DType::kQint8 && attrs.Type("dtype") == DType::kFloat;
}

std::optional<FakeQuantSteps> KnownSteps(const Graph& graph, const Node& node, int64_t channel) {
  const AttrReader attrs(node);
  float low = 0, high = 0;
  if (node.op == "FakeQuantWithMinMaxArgs") {
    low = attrs.Float("min");
    high = attrs.Float("max");
  } else {
    const Tensor& from = graph.fact(node.inputs[1]).value;
    const Tensor& to = graph.fact(node.inputs[2]).value;
    if (!from.valid() || !to.valid() || channel >= from.num_elements() || channel >= to.num_elements()) {
      return std::nullopt;
    }
    // They may lie unaligned in the file.
    std::memcpy(&low, static_cast<const char*>(from.raw()) + channel * 4, sizeof(low));
    std::memcpy(&high, static_cast<const char*>(to.raw()) + channel * 4, sizeof(high));
  }
  const FakeQuantSteps steps(attrs.Bool("narrow_range") ? 1.0f : 0.0f,
                             static_cast<float>((1 << attrs.Int("num_bits")) - 1), low, high,
                             node.op == "FakeQuantWithMinMaxVars");
  const bool is_range = std::isnormal(steps.step) && steps.step > 0 && std::isnormal(steps.steps_of_one) &&
                        std::isfinite(steps.low) && std::isfinite(steps.high) && steps.zero_code >= 0 &&
                        steps.zero_code <= 255;
  if (steps.zero || !is_range) return std::nullopt;
  return steps;
}

uint8_t CodeOf(const Node& quantize, float x) {
  const float low = FloatOf(quantize, "low"), high = FloatOf(quantize, "high");
  const bool* divides = quantize.attrs.Get<bool>("divides");
  const float above = std::max(std::min(x, high), low) - low;
  const float place =
      divides != nullptr && *divides ? above / FloatOf(quantize, "step") : above * FloatOf(quantize, "steps_of_one");
  const auto zero = static_cast<float>(IntOf(quantize, "zero"));
  const float code = std::floor(place - zero + 0.5f) + zero;
  return code >= 0 && code <= 255 ? static_cast<uint8_t>(code) : uint8_t{0};  // NaN
}

Node StepNode(const OpDef& def, std::string name, std::vector<Edge> inputs) {
  Node node;
  node.name = std::move(name);
  node.op = def.name;
  node.def = &def;
  node.inputs = std::move(inputs);
  return node;
}

Node DequantizeNode(std::string name, Edge codes, int64_t zero, float step) {
  Node node = StepNode(kInt8Dequantize, std::move(name), {codes});
  node.attrs.Set("zero", zero);
  node.attrs.Set("step", step);
  return node;
}

}  // namespace rivulet
