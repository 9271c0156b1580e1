// What a float graph's activations are on samples: looked at once, for all the ways in which it is made 8-bit.
#ifndef RIVULET_PREPARE_INT8_FLOAT_STUDY_H_
#define RIVULET_PREPARE_INT8_FLOAT_STUDY_H_

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "prepare/int8/code_range.h"
#include "prepare/squeeze/quantizer.h"
#include "rivulet/session.h"

namespace rivulet::prepare {

// A filter as a matrix, and what an error of its weights costs: by E[x xᵀ] of what it is multiplied with.
struct StudiedFilter {
  Weight weight;
  ErrorMeasure measure;
};

class FloatStudy {
 public:
  using Progress = std::function<void(size_t done, size_t all)>;

  // Of a graph and samples that stay as they are.
  FloatStudy(const GraphDef& graph, const std::vector<Feeds>& samples, int threads)
      : graph_(graph), samples_(samples), threads_(threads) {}

  // An error where one is not of floats, or not finite.
  Status LookAtEdges(const std::vector<std::string>& edges, const Progress& progress);
  // Those of the products whose filters nothing else reads, and whose windows are few enough (second_moments.h).
  Status LookAtFilters(const std::vector<std::string>& products, const Progress& progress);

  // Of an edge that was looked at.
  const ActivationHistogram& HistogramOf(const std::string& edge) const { return histograms_.at(edge); }
  // Null where there is none.
  const StudiedFilter* FilterOf(const std::string& product) const;

 private:
  const GraphDef& graph_;
  const std::vector<Feeds>& samples_;
  int threads_;
  std::map<std::string, ActivationHistogram> histograms_;
  std::map<std::string, std::unique_ptr<StudiedFilter>> filters_;  // null: was looked for
};

}  // namespace rivulet::prepare

#endif  // RIVULET_PREPARE_INT8_FLOAT_STUDY_H_
