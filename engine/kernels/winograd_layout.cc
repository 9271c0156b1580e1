#include "engine/kernels/winograd_layout.h"

#include <algorithm>
#include <iterator>
#include <limits>

#include "engine/base/built_uses.h"
#include "engine/kernels/matmul.h"
#include "engine/kernels/winograd.h"

namespace rivulet {
namespace winograd {

namespace {

// Whether what a thread holds of a piece fits its blocks.
constexpr bool Fits(const Form& form) {
  const int64_t points = form.side * form.side;
  const int64_t tiles = form.max_tiles + kMoreTiles;
  const int64_t filters = kMaxColumns / PackedMatrix::kPanel * OddLines(form.max_depth * PackedMatrix::kPanel);
  return points * OddLines(tiles * form.max_depth) <= kBlockFloats &&
         kHeadFloats + points * (filters + OddLines(tiles * kMaxColumns)) <= kBlockFloats;
}
static_assert(std::all_of(std::begin(kForms), std::end(kForms), Fits));

struct Tiles {
  int64_t y;
  int64_t x;
};

Tiles GridOf(const ConvGeometry& g, const Form& form) {
  const int64_t outs = form.side + 1 - form.taps;
  return {TilesOf(g.out_h, g.dilation_h, outs), TilesOf(g.out_w, g.dilation_w, outs)};
}

// What the whole costs, in multiply-adds at the processor's full rate: short sums and transforms take a quarter longer.
double CostOf(const ConvGeometry& g, const Form& form) {
  const auto [tiles_y, tiles_x] = GridOf(g, form);
  const double tiles = static_cast<double>(g.batch) * static_cast<double>(tiles_y) * static_cast<double>(tiles_x);
  const auto groups = static_cast<double>(PartsOf(g.k_h, form.taps) * PartsOf(g.k_w, form.taps));
  const double in_c = static_cast<double>(g.in_c) * groups;
  const double out_c = static_cast<double>(g.out_c);
  const double pieces = std::max(tiles / static_cast<double>(form.max_tiles), 1.0);
  // Fewer rows than these wait for one another's sums.
  const double points = static_cast<double>(form.side * form.side) * std::max(tiles, 4.0);
  return 1.25 * (in_c * out_c * (points + pieces * form.filter_cost) +
                 tiles * (in_c * form.input_cost + out_c * form.output_cost));
}

bool Takes(const Form& form, int64_t taps) {
  return PartsOf(taps, form.taps) <= kMostGroups && (taps % form.taps == 0 || form.taps == kPartTaps);
}

// The form that is least work, or null. What is less accurate has to save a twentieth.
const Form* LeastWork(const ConvGeometry& g) {
  const Form* least = nullptr;
  for (const Form& form : kForms) {
    if (!Takes(form, g.k_h) || !Takes(form, g.k_w)) continue;
    if (least == nullptr || CostOf(g, form) < 0.95 * CostOf(g, *least)) least = &form;
  }
  return least;
}

}  // namespace

int64_t TilesOfPart(const Layout& layout, int threads, int64_t tile_rows) {
  constexpr int64_t kLeastTiles = 8;
  const int64_t tiles = layout.tiles;
  const int64_t parts = PartsOf(tiles, layout.max_tiles);
  const int64_t shared = std::min(PartsOf(parts, threads) * threads, tiles / kLeastTiles);
  if (threads > 1 && shared > 1 && shared >= parts && layout.by_tiles) return PartsOf(tiles, shared);
  return PartsOf(PartsOf(tiles, parts), tile_rows) * tile_rows;
}

Layout LayoutOf(const ConvGeometry& g, int threads) {
  const Form& form = *LeastWork(g);
  Layout layout;
  layout.side = form.side;
  layout.max_tiles = form.max_tiles;
  layout.taps = form.taps;
  layout.groups_y = PartsOf(g.k_h, form.taps);
  layout.groups_x = PartsOf(g.k_w, form.taps);
  layout.outs = layout.side + 1 - layout.taps;
  const auto [tiles_y, tiles_x] = GridOf(g, form);
  layout.tiles_y = tiles_y;
  layout.tiles_x = tiles_x;
  layout.tiles = g.batch * layout.tiles_y * layout.tiles_x;
  // Input is transformed from what another thread has written, at times in a cache that is far.
  constexpr double kFar = 2.5;
  layout.by_tiles =
      static_cast<double>(layout.tiles) * form.input_cost * kFar > static_cast<double>(g.out_c) * form.filter_cost;
  layout.depths = PartsOf(g.in_c, form.max_depth);
  layout.depth = PartsOf(PartsOf(g.in_c, layout.depths), 16) * 16;
  layout.depths = PartsOf(g.in_c, layout.depth);
  layout.piece_tiles =
      std::min({TilesOfPart(layout, threads, 1) + kMostTileRows - 1, form.max_tiles + kMoreTiles, layout.tiles});
  layout.input_point = OddLines(layout.piece_tiles * layout.depth);
  layout.filter_point = OddLines(layout.depth * PackedMatrix::kPanel);
  layout.sum_point = OddLines((form.max_tiles + kMoreTiles) * kMaxColumns);
  const int64_t first_block =
      kHeadFloats + layout.points() * (kMaxColumns / PackedMatrix::kPanel * layout.filter_point + layout.sum_point);
  const int64_t depth_floats = layout.points() * layout.input_point;
  layout.block_floats = threads > 1 ? kBlockFloats : std::max(first_block, depth_floats);
  layout.depths_of_block = layout.block_floats / depth_floats;
  layout.blocks = 1 + PartsOf(layout.groups() * layout.depths, layout.depths_of_block);
  return layout;
}

}  // namespace winograd

double WinogradCost(const ConvGeometry& g) {
  constexpr double kNone = std::numeric_limits<double>::infinity();
  if constexpr (!kUses.winograd) return kNone;
  if (g.stride_h != 1 || g.stride_w != 1 || g.groups != 1 || g.k_h * g.k_w <= 1) return kNone;
  // Fewer channels leave nothing to gain, and sizes beyond these only arithmetic to check.
  if (g.batch < 1 || g.out_h < 1 || g.out_w < 1 || g.in_c < 8 || g.out_c < 8 || g.in_h < 1 || g.in_w < 1) return kNone;
  constexpr int64_t kMost = 1 << 20;
  if (std::max({g.batch, g.out_h, g.out_w, g.in_c, g.out_c}) > kMost) return kNone;
  if (g.dilation_h > g.out_h || g.dilation_w > g.out_w) return kNone;
  const winograd::Form* form = winograd::LeastWork(g);
  return form == nullptr ? kNone : winograd::CostOf(g, *form);
}

}  // namespace rivulet
