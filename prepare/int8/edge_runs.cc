#include "prepare/int8/edge_runs.h"

#include <algorithm>

#include "engine/base/errors.h"
#include "prepare/engine_graph.h"

namespace rivulet::prepare {
namespace {

constexpr size_t kFirstEdges = 8;
constexpr size_t kBytesAtOnce = size_t{256} << 20;

Result<std::unique_ptr<Session>> SessionOf(const GraphDef& graph, int threads) {
  RIVULET_ASSIGN_OR_RETURN(auto model, ModelOf(graph, "the graph"));
  // One plan for each group of edges would be kept otherwise.
  return Session::Create(std::move(model), {.num_threads = threads, .max_plans = 2});
}

}  // namespace

Status RunForEdges(const GraphDef& graph, const std::vector<Feeds>& samples, const std::vector<std::string>& edges,
                   int threads, const std::function<Status(size_t edge, const Tensor& value)>& see,
                   const std::function<void(size_t done, size_t all)>& progress) {
  RIVULET_ASSIGN_OR_RETURN(const auto session, SessionOf(graph, threads));
  size_t done = 0, at_once = kFirstEdges;
  while (done < edges.size()) {
    const size_t count = std::min(at_once, edges.size() - done);
    const std::vector<std::string> some(edges.begin() + static_cast<std::ptrdiff_t>(done),
                                        edges.begin() + static_cast<std::ptrdiff_t>(done + count));
    size_t bytes = 1;
    for (size_t s = 0; s < samples.size(); ++s) {
      RIVULET_ASSIGN_OR_RETURN(const std::vector<Tensor> values, session->Run(samples[s], some));
      for (size_t i = 0; i < count; ++i) RIVULET_RETURN_IF_ERROR(see(done + i, values[i]));
      if (s == 0) {
        for (const Tensor& value : values) bytes += value.bytes();
      }
      if (progress) progress(done * samples.size() + s * count, edges.size() * samples.size());
    }
    done += count;
    // As many as fit at this size, a few times more at most: later edges may be larger.
    at_once = std::clamp(count * (kBytesAtOnce / bytes), size_t{1}, count * 8);
  }
  return Status();
}

}  // namespace rivulet::prepare
