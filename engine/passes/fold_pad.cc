// Zeros put around a picture become the convolution's own padding, also a depthwise one's.
//
//   p = Pad(x, [[0,0],[a,b],[c,d],[0,0]])     y = Conv2D(x, w) {padding=EXPLICIT, explicit_paddings=[0,0,a,b,c,d,0,0]}
//   y = Conv2D(p, w) {padding=VALID} becomes
//
// Zeros around a line of values go by the ExpandDims that makes a picture of it:
//
//   p = Pad(x, [[0,0],[c,d],[0,0]])           e = ExpandDims(x, 1)
//   e = ExpandDims(p, 1)             becomes  y = Conv2D(e, w) {padding=EXPLICIT, explicit_paddings=[0,0,0,0,c,d,0,0]}
//   y = Conv2D(e, w) {padding=VALID}
//
// Several convolutions may read the same zeros. Where something else does, too, they stay for all.
#include "engine/base/built.h"
#include "engine/ops/op.h"
#include "engine/passes/match.h"

namespace rivulet {
namespace {

// The eight numbers of explicit_paddings in the data format's own order, or empty. `line`: those of a line of values.
std::vector<int64_t> PadsOf(const Graph& graph, const Node& pad, bool channels_first, bool line) {
  const Fact& paddings = graph.fact(pad.inputs[1]);
  if (!paddings.value.valid() || !paddings.value.is_aligned() || paddings.shape.num_elements() != (line ? 6 : 8))
    return {};
  std::vector<int64_t> pads = ToInt64s(paddings.value);
  if (line && pads.size() == 6) pads.insert(pads.begin() + 2, {0, 0});
  const size_t channel = channels_first ? 1 : 3;
  if (pads.size() != 8 || pads[0] != 0 || pads[1] != 0 || pads[2 * channel] != 0 || pads[2 * channel + 1] != 0)
    return {};
  for (const int64_t p : pads) {
    if (p < 0) return {};
  }
  return pads;
}

// An ExpandDims that makes [n, 1, w, c] of [n, w, c].
bool MakesPictures(const Graph& graph, const Node& node) {
  if (node.op != "ExpandDims" || !node.control_inputs.empty()) return false;
  const Fact& axis = graph.fact(node.inputs[1]);
  if (!axis.value.valid() || !axis.value.is_aligned() || axis.value.num_elements() != 1) return false;
  const int64_t at = ToInt64s(axis.value)[0];
  const Shape& line = graph.fact(node.inputs[0]).shape;
  return line.has_rank() && line.rank() == 3 && (at == 1 || at == -3);
}

struct Candidate {
  int32_t conv;
  int32_t pad;
  int32_t expand;  // between them, or -1
  std::vector<int64_t> pads;
};

std::optional<Candidate> Find(const Graph& graph, int32_t index) {
  const auto product = MatchProduct(graph, index);
  const Node& conv = graph.node(index);
  if (!product || (conv.op != "Conv2D" && conv.op != "DepthwiseConv2dNative")) return std::nullopt;
  const std::string* padding = conv.attrs.Get<std::string>("padding");
  if (padding == nullptr || *padding != "VALID") return std::nullopt;
  Candidate found{index, conv.inputs[0].node, -1, {}};
  if (!product->channels_first && MakesPictures(graph, graph.node(found.pad))) {
    found.expand = found.pad;
    found.pad = graph.node(found.expand).inputs[0].node;
  }
  const Node& pad = graph.node(found.pad);
  if (pad.op != "Pad" || !pad.control_inputs.empty()) return std::nullopt;
  found.pads = PadsOf(graph, pad, product->channels_first, found.expand >= 0);
  return found.pads.empty() ? std::nullopt : std::optional(std::move(found));
}

// Of each node how many of its uses go when all candidates are folded.
std::vector<int32_t> GoneUses(const PassContext& context, const std::vector<Candidate>& candidates) {
  std::vector<int32_t> gone(context.uses.size(), 0);
  const auto is_gone = [&](int32_t node) {
    return gone[static_cast<size_t>(node)] == context.uses[static_cast<size_t>(node)];
  };
  for (const Candidate& c : candidates) {
    ++gone[static_cast<size_t>(c.expand >= 0 ? c.expand : c.pad)];
    if (c.expand >= 0 && is_gone(c.expand)) ++gone[static_cast<size_t>(c.pad)];
  }
  return gone;
}

}  // namespace

Status FoldPad(const PassContext& context, PatchSink& sink) {
  if constexpr (!IsBuilt("Pad")) return Status();
  const Graph& graph = context.graph;
  std::vector<Candidate> candidates;
  for (int32_t i = 0; i < graph.size(); ++i) {
    if (auto found = Find(graph, i)) candidates.push_back(std::move(*found));
  }
  const std::vector<int32_t> gone = GoneUses(context, candidates);
  for (Candidate& c : candidates) {
    if (gone[static_cast<size_t>(c.pad)] != context.uses[static_cast<size_t>(c.pad)]) continue;
    const Node& conv = graph.node(c.conv);
    Node padded;
    padded.name = conv.name;
    padded.op = conv.op;
    padded.attrs = conv.attrs;
    padded.attrs.Set("padding", std::string("EXPLICIT"));
    auto list = std::make_shared<AttrList>();
    list->ints = std::move(c.pads);
    padded.attrs.Set("explicit_paddings", std::shared_ptr<const AttrList>(std::move(list)));
    sink.Begin();
    Edge x = graph.node(c.pad).inputs[0];
    if (c.expand >= 0) {
      Node expand;
      expand.name = graph.node(c.expand).name;
      expand.op = "ExpandDims";
      expand.attrs = graph.node(c.expand).attrs;
      expand.inputs = {x, graph.node(c.expand).inputs[1]};
      x = sink.Add(std::move(expand));
    }
    padded.inputs = {x, conv.inputs[1]};
    sink.Replace({c.conv, 0}, sink.Add(std::move(padded)));
  }
  return Status();
}

}  // namespace rivulet
