// Zeros put around a picture become the convolution's own padding, also a depthwise one's.
//
//   p = Pad(x, [[0,0],[a,b],[c,d],[0,0]])     y = Conv2D(x, w) {padding=EXPLICIT, explicit_paddings=[0,0,a,b,c,d,0,0]}
//   y = Conv2D(p, w) {padding=VALID} becomes
#include "engine/base/built.h"
#include "engine/ops/op.h"
#include "engine/passes/match.h"

namespace rivulet {
namespace {

// The eight numbers of explicit_paddings in the data format's own order, or empty.
std::vector<int64_t> PadsOf(const Graph& graph, const Node& pad, bool channels_first) {
  const Fact& paddings = graph.fact(pad.inputs[1]);
  if (!paddings.value.valid() || !paddings.value.is_aligned() || paddings.shape.num_elements() != 8) return {};
  std::vector<int64_t> pads = ToInt64s(paddings.value);
  const size_t channel = channels_first ? 1 : 3;
  if (pads.size() != 8 || pads[0] != 0 || pads[1] != 0 || pads[2 * channel] != 0 || pads[2 * channel + 1] != 0)
    return {};
  for (const int64_t p : pads) {
    if (p < 0) return {};
  }
  return pads;
}

}  // namespace

Status FoldPad(const PassContext& context, PatchSink& sink) {
  if constexpr (!IsBuilt("Pad")) return Status();
  const Graph& graph = context.graph;
  const SoleUsers users(context);
  for (int32_t i = 0; i < graph.size(); ++i) {
    const auto product = MatchProduct(graph, i);
    const Node& conv = graph.node(i);
    if (!product || (conv.op != "Conv2D" && conv.op != "DepthwiseConv2dNative")) continue;
    const std::string* padding = conv.attrs.Get<std::string>("padding");
    if (padding == nullptr || *padding != "VALID") continue;
    const Node& pad = graph.node(conv.inputs[0].node);
    if (pad.op != "Pad" || !pad.control_inputs.empty() || users.Of(conv.inputs[0].node) != i) continue;
    const std::vector<int64_t> pads = PadsOf(graph, pad, product->channels_first);
    if (pads.empty()) continue;
    Node padded;
    padded.name = conv.name;
    padded.op = conv.op;
    padded.attrs = conv.attrs;
    padded.attrs.Set("padding", std::string("EXPLICIT"));
    auto list = std::make_shared<AttrList>();
    list->ints = pads;
    padded.attrs.Set("explicit_paddings", std::shared_ptr<const AttrList>(std::move(list)));
    padded.inputs = {pad.inputs[0], conv.inputs[1]};
    sink.Begin();
    sink.Replace({i, 0}, sink.Add(std::move(padded)));
  }
  return Status();
}

}  // namespace rivulet
