#include "prepare/int8/float_study.h"

#include <algorithm>
#include <set>

#include "engine/base/errors.h"
#include "prepare/int8/edge_runs.h"

namespace rivulet::prepare {
namespace {

// Windows that tell what a filter reads: so many samples, and of each so many places.
constexpr size_t kMostSamples = 64;
constexpr int64_t kMostWindows = 400;

}  // namespace

Status FloatStudy::LookAtEdges(const std::vector<std::string>& edges, const Progress& progress) {
  std::vector<std::string> missing;
  for (const std::string& edge : edges) {
    if (!histograms_.contains(edge)) missing.push_back(edge);
  }
  std::vector<ActivationHistogram> found(missing.size());
  const auto see = [&](size_t i, const Tensor& value) -> Status {
    if (value.dtype() != DType::kFloat) return InvalidArgument("'", missing[i], "': want floats");
    found[i].Add(value.values<float>());
    if (found[i].is_finite()) return Status();
    return InvalidArgument("'", missing[i], "' has values on the samples that are not finite");
  };
  RIVULET_RETURN_IF_ERROR(RunForEdges(graph_, samples_, missing, threads_, see, progress));
  for (size_t i = 0; i < missing.size(); ++i) histograms_.emplace(missing[i], std::move(found[i]));
  return Status();
}

Status FloatStudy::LookAtFilters(const std::vector<std::string>& products, const Progress& progress) {
  std::set<std::string> missing;
  for (const std::string& product : products) {
    if (filters_.emplace(product, nullptr).second) missing.insert(product);
  }
  if (missing.empty()) return Status();
  RIVULET_ASSIGN_OR_RETURN(std::vector<Weight> weights, FindWeights(graph_, 1));
  std::erase_if(weights, [&](const Weight& weight) { return !weight.is_product || !missing.contains(weight.reader); });
  std::vector<SecondMoments> moments(weights.begin(), weights.end());
  std::vector<std::string> edges;
  std::vector<std::vector<size_t>> readers;  // of each edge, in `weights`
  for (size_t w = 0; w < weights.size(); ++w) {
    const auto at = static_cast<size_t>(std::find(edges.begin(), edges.end(), weights[w].input) - edges.begin());
    if (at == edges.size()) {
      edges.push_back(weights[w].input);
      readers.emplace_back();
    }
    readers[at].push_back(w);
  }
  const std::vector<Feeds> some(
      samples_.begin(), samples_.begin() + static_cast<std::ptrdiff_t>(std::min(samples_.size(), kMostSamples)));
  const auto see = [&](size_t i, const Tensor& value) -> Status {
    for (const size_t w : readers[i]) moments[w].Add(value, kMostWindows);
    return Status();
  };
  RIVULET_RETURN_IF_ERROR(RunForEdges(graph_, some, edges, threads_, see, progress));
  for (size_t w = 0; w < weights.size(); ++w) {
    ErrorMeasure measure(weights[w], &moments[w]);
    filters_[weights[w].reader] =
        std::make_unique<StudiedFilter>(StudiedFilter{std::move(weights[w]), std::move(measure)});
  }
  return Status();
}

const StudiedFilter* FloatStudy::FilterOf(const std::string& product) const {
  const auto it = filters_.find(product);
  return it == filters_.end() ? nullptr : it->second.get();
}

}  // namespace rivulet::prepare
