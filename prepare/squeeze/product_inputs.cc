#include "prepare/squeeze/product_inputs.h"

#include <algorithm>
#include <map>
#include <set>

#include "prepare/graph_edit.h"
#include "prepare/int8/edge_runs.h"
#include "prepare/names.h"
#include "prepare/squeeze/loop_taps.h"

namespace rivulet::prepare {
namespace {

// How many products each node's value went through, on the longest way from the inputs.
class Depths {
 public:
  Depths(const GraphDef& graph, const std::vector<Weight>& weights) {
    for (const NodeDef& node : graph.nodes) nodes_[node.name] = &node;
    for (const Weight& weight : weights) {
      if (weight.is_product) products_.insert(weight.reader);
    }
  }

  int Of(std::string_view name) {
    // Nodes whose inputs are being looked at, with the next input of each: graphs are deeper than stacks.
    std::vector<std::pair<const NodeDef*, size_t>> open;
    const auto enter = [&](std::string_view node) {
      const auto found = nodes_.find(node);
      if (found != nodes_.end() && depths_.try_emplace(node, 0).second) open.emplace_back(found->second, 0);
    };
    enter(name);
    while (!open.empty()) {
      auto& [node, next] = open.back();
      // What a loop brings back is of the turn before.
      if (next < node->inputs.size() && node->op != "NextIteration") {
        enter(ParseInput(node->inputs[next++]).node);
        continue;
      }
      int depth = products_.contains(node->name) ? 1 : 0, before = 0;
      for (const std::string& input : node->inputs) {
        const auto found = depths_.find(ParseInput(input).node);
        if (found != depths_.end()) before = std::max(before, found->second);
      }
      depths_[node->name] = depth + before;
      open.pop_back();
    }
    const auto found = depths_.find(name);
    return found == depths_.end() ? 0 : found->second;
  }

 private:
  NameViewMap<const NodeDef*> nodes_;
  NameViewMap<int> depths_;
  std::set<std::string_view> products_;
};

void SetStages(const GraphDef& graph, const std::vector<Weight>& weights, ProductInputs* inputs) {
  Depths depths(graph, weights);
  std::set<int> all;
  std::vector<int> of;
  for (const Weight& weight : weights) {
    of.push_back(weight.is_product ? depths.Of(weight.reader) : 0);
    if (weight.is_product) all.insert(of.back());
  }
  const auto count = static_cast<int>(all.size());
  const auto stage_of = [&](int at) { return count <= kMostStages ? at : at * kMostStages / count; };
  for (size_t w = 0; w < weights.size(); ++w) {
    const auto at = static_cast<int>(std::distance(all.begin(), all.lower_bound(of[w])));
    inputs->stages.push_back(stage_of(at));
    inputs->begins_stage.push_back(at == 0 || stage_of(at) != stage_of(at - 1));
  }
}

// Where a window begins, which may be in the padding.
struct Corner {
  int64_t sample, y, x;
};

// The windows of an input that a weight meets, one after the other; none where the input's shape does not fit.
class Windows {
 public:
  Windows(const Weight& weight, const Tensor& input) : weight_(weight) {
    if (input.dtype() != DType::kFloat || !weight.is_product) return;
    const int64_t rows = weight.height * weight.width * (weight.is_depthwise ? 1 : weight.channels);
    if (input.rank() == 2 && input.dim(1) == rows) {
      are_rows_ = true;
      count_ = input.dim(0);
      return;
    }
    if (input.rank() != 4 || input.dim(3) != weight.channels) return;
    height_ = input.dim(1);
    width_ = input.dim(2);
    out_y_ = Outputs(height_, weight.height, weight.stride_y);
    out_x_ = Outputs(width_, weight.width, weight.stride_x);
    top_ = Before(height_, weight.height, weight.stride_y, out_y_);
    left_ = Before(width_, weight.width, weight.stride_x, out_x_);
    count_ = input.dim(0) * out_y_ * out_x_;
  }

  int64_t count() const { return count_; }
  bool are_rows() const { return are_rows_; }  // of a matrix, as they lie
  int64_t height() const { return height_; }
  int64_t width() const { return width_; }
  Corner CornerOf(int64_t i) const {
    return {i / (out_y_ * out_x_), i / out_x_ % out_y_ * weight_.stride_y - top_,
            i % out_x_ * weight_.stride_x - left_};
  }

