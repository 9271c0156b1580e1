#include "prepare/int8/edge_noise.h"

#include <algorithm>
#include <cmath>

#include "engine/base/errors.h"
#include "prepare/int8/edge_runs.h"

namespace rivulet::prepare {
namespace {

// All activations of so many samples are held at once.
constexpr size_t kMostSamples = 4;

}  // namespace

Result<std::vector<double>> EdgeNoise(const GraphDef& floats, const GraphDef& rounded,
                                      const std::vector<std::string>& edges, const std::vector<Feeds>& samples,
                                      int threads) {
  const size_t kept = std::min(samples.size(), kMostSamples);
  std::vector<Feeds> some;
  for (size_t i = 0; i < kept; ++i) some.push_back(samples[i * samples.size() / kept]);
  std::vector<std::vector<Tensor>> values(edges.size());
  const auto keep = [&](size_t i, const Tensor& value) -> Status {
    values[i].push_back(value);
    return Status();
  };
  RIVULET_RETURN_IF_ERROR(RunForEdges(floats, some, edges, threads, keep, nullptr));
  std::vector<double> errors(edges.size(), 0.0), squares(edges.size(), 0.0);
  std::vector<size_t> seen(edges.size(), 0);
  const auto compare = [&](size_t i, const Tensor& value) -> Status {
    const Tensor& before = values[i][seen[i]++];
    if (value.dtype() != DType::kFloat || value.shape() != before.shape() || before.dtype() != DType::kFloat) {
      return Internal("'", edges[i], "' is another tensor than before");
    }
    for (int64_t k = 0; k < value.num_elements(); ++k) {
      const auto old = static_cast<double>(before.data<float>()[k]);
      const double off = static_cast<double>(value.data<float>()[k]) - old;
      errors[i] += off * off;
      squares[i] += old * old;
    }
    return Status();
  };
  RIVULET_RETURN_IF_ERROR(RunForEdges(rounded, some, edges, threads, compare, nullptr));
  std::vector<double> noise;
  for (size_t i = 0; i < edges.size(); ++i) {
    noise.push_back(squares[i] > 0 ? std::sqrt(errors[i] / squares[i]) : errors[i] > 0 ? 1 : 0);
  }
  return noise;
}

}  // namespace rivulet::prepare
