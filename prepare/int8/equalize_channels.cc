#include "prepare/int8/equalize_channels.h"

#include <algorithm>
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

struct Place {
  std::string product, last, end;
  double cap = 0;
  int64_t channels = 0;
  std::vector<std::string> readers;
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

  size_t Apply(const std::vector<ChannelSizes>& sizes) {
    size_t changed = 0;
    for (size_t i = 0; i < places_.size(); ++i) {
      if (sizes[i].largest.size() != static_cast<size_t>(places_[i].channels)) continue;
      const std::vector<float> scales = ScalesOf(places_[i], sizes[i]);
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
    std::vector<const NodeDef*> waiting = {edit_.Find(from.end)};
    while (!waiting.empty()) {
      const NodeDef* node = waiting.back();
      waiting.pop_back();
      if (edit_.IsKept(*node) || edit_.ReadsOtherOutputs(*node)) return std::nullopt;
      for (const NodeDef* reader : edit_.ReadersOf(*node)) {
        if (edit_.Producer(*reader, 0) != node || edit_.Producer(*reader, 1) == node) return std::nullopt;
        if (products_.contains(reader->name)) {
          const std::optional<Product> next = ProductAt(reader->name);
          if (!next || next->channels_first || InputChannels(*next) != place.channels) return std::nullopt;
          place.readers.push_back(reader->name);
        } else if (KeepsChannels(edit_, *reader)) {
          waiting.push_back(reader);
        } else {
          return std::nullopt;
        }
      }
    }
    return place.readers.empty() ? std::nullopt : std::optional<Place>(std::move(place));
  }

  std::vector<float> ScalesOf(const Place& place, const ChannelSizes& sizes) {
    std::vector<ReadingWeights> readers;
    for (const std::string& name : place.readers) {
      const std::optional<Product> product = ProductAt(name);
      if (product->node->op == "DepthwiseConv2dNative") continue;
      const Tensor& filter = product->filter.value;
      ReadingWeights weights{{filter.values<float>().begin(), filter.values<float>().end()}, 1, product->channels};
      weights.places = filter.num_elements() / (place.channels * product->channels);
      if (product->node->op == "MatMul" && BoolAttr(*product->node, "transpose_b", false)) {
        for (int64_t i = 0; i < filter.num_elements(); ++i) {
          weights.values[static_cast<size_t>(i % place.channels * product->channels + i / place.channels)] =
              filter.data<float>()[i];
        }
      }
      readers.push_back(std::move(weights));
    }
    return ChannelScales(sizes, readers, place.cap);
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
    for (const std::string& name : place.readers) Unscale(name, scales);
    return true;
  }

  void Unscale(const std::string& name, const std::vector<float>& scales) {
    const std::optional<Product> product = ProductAt(name);
    const Tensor& filter = product->filter.value;
    const bool is_turned = product->node->op == "MatMul" && BoolAttr(*product->node, "transpose_b", false);
    const bool is_depthwise = product->node->op == "DepthwiseConv2dNative";
    const auto channels = static_cast<int64_t>(scales.size());
    const int64_t inner = is_turned ? 1 : is_depthwise ? product->channels / channels : product->channels;
    std::vector<float> values(filter.values<float>().begin(), filter.values<float>().end());
    for (size_t i = 0; i < values.size(); ++i) {
      values[i] /= scales[static_cast<size_t>(static_cast<int64_t>(i) / inner % channels)];
    }
    PutConst(edit_, *product->node, 1, product->filter, Tensor::Of<float>(filter.shape(), values),
             name + "/equal_filter");
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
  std::vector<ChannelSizes> sizes(edges.size());
  const auto see = [&](size_t i, const Tensor& value) -> Status {
    const int64_t channels = equalizer.places()[i].channels;
    if (value.dtype() == DType::kFloat && value.rank() > 0 && value.dim(value.rank() - 1) == channels) {
      sizes[i].Add(value.values<float>(), channels);
    }
    return Status();
  };
  RIVULET_RETURN_IF_ERROR(RunForEdges(graph, samples, edges, threads, see, progress));
  const size_t changed = equalizer.Apply(sizes);
  std::move(edit).WriteTo(graph);
  return changed;
}

}  // namespace rivulet::prepare