 private:
  int64_t Outputs(int64_t size, int64_t window, int64_t stride) const {
    return weight_.pads_same ? (size + stride - 1) / stride : size < window ? 0 : (size - window) / stride + 1;
  }
  int64_t Before(int64_t size, int64_t window, int64_t stride, int64_t out) const {
    return weight_.pads_same ? std::max<int64_t>(0, (out - 1) * stride + window - size) / 2 : 0;
  }

  const Weight& weight_;
  bool are_rows_ = false;
  int64_t count_ = 0, height_ = 0, width_ = 0, out_y_ = 0, out_x_ = 0, top_ = 0, left_ = 0;
};

}  // namespace

ProductInputs FindInputs(const GraphDef& graph, const std::vector<Weight>& weights) {
  ProductInputs inputs{.graph = graph};
  std::map<std::string, std::string> taps;
  for (const Weight& weight : weights) {
    std::string edge = weight.is_product ? weight.input : "";
    if (!edge.empty() && !weight.enter.empty()) {
      if (!taps.contains(edge)) taps[edge] = AddLoopTap(edge, weight.enter, inputs.graph).value_or("");
      edge = taps[edge];
    }
    inputs.edges.push_back(std::move(edge));
  }
  SetStages(graph, weights, &inputs);
  return inputs;
}

Status SeeInputs(const GraphDef& graph, const ProductInputs& inputs, const std::vector<size_t>& of,
                 const std::vector<Feeds>& samples, int threads,
                 const std::function<void(size_t weight, size_t sample, const Tensor& input)>& see,
                 const std::function<void(size_t done, size_t all)>& progress) {
  std::vector<std::string> edges;
  std::vector<std::vector<size_t>> readers;  // of each edge
  for (const size_t w : of) {
    if (inputs.edges[w].empty()) continue;
    const auto found = std::find(edges.begin(), edges.end(), inputs.edges[w]);
    if (found == edges.end()) {
      edges.push_back(inputs.edges[w]);
      readers.push_back({w});
    } else {
      readers[static_cast<size_t>(found - edges.begin())].push_back(w);
    }
  }
  if (edges.empty()) return Status();
  std::vector<size_t> seen(edges.size());
  const auto see_edge = [&](size_t edge, const Tensor& value) -> Status {
    const size_t sample = seen[edge]++;
    for (const size_t w : readers[edge]) see(w, sample, value);
    return Status();
  };
  return RunForEdges(graph, samples, edges, threads, see_edge, progress);
}

int64_t CountWindows(const Weight& weight, const Tensor& input) { return Windows(weight, input).count(); }

void ForWindows(const Weight& weight, const Tensor& input, int64_t most,
                const std::function<void(const float* window)>& see) {
  const Windows windows(weight, input);
  const int64_t rows = weight.height * weight.width * (weight.is_depthwise ? 1 : weight.channels);
  if (windows.are_rows()) {
    const int64_t step = std::max<int64_t>(1, windows.count() / std::max<int64_t>(1, most));
    for (int64_t i = 0; i < windows.count(); i += step) see(input.data<float>() + i * rows);
    return;
  }
  const int64_t height = windows.height(), width = windows.width(), channels = weight.channels;
  // A step that is prime to no row's length would meet the same columns again and again; this one wanders.
  const int64_t step = std::max<int64_t>(1, windows.count() / std::max<int64_t>(1, most)) | 1;
  std::vector<float> values(static_cast<size_t>(weight.groups() * rows));
  // By window and channel for a product, by channel and window for a depthwise one.
  const int64_t window_stride = weight.is_depthwise ? 1 : channels, channel_stride = weight.is_depthwise ? rows : 1;
  for (int64_t i = 0; i < windows.count(); i += step) {
    const Corner corner = windows.CornerOf(i);
    for (int64_t k = 0; k < weight.height * weight.width; ++k) {
      const int64_t in_y = corner.y + k / weight.width, in_x = corner.x + k % weight.width;
      const bool inside = in_y >= 0 && in_y < height && in_x >= 0 && in_x < width;
      const int64_t from = ((corner.sample * height + in_y) * width + in_x) * channels;
      for (int64_t c = 0; c < channels; ++c) {
        values[static_cast<size_t>(k * window_stride + c * channel_stride)] =
            inside ? input.data<float>()[from + c] : 0;
      }
    }
    see(values.data());
  }
}

}  // namespace rivulet::prepare
