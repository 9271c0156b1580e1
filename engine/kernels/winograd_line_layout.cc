#include "engine/kernels/winograd_line_layout.h"

#include <algorithm>
#include <limits>

#include "engine/base/built_uses.h"
#include "engine/kernels/winograd_line.h"

namespace rivulet {
namespace winograd_line {
namespace {

// What a run costs, in multiply-adds. The transforms' share of it was measured on AVX2.
double CostOf(const ConvGeometry& g, const Layout& layout) {
  constexpr double kInputCost = 50;   // for a pixel's channel of a tile
  constexpr double kTileCost = 8;     // for a row's sum of a block of terms, at a point, beside its terms
  constexpr double kFilterCost = 24;  // for a term of an output channel in a piece
  constexpr double kLineCost = 15;    // for an output channel of a tile, and for each of its outputs
  constexpr double kOutputCost = 20;
  const auto units = static_cast<double>(layout.units);
  const auto rows = units * static_cast<double>(layout.across.out);
  const auto out_c = static_cast<double>(g.out_c);
  const auto outs = static_cast<double>(layout.outs);
  const auto terms = static_cast<double>(layout.groups * layout.depth);
  const double blocks = std::max(terms / static_cast<double>(kMaxDepth), 1.0);
  const double pieces = std::max(rows / static_cast<double>(kMaxPieceRows), 1.0);
  // Rows that do not follow one another are transformed in vectors of their own.
  const int64_t row = layout.across.in_step == g.in_c ? g.in_c : PartsOf(g.in_c, 8) * 8;
  return out_c * (static_cast<double>(kPoints) * rows * (terms + kTileCost * blocks) + pieces * terms * kFilterCost +
                  rows * (kLineCost + outs * kOutputCost)) +
         units * static_cast<double>(layout.groups * layout.rows * row) * kInputCost;
}

Layout LayoutAlong(const ConvGeometry& g, bool x, int64_t taps) {
  const Side horizontal{g.in_w, g.out_w, g.k_w, g.pad_left, g.stride_w, g.dilation_w, g.in_c, g.out_c, g.in_c};
  const Side vertical{g.in_h,          g.out_h,           g.k_h,         g.pad_top, g.stride_h, g.dilation_h,
                      g.in_w * g.in_c, g.out_w * g.out_c, g.k_w * g.in_c};
  Layout layout;
  layout.line = x ? horizontal : vertical;
  layout.across = x ? vertical : horizontal;
  layout.taps = taps;
  layout.groups = PartsOf(layout.line.taps, taps);
  layout.outs = kPoints + 1 - taps;
  layout.tiles = TilesOf(layout.line.out, layout.line.dilation, layout.outs);
  layout.rows = (layout.across.out - 1) * layout.across.stride + layout.across.taps;
  layout.depth = layout.across.taps * g.in_c;
  layout.units = g.batch * layout.tiles;
  layout.joined = layout.across.taps == 1 && layout.across.stride == 1;
  return layout;
}

// The cheapest way that the geometry allows; groups = 0 if there is none.
Layout BestLayout(const ConvGeometry& g) {
  Layout best;
  double least = 0;
  for (const bool x : {true, false}) {
    if ((x ? g.stride_w : g.stride_h) != 1) continue;
    // Rows under the filter's follow one another across the line.
    if (x ? g.dilation_h != 1 && g.k_h > 1 : g.dilation_w != 1 && g.k_w > 1) continue;
    for (int64_t taps = 3; taps <= kMostTaps; ++taps) {
      const Layout layout = LayoutAlong(g, x, taps);
      if (layout.groups > kMostGroups) continue;
      const double cost = CostOf(g, layout);
      if (best.groups > 0 && cost >= least) continue;
      best = layout;
      least = cost;
    }
  }
  return best;
}

}  // namespace

static_assert(winograd::kHeadFloats +
                  kPoints * (kMaxColumns / PackedMatrix::kPanel * OddLines(kMaxDepth * PackedMatrix::kPanel) +
                             OddLines(kMaxPieceRows * kMaxColumns)) <=
              winograd::kBlockFloats);

Pieces PiecesOf(const Layout& layout, int64_t num_units) {
  Pieces pieces;
  pieces.segment_rows = layout.joined ? num_units * layout.across.out : layout.across.out;
  pieces.segments = layout.joined ? 1 : num_units;
  pieces.parts = PartsOf(pieces.segment_rows, kMaxPieceRows);
  pieces.together = std::max<int64_t>(kMaxPieceRows / pieces.segment_rows, 1);
  pieces.count = PartsOf(pieces.segments, pieces.together) * pieces.parts;
  return pieces;
}

Layout LayoutOf(const ConvGeometry& g, int threads) {
  Layout layout = BestLayout(g);
  const int64_t unit_floats = layout.rows * g.in_c;
  const int64_t all = kPoints * layout.groups * unit_floats;
  const int64_t least = PartsOf(kMaxPieceRows, layout.across.out);
  // Each of several threads has parts of its own, if there are enough rows to be worth filters transformed anew.
  constexpr int64_t kLeastRows = 28;
  int64_t parts = PartsOf(layout.units, std::min(std::max(kMaxHeld / all, least), layout.units));
  const int64_t shared = std::min(PartsOf(parts, threads) * threads, layout.units * layout.across.out / kLeastRows);
  if (threads > 1) parts = std::clamp(shared, parts, layout.units);
  layout.held = PartsOf(layout.units, parts);
  layout.group_floats = layout.held * unit_floats;
  layout.point_floats = OddLines(layout.groups * layout.group_floats);
  layout.filter_point = OddLines(std::min(layout.groups * layout.depth, kMaxDepth) * PackedMatrix::kPanel);
  layout.sum_point = OddLines(kMaxPieceRows * kMaxColumns);
  layout.first_floats =
      winograd::kHeadFloats + kPoints * (kMaxColumns / PackedMatrix::kPanel * layout.filter_point + layout.sum_point);
  layout.input_floats = kPoints * layout.point_floats;
  if (threads > 1) {
    layout.first_floats = winograd::kBlockFloats;
    layout.input_floats = PartsOf(layout.input_floats, winograd::kBlockFloats) * winograd::kBlockFloats;
  }
  return layout;
}

}  // namespace winograd_line

double WinogradLineCost(const ConvGeometry& g) {
  constexpr double kNone = std::numeric_limits<double>::infinity();
  if constexpr (!kUses.winograd) return kNone;
  if (g.groups != 1 || g.out_c < 16 || g.k_h * g.k_w <= 1) return kNone;
  if (g.batch < 1 || g.out_h < 1 || g.out_w < 1 || g.in_c < 1 || g.in_h < 1 || g.in_w < 1) return kNone;
  // Beyond these there is only arithmetic to check.
  constexpr int64_t kMost = 1 << 20;
  if (std::max({g.batch, g.out_h, g.out_w, g.in_c, g.out_c, g.stride_h, g.stride_w}) > kMost) return kNone;
  if (std::max(g.k_h, g.k_w) > 64 || g.dilation_h > std::max<int64_t>(g.out_h, 1)) return kNone;
  if (g.dilation_w > g.out_w) return kNone;
  // What the input of all outputs takes across the line, with which sizes are made that are not checked.
  constexpr int64_t kMostAcross = 1 << 28;
  if (std::max(g.out_h * g.stride_h, g.out_w * g.stride_w) > kMostAcross / g.in_c) return kNone;
  const winograd_line::Layout layout = winograd_line::BestLayout(g);
  return layout.groups == 0 ? kNone : winograd_line::CostOf(g, layout);
}

}  // namespace rivulet
