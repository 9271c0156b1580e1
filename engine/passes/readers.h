// Who reads each node, found at once for all of them.
#ifndef RIVULET_ENGINE_PASSES_READERS_H_
#define RIVULET_ENGINE_PASSES_READERS_H_

#include <span>
#include <vector>

#include "engine/graph/graph.h"

namespace rivulet {

// Each node's readers, in their order, one as often as it reads; all in one piece of memory.
class Readers {
 public:
  // Those for which counts(index); with_controls: those that wait are readers, too.
  template <typename Counts>
  Readers(const Graph& graph, bool with_controls, const Counts& counts)
      : first_(static_cast<size_t>(graph.size()) + 1, 0) {
    const auto for_each = [&](auto&& visit) {
      for (int32_t i = 0; i < graph.size(); ++i) {
        if (!counts(i)) continue;
        for (const Edge& edge : graph.node(i).inputs) visit(static_cast<size_t>(edge.node), i);
        if (!with_controls) continue;
        for (const int32_t control : graph.node(i).control_inputs) visit(static_cast<size_t>(control), i);
      }
    };
    for_each([&](size_t read, int32_t) { ++first_[read + 1]; });
    for (size_t i = 1; i < first_.size(); ++i) first_[i] += first_[i - 1];
    readers_.resize(first_.back());
    std::vector<size_t> next(first_.begin(), first_.end() - 1);
    for_each([&](size_t read, int32_t reader) { readers_[next[read]++] = reader; });
  }

  std::span<const int32_t> Of(int32_t node) const {
    const auto at = static_cast<size_t>(node);
    return std::span(readers_).subspan(first_[at], first_[at + 1] - first_[at]);
  }

 private:
  std::vector<size_t> first_;  // by node: where its readers begin
  std::vector<int32_t> readers_;
};

}  // namespace rivulet

#endif  // RIVULET_ENGINE_PASSES_READERS_H_
