#include "prepare/int8/calibrate_within.h"

#include <algorithm>
#include <cmath>

#include "engine/base/errors.h"
#include "prepare/int8/edge_noise.h"
#include "prepare/squeeze/trial.h"

namespace rivulet::prepare {
namespace {

// So many samples tell one product from another.
constexpr size_t kRankingSamples = 8;

class Search {
 public:
  Search(const GraphDef& graph, const Int8Options& options, const Trial& trial)
      : graph_(graph), options_(options), study_(graph, options_.samples, options.threads), trial_(trial) {}

  Result<Int8Model> Run(double max_drop) {
    RIVULET_ASSIGN_OR_RETURN(Int8Model all, Without(0, max_drop));
    if (fits_) return Measured(std::move(all));
    RIVULET_RETURN_IF_ERROR(Rank(all.products));
    // Without `few` it is too much, without `enough` it is little enough, or nothing is left.
    size_t few = 0, enough = ranked_.size();
    Int8Model best = std::move(all);
    bool found = false;
    while (enough - few > 1) {
      const size_t middle = (few + enough) / 2;
      RIVULET_ASSIGN_OR_RETURN(Int8Model model, Without(middle, max_drop));
      (fits_ ? enough : few) = middle;
      if (fits_ || !found) best = std::move(model);
      found = found || fits_;
    }
    if (!found)
      best.notes.push_back(Cat("still more changes on the samples than the ", 100 * max_drop, " % of --max-drop"));
    return Measured(std::move(best));
  }

 private:
  Result<Int8Model> Measured(Int8Model model) const {
    std::vector<std::string> edges;
    for (const Int8Range& range : model.ranges) edges.push_back(range.edge);
    RIVULET_ASSIGN_OR_RETURN(const std::vector<double> noise,
                             EdgeNoise(graph_, model.graph, edges, options_.samples, options_.threads));
    for (size_t i = 0; i < noise.size(); ++i) model.ranges[i].noise = noise[i];
    return model;
  }

  // The `count` products that change most stay float.
  Result<Int8Model> Without(size_t count, double max_drop) {
    Int8Options options = options_;
    for (size_t i = 0; i < count; ++i) options.stay_float.insert(ranked_[i].second);
    RIVULET_ASSIGN_OR_RETURN(Int8Model model, CalibrateInt8(graph_, options, study_));
    RIVULET_ASSIGN_OR_RETURN(const Agreement agreement, trial_.CompareFile(Serialize(model.graph)));
    model.drop = agreement.rows > 0 ? agreement.dropped() : agreement.distance;
    fits_ = model.drop <= max_drop + 1e-9;
    if (count > 0) {
      std::string names;
      for (size_t i = 0; i < count; ++i) names += Cat(i == 0 ? "" : ", ", "'", ranked_[i].second, "'");
      model.notes.push_back(Cat(count, count == 1 ? " product stays" : " products stay",
                                " float, since 8 bits of them change most: ", names));
    }
    return model;
  }

  Status Rank(const std::vector<std::string>& products) {
    Int8Options options = options_;
    options.samples.resize(std::min(options.samples.size(), kRankingSamples));
    options.progress = nullptr;
    RIVULET_ASSIGN_OR_RETURN(const Trial trial,
                             Trial::Create(graph_, options.samples, options.outputs, options.threads));
    for (size_t i = 0; i < products.size(); ++i) {
      options.stay_float = options_.stay_float;
      for (const std::string& other : products) {
        if (other != products[i]) options.stay_float.insert(other);
      }
      RIVULET_ASSIGN_OR_RETURN(const Int8Model model, CalibrateInt8(graph_, options, study_));
      RIVULET_ASSIGN_OR_RETURN(const Agreement agreement, trial.CompareFile(Serialize(model.graph)));
      ranked_.emplace_back(agreement.distance, products[i]);
      if (options_.progress) options_.progress("trying products one by one", i + 1, products.size());
    }
    std::stable_sort(ranked_.begin(), ranked_.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
    return Status();
  }

  const GraphDef& graph_;
  const Int8Options options_;
  FloatStudy study_;
  const Trial& trial_;
  std::vector<std::pair<double, std::string>> ranked_;
  bool fits_ = false;
};

}  // namespace

Result<Int8Model> CalibrateWithin(const GraphDef& graph, const Int8Options& options, double max_drop) {
  if (options.samples.empty()) return InvalidArgument("want samples, got none");
  RIVULET_ASSIGN_OR_RETURN(const GraphDef ready, ReadyForInt8(graph, options));
  RIVULET_ASSIGN_OR_RETURN(const Trial trial, Trial::Create(graph, options.samples, options.outputs, options.threads));
  return Search(ready, options, trial).Run(max_drop);
}

std::string WorstEdges(const Int8Model& model) {
  constexpr size_t kNamed = 3;
  if (model.ranges.empty()) return "";
  std::vector<const Int8Range*> sorted;
  for (const Int8Range& range : model.ranges) sorted.push_back(&range);
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto* a, const auto* b) { return a->noise > b->noise; });
  const auto percent = [](double share) { return std::round(1000 * share) / 10; };
  std::string text = Cat("rounded activations are off by ", percent(sorted[sorted.size() / 2]->noise),
                         " % of their root mean square in the middle; most:");
  for (size_t i = 0; i < std::min(kNamed, sorted.size()); ++i) {
    text += Cat(i == 0 ? " " : ", ", "'", sorted[i]->edge, "' ", percent(sorted[i]->noise), " %");
  }
  return text;
}

CalibrationSplit SplitSamples(const std::vector<Feeds>& samples) {
  if (samples.size() == 1) return {samples, samples, false};
  CalibrationSplit split;
  for (size_t i = 0; i < samples.size(); ++i) (i % 2 == 0 ? split.calibration : split.others).push_back(samples[i]);
  return split;
}

}  // namespace rivulet::prepare
