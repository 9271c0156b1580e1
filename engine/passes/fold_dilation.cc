// A convolution over every d-th pixel, written with its pixels sorted into d pictures, becomes one with dilation d.
//
//   s = SpaceToBatchND(x, [d, e], [[a, b], [c, f]])
//   z = Conv2D(s, w) {padding=VALID}                      y = Conv2D(x, w) {dilations=[1, d, e, 1], padding=EXPLICIT,
//   y = BatchToSpaceND(z, [d, e], [[i, j], [k, l]])  becomes      explicit_paddings=[0,0, a-i,b-j, c-k,f-l, 0,0]}
//
// An output pixel sees the same values either way: those d apart from the one that lies under the filter's first
// element. Cropping the output by i takes away as much padding as i zeros in front give. Also of a depthwise
// convolution, and of one over a line of values, which stands between an ExpandDims and a Squeeze:
//
//   SpaceToBatchND [n, w, c] -> ExpandDims [n, 1, w, c] -> Conv2D -> Squeeze -> BatchToSpaceND
//
// The convolution then has its bias and activation behind it, where fusion finds them.
#include "engine/base/built.h"
#include "engine/ops/op.h"
#include "engine/passes/match.h"

namespace rivulet {
namespace {

struct Sides {
  int64_t before;
  int64_t after;
};

// The arguments of a SpaceToBatchND or a BatchToSpaceND, for an axis each from 1 on. Empty where they are not known.
struct Blocks {
  std::vector<int64_t> sizes;
  std::vector<Sides> sides;
};

Blocks BlocksOf(const Graph& graph, const Node& node) {
  const Fact& sizes = graph.fact(node.inputs[1]);
  const Fact& sides = graph.fact(node.inputs[2]);
  if (!sizes.value.valid() || !sides.value.valid() || !sizes.value.is_aligned() || !sides.value.is_aligned()) return {};
  const std::vector<int64_t> numbers = ToInt64s(sides.value);
  Blocks blocks;
  blocks.sizes = ToInt64s(sizes.value);
  if (numbers.size() != 2 * blocks.sizes.size()) return {};
  for (size_t i = 0; i < numbers.size(); i += 2) blocks.sides.push_back({numbers[i], numbers[i + 1]});
  return blocks;
}

bool IsPlain(const Graph& graph, Edge edge, std::string_view op) {
  const Node& node = graph.node(edge.node);
  return edge.slot == 0 && node.op == op && node.control_inputs.empty();
}

bool AllOnes(const Node& node, const char* name) {
  const auto* list = node.attrs.Get<std::shared_ptr<const AttrList>>(name);
  if (list == nullptr) return true;
  for (const int64_t value : (*list)->ints) {
    if (value != 1) return false;
  }
  return true;
}

// That `inner` has an axis of one value more than `outer`, its second.
bool AddsSecondAxis(const Shape& outer, const Shape& inner) {
  return outer.has_rank() && inner.has_rank() && outer.rank() == 3 && inner.rank() == 4 && inner[1] == 1;
}

struct Match {
  int32_t conv = -1;
  int32_t to_batch = -1;
  int32_t expand = -1;   // of a line of values
  int32_t squeeze = -1;  // likewise
};

// The ExpandDims and the Squeeze put the axis where the other takes it: the second.
bool IsLine(const Graph& graph, const Match& match) {
  const Node& expand = graph.node(match.expand);
  const Fact& axis = graph.fact(expand.inputs[1]);
  if (!axis.value.valid() || !axis.value.is_aligned() || axis.value.num_elements() != 1) return false;
  const int64_t at = ToInt64s(axis.value)[0];
  if (at != 1 && at != -3) return false;
  if (!AddsSecondAxis(graph.fact(expand.inputs[0]).shape, graph.fact({match.expand, 0}).shape)) return false;
  const Node& squeeze = graph.node(match.squeeze);
  const auto* dims = squeeze.attrs.Get<std::shared_ptr<const AttrList>>("squeeze_dims");
  if (dims == nullptr || (*dims)->ints.size() != 1 || ((*dims)->ints[0] != 1 && (*dims)->ints[0] != -3)) return false;
  return AddsSecondAxis(graph.fact({match.squeeze, 0}).shape, graph.fact(squeeze.inputs[0]).shape);
}

// What stands above the BatchToSpaceND `index`.
std::optional<Match> Find(const Graph& graph, const SoleUsers& users, int32_t index) {
  Match match;
  Edge edge = graph.node(index).inputs[0];
  int32_t reader = index;
  if (IsPlain(graph, edge, "Squeeze")) {
    if (users.Of(edge.node) != reader) return std::nullopt;
    match.squeeze = reader = edge.node;
    edge = graph.node(edge.node).inputs[0];
  }
  match.conv = edge.node;
  const bool depthwise = IsPlain(graph, edge, "DepthwiseConv2dNative");
  if (!depthwise && !IsPlain(graph, edge, "Conv2D")) return std::nullopt;
  const auto product = MatchProduct(graph, match.conv);
  if (!product || product->channels_first || users.Of(match.conv) != reader) return std::nullopt;
  const Node& conv = graph.node(match.conv);
  const std::string* padding = conv.attrs.Get<std::string>("padding");
  if (padding == nullptr || *padding != "VALID" || !AllOnes(conv, "strides") || !AllOnes(conv, "dilations"))
    return std::nullopt;
  edge = conv.inputs[0];
  if (IsPlain(graph, edge, "ExpandDims")) {
    match.expand = edge.node;
    edge = graph.node(edge.node).inputs[0];
  }
  if (!IsPlain(graph, edge, "SpaceToBatchND") || (match.expand < 0) != (match.squeeze < 0)) return std::nullopt;
  match.to_batch = edge.node;
  if (match.expand >= 0 && !IsLine(graph, match)) return std::nullopt;
  return match;
}

std::shared_ptr<const AttrList> Integers(std::vector<int64_t> values) {
  auto list = std::make_shared<AttrList>();
  list->ints = std::move(values);
  return list;
}

// The convolution of x itself, or an op of "" where no padding does what the crops do.
Node Dilated(const Graph& graph, const Match& match, const Blocks& in, const Blocks& out) {
  const Node& conv = graph.node(match.conv);
  std::vector<int64_t> dilations = {1, 1, 1, 1};
  std::vector<int64_t> pads(8, 0);
  const size_t first = match.expand >= 0 ? 2 : 1;  // the axis that axis 1 of x is for the convolution
  bool padded = false;
  for (size_t i = 0; i < in.sizes.size(); ++i) {
    const Sides sides{in.sides[i].before - out.sides[i].before, in.sides[i].after - out.sides[i].after};
    if (sides.before < 0 || sides.after < 0) return {};
    padded |= sides.before > 0 || sides.after > 0;
    dilations[first + i] = in.sizes[i];
    pads[2 * (first + i)] = sides.before;
    pads[2 * (first + i) + 1] = sides.after;
  }
  Node node;
  node.name = conv.name;
  node.op = conv.op;
  node.attrs = conv.attrs;
  node.attrs.Set("dilations", Integers(std::move(dilations)));
  if (padded) {
    node.attrs.Set("padding", std::string("EXPLICIT"));
    node.attrs.Set("explicit_paddings", Integers(std::move(pads)));
  }
  return node;
}

Node Copy(const Node& from, std::vector<Edge> inputs) {
  Node node;
  node.name = from.name;
  node.op = from.op;
  node.attrs = from.attrs;
  node.inputs = std::move(inputs);
  return node;
}

}  // namespace

Status FoldDilation(const PassContext& context, PatchSink& sink) {
  if constexpr (!IsBuilt("SpaceToBatchND") || !IsBuilt("BatchToSpaceND")) return Status();
  const Graph& graph = context.graph;
  const SoleUsers users(context);
  for (int32_t i = 0; i < graph.size(); ++i) {
    if (!IsPlain(graph, {i, 0}, "BatchToSpaceND")) continue;
    const auto match = Find(graph, users, i);
    if (!match) continue;
    const Node& to_batch = graph.node(match->to_batch);
    const Blocks in = BlocksOf(graph, to_batch);
    const Blocks out = BlocksOf(graph, graph.node(i));
    const size_t most = match->expand >= 0 ? 1 : 2;  // axes that the filter goes along
    if (in.sizes.empty() || in.sizes.size() > most || in.sizes != out.sizes) continue;
    Node conv = Dilated(graph, *match, in, out);
    if (conv.op.empty()) continue;
    sink.Begin();
    Edge x = to_batch.inputs[0];
    if (match->expand >= 0) {
      const Node& expand = graph.node(match->expand);
      x = sink.Add(Copy(expand, {x, expand.inputs[1]}));
    }
    conv.inputs = {x, graph.node(match->conv).inputs[1]};
    Edge y = sink.Add(std::move(conv));
    if (match->squeeze >= 0) y = sink.Add(Copy(graph.node(match->squeeze), {y}));
    sink.Replace({i, 0}, y);
  }
  return Status();
}

}  // namespace rivulet
