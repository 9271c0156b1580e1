#include "cli/view/layers.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <unordered_map>

namespace rivulet::cli::view {
namespace {

constexpr int kSweeps = 12;

using Lists = std::vector<std::vector<int32_t>>;

size_t At(int32_t index) { return static_cast<size_t>(index); }

class Layering {
 public:
  explicit Layering(const LayerInput& input) : input_(input), up_(input.edges.size(), false) {}

  LayerGrid Make() {
    FindUpwardEdges();
    Rank();
    FindComponents();
    PlaceLonely();
    AddCells();
    AddChains();
    Order();
    return std::move(grid_);
  }

 private:
  bool is_source(int32_t v) const { return v >= input_.first_source && v < input_.first_sink; }
  bool is_sink(int32_t v) const { return v >= input_.first_sink; }
  bool has_sources() const { return input_.first_sink > input_.first_source; }
  int32_t top(size_t edge) const { return up_[edge] ? input_.edges[edge].second : input_.edges[edge].first; }
  int32_t bottom(size_t edge) const { return up_[edge] ? input_.edges[edge].first : input_.edges[edge].second; }

  // Edges to a vertex that the search has not left yet close a cycle.
  void FindUpwardEdges() {
    Lists out(At(input_.size));
    for (size_t e = 0; e < input_.edges.size(); ++e) out[At(input_.edges[e].first)].push_back(static_cast<int32_t>(e));
    enum : uint8_t { kNew, kOnPath, kDone };
    std::vector<uint8_t> state(At(input_.size), kNew);
    std::vector<size_t> next(At(input_.size), 0);
    std::vector<int32_t> path;
    for (int32_t root = 0; root < input_.size; ++root) {
      if (state[At(root)] != kNew) continue;
      path.push_back(root);
      state[At(root)] = kOnPath;
      while (!path.empty()) {
        const int32_t v = path.back();
        if (next[At(v)] == out[At(v)].size()) {
          state[At(v)] = kDone;
          order_.push_back(v);
          path.pop_back();
          continue;
        }
        const auto e = At(out[At(v)][next[At(v)]++]);
        const int32_t to = input_.edges[e].second;
        if (state[At(to)] == kOnPath) up_[e] = true;
        if (state[At(to)] != kNew) continue;
        state[At(to)] = kOnPath;
        path.push_back(to);
      }
    }
    std::reverse(order_.begin(), order_.end());  // sources first
  }

  void Rank() {
    above_.assign(At(input_.size), {});
    below_.assign(At(input_.size), {});
    for (size_t e = 0; e < input_.edges.size(); ++e) {
      below_[At(top(e))].push_back(bottom(e));
      above_[At(bottom(e))].push_back(top(e));
    }
    const int32_t first = has_sources() ? 1 : 0;
    layer_.assign(At(input_.size), first);
    for (const int32_t v : order_) {
      if (is_source(v)) layer_[At(v)] = 0;
      for (const int32_t to : below_[At(v)]) layer_[At(to)] = std::max(layer_[At(to)], layer_[At(v)] + 1);
    }
    // Down to the nearest user, where more hangs below than above.
    for (size_t i = order_.size(); i-- > 0;) {
      const int32_t v = order_[i];
      if (is_source(v) || below_[At(v)].size() <= above_[At(v)].size()) continue;
      int32_t lowest = INT32_MAX;
      for (const int32_t to : below_[At(v)]) lowest = std::min(lowest, layer_[At(to)] - 1);
      layer_[At(v)] = std::max(layer_[At(v)], lowest);
    }
    num_layers_ = first;
    for (int32_t v = 0; v < input_.size; ++v) {
      if (!is_sink(v)) num_layers_ = std::max(num_layers_, layer_[At(v)] + 1);
    }
    if (input_.first_sink < input_.size) {
      for (int32_t v = input_.first_sink; v < input_.size; ++v) layer_[At(v)] = num_layers_;
    }
  }

  void FindComponents() {
    component_.assign(At(input_.size), -1);
    int32_t count = 0;
    std::vector<int32_t> pending;
    for (int32_t root = 0; root < input_.size; ++root) {
      if (component_[At(root)] >= 0) continue;
      pending.push_back(root);
      component_[At(root)] = count;
      while (!pending.empty()) {
        const int32_t v = pending.back();
        pending.pop_back();
        for (const Lists* side : {&below_, &above_}) {
          for (const int32_t to : (*side)[At(v)]) {
            if (component_[At(to)] >= 0) continue;
            component_[At(to)] = count;
            pending.push_back(to);
          }
        }
      }
      ++count;
    }
  }

