#include "prepare/int8/equalize_channels.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <set>

#include "engine/base/errors.h"
#include "prepare/int8/channel_scales.h"
#include "prepare/int8/edge_runs.h"
#include "prepare/int8/operators.h"
#include "prepare/int8/plan.h"

namespace rivulet::prepare {
namespace {

// Scaled channels come out of it scaled in the same way, along the last axis.
bool KeepsChannels(GraphEdit& edit, const NodeDef& node) {
  if (node.op == "Mean") return !SoftInputs(edit, node).empty();
  if (node.op == "Pad") {
    const std::optional<ConstInput> paddings = edit.ReadConst(node, 1);
    if (!paddings || paddings->value.dtype() != DType::kInt32) return false;
    const auto ends = paddings->value.values<int32_t>();
    return ends.size() >= 2 && ends[ends.size() - 1] == 0 && ends[ends.size() - 2] == 0;
  }
  if (node.op == "Squeeze") {
    // Of an image's height and width.
    const std::vector<int64_t> axes = IntsAttr(node, "squeeze_dims");
    return axes == std::vector<int64_t>{1, 2};
  }
  return node.op == "Identity" ||
         ((node.op == "MaxPool" || node.op == "AvgPool") && StringAttr(node, "data_format", "NHWC") == "NHWC");
}

// A product that reads the activation, as `total` channels of which its own begin at `first`: more where it is a part
// of a concatenation.
struct Reader {
  std::string product;
  int64_t first = 0, total = 0;
};

struct Place {
  std::string product, last, end;
  double cap = 0;
  int64_t channels = 0;
  std::vector<Reader> readers;
  std::vector<std::string> wholes;  // concatenations that it is a part of
};

class Equalizer {
 public:
  explicit Equalizer(GraphEdit& edit, const Int8Plan& plan) : edit_(edit) {
    for (const Int8Product& product : plan.products) products_.insert(product.node);
    for (const Int8Product& product : plan.products) {
      if (std::optional<Place> place = PlaceAt(product)) places_.push_back(std::move(*place));
    }
  }

  const std::vector<Place>& places() const { return places_; }

  // `wholes`: the largest value of each concatenation.
  size_t Apply(const std::vector<ChannelSizes>& sizes, const std::map<std::string, double>& wholes) {
    size_t changed = 0;
    for (size_t i = 0; i < places_.size(); ++i) {
      if (sizes[i].largest.size() != static_cast<size_t>(places_[i].channels)) continue;
      double whole = 0;
      for (const std::string& name : places_[i].wholes) {
        const double largest = wholes.at(name);
        whole = whole == 0 ? largest : std::min(whole, largest);
      }
      const std::vector<float> scales = ScalesOf(places_[i], sizes[i], whole);
      if (std::all_of(scales.begin(), scales.end(), [](float scale) { return scale == 1; })) continue;
      changed += Scale(places_[i], scales) ? 1 : 0;
    }
    return changed;
  }

 private:
  std::optional<Product> ProductAt(const std::string& name) { return ReadProduct(edit_, edit_.Find(name)); }

  // The product's input channels, which are each of `inner` weights next to each other.
  static int64_t InputChannels(const Product& product) {
    const Shape& shape = product.filter.value.shape();
    if (product.node->op != "MatMul") return shape[2];
    return BoolAttr(*product.node, "transpose_b", false) ? shape[1] : shape[0];
  }

