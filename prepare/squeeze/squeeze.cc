#include "prepare/squeeze/squeeze.h"

#include <algorithm>
#include <cmath>

#include "engine/base/errors.h"
#include "prepare/squeeze/chooser.h"
#include "prepare/squeeze/column_importance.h"
#include "prepare/squeeze/effort.h"
#include "prepare/squeeze/squeezed_file.h"
#include "prepare/squeeze/trial.h"

namespace rivulet::prepare {
namespace {

// Prices are tried at these; a bit costs so much of the outputs' squared distance.
constexpr double kLeastOfAll = 1e-20, kLeastPrice = 1e-12, kLargestPrice = 1e-4;

struct Tried {
  SqueezeTrial trial;
  SqueezedModel model;
};

SqueezedModel ModelOf(const GraphDef& graph, const Study& study, const Choice& choice) {
  SqueezedModel model;
  model.bytes = WriteSqueezedFile(WithConstants(graph, choice.replaced), choice.regions);
  for (size_t w = 0; w < study.weights.size(); ++w) {
    const Weight& weight = study.weights[w].weight;
    const auto region = choice.regions.find(weight.name);
    if (region == choice.regions.end()) continue;
    model.tensors.push_back({weight.name, static_cast<int64_t>(weight.values.size()),
                             static_cast<int64_t>(region->second.size()), choice.quantized[w].step});
  }
  return model;
}

// Whether no more than that share of answers differ, on other samples too as far as these tell.
bool KeepsShare(const Agreement& agreement, double max_drop) {
  const size_t differing = agreement.rows - agreement.agreeing;
  if (agreement.unseen) {
    // No bound is lower than that of a few samples of which none differs.
    const double lowest = 4 * agreement.unseen->floor();
    if (agreement.unseen->at_most > std::max(max_drop, lowest)) return false;
    // A count says less than the margins do; it must not contradict them.
    if (lowest <= max_drop) return 1 - AtMostDiffer(agreement.agreeing, agreement.rows) <= max_drop;
    return agreement.dropped() <= max_drop;
  }
  const bool tells = AtMostDiffer(0, agreement.rows) <= max_drop;
  return (tells ? AtMostDiffer(differing, agreement.rows) : agreement.dropped()) <= max_drop;
}

bool IsGoodEnough(const Tried& tried, const SqueezeOptions& options) {
  if (options.size) return tried.trial.bytes <= *options.size;
  const Agreement& agreement = tried.trial.agreement;
  const double limit = options.max_drop + 1e-9;
  return agreement.rows > 0 ? KeepsShare(agreement, limit) : agreement.distance <= limit;
}

Result<Tried> TryPrice(const GraphDef& graph, const Study& study, const Trial& trial, double price) {
  RIVULET_ASSIGN_OR_RETURN(const Choice choice, ChooseAt(study, graph, price));
  Tried tried;
  tried.model = ModelOf(graph, study, choice);
  tried.trial.price = price;
  tried.trial.bytes = static_cast<int64_t>(tried.model.bytes.size());
  const bool holds_out = trial.num_samples() >= kFewestToHoldOut;
  RIVULET_ASSIGN_OR_RETURN(
      tried.trial.agreement,
      holds_out ? trial.Compare(choice.replaced, trial.HeldOut(trial.num_samples())) : trial.Compare(choice.replaced));
  tried.model.agreement = tried.trial.agreement;
  return tried;
}

// What a search has found, and all that it tried.
struct Found {
  std::optional<SqueezedModel> best;
  std::vector<SqueezeTrial> trials;
};

// The dearest price between the two at which the network is good enough, or for a size the cheapest that is small
// enough.
Status SearchBetween(double least, double largest, const GraphDef& graph, const Study& study, const Trial& trial,
                     const SqueezeOptions& options, Found* found) {
  double low = std::log(least), high = std::log(largest);
  std::optional<SqueezedModel>& best = found->best;
  for (int i = 0; i < kTrials; ++i) {
    if (options.progress) options.progress("searching for the price of a bit", static_cast<size_t>(i), kTrials);
    const double price = (low + high) / 2;
    RIVULET_ASSIGN_OR_RETURN(Tried tried, TryPrice(graph, study, trial, std::exp(price)));
    found->trials.push_back(tried.trial);
    if (options.tried) RIVULET_RETURN_IF_ERROR(options.tried(tried.model.bytes));
    const bool is_near =
        options.size || !options.max_distance || tried.trial.agreement.distance <= *options.max_distance;
    const bool is_good = IsGoodEnough(tried, options) && is_near;
    if (is_good && (!best || (options.size ? tried.trial.bytes > static_cast<int64_t>(best->bytes.size())
                                           : tried.trial.bytes < static_cast<int64_t>(best->bytes.size())))) {
      best = std::move(tried.model);
    }
    (is_good == options.size.has_value() ? high : low) = price;
  }
  return Status();
}

Result<SqueezedModel> Search(const GraphDef& graph, const Study& study, const Trial& trial,
                             const SqueezeOptions& options) {
  Found found;
  RIVULET_RETURN_IF_ERROR(SearchBetween(kLeastPrice, kLargestPrice, graph, study, trial, options, &found));
  // Where no error of a weight alone is felt, all together may be, even at the least price.
  if (!found.best && !options.size) {
    RIVULET_RETURN_IF_ERROR(SearchBetween(kLeastOfAll, kLeastPrice, graph, study, trial, options, &found));
  }
  auto& [best, trials] = found;
  std::sort(trials.begin(), trials.end(), [](const auto& a, const auto& b) { return a.price < b.price; });
  if (!best) {
    if (options.size) {
      return InvalidArgument("no file of ", *options.size, " bytes: the smallest that was tried has ",
                             trials.back().bytes);
    }
    return InvalidArgument("no levels keep the results as near as ", options.max_drop,
                           "; the finest that were tried make ", trials.front().bytes,
                           " bytes. --lossless keeps them whole");
  }
  best->trials = std::move(trials);
  return *std::move(best);
}

// A class alone does not tell how near another one is: what it is the largest of, does.
std::vector<std::string> ScoresOf(const GraphDef& graph, std::vector<std::string> outputs) {
  for (std::string& output : outputs) {
    for (const NodeDef& node : graph.nodes) {
      if (node.name == ParseInput(output).node && node.op == "ArgMax" && !node.inputs.empty()) output = node.inputs[0];
    }
  }
  return outputs;
}

}  // namespace

Result<SqueezedModel> Squeeze(const GraphDef& graph, const SqueezeOptions& options) {
  RIVULET_ASSIGN_OR_RETURN(std::vector<Weight> weights, FindWeights(graph, options.min_elements));
  if (weights.empty()) {
    return NotFound("no constant of floats has ", options.min_elements,
                    " elements or more: there is nothing to squeeze");
  }
  if (options.samples.empty()) {
    WeighColumns(graph, {}, &weights);
    RIVULET_ASSIGN_OR_RETURN(const Study study, StudyWeights(graph, std::move(weights), nullptr, options));
    RIVULET_ASSIGN_OR_RETURN(const Choice choice, ChooseRelative(study, graph, options.relative_step.value_or(0.05)));
    return ModelOf(graph, study, choice);
  }
  RIVULET_ASSIGN_OR_RETURN(const Trial trial,
                           Trial::Create(graph, options.samples, ScoresOf(graph, options.outputs), options.threads,
                                         options.peaks ? AnswersAre::kPeaks : AnswersAre::kRows));
  WeighColumns(graph, trial.ChannelWeights(), &weights);
  if (options.relative_step) {
    RIVULET_ASSIGN_OR_RETURN(const Study study, StudyWeights(graph, std::move(weights), nullptr, options));
    RIVULET_ASSIGN_OR_RETURN(const Choice choice, ChooseRelative(study, graph, *options.relative_step));
    SqueezedModel model = ModelOf(graph, study, choice);
    RIVULET_ASSIGN_OR_RETURN(model.agreement, trial.Compare(choice.replaced));
    return model;
  }
  RIVULET_ASSIGN_OR_RETURN(const Study study, StudyWeights(graph, std::move(weights), &trial, options));
  return Search(graph, study, trial, options);
}

}  // namespace rivulet::prepare