  // What has no edges fills columns on the right.
  void PlaceLonely() {
    std::vector<int32_t> lonely;
    for (int32_t v = 0; v < input_.first_source; ++v) {
      if (above_[At(v)].empty() && below_[At(v)].empty()) lonely.push_back(v);
    }
    const int32_t first = has_sources() ? 1 : 0;
    // Cards are wider than high.
    const auto rows = static_cast<int32_t>(std::ceil(std::sqrt(2.0 * static_cast<double>(lonely.size()))));
    num_layers_ = std::max(num_layers_, first + rows);
    const int32_t height = std::max(num_layers_ - first, 1);
    for (size_t i = 0; i < lonely.size(); ++i) {
      layer_[At(lonely[i])] = first + static_cast<int32_t>(i) % height;
      component_[At(lonely[i])] = input_.size + static_cast<int32_t>(i);
    }
    for (int32_t v = input_.first_sink; v < input_.size; ++v) layer_[At(v)] = num_layers_;
  }

  int32_t AddCell(int32_t vertex, int32_t layer, int32_t component) {
    const auto cell = static_cast<int32_t>(grid_.cells.size());
    grid_.cells.push_back(vertex);
    cell_component_.push_back(component);
    if (grid_.layers.size() <= At(layer)) grid_.layers.resize(At(layer) + 1);
    grid_.layers[At(layer)].push_back(cell);
    return cell;
  }

  void AddCells() {
    cell_of_.assign(At(input_.size), -1);
    for (int32_t v = 0; v < input_.size; ++v) cell_of_[At(v)] = AddCell(v, layer_[At(v)], component_[At(v)]);
  }

  int32_t trunk(size_t edge) const { return edge < input_.trunks.size() && !up_[edge] ? input_.trunks[edge] : -1; }

  void AddChains() {
    int64_t bends_left = 40 * int64_t{input_.size} + 2000;
    std::unordered_map<int32_t, std::vector<int32_t>> shared;  // bends of a trunk, from the top
    for (size_t e = 0; e < input_.edges.size(); ++e) {
      const int32_t from = top(e), to = bottom(e);
      LayerGrid::Chain chain{.goes_up = up_[e]};
      chain.cells.push_back(cell_of_[At(from)]);
      const int32_t first = layer_[At(from)] + (up_[e] ? 0 : 1);
      const int32_t end = layer_[At(to)] + (up_[e] ? 1 : 0);
      if (end - first <= bends_left) {
        bends_left -= end - first;
        std::vector<int32_t> alone;
        std::vector<int32_t>& bends = trunk(e) < 0 ? alone : shared[trunk(e)];
        while (bends.size() < At(end - first))
          bends.push_back(AddCell(LayerGrid::kBend, first + static_cast<int32_t>(bends.size()), component_[At(from)]));
        chain.cells.insert(chain.cells.end(), bends.begin(), bends.begin() + (end - first));
      }
      chain.cells.push_back(cell_of_[At(to)]);
      grid_.chains.push_back(std::move(chain));
    }
  }

  void SetPositions() {
    position_.resize(grid_.cells.size());
    for (const auto& layer : grid_.layers) {
      for (size_t i = 0; i < layer.size(); ++i) position_[At(layer[i])] = static_cast<double>(i);
    }
  }

  void LinkCells() {
    cell_layer_.resize(grid_.cells.size());
    for (size_t l = 0; l < grid_.layers.size(); ++l) {
      for (const int32_t cell : grid_.layers[l]) cell_layer_[At(cell)] = static_cast<int32_t>(l);
    }
    cells_above_.assign(grid_.cells.size(), {});
    cells_below_.assign(grid_.cells.size(), {});
    for (const LayerGrid::Chain& chain : grid_.chains) {
      for (size_t i = 1; i < chain.cells.size(); ++i) {
        const int32_t a = chain.cells[i - 1], b = chain.cells[i];
        if (cell_layer_[At(b)] != cell_layer_[At(a)] + 1) continue;
        if (grid_.cells[At(b)] == LayerGrid::kBend && !cells_above_[At(b)].empty()) continue;  // a trunk, met again
        cells_below_[At(a)].push_back(b);
        cells_above_[At(b)].push_back(a);
      }
    }
  }

