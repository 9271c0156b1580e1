#include "engine/kernels/winograd_layout.h"

#include <algorithm>

#include "engine/base/built_uses.h"
#include "engine/kernels/matmul.h"
#include "engine/kernels/winograd.h"

namespace rivulet {
namespace winograd {

static_assert(kPoints * OddLines((kMaxTiles + kMoreTiles) * kMaxDepth) <= kBlockFloats);
static_assert(kHeadFloats + kPoints * (kMaxColumns / PackedMatrix::kPanel * OddLines(kMaxDepth * PackedMatrix::kPanel) +
                                       OddLines((kMaxTiles + kMoreTiles) * kMaxColumns)) <=
              kBlockFloats);

int64_t TilesOfPart(int64_t tiles, int threads, int64_t tile_rows) {
  constexpr int64_t kLeastTiles = 8;
  const int64_t parts = PartsOf(tiles, kMaxTiles);
  const int64_t shared = std::min(PartsOf(parts, threads) * threads, tiles / kLeastTiles);
  if (threads > 1 && shared > 1 && shared >= parts) return PartsOf(tiles, shared);
  return PartsOf(PartsOf(tiles, parts), tile_rows) * tile_rows;
}

Layout LayoutOf(const ConvGeometry& g, int threads) {
  Layout layout;
  layout.taps = g.k_h;
  layout.outs = layout.side + 1 - layout.taps;
  layout.tiles_y = TilesOf(g.out_h, g.dilation_h, layout.outs);
  layout.tiles_x = TilesOf(g.out_w, g.dilation_w, layout.outs);
  layout.tiles = g.batch * layout.tiles_y * layout.tiles_x;
  layout.depths = PartsOf(g.in_c, kMaxDepth);
  layout.depth = PartsOf(PartsOf(g.in_c, layout.depths), 16) * 16;
  layout.depths = PartsOf(g.in_c, layout.depth);
  const int64_t part_tiles = std::min(TilesOfPart(layout.tiles, threads, 1) + kMoreTiles, layout.tiles);
  layout.input_point = OddLines(part_tiles * layout.depth);
  layout.filter_point = OddLines(layout.depth * PackedMatrix::kPanel);
  layout.sum_point = OddLines((kMaxTiles + kMoreTiles) * kMaxColumns);
  const int64_t first_block =
      kHeadFloats + kPoints * (kMaxColumns / PackedMatrix::kPanel * layout.filter_point + layout.sum_point);
  const int64_t depth_floats = kPoints * layout.input_point;
  layout.block_floats = threads > 1 ? kBlockFloats : std::max(first_block, depth_floats);
  layout.depths_of_block = layout.block_floats / depth_floats;
  layout.blocks = 1 + PartsOf(layout.depths, layout.depths_of_block);
  return layout;
}

}  // namespace winograd

bool WinogradPays(const ConvGeometry& g) {
  if constexpr (!kUses.winograd) return false;
  if ((g.k_h != 3 && g.k_h != 5) || g.k_w != g.k_h || g.stride_h != 1 || g.stride_w != 1 || g.groups != 1) {
    return false;
  }
  // Fewer channels leave nothing to gain, and sizes beyond these only arithmetic to check.
  if (g.batch < 1 || g.out_h < 1 || g.out_w < 1 || g.in_c < 8 || g.out_c < 8 || g.in_h < 1 || g.in_w < 1) return false;
  constexpr int64_t kMost = 1 << 20;
  if (std::max({g.batch, g.out_h, g.out_w, g.in_c, g.out_c}) > kMost) return false;
  if (g.dilation_h > g.out_h || g.dilation_w > g.out_w) return false;
  // Multiply-adds, and what the transforms cost in them: for each input channel of a tile, each output channel of a
  // tile, and each filter in a piece. Measured on AVX2.
  constexpr double kInputCost = 200;
  constexpr double kOutputCost = 180;
  const double taps = static_cast<double>(g.k_h * g.k_w);
  const double filter_cost = 60 + 4.5 * taps;
  const int64_t outs = 7 - g.k_h;
  const double tiles = static_cast<double>(g.batch) *
                       static_cast<double>(winograd::TilesOf(g.out_h, g.dilation_h, outs)) *
                       static_cast<double>(winograd::TilesOf(g.out_w, g.dilation_w, outs));
  const double in_c = static_cast<double>(g.in_c);
  const double out_c = static_cast<double>(g.out_c);
  const double filters = in_c * out_c;
  const double pixels = static_cast<double>(g.batch) * static_cast<double>(g.out_h) * static_cast<double>(g.out_w);
  const double pieces = std::max(tiles / static_cast<double>(winograd::kMaxTiles), 1.0);
  const double transformed =
      filters * (tiles * winograd::kPoints + pieces * filter_cost) + tiles * (in_c * kInputCost + out_c * kOutputCost);
  return transformed * 1.1 < filters * taps * pixels;
}

}  // namespace rivulet
