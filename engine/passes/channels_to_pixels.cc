// A transposed convolution with strides, to few channels or with few taps, becomes a convolution to strides times
// strides as many, which are then laid out as pixels.
//
//   y = Conv2DBackpropInput(sizes, w, x) {strides = s}     becomes
//
//   y = DepthToSpace(Conv2D(x, v) {strides = 1}, block_size = s)
//
// Along one axis, with p zeros before: y[s q + r] is the sum over i of w[i] x[x'] for all s q + r = s x' - p + i, so
// with x' = q + m and i = r + p - s m it is the sum over m of v[m][r] x[q + m], v[m][r] = w[r + p - s m], or 0 where w
// has no such element. m goes from ceil((p - k + 1) / s) to floor((s - 1 + p) / s).
//
// The products with all taps, which are then added up where they overlap, are many numbers for each that is made where
// channels are few. The new filter has zeros in it, so that it is not done where they are too many. With strides of one
// there are none, and nothing is left to be laid out.
// An infinite element of x makes NaN of all that the new filter sees it for, also where the old one has no tap.
#include <algorithm>
#include <optional>

#include "engine/base/built.h"
#include "engine/ops/op.h"
#include "engine/passes/match.h"

namespace rivulet {
namespace {

// What a convolution makes without filling more than a vector.
constexpr int64_t kMostChannels = 16;

struct Axis {
  int64_t taps;    // of the transposed convolution
  int64_t before;  // its zeros, that is its results that are dropped
  int64_t first;   // least m
  int64_t count;   // of values of m
  int64_t after;   // zeros behind the convolution's input
};

// Floor of a / b, for b > 0.
int64_t Floor(int64_t a, int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

std::optional<Axis> AxisOf(int64_t small, int64_t large, int64_t taps, int64_t stride, bool same) {
  if (small < 1 || large < 1 || taps < 1 || large % stride != 0) return std::nullopt;
  Axis axis{};
  axis.taps = taps;
  if (same) axis.before = std::max<int64_t>((small - 1) * stride + taps - large, 0) / 2;
  axis.first = -Floor(taps - 1 - axis.before, stride);
  axis.count = Floor(stride - 1 + axis.before, stride) - axis.first + 1;
  axis.after = large / stride - 1 + axis.first + axis.count - small;
  if (axis.first > 0 || axis.after < 0) return std::nullopt;
  return axis;
}

struct Match {
  int64_t stride;
  Axis axes[2];
  int64_t channels;  // of the result
  int64_t inputs;    // channels of x
};

// Whether the zeros cost less than the adding up.
bool Pays(const Match& match, int64_t height, int64_t width) {
  if (match.stride > kMostChannels) return false;
  const auto& [rows, columns] = match.axes;
  const int64_t taps = rows.taps * columns.taps;
  const int64_t outputs = match.stride * match.stride * match.channels;
  const int64_t products = rows.count * columns.count * match.stride * match.stride;
  // 9 x 9 taps to one channel, strides of 2, 3, 4: two to three times as fast.
  if (outputs <= kMostChannels) return 5 * products <= 9 * taps;
  // 3 x 3 taps over a picture that is not too small are computed with a fourth to a half of the products (winograd.h):
  // 4 x 4 taps with strides of 2 are then 1.2 to 1.4 times as fast, 5 x 5 twice. Filters that are large then outweigh
  // it.
  constexpr int64_t kFewInputs = 32;
  constexpr int64_t kFewPixels = 256;
  constexpr int64_t kLargeFilter = 1 << 20;
  return rows.count == 3 && columns.count == 3 && 4 * products <= 9 * taps && match.inputs >= kFewInputs &&
         outputs >= kFewInputs && height >= (kFewPixels + width - 1) / width &&
         match.inputs <= kLargeFilter / (rows.count * columns.count * outputs);
}

std::optional<std::vector<int64_t>> Ints(const Node& node, const char* name) {
  const auto* list = node.attrs.Get<std::shared_ptr<const AttrList>>(name);
  if (list == nullptr || *list == nullptr) return std::nullopt;
  return (*list)->ints;
}

std::optional<Match> Find(const Graph& graph, const Node& node) {
  if (node.op != "Conv2DBackpropInput" || !node.control_inputs.empty()) return std::nullopt;
  const Fact& filter = graph.fact(node.inputs[1]);
  const Fact& x = graph.fact(node.inputs[2]);
  const Shape& y = node.outputs[0].shape;
  if (!filter.value.valid() || filter.dtype != DType::kFloat || filter.shape.rank() != 4) return std::nullopt;
  if (!x.shape.has_rank() || x.shape.rank() != 4 || !y.has_rank() || y.rank() != 4) return std::nullopt;
  const std::string* format = node.attrs.Get<std::string>("data_format");
  const std::string* padding = node.attrs.Get<std::string>("padding");
  if ((format != nullptr && *format != "NHWC") || padding == nullptr || *padding == "EXPLICIT") return std::nullopt;
  const auto dilations = Ints(node, "dilations");
  if (dilations && *dilations != std::vector<int64_t>(4, 1)) return std::nullopt;
  const auto strides = Ints(node, "strides");
  if (!strides || strides->size() != 4 || (*strides)[1] != (*strides)[2] || (*strides)[1] < 1) return std::nullopt;
  Match match{(*strides)[1], {}, filter.shape[2], filter.shape[3]};
  // Groups have another filter for each part of x.
  if (x.shape[3] != match.inputs || y[3] != match.channels || match.inputs < 1 || match.channels < 1) {
    return std::nullopt;
  }
  for (int i = 0; i < 2; ++i) {
    const auto axis = AxisOf(x.shape[i + 1], y[i + 1], filter.shape[i], match.stride, *padding == "SAME");
    if (!axis) return std::nullopt;
    match.axes[i] = *axis;
  }
  if (match.stride > 1 && !Pays(match, x.shape[1], x.shape[2])) return std::nullopt;
  return match;
}

Tensor NewFilter(const Match& match, const std::vector<float>& old) {
  const auto& [rows, columns] = match.axes;
  const int64_t s = match.stride, outputs = s * s * match.channels;
  std::vector<float> values(static_cast<size_t>(rows.count * columns.count * match.inputs * outputs), 0.0f);
  for (int64_t m = 0; m < rows.count; ++m) {
    for (int64_t n = 0; n < columns.count; ++n) {
      for (int64_t o = 0; o < outputs; ++o) {
        const int64_t i = o / match.channels / s + rows.before - s * (m + rows.first);
        const int64_t j = o / match.channels % s + columns.before - s * (n + columns.first);
        if (i < 0 || i >= rows.taps || j < 0 || j >= columns.taps) continue;
        const int64_t from = ((i * columns.taps + j) * match.channels + o % match.channels) * match.inputs;
        const int64_t to = (m * columns.count + n) * match.inputs * outputs + o;
        for (int64_t k = 0; k < match.inputs; ++k) {
          values[static_cast<size_t>(to + k * outputs)] = old[static_cast<size_t>(from + k)];
        }
      }
    }
  }
  return Tensor::Of<float>({rows.count, columns.count, match.inputs, outputs}, values);
}

void SetInts(Node& node, const char* name, std::vector<int64_t> values) {
  auto list = std::make_shared<AttrList>();
  list->ints = std::move(values);
  node.attrs.Set(name, std::shared_ptr<const AttrList>(std::move(list)));
}

}  // namespace

Status ChannelsToPixels(const PassContext& context, PatchSink& sink) {
  // A narrowed engine has the kernels that its models' own convolutions want.
  if constexpr (kIsNarrowed) return Status();
  const Graph& graph = context.graph;
  for (int32_t index = 0; index < graph.size(); ++index) {
    const Node& node = graph.node(index);
    const auto match = Find(graph, node);
    if (!match) continue;
    const auto& [rows, columns] = match->axes;
    sink.Begin();
    Node conv;
    conv.name = node.name + "/channels";
    conv.op = "Conv2D";
    conv.attrs.Set("T", DType::kFloat);
    SetInts(conv, "strides", {1, 1, 1, 1});
    conv.attrs.Set("padding", std::string("EXPLICIT"));
    SetInts(conv, "explicit_paddings", {0, 0, -rows.first, rows.after, -columns.first, columns.after, 0, 0});
    conv.inputs = {
        node.inputs[2],
        sink.Add(ConstNode(node.name + "/filter", NewFilter(*match, ReadFloats(graph.fact(node.inputs[1]).value))))};
    Edge result = sink.Add(std::move(conv));
    if (match->stride > 1) {
      Node pixels;
      pixels.name = node.name;
      pixels.op = "DepthToSpace";
      pixels.attrs.Set("T", DType::kFloat);
      pixels.attrs.Set("block_size", match->stride);
      pixels.inputs = {result};
      result = sink.Add(std::move(pixels));
    }
    sink.Replace({index, 0}, result);
  }
  return Status();
}

}  // namespace rivulet
