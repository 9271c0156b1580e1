#include "prepare/int8/bias_correction.h"

#include <algorithm>
#include <cmath>

#include "engine/base/errors.h"
#include "prepare/constants.h"
#include "prepare/int8/edge_runs.h"
#include "prepare/needed.h"
#include "prepare/transform.h"

namespace rivulet::prepare {
namespace {

// More tell no more of a mean.
constexpr size_t kMostSamples = 128;

// Means by channel, of one edge over samples that count alike.
class ChannelMeans {
 public:
  Status Add(const Tensor& value, bool channels_first) {
    if (value.dtype() != DType::kFloat || value.rank() < 2) return InvalidArgument("want floats by channel");
    const int axis = channels_first ? 1 : value.rank() - 1;
    const int64_t channels = value.dim(axis);
    int64_t inner = 1;
    for (int i = axis + 1; i < value.rank(); ++i) inner *= value.dim(i);
    if (sums_.empty()) sums_.resize(static_cast<size_t>(channels));
    if (static_cast<size_t>(channels) != sums_.size()) return InvalidArgument("want as many channels for each sample");
    if (value.num_elements() == 0) return Status();
    std::vector<double> own(sums_.size(), 0.0);
    const auto values = value.values<float>();
    for (int64_t i = 0; i < value.num_elements(); ++i) {
      own[static_cast<size_t>(i / inner % channels)] += static_cast<double>(values[static_cast<size_t>(i)]);
    }
    const double places = static_cast<double>(value.num_elements() / channels);
    for (size_t c = 0; c < own.size(); ++c) sums_[c] += own[c] / places;
    ++count_;
    return Status();
  }

  size_t channels() const { return sums_.size(); }
  double of(size_t c) const { return count_ == 0 ? 0 : sums_[c] / count_; }

 private:
  std::vector<double> sums_;
  double count_ = 0;
};

std::vector<Feeds> Some(const std::vector<Feeds>& samples) {
  const size_t kept = std::min(samples.size(), kMostSamples);
  std::vector<Feeds> some;
  for (size_t i = 0; i < kept; ++i) some.push_back(samples[i * samples.size() / kept]);
  return some;
}

std::vector<std::string> FedNodes(const std::vector<Feeds>& samples) {
  std::vector<std::string> names;
  for (const auto& [name, value] : samples[0]) names.emplace_back(ParseInput(name).node);
  return names;
}

Status AddTo(GraphDef& graph, const std::string& name, const std::vector<double>& more) {
  for (NodeDef& node : graph.nodes) {
    if (node.name != name) continue;
    RIVULET_ASSIGN_OR_RETURN(const Tensor old, ValueOf(node));
    if (old.dtype() != DType::kFloat || static_cast<size_t>(old.num_elements()) != more.size()) {
      return Internal("'", name, "' is not the bias of ", more.size(), " channels");
    }
    std::vector<float> values(old.values<float>().begin(), old.values<float>().end());
    for (size_t c = 0; c < values.size(); ++c) values[c] = static_cast<float>(static_cast<double>(values[c]) + more[c]);
    node.attrs["value"] = MakeConst(name, Tensor::Of<float>(old.shape(), values)).attrs["value"];
    return Status();
  }
  return Internal("'", name, "' is not in the graph");
}

}  // namespace

Status MatchMeans(const GraphDef& graph, const std::vector<BiasedSum>& sums, const std::vector<Feeds>& samples,
                  int threads, const std::function<void(size_t done, size_t all)>& progress, GraphDef& rounded) {
  const std::vector<Feeds> some = Some(samples);
  std::vector<std::string> edges;
  for (const BiasedSum& sum : sums) edges.push_back(sum.edge);
  std::vector<ChannelMeans> wanted(sums.size());
  const auto see_float = [&](size_t i, const Tensor& value) { return wanted[i].Add(value, sums[i].channels_first); };
  RIVULET_RETURN_IF_ERROR(RunForEdges(graph, some, edges, threads, see_float, nullptr));
  for (size_t i = 0; i < sums.size(); ++i) {
    GraphDef head = rounded;
    RIVULET_RETURN_IF_ERROR(KeepNeeded(head, {.inputs = FedNodes(some), .outputs = {edges[i]}}));
    ChannelMeans got;
    const auto see = [&](size_t, const Tensor& value) { return got.Add(value, sums[i].channels_first); };
    RIVULET_RETURN_IF_ERROR(RunForEdges(head, some, {edges[i]}, threads, see, nullptr));
    std::vector<double> more(got.channels(), 0.0);
    if (got.channels() != wanted[i].channels()) return Internal("'", edges[i], "' has other channels than before");
    for (size_t c = 0; c < more.size(); ++c) more[c] = wanted[i].of(c) - got.of(c);
    RIVULET_RETURN_IF_ERROR(AddTo(rounded, sums[i].bias, more));
    if (progress) progress(i + 1, sums.size());
  }
  return Status();
}

}  // namespace rivulet::prepare
