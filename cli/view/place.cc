#include "cli/view/place.h"

#include <algorithm>
#include <cmath>

namespace rivulet::cli::view {
namespace {

constexpr int kSweeps = 10;
constexpr double kItemGap = 24;
constexpr double kBendGap = 12;
constexpr double kBendWidth = 4;
constexpr double kLayerGap = 34;
constexpr double kBranchWeight = 0.05;

// A piece of a chain between neighbouring layers; offsets are of its ends from the cells' centres.
struct Piece {
  int32_t upper, lower;
  double upper_offset, lower_offset;
  double weight;
};

class GroupPlace {
 public:
  GroupPlace(const ViewGraph& graph, const std::vector<Card>& cards, const std::vector<bool>& open,
             std::vector<PlacedGroup>* placed)
      : graph_(graph), cards_(cards), open_(open), placed_(*placed) {}

  void Make(int32_t group) {
    layout_ = &graph_.groups[static_cast<size_t>(group)].layout;
    Measure();
    CutIntoPieces();
    Pack();
    for (int sweep = 0; sweep < kSweeps; ++sweep) Sweep(sweep % 2 == 0);
    placed_[static_cast<size_t>(group)] = Finish(group);
  }

 private:
  bool IsOpen(Item item) const {
    return item >= 0 && graph_.is_group(item) && open_[static_cast<size_t>(item - graph_.num_nodes())];
  }

  void Measure() {
    const size_t count = layout_->cells.size();
    width_.assign(count, 0);
    height_.assign(count, 0);
    x_.assign(count, 0);
    layer_.assign(count, 0);
    size_t cell = 0;
    for (size_t l = 0; l < layout_->layers.size(); ++l) {
      for (int32_t i = 0; i < layout_->layers[l]; ++i) layer_[cell++] = static_cast<int32_t>(l);
    }
    for (size_t c = 0; c < count; ++c) {
      const Item item = layout_->cells[c];
      if (item < 0) {
        width_[c] = kBendWidth;
      } else if (IsOpen(item)) {
        GroupPlace(graph_, cards_, open_, &placed_).Make(item - graph_.num_nodes());
        const PlacedGroup& inner = placed_[static_cast<size_t>(item - graph_.num_nodes())];
        width_[c] = inner.width;
        height_[c] = inner.height;
      } else {
        width_[c] = cards_[static_cast<size_t>(item)].width;
        height_[c] = cards_[static_cast<size_t>(item)].height;
      }
    }
  }

  // From the centre of a cell to its port; 0 for all but open groups.
  double PortOffset(int32_t cell, int32_t port) const {
    const Item item = layout_->cells[static_cast<size_t>(cell)];
    if (port < 0 || !IsOpen(item)) return 0;
    const PlacedGroup& inner = placed_[static_cast<size_t>(item - graph_.num_nodes())];
    const Box& box = inner.cells[static_cast<size_t>(port)];
    return box.x + box.width / 2 - inner.width / 2;
  }

  void CutIntoPieces() {
    pieces_above_.assign(x_.size(), {});
    pieces_below_.assign(x_.size(), {});
    for (const Layout::Chain& chain : layout_->chains) {
      for (size_t i = 1; i < chain.cells.size(); ++i) {
        Piece piece{chain.cells[i - 1], chain.cells[i], 0, 0, 1};
        if (layer_[static_cast<size_t>(piece.lower)] == layer_[static_cast<size_t>(piece.upper)]) continue;
        const bool is_bend = layout_->cells[static_cast<size_t>(piece.lower)] == Layout::kBend;
        if (is_bend && !pieces_above_[static_cast<size_t>(piece.lower)].empty()) continue;  // shared by several chains
        if (i == 1) piece.upper_offset = PortOffset(piece.upper, chain.goes_up ? chain.in_port : chain.out_port);
        if (i + 1 == chain.cells.size())
          piece.lower_offset = PortOffset(piece.lower, chain.goes_up ? chain.out_port : chain.in_port);
        const int bends = (layout_->cells[static_cast<size_t>(piece.upper)] < 0) +
                          (layout_->cells[static_cast<size_t>(piece.lower)] < 0);
        piece.weight = bends == 2 ? 8 : bends == 1 ? 2 : 1;
        pieces_below_[static_cast<size_t>(piece.upper)].push_back(piece);
        pieces_above_[static_cast<size_t>(piece.lower)].push_back(piece);
      }
    }
    WeighBranches();
  }