  std::optional<Place> PlaceAt(const Int8Product& from) {
    const std::optional<Product> product = ProductAt(from.node);
    if (!product || product->channels_first) return std::nullopt;
    Place place{.product = from.node, .last = from.last, .end = from.end};
    place.channels = product->channels;
    if (edit_.Find(from.end)->op == "Relu6") place.cap = 6;
    for (const std::string& name : {from.node, from.last, from.end}) {
      if (edit_.IsKept(*edit_.Find(name))) return std::nullopt;
    }
    struct Waiting {
      const NodeDef* node;
      int64_t first, total;
    };
    std::vector<Waiting> waiting = {{edit_.Find(from.end), 0, place.channels}};
    while (!waiting.empty()) {
      const auto [node, first, total] = waiting.back();
      waiting.pop_back();
      if (edit_.IsKept(*node) || edit_.ReadsOtherOutputs(*node)) return std::nullopt;
      for (const NodeDef* reader : edit_.ReadersOf(*node)) {
        if (reader->op == "ConcatV2") {
          const std::optional<Reader> part = PartOf(*reader, *node);
          if (!part) return std::nullopt;
          waiting.push_back({reader, part->first + first, part->total});
          place.wholes.push_back(reader->name);
          continue;
        }
        if (edit_.Producer(*reader, 0) != node || edit_.Producer(*reader, 1) == node) return std::nullopt;
        if (products_.contains(reader->name)) {
          const std::optional<Product> next = ProductAt(reader->name);
          if (!next || next->channels_first || InputChannels(*next) != total) return std::nullopt;
          place.readers.push_back({reader->name, first, total});
        } else if (KeepsChannels(edit_, *reader)) {
          waiting.push_back({reader, first, total});
        } else {
          return std::nullopt;
        }
      }
    }
    return place.readers.empty() ? std::nullopt : std::optional<Place>(std::move(place));
  }

  // Where the node's channels lie in a concatenation of images along their channels; it must be read once, and the
  // channels of all parts be known.
  std::optional<Reader> PartOf(const NodeDef& concat, const NodeDef& part) {
    const size_t count = NumDataInputs(concat);
    const std::optional<ConstInput> axis = edit_.ReadConst(concat, count - 1);
    if (!axis || axis->value.dtype() != DType::kInt32 || axis->value.num_elements() != 1) return std::nullopt;
    if (axis->value.data<int32_t>()[0] != 3 && axis->value.data<int32_t>()[0] != -1) return std::nullopt;
    Reader place{.first = -1};
    for (size_t i = 0; i + 1 < count; ++i) {
      const NodeDef* node = edit_.Producer(concat, i);
      const int64_t channels = node == nullptr ? 0 : ChannelsOf(*node, 0);
      if (channels == 0 || (node == &part && place.first >= 0)) return std::nullopt;
      if (node == &part) place.first = place.total;
      place.total += channels;
    }
    return place.first < 0 ? std::nullopt : std::optional<Reader>(place);
  }

  // 0 where nothing tells.
  int64_t ChannelsOf(const NodeDef& node, int depth) {
    constexpr int kDeepest = 50;
    if (depth > kDeepest) return 0;
    if (const std::optional<Product> product = ReadProduct(edit_, edit_.Find(node.name))) {
      return product->channels_first || node.op == "MatMul" ? 0 : product->channels;
    }
    if (node.op == "ConcatV2") {
      const NodeDef* first = edit_.Producer(node, 0);
      const std::optional<Reader> whole = first == nullptr ? std::nullopt : PartOf(node, *first);
      return whole ? whole->total : 0;
    }
    static const std::set<std::string, std::less<>> kKeeping = {
        "Add", "AddV2", "BiasAdd", "Relu", "Relu6", "ResizeBilinear", "ResizeNearestNeighbor"};
    const bool keeps = kKeeping.contains(node.op) || (node.op != "Mean" && KeepsChannels(edit_, node));
    const NodeDef* before = keeps ? edit_.Producer(node, 0) : nullptr;
    return before == nullptr ? 0 : ChannelsOf(*before, depth + 1);
  }

  std::vector<float> ScalesOf(const Place& place, const ChannelSizes& sizes, double whole) {
    std::vector<ReadingWeights> readers;
    for (const Reader& reader : place.readers) {
      const std::optional<Product> product = ProductAt(reader.product);
      if (product->node->op == "DepthwiseConv2dNative") continue;
      const Tensor& filter = product->filter.value;
      const bool is_turned = IsTurned(*product);
      ReadingWeights weights{{}, filter.num_elements() / (reader.total * product->channels), product->channels};
      for (int64_t i = 0; i < weights.places * place.channels; ++i) {
        const int64_t row = i / place.channels * reader.total + reader.first + i % place.channels;
        for (int64_t o = 0; o < product->channels; ++o) {
          weights.values.push_back(
              filter.data<float>()[is_turned ? o * reader.total + row : row * product->channels + o]);
        }
      }
      readers.push_back(std::move(weights));
    }
    return ChannelScales(sizes, readers, place.cap, whole);
  }