  void Sweep(size_t layer, const Lists& neighbours) {
    std::vector<int32_t>& cells = grid_.layers[layer];
    std::vector<std::pair<double, int32_t>> keys;
    for (const int32_t cell : cells) {
      const auto& of = neighbours[At(cell)];
      double sum = 0;
      for (const int32_t other : of) sum += position_[At(other)];
      keys.emplace_back(of.empty() ? position_[At(cell)] : sum / static_cast<double>(of.size()), cell);
    }
    std::stable_sort(keys.begin(), keys.end(), [&](const auto& a, const auto& b) {
      const int32_t ca = cell_component_[At(a.second)], cb = cell_component_[At(b.second)];
      return ca != cb ? ca < cb : a.first < b.first;
    });
    for (size_t i = 0; i < keys.size(); ++i) {
      cells[i] = keys[i].second;
      position_[At(cells[i])] = static_cast<double>(i);
    }
  }

  void Order() {
    LinkCells();
    SetPositions();
    auto best = grid_.layers;
    int64_t fewest = INT64_MAX;
    for (int sweep = 0; sweep < kSweeps && fewest > 0; ++sweep) {
      if (sweep % 2 == 0) {
        for (size_t l = 0; l < grid_.layers.size(); ++l) Sweep(l, cells_above_);
      } else {
        for (size_t l = grid_.layers.size(); l-- > 0;) Sweep(l, cells_below_);
      }
      const int64_t crossings = CountCrossings(grid_);
      if (crossings < fewest) {
        fewest = crossings;
        best = grid_.layers;
      }
    }
    if (fewest != INT64_MAX) grid_.layers = std::move(best);
  }

  const LayerInput& input_;
  std::vector<bool> up_;
  std::vector<int32_t> order_, layer_, component_, cell_of_, cell_component_, cell_layer_;
  Lists above_, below_, cells_above_, cells_below_;
  std::vector<double> position_;
  int32_t num_layers_ = 1;
  LayerGrid grid_;
};

}  // namespace

LayerGrid MakeLayers(const LayerInput& input) { return Layering(input).Make(); }

int64_t CountCrossings(const LayerGrid& grid) {
  std::vector<int32_t> position(grid.cells.size()), layer_of(grid.cells.size());
  for (size_t l = 0; l < grid.layers.size(); ++l) {
    for (size_t i = 0; i < grid.layers[l].size(); ++i) {
      position[At(grid.layers[l][i])] = static_cast<int32_t>(i);
      layer_of[At(grid.layers[l][i])] = static_cast<int32_t>(l);
    }
  }
  std::vector<std::vector<std::pair<int32_t, int32_t>>> gaps(grid.layers.size());
  std::vector<bool> is_met(grid.cells.size(), false);
  for (const LayerGrid::Chain& chain : grid.chains) {
    for (size_t i = 1; i < chain.cells.size(); ++i) {
      const auto a = At(chain.cells[i - 1]), b = At(chain.cells[i]);
      if (layer_of[b] != layer_of[a] + 1 || is_met[b]) continue;
      gaps[At(layer_of[a])].emplace_back(position[a], position[b]);
      is_met[b] = grid.cells[b] == LayerGrid::kBend;
    }
  }
  int64_t crossings = 0;
  for (size_t l = 0; l + 1 < gaps.size(); ++l) {
    auto& edges = gaps[l];
    std::sort(edges.begin(), edges.end());
    // Of the edges so far, those that end to the right of this one cross it: counted in a Fenwick tree.
    std::vector<int32_t> tree(grid.layers[l + 1].size() + 1, 0);
    int64_t seen = 0;
    for (const auto& [upper, lower] : edges) {
      int64_t not_right = 0;
      for (int32_t i = lower + 1; i > 0; i -= i & -i) not_right += tree[At(i)];
      crossings += seen++ - not_right;
      for (int32_t i = lower + 1; At(i) < tree.size(); i += i & -i) ++tree[At(i)];
    }
  }
  return crossings;
}

}  // namespace rivulet::cli::view