  // Cards do not come to a line that branches: it would bend towards each.
  void WeighBranches() {
    for (size_t c = 0; c < x_.size(); ++c) {
      if (layout_->cells[c] != Layout::kBend || pieces_below_[c].size() < 2) continue;
      for (Piece& piece : pieces_below_[c]) {
        if (layout_->cells[static_cast<size_t>(piece.lower)] == Layout::kBend) continue;
        piece.weight = kBranchWeight;
        for (Piece& back : pieces_above_[static_cast<size_t>(piece.lower)]) {
          if (back.upper == piece.upper) back.weight = kBranchWeight;
        }
      }
    }
  }

  double Gap(size_t left) const {
    const bool has_bend = layout_->cells[left] < 0 || layout_->cells[left + 1] < 0;
    return (width_[left] + width_[left + 1]) / 2 + (has_bend ? kBendGap : kItemGap);
  }

  // Calls visit(first cell, end) for each layer.
  template <typename Visit>
  void ForEachLayer(bool downwards, const Visit& visit) {
    std::vector<std::pair<size_t, size_t>> ranges;
    size_t at = 0;
    for (const int32_t count : layout_->layers) {
      ranges.emplace_back(at, at + static_cast<size_t>(count));
      at += static_cast<size_t>(count);
    }
    if (!downwards) std::reverse(ranges.begin(), ranges.end());
    for (const auto& [first, end] : ranges) visit(first, end);
  }

  void Pack() {
    ForEachLayer(true, [&](size_t first, size_t end) {
      double x = 0;
      for (size_t c = first; c < end; ++c) {
        x_[c] = x;
        if (c + 1 < end) x += Gap(c);
      }
      for (size_t c = first; c < end; ++c) x_[c] -= x / 2;
    });
  }

  void Sweep(bool downwards) {
    ForEachLayer(downwards, [&](size_t first, size_t end) {
      std::vector<double> wanted, weights, gaps;
      for (size_t c = first; c < end; ++c) {
        double sum = 0, weight = 0;
        for (const Piece& piece : downwards ? pieces_above_[c] : pieces_below_[c]) {
          const double other = downwards
                                   ? x_[static_cast<size_t>(piece.upper)] + piece.upper_offset - piece.lower_offset
                                   : x_[static_cast<size_t>(piece.lower)] + piece.lower_offset - piece.upper_offset;
          sum += other * piece.weight;
          weight += piece.weight;
        }
        // What has no edges stays beside what stands to its left.
        const bool is_lonely = c > first && pieces_above_[c].empty() && pieces_below_[c].empty();
        wanted.push_back(weight > 0 ? sum / weight : is_lonely ? wanted.back() + Gap(c - 1) : x_[c]);
        weights.push_back(weight > 0 ? weight : 0.05);
        if (c + 1 < end) gaps.push_back(Gap(c));
      }
      const std::vector<double> now = KeepApart(wanted, weights, gaps);
      std::copy(now.begin(), now.end(), x_.begin() + static_cast<ptrdiff_t>(first));
    });
  }

  // Edges that go far to the side need more room to turn.
  double GapBelow(size_t first, size_t end) const {
    double farthest = 0;
    for (size_t c = first; c < end; ++c) {
      for (const Piece& piece : pieces_below_[c]) {
        const double from = x_[c] + piece.upper_offset;
        farthest = std::max(farthest, std::abs(x_[static_cast<size_t>(piece.lower)] + piece.lower_offset - from));
      }
    }
    return std::min(kLayerGap + farthest * 0.08, 2.6 * kLayerGap);
  }

