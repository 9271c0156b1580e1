#include "prepare/squeeze/chooser.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "engine/base/errors.h"
#include "prepare/constants.h"
#include "prepare/squeeze/effort.h"

namespace rivulet::prepare {
namespace {

// Windows that a product's moments are taken from, over all samples; for many rows so many for each.
constexpr int64_t kWindows = 20000, kWindowsForRow = 8;
// Where a weight's sensitivity is measured, of its root mean square.
constexpr double kStudiedStep = 0.1;
// Step² for a price of 1 and an error that costs 1. Where levels are fine 6 / ln 2 is best; rounding towards zero where
// that pays makes up for larger ones.
constexpr double kStepsForPrice = 6.0;
// Of a weight whose rows have steps of their own. With fewer, rows that are rounded to nothing are left to those after
// them, by what few samples tell: steps that are all the same do better on other samples then.
constexpr double kFewestBits = 2.0;

double RootMeanSquare(const std::vector<float>& values) {
  double sum = 0;
  for (const float value : values) sum += static_cast<double>(value) * static_cast<double>(value);
  return std::sqrt(sum / static_cast<double>(std::max<size_t>(1, values.size())));
}

// Multiplications of one run in products that are weights.
double WorkOf(const Study& study, const std::vector<size_t>& all, const Trial& trial) {
  double work = 0;
  const auto see = [&](size_t w, size_t, const Tensor& input) {
    const Weight& weight = study.weights[w].weight;
    work += static_cast<double>(CountWindows(weight, input)) * static_cast<double>(weight.values.size());
  };
  static_cast<void>(SeeInputs(study.inputs.graph, study.inputs, all, {trial.samples()[0]}, trial.threads(), see, {}));
  return work;
}

// What the weights' inputs are like, and windows of them.
std::vector<SecondMoments> MomentsOf(const Trial& trial, const SqueezeOptions& options, Study* study) {
  std::vector<SecondMoments> moments;
  std::vector<size_t> all;
  for (const StudiedWeight& one : study->weights) {
    all.push_back(moments.size());
    moments.emplace_back(one.weight);
  }
  study->work = WorkOf(*study, all, trial);
  std::vector<double> times;
  std::vector<Feeds> samples;
  const std::vector<double> sample_weights = trial.SampleWeights();
  for (const size_t s : trial.Fitted(trial.num_samples())) {
    samples.push_back(trial.samples()[s]);
    times.push_back(sample_weights[s]);
  }
  const auto count = static_cast<int64_t>(times.size());
  // What is fitted meets these again for each stage of each trial.
  const size_t refitted = SamplesFor(study->work, kTrials * kMostStages / 2, options.most_work, samples.size());
  const auto is_refitted = [&](size_t s) {
    return (s + 1) * refitted / samples.size() > s * refitted / samples.size();
  };
  for (size_t s = 0; s < samples.size(); ++s) {
    if (is_refitted(s)) study->samples.push_back(samples[s]);
  }
  const auto see = [&](size_t w, size_t sample, const Tensor& input) {
    StudiedWeight& one = study->weights[w];
    moments[w].Add(input, std::max(kWindows, kWindowsForRow * one.weight.rows()) / count + 1, times[sample]);
    // What an earlier product of the same stage makes up for need not be made up for once more.
    if (study->inputs.stages[w] == 0 || !study->inputs.begins_stage[w] || !is_refitted(sample)) return;
    if (one.weight.rows() > SeenWindows::kMostRows) return;
    ForWindows(one.weight, input, SeenWindows::Wanted(one.weight) / static_cast<int64_t>(refitted) + 1,
               [&](const float* window) { one.windows.Add(one.weight, window, times[sample]); });
  };
  const auto progress = [&](size_t done, size_t of) {
    if (options.progress) options.progress("looking at the weights' inputs", done, of);
  };
  // What cannot be fetched has no moments: squares have to do.
  static_cast<void>(SeeInputs(study->inputs.graph, study->inputs, all, samples, trial.threads(), see, progress));
  return moments;
}

// What the mean of the inputs makes of the error, put into the bias, and what is left of how that mean fell.
Status CorrectBias(const StudiedWeight& studied, const QuantizedWeights& quantized, const Refit* refit,
                   const GraphDef& graph, std::set<std::string>* corrected, Replaced* replaced) {
  const Weight& weight = studied.weight;
  if (weight.bias.empty() || studied.input_means.empty() || !corrected->insert(weight.bias).second) return Status();
  const auto node =
      std::find_if(graph.nodes.begin(), graph.nodes.end(), [&](const NodeDef& n) { return n.name == weight.bias; });
  if (node == graph.nodes.end()) return Status();
  RIVULET_ASSIGN_OR_RETURN(const Tensor old, ValueOf(*node));
  RIVULET_ASSIGN_OR_RETURN(Tensor bias, Clone(old, *Allocator::Create()));
  for (int64_t j = 0; j < weight.columns; ++j) {
    const int64_t group = weight.group_of(j);
    double shift = 0;
    for (int64_t k = 0; k < weight.rows(); ++k) {
      const int64_t i = k * weight.columns + j;
      const auto now = static_cast<double>(quantized.ValueOf(i));
      shift += studied.input_means[static_cast<size_t>(group * weight.rows() + k)] *
               (static_cast<double>(weight.values[static_cast<size_t>(i)]) - now);
      if (refit != nullptr) shift += refit->Fall(group, k) * now;
    }
    bias.data<float>()[j] += static_cast<float>(shift);
  }
  (*replaced)[weight.bias] = std::move(bias);
  return Status();
}

// Weights of one stage, of products or of their biases: what those before make up for is known then.
std::vector<std::vector<size_t>> StepsOf(const Study& study) {
  std::map<std::string_view, size_t> products;  // by their biases
  for (size_t w = 0; w < study.weights.size(); ++w) {
    if (!study.weights[w].weight.bias.empty()) products.emplace(study.weights[w].weight.bias, w);
  }
  std::vector<std::vector<size_t>> steps(2 * kMostStages);
  for (size_t w = 0; w < study.weights.size(); ++w) {
    const auto product = products.find(study.weights[w].weight.name);
    const bool is_bias = product != products.end();
    const int stage = study.inputs.stages[is_bias ? product->second : w];
    steps[static_cast<size_t>(2 * stage + (is_bias ? 1 : 0))].push_back(w);
  }
  return steps;
}

// The inputs of these weights as they are with what was quantised.
std::map<size_t, Refit> RefitsOf(const Study& study, const std::vector<size_t>& of, const Replaced& replaced) {
  std::map<size_t, Refit> refits;
  std::vector<size_t> wanted;
  for (const size_t w : of) {
    const StudiedWeight& one = study.weights[w];
    if (one.windows.times.empty()) continue;
    wanted.push_back(w);
    refits.emplace(std::piecewise_construct, std::forward_as_tuple(w), std::forward_as_tuple(one.weight, one.windows));
  }
  if (wanted.empty()) return refits;
  const auto count = static_cast<int64_t>(study.samples.size());
  const auto see = [&](size_t w, size_t, const Tensor& input) {
    const Weight& weight = study.weights[w].weight;
    Refit& refit = refits.at(w);
    ForWindows(weight, input, SeenWindows::Wanted(weight) / count + 1, [&](const float* window) { refit.Add(window); });
  };
  if (!SeeInputs(WithConstants(study.inputs.graph, replaced), study.inputs, wanted, study.samples, study.threads, see,
                 {})
           .ok()) {
    refits.clear();
  }
  std::erase_if(refits, [](const auto& refit) { return !refit.second.IsWhole(); });
  return refits;
}

struct Coded {
  QuantizedWeights quantized;
  std::string region;
};

Coded CodedOf(QuantizedWeights quantized) {
  std::string region = WriteLevels(quantized);
  return {std::move(quantized), std::move(region)};
}

// Levels of every weight that gets smaller by them.
template <typename QuantizeOne>
Result<Choice> Choose(const Study& study, const GraphDef& graph, const QuantizeOne& quantize) {
  Choice choice;
  choice.quantized.resize(study.weights.size());
  std::set<std::string> corrected;
  for (const std::vector<size_t>& step : StepsOf(study)) {
    const std::map<size_t, Refit> refits = RefitsOf(study, step, choice.replaced);
    for (const size_t w : step) {
      const StudiedWeight& studied = study.weights[w];
      Weight weight = studied.weight;
      const auto refit = refits.find(w);
      if (const auto made_up = choice.replaced.find(weight.name); made_up != choice.replaced.end()) {
        const auto values = made_up->second.values<float>();
        weight.values.assign(values.begin(), values.end());
      } else if (refit != refits.end()) {
        weight.values = refit->second.Values();
      }
      auto [quantized, region] = quantize(studied, weight);
      if (region.size() >= weight.values.size() * ElementBytes(weight.dtype)) continue;
      RIVULET_ASSIGN_OR_RETURN(choice.replaced[weight.name], ValueOf(weight, quantized));
      choice.regions.emplace(weight.name, std::move(region));
      RIVULET_RETURN_IF_ERROR(CorrectBias(studied, quantized, refit == refits.end() ? nullptr : &refit->second, graph,
                                          &corrected, &choice.replaced));
      choice.quantized[w] = std::move(quantized);
    }
  }
  return choice;
}

void SetMeasure(const SecondMoments& moments, StudiedWeight* one) {
  one->measure = ErrorMeasure(one->weight, &moments);
  if (moments.windows() == 0) return;
  for (int64_t g = 0; g < one->weight.groups(); ++g) {
    for (int64_t k = 0; k < one->weight.rows(); ++k) one->input_means.push_back(moments.mean(g, k));
  }
}

// Rounds these weights and runs the network: what that changes is theirs in equal shares.
Status MeasureSensitivity(const std::vector<size_t>& of, const Trial& trial, const std::vector<size_t>& samples,
                          Study* study) {
  Replaced replaced;
  std::vector<double> errors;
  for (const size_t w : of) {
    const StudiedWeight& one = study->weights[w];
    const double step = kStudiedStep * RootMeanSquare(one.weight.values);
    errors.push_back(0);
    if (!(step > 0)) continue;
    const QuantizedWeights rounded = Quantize(one.weight, one.measure, static_cast<float>(step), 0);
    errors.back() = one.measure.Of(one.weight, rounded);
    RIVULET_ASSIGN_OR_RETURN(replaced[one.weight.name], ValueOf(one.weight, rounded));
  }
  if (replaced.empty()) return Status();
  RIVULET_ASSIGN_OR_RETURN(const Agreement agreement, trial.Compare(replaced, samples));
  const double distance = std::isfinite(agreement.distance) ? agreement.distance : 1;
  // What changes nothing that can be seen is still not free.
  const double share = std::max(distance * distance, 1e-12) / static_cast<double>(replaced.size());
  for (size_t i = 0; i < of.size(); ++i) {
    if (errors[i] > 0) study->weights[of[i]].sensitivity = share / errors[i];
  }
  return Status();
}

}  // namespace

Result<Study> StudyWeights(const GraphDef& graph, std::vector<Weight> weights, const Trial* trial,
                           const SqueezeOptions& options) {
  Study study{.inputs = FindInputs(graph, weights), .threads = options.threads};
  for (Weight& weight : weights) {
    const ErrorMeasure measure(weight, nullptr);
    study.weights.push_back({std::move(weight), measure, {}, 1, {}});
  }
  if (trial == nullptr) return study;
  const std::vector<SecondMoments> moments = MomentsOf(*trial, options, &study);
  for (size_t w = 0; w < study.weights.size(); ++w) SetMeasure(moments[w], &study.weights[w]);
  const size_t most = trial->HeldOut(options.studied).size();
  std::vector<const Weight*> all;
  for (const StudiedWeight& one : study.weights) all.push_back(&one.weight);
  const std::vector<std::vector<size_t>> groups = TriedTogether(all, study.work, most, options.most_work);
  const std::vector<size_t> others = trial->HeldOut(SamplesFor(study.work, groups.size(), options.most_work, most));
  for (size_t g = 0; g < groups.size(); ++g) {
    if (options.progress) options.progress("measuring what each weight is worth", g, groups.size());
    RIVULET_RETURN_IF_ERROR(MeasureSensitivity(groups[g], *trial, others, &study));
  }
  return study;
}

Result<Choice> ChooseAt(const Study& study, const GraphDef& graph, double price) {
  return Choose(study, graph, [&](const StudiedWeight& studied, const Weight& weight) {
    const double own_price = price / studied.sensitivity;
    const double largest = 4 * RootMeanSquare(weight.values);
    const double step = std::min(largest, std::sqrt(kStepsForPrice * own_price / studied.measure.typical()));
    const auto quantize = [&](RowSteps rows) {
      return Quantize(weight, studied.measure, step > 0 ? static_cast<float>(step) : 1.0f, own_price, rows);
    };
    Coded coded = CodedOf(quantize(RowSteps::kOwn));
    const double bits = 8 * static_cast<double>(coded.region.size()) / static_cast<double>(weight.values.size());
    return bits < kFewestBits && !coded.quantized.row_quarters.empty() ? CodedOf(quantize(RowSteps::kAlike)) : coded;
  });
}

Result<Choice> ChooseRelative(const Study& study, const GraphDef& graph, double relative_step) {
  return Choose(study, graph, [&](const StudiedWeight& studied, const Weight& weight) {
    const double step = relative_step * RootMeanSquare(weight.values);
    return CodedOf(Quantize(weight, studied.measure, step > 0 ? static_cast<float>(step) : 1.0f, 0));
  });
}

}  // namespace rivulet::prepare
