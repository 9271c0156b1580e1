#include "cli/view/layers.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>

namespace rivulet::cli::view {
namespace {

LayerInput Make(int32_t size, std::vector<std::pair<int32_t, int32_t>> edges) {
  return {.size = size, .edges = std::move(edges), .first_source = size, .first_sink = size};
}

// The layer of each vertex.
std::vector<int> LayersOf(const LayerGrid& grid, int32_t size) {
  std::vector<int> layers(static_cast<size_t>(size), -1);
  for (size_t l = 0; l < grid.layers.size(); ++l) {
    for (const int32_t cell : grid.layers[l]) {
      const int32_t vertex = grid.cells[static_cast<size_t>(cell)];
      if (vertex >= 0) layers[static_cast<size_t>(vertex)] = static_cast<int>(l);
    }
  }
  return layers;
}

int64_t CrossingsOneByOne(const LayerGrid& grid) {
  std::vector<std::pair<int, int>> at(grid.cells.size());  // layer, position
  for (size_t l = 0; l < grid.layers.size(); ++l) {
    for (size_t i = 0; i < grid.layers[l].size(); ++i)
      at[static_cast<size_t>(grid.layers[l][i])] = {static_cast<int>(l), static_cast<int>(i)};
  }
  struct Piece {
    int layer, upper, lower;
  };
  std::vector<Piece> pieces;
  std::set<std::pair<int32_t, int32_t>> seen;  // a trunk's piece is one, however many chains pass it
  for (const LayerGrid::Chain& chain : grid.chains) {
    for (size_t i = 1; i < chain.cells.size(); ++i) {
      const auto upper = at[static_cast<size_t>(chain.cells[i - 1])], lower = at[static_cast<size_t>(chain.cells[i])];
      if (lower.first == upper.first + 1 && seen.emplace(chain.cells[i - 1], chain.cells[i]).second)
        pieces.push_back({upper.first, upper.second, lower.second});
    }
  }
  int64_t crossings = 0;
  for (size_t a = 0; a < pieces.size(); ++a) {
    for (size_t b = 0; b < a; ++b) {
      if (pieces[a].layer != pieces[b].layer) continue;
      crossings += (pieces[a].upper - pieces[b].upper) * (pieces[a].lower - pieces[b].lower) < 0;
    }
  }
  return crossings;
}

TEST(Layers, ChainsAndBends) {
  const LayerGrid grid = MakeLayers(Make(4, {{0, 1}, {1, 2}, {2, 3}, {0, 3}}));
  EXPECT_EQ(LayersOf(grid, 4), (std::vector<int>{0, 1, 2, 3}));
  EXPECT_EQ(grid.chains[3].cells.size(), 4u);
  for (size_t i = 1; i < 3; ++i) EXPECT_EQ(grid.cells[static_cast<size_t>(grid.chains[3].cells[i])], LayerGrid::kBend);
  EXPECT_EQ(CountCrossings(grid), 0);
}

TEST(Layers, SourcesStandAboveTheirUsers) {
  // 4 is used by the last of a chain only.
  EXPECT_EQ(LayersOf(MakeLayers(Make(5, {{0, 1}, {1, 2}, {2, 3}, {4, 3}})), 5), (std::vector<int>{0, 1, 2, 3, 2}));
}

TEST(Layers, CyclesHaveOneEdgeUp) {
  const LayerGrid grid = MakeLayers(Make(3, {{0, 1}, {1, 2}, {2, 0}}));
  EXPECT_EQ(LayersOf(grid, 3), (std::vector<int>{0, 1, 2}));
  EXPECT_TRUE(grid.chains[2].goes_up);
  EXPECT_FALSE(grid.chains[0].goes_up || grid.chains[1].goes_up);
  // From the upper end down, with bends beside both ends.
  const std::vector<int32_t>& cells = grid.chains[2].cells;
  ASSERT_EQ(cells.size(), 5u);
  EXPECT_EQ(grid.cells[static_cast<size_t>(cells.front())], 0);
  EXPECT_EQ(grid.cells[static_cast<size_t>(cells.back())], 2);
}

TEST(Layers, PortsAreAlone) {
  LayerInput input = Make(6, {{4, 0}, {0, 1}, {4, 1}, {1, 5}, {2, 3}});
  input.first_source = 4;
  input.first_sink = 5;
  const LayerGrid grid = MakeLayers(input);
  const std::vector<int> layers = LayersOf(grid, 6);
  EXPECT_EQ(layers[4], 0);
  EXPECT_EQ(grid.layers.front().size(), 1u);
  EXPECT_EQ(layers[5], static_cast<int>(grid.layers.size()) - 1);
  EXPECT_EQ(grid.layers.back().size(), 1u);
}

TEST(Layers, WhatHasNoEdgesFillsASquare) {
  const LayerGrid grid = MakeLayers(Make(50, {}));
  EXPECT_EQ(grid.layers.size(), 10u);
  for (const auto& layer : grid.layers) EXPECT_EQ(layer.size(), 5u);
}

TEST(Layers, CrossingsAreCounted) {
  std::mt19937 random(7);
  for (int round = 0; round < 20; ++round) {
    std::vector<std::pair<int32_t, int32_t>> edges;
    for (int i = 0; i < 60; ++i) {
      const auto a = static_cast<int32_t>(random() % 30), b = static_cast<int32_t>(random() % 30);
      if (a != b && std::find(edges.begin(), edges.end(), std::pair(a, b)) == edges.end()) edges.emplace_back(a, b);
    }
    const LayerGrid grid = MakeLayers(Make(30, edges));
    EXPECT_EQ(CountCrossings(grid), CrossingsOneByOne(grid));
    for (size_t e = 0; e < edges.size(); ++e) {
      const std::vector<int> layers = LayersOf(grid, 30);
      const bool is_down = layers[static_cast<size_t>(edges[e].first)] < layers[static_cast<size_t>(edges[e].second)];
      EXPECT_EQ(is_down, !grid.chains[e].goes_up);
    }
  }
}

TEST(Layers, TrunksShareTheirBends) {
  // 0 is read along the whole chain 1 to 9.
  LayerInput input = Make(10, {});
  for (int32_t v = 1; v < 10; ++v) {
    if (v > 1) input.edges.emplace_back(v - 1, v);
    input.edges.emplace_back(0, v);
  }
  for (const auto& edge : input.edges) input.trunks.push_back(edge.first == 0 ? 7 : -1);
  const LayerGrid grid = MakeLayers(input);
  EXPECT_EQ(LayersOf(grid, 10), (std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
  for (size_t l = 1; l + 1 < grid.layers.size(); ++l)
    EXPECT_EQ(grid.layers[l].size(), 2u) << "one line beside the chain";
  EXPECT_EQ(CountCrossings(grid), 0);
  EXPECT_EQ(CountCrossings(grid), CrossingsOneByOne(grid));
  for (size_t e = 0; e < input.edges.size(); ++e) {
    const std::vector<int32_t>& cells = grid.chains[e].cells;
    EXPECT_EQ(grid.cells[static_cast<size_t>(cells.front())], input.edges[e].first);
    EXPECT_EQ(grid.cells[static_cast<size_t>(cells.back())], input.edges[e].second);
    EXPECT_EQ(cells.size(), static_cast<size_t>(input.edges[e].second - input.edges[e].first + 1));
  }
}

TEST(Layers, TheOrderUntangles) {
  // Written so that every edge crosses every other.
  std::vector<std::pair<int32_t, int32_t>> edges;
  for (int32_t i = 0; i < 10; ++i) edges.emplace_back(i, 19 - i);
  for (int32_t i = 0; i < 9; ++i) edges.emplace_back(i, 19 - i - 1);
  EXPECT_EQ(CountCrossings(MakeLayers(Make(20, edges))), 0);
}

}  // namespace
}  // namespace rivulet::cli::view