  PlacedGroup Finish(int32_t group) {
    const bool is_whole = group == 0;
    double left = 0, right = 0;
    for (size_t c = 0; c < x_.size(); ++c) {
      left = c == 0 ? x_[c] - width_[c] / 2 : std::min(left, x_[c] - width_[c] / 2);
      right = c == 0 ? x_[c] + width_[c] / 2 : std::max(right, x_[c] + width_[c] / 2);
    }
    const double least = is_whole ? 0 : cards_[static_cast<size_t>(graph_.num_nodes() + group)].width + 24;
    PlacedGroup placed;
    placed.width = std::max(right - left + 2 * kPadding, least);
    const double shift = (placed.width - (right - left)) / 2 - left;
    double y = is_whole ? kPadding : kHeader;
    ForEachLayer(true, [&](size_t first, size_t end) {
      double height = 0;
      for (size_t c = first; c < end; ++c) height = std::max(height, height_[c]);
      for (size_t c = first; c < end; ++c) {
        const double own = layout_->cells[c] == Layout::kBend ? height : height_[c];
        placed.cells.push_back({x_[c] + shift - width_[c] / 2, y + (height - own) / 2, width_[c], own});
      }
      // Ports lie on the border.
      const bool is_ports = height == 0;
      y += height + (is_ports && first == 0 ? kLayerGap / 2 : GapBelow(first, end));
    });
    if (!layout_->layers.empty()) y -= GapBelow(x_.size(), x_.size());
    placed.height = y + kPadding;
    for (size_t c = 0; c < x_.size(); ++c) {
      if (layout_->cells[c] == Layout::kInPort) placed.cells[c].y = 0;
      if (layout_->cells[c] == Layout::kOutPort) placed.cells[c].y = placed.height;
    }
    return placed;
  }

  const ViewGraph& graph_;
  const std::vector<Card>& cards_;
  const std::vector<bool>& open_;
  std::vector<PlacedGroup>& placed_;
  const Layout* layout_ = nullptr;
  std::vector<double> width_, height_, x_;
  std::vector<int32_t> layer_;
  std::vector<std::vector<Piece>> pieces_above_, pieces_below_;
};

}  // namespace

std::vector<double> KeepApart(const std::vector<double>& wanted, const std::vector<double>& weights,
                              const std::vector<double>& gaps) {
  struct Pool {
    double sum, weight;
    size_t count;
    double position() const { return sum / weight; }
  };
  // Without the gaps, keeping apart is not falling: isotonic regression.
  std::vector<Pool> pools;
  double offset = 0;
  for (size_t i = 0; i < wanted.size(); ++i) {
    if (i > 0) offset += gaps[i - 1];
    pools.push_back({(wanted[i] - offset) * weights[i], weights[i], 1});
    while (pools.size() > 1 && pools[pools.size() - 2].position() > pools.back().position()) {
      const Pool last = pools.back();
      pools.pop_back();
      pools.back().sum += last.sum;
      pools.back().weight += last.weight;
      pools.back().count += last.count;
    }
  }
  std::vector<double> positions;
  offset = 0;
  for (const Pool& pool : pools) {
    for (size_t i = 0; i < pool.count; ++i) {
      if (!positions.empty()) offset += gaps[positions.size() - 1];
      positions.push_back(pool.position() + offset);
    }
  }
  return positions;
}

std::vector<PlacedGroup> Place(const ViewGraph& graph, const std::vector<Card>& cards, const std::vector<bool>& open) {
  std::vector<PlacedGroup> placed(graph.groups.size());
  GroupPlace(graph, cards, open, &placed).Make(0);
  return placed;
}

}  // namespace rivulet::cli::view
