#include "prepare/squeeze/chooser.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "engine/base/errors.h"
#include "prepare/constants.h"
#include "prepare/int8/edge_runs.h"
#include "prepare/squeeze/loop_taps.h"

namespace rivulet::prepare {
namespace {

// Windows that a product's moments are taken from, over all samples; for many rows so many for each.
constexpr int64_t kWindows = 20000, kWindowsForRow = 8;
// Where a weight's sensitivity is measured, of its root mean square.
constexpr double kStudiedStep = 0.1;
// Step² for a price of 1 and an error that costs 1. Where levels are fine 6 / ln 2 is best; rounding towards zero where
// that pays makes up for larger ones.
constexpr double kStepsForPrice = 6.0;

double RootMeanSquare(const std::vector<float>& values) {
  double sum = 0;
  for (const float value : values) sum += static_cast<double>(value) * static_cast<double>(value);
  return std::sqrt(sum / static_cast<double>(std::max<size_t>(1, values.size())));
}

// Every other sample, from the first or the second on: what fits the one half too well is found out by the other.
std::vector<size_t> HalfOf(const Trial& trial, size_t first, size_t most) {
  std::vector<size_t> samples;
  const size_t count = trial.num_samples();
  const size_t step = std::max<size_t>(2, count / std::max<size_t>(1, most) / 2 * 2);
  for (size_t s = std::min(first, count - 1); s < count && samples.size() < most; s += step) samples.push_back(s);
  return samples;
}

// What the weights' inputs are like. Those of loops are gathered outside of them.
std::vector<SecondMoments> MomentsOf(const GraphDef& graph, const std::vector<Weight>& weights, const Trial& trial,
                                     const SqueezeOptions& options) {
  std::vector<SecondMoments> moments(weights.begin(), weights.end());
  GraphDef tapped = graph;
  std::vector<std::string> edges;
  std::vector<std::vector<size_t>> readers;  // of each edge
  std::map<std::string, std::string> taps;
  for (size_t w = 0; w < weights.size(); ++w) {
    if (!weights[w].is_product) continue;
    std::string edge = weights[w].input;
    if (!weights[w].enter.empty()) {
      if (!taps.contains(edge)) taps[edge] = AddLoopTap(edge, weights[w].enter, tapped).value_or("");
      edge = taps[edge];
      if (edge.empty()) continue;
    }
    const auto found = std::find(edges.begin(), edges.end(), edge);
    if (found == edges.end()) {
      edges.push_back(edge);
      readers.push_back({w});
    } else {
      readers[static_cast<size_t>(found - edges.begin())].push_back(w);
    }
  }
  if (edges.empty()) return moments;
  std::vector<Feeds> half;
  std::vector<double> times;
  const std::vector<double> sample_weights = trial.SampleWeights();
  for (const size_t s : HalfOf(trial, 0, trial.num_samples())) {
    half.push_back(trial.samples()[s]);
    times.push_back(sample_weights[s]);
  }
  std::vector<size_t> seen(edges.size());
  const auto see = [&](size_t edge, const Tensor& value) -> Status {
    const double counts = times[seen[edge]++];
    for (const size_t w : readers[edge]) {
      const int64_t wanted = std::max(kWindows, kWindowsForRow * weights[w].rows());
      moments[w].Add(value, wanted / static_cast<int64_t>(half.size()) + 1, counts);
    }
    return Status();
  };
  const auto progress = [&](size_t done, size_t all) {
    if (options.progress) options.progress("looking at the weights' inputs", done, all);
  };
  // What cannot be fetched has no moments: squares have to do.
  static_cast<void>(RunForEdges(tapped, half, edges, trial.threads(), see, progress));
  return moments;
}

// What the mean of the inputs makes of the error, put into the bias.
Status CorrectBias(const StudiedWeight& studied, const QuantizedWeights& quantized, const GraphDef& graph,
                   std::set<std::string>* corrected, Replaced* replaced) {
  const Weight& weight = studied.weight;
  if (weight.bias.empty() || studied.input_means.empty() || !corrected->insert(weight.bias).second) return Status();
  const auto node =
      std::find_if(graph.nodes.begin(), graph.nodes.end(), [&](const NodeDef& n) { return n.name == weight.bias; });
  if (node == graph.nodes.end()) return Status();
  RIVULET_ASSIGN_OR_RETURN(const Tensor old, ValueOf(*node));
  RIVULET_ASSIGN_OR_RETURN(Tensor bias, Clone(old, *Allocator::Create()));
  for (int64_t j = 0; j < weight.columns; ++j) {
    double shift = 0;
    for (int64_t k = 0; k < weight.rows(); ++k) {
      const int64_t i = k * weight.columns + j;
      shift += studied.input_means[static_cast<size_t>(weight.group_of(j) * weight.rows() + k)] *
               (static_cast<double>(weight.values[static_cast<size_t>(i)]) - static_cast<double>(quantized.ValueOf(i)));
    }
    bias.data<float>()[j] += static_cast<float>(shift);
  }
  (*replaced)[weight.bias] = std::move(bias);
  return Status();
}

// Levels of every weight that gets smaller by them.
template <typename QuantizeOne>
Result<Choice> Choose(const std::vector<StudiedWeight>& weights, const GraphDef& graph, const QuantizeOne& quantize) {
  Choice choice;
  std::set<std::string> corrected;
  const auto take = [&](const StudiedWeight& studied, const Weight& weight) -> Status {
    QuantizedWeights quantized = quantize(studied, weight);
    std::string region = WriteLevels(quantized);
    if (region.size() >= weight.values.size() * ElementBytes(weight.dtype)) {
      choice.quantized.emplace_back();
      return Status();
    }
    RIVULET_ASSIGN_OR_RETURN(choice.replaced[weight.name], ValueOf(weight, quantized));
    choice.regions.emplace(weight.name, std::move(region));
    RIVULET_RETURN_IF_ERROR(CorrectBias(studied, quantized, graph, &corrected, &choice.replaced));
    choice.quantized.push_back(std::move(quantized));
    return Status();
  };
  // Biases last: what they make up for is known then. They lie behind their products in no particular order.
  std::set<std::string> biases;
  for (const StudiedWeight& studied : weights) {
    if (!studied.weight.bias.empty()) biases.insert(studied.weight.bias);
  }
  std::vector<size_t> order;
  for (size_t w = 0; w < weights.size(); ++w) {
    if (!biases.contains(weights[w].weight.name)) order.push_back(w);
  }
  for (size_t w = 0; w < weights.size(); ++w) {
    if (biases.contains(weights[w].weight.name)) order.push_back(w);
  }
  std::vector<QuantizedWeights> in_order(weights.size());
  for (const size_t w : order) {
    Weight weight = weights[w].weight;
    if (const auto made_up = choice.replaced.find(weight.name); made_up != choice.replaced.end()) {
      const auto values = made_up->second.values<float>();
      weight.values.assign(values.begin(), values.end());
    }
    RIVULET_RETURN_IF_ERROR(take(weights[w], weight));
    in_order[w] = std::move(choice.quantized.back());
  }
  choice.quantized = std::move(in_order);
  return choice;
}

}  // namespace

Result<std::vector<StudiedWeight>> StudyWeights(const GraphDef& graph, std::vector<Weight> weights, const Trial* trial,
                                                const SqueezeOptions& options) {
  std::vector<StudiedWeight> studied;
  if (trial == nullptr) {
    for (Weight& weight : weights) {
      const ErrorMeasure measure(weight, nullptr);
      studied.push_back({std::move(weight), measure, {}, 1});
    }
    return studied;
  }
  const std::vector<SecondMoments> moments = MomentsOf(graph, weights, *trial, options);
  const std::vector<size_t> others = HalfOf(*trial, 1, options.studied);
  for (size_t w = 0; w < weights.size(); ++w) {
    if (options.progress) options.progress("measuring what each weight is worth", w, weights.size());
    StudiedWeight one{weights[w], ErrorMeasure(weights[w], &moments[w]), {}, 1};
    if (moments[w].windows() > 0) {
      for (int64_t g = 0; g < one.weight.groups(); ++g) {
        for (int64_t k = 0; k < one.weight.rows(); ++k) one.input_means.push_back(moments[w].mean(g, k));
      }
    }
    const double step = kStudiedStep * RootMeanSquare(one.weight.values);
    if (step > 0) {
      const QuantizedWeights rounded = Quantize(one.weight, one.measure, static_cast<float>(step), 0);
      const double error = one.measure.Of(one.weight, rounded);
      RIVULET_ASSIGN_OR_RETURN(Tensor value, ValueOf(one.weight, rounded));
      RIVULET_ASSIGN_OR_RETURN(const Agreement agreement,
                               trial->Compare({{one.weight.name, std::move(value)}}, others));
      const double distance = std::isfinite(agreement.distance) ? agreement.distance : 1;
      // What changes nothing that can be seen is still not free.
      if (error > 0) one.sensitivity = std::max(distance * distance, 1e-12) / error;
    }
    studied.push_back(std::move(one));
  }
  return studied;
}

Result<Choice> ChooseAt(const std::vector<StudiedWeight>& weights, const GraphDef& graph, double price) {
  return Choose(weights, graph, [&](const StudiedWeight& studied, const Weight& weight) {
    const double own_price = price / studied.sensitivity;
    const double largest = 4 * RootMeanSquare(weight.values);
    const double step = std::min(largest, std::sqrt(kStepsForPrice * own_price / studied.measure.typical()));
    return Quantize(weight, studied.measure, step > 0 ? static_cast<float>(step) : 1.0f, own_price);
  });
}

Result<Choice> ChooseRelative(const std::vector<StudiedWeight>& weights, const GraphDef& graph, double relative_step) {
  return Choose(weights, graph, [&](const StudiedWeight& studied, const Weight& weight) {
    const double step = relative_step * RootMeanSquare(weight.values);
    return Quantize(weight, studied.measure, step > 0 ? static_cast<float>(step) : 1.0f, 0);
  });
}

}  // namespace rivulet::prepare