  bool Scale(const Place& place, const std::vector<float>& scales) {
    const std::optional<Product> product = ProductAt(place.product);
    const std::optional<Tensor> filter = ScaledFilter(*product, scales);
    if (!filter) return false;
    if (place.last != place.product) {
      NodeDef& adder = *edit_.Find(place.last);
      const std::optional<ConstInput> bias = edit_.ReadConst(adder, 1);
      Result<Tensor> scaled = Clone(bias->value, *Allocator::Create());
      if (!scaled.ok()) return false;
      for (size_t c = 0; c < scales.size(); ++c) scaled->data<float>()[c] *= scales[c];
      PutConst(edit_, adder, 1, *bias, *scaled, place.last + "/equal_bias");
    }
    PutConst(edit_, *product->node, 1, product->filter, *filter, place.product + "/equal_filter");
    for (const Reader& reader : place.readers) Unscale(reader, scales);
    return true;
  }

  static bool IsTurned(const Product& product) {
    return product.node->op == "MatMul" && BoolAttr(*product.node, "transpose_b", false);
  }

  void Unscale(const Reader& reader, const std::vector<float>& scales) {
    const std::optional<Product> product = ProductAt(reader.product);
    const Tensor& filter = product->filter.value;
    const bool is_depthwise = product->node->op == "DepthwiseConv2dNative";
    const int64_t inner = IsTurned(*product) ? 1 : is_depthwise ? product->channels / reader.total : product->channels;
    std::vector<float> values(filter.values<float>().begin(), filter.values<float>().end());
    for (size_t i = 0; i < values.size(); ++i) {
      const int64_t channel = static_cast<int64_t>(i) / inner % reader.total - reader.first;
      if (channel < 0 || channel >= static_cast<int64_t>(scales.size())) continue;
      values[i] /= scales[static_cast<size_t>(channel)];
    }
    PutConst(edit_, *product->node, 1, product->filter, Tensor::Of<float>(filter.shape(), values),
             reader.product + "/equal_filter");
  }

  GraphEdit& edit_;
  std::set<std::string, std::less<>> products_;
  std::vector<Place> places_;
};

}  // namespace

Result<size_t> EqualizeChannels(GraphDef& graph, const std::vector<Feeds>& samples,
                                const std::vector<std::string>& outputs, int threads,
                                const std::function<void(size_t done, size_t all)>& progress) {
  RIVULET_ASSIGN_OR_RETURN(GraphEdit edit, GraphEdit::Of(graph, {.outputs = outputs}));
  RIVULET_ASSIGN_OR_RETURN(const Int8Plan plan, PlanInt8(graph, edit));
  Equalizer equalizer(edit, plan);
  std::vector<std::string> edges;
  for (const Place& place : equalizer.places()) edges.push_back(place.end);
  if (edges.empty()) return size_t{0};
  std::map<std::string, double> wholes;
  for (const Place& place : equalizer.places()) {
    for (const std::string& whole : place.wholes) wholes[whole] = 0;
  }
  std::vector<ChannelSizes> sizes(edges.size());
  for (const auto& [whole, largest] : wholes) edges.push_back(whole);
  const auto see = [&](size_t i, const Tensor& value) -> Status {
    if (value.dtype() != DType::kFloat) return Status();
    if (i >= sizes.size()) {
      double& largest = wholes[edges[i]];
      for (const float one : value.values<float>()) largest = std::max(largest, std::abs(static_cast<double>(one)));
      return Status();
    }
    const int64_t channels = equalizer.places()[i].channels;
    if (value.rank() > 0 && value.dim(value.rank() - 1) == channels) sizes[i].Add(value.values<float>(), channels);
    return Status();
  };
  RIVULET_RETURN_IF_ERROR(RunForEdges(graph, samples, edges, threads, see, progress));
  const size_t changed = equalizer.Apply(sizes, wholes);
  std::move(edit).WriteTo(graph);
  return changed;
}

}  // namespace rivulet::prepare
