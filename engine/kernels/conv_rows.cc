// A tile of the matrix kernel is some neighbouring pixels of one output row. What lies under a row of the filter
// follows one another in the input, and for the next pixel the same is stride_w pixels on: the kernel reads it there.
// Only at the borders a stretch of input rows is copied, with the zeros around them.
#include "engine/kernels/conv_rows.h"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/kernels/conv_rows.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

#include "engine/kernels/conv_border.h"
#include "engine/kernels/epilogue-inl.h"
#include "engine/kernels/gemm_tile-inl.h"
#include "engine/kernels/matmul.h"

#ifndef RIVULET_ENGINE_KERNELS_CONV_ROWS_ONCE
#define RIVULET_ENGINE_KERNELS_CONV_ROWS_ONCE
namespace rivulet {
namespace conv_rows {

constexpr int64_t kMostColumns = 64;
constexpr int64_t kMostDepth = 1024;
constexpr int64_t kMostRuns = 64;
constexpr int64_t kMostTilePixels = 14;
constexpr int64_t kCopyFloats = 4096;  // of all copied stretches of a tile

}  // namespace conv_rows
}  // namespace rivulet
#endif

HWY_BEFORE_NAMESPACE();
namespace rivulet {
namespace HWY_NAMESPACE {
namespace {

static_assert(kMaxRows <= conv_rows::kMostTilePixels);

int64_t TilesOfRow(const ConvGeometry& g) { return (g.out_w + kMaxRows - 1) / kMaxRows; }

// Tile `index` of the output: its rows' tiles one after the other.
void DoTile(const ConvTask& task, int64_t index, const ActivationBounds& bounds, float* copies) {
  const ConvGeometry& g = *task.geometry;
  const int64_t tiles = TilesOfRow(g);
  const int64_t row = index / tiles;
  const int64_t first = g.out_w * (index % tiles) / tiles;
  const int64_t count = g.out_w * (index % tiles + 1) / tiles - first;
  const bool dense = g.dilation_w == 1;
  const float* rows[conv_rows::kMostRuns];
  RowsUnder(g, task.input, row, first, count, copies, rows);
  const float* runs[conv_rows::kMostRuns];
  int64_t num_runs = 0;
  for (int64_t i = 0; i < g.k_h; ++i) {
    for (int64_t tap = 0; tap < (dense ? 1 : g.k_w); ++tap) runs[num_runs++] = rows[i] + tap * g.dilation_w * g.in_c;
  }
  const TileLeft left{runs, num_runs, (dense ? g.k_w : 1) * g.in_c, g.stride_w * g.in_c};
  const int64_t panel_floats = g.k_h * g.k_w * g.in_c * kPanel;
  for (int64_t column = 0; column < g.out_c; column += kPairColumns) {
    const float* b0 = task.packed + column / kPanel * panel_floats + column % kPanel;
    const float* b1 = column % kPanel + kLanes < kPanel ? b0 + kLanes : b0 + panel_floats;
    const int64_t at = (row * g.out_w + first) * g.out_c + column;
    const Epilogue& epilogue = *task.epilogue;
    const TileOut out{task.output + at,
                      g.out_c,
                      epilogue.bias != nullptr ? epilogue.bias + column : nullptr,
                      epilogue.addend != nullptr ? epilogue.addend + at : nullptr,
                      bounds.lo,
                      bounds.hi};
    AnyTile(left, count, b0, b1, std::min(kPairColumns, g.out_c - column), out, bounds);
  }
  if (task.epilogue->finish) task.epilogue->finish(task.output + (row * g.out_w + first) * g.out_c, count * g.out_c);
}

void DoTiles(const ConvTask& task, int64_t begin, int64_t end) {
  float copies[conv_rows::kCopyFloats];
  const ActivationBounds bounds(task.epilogue->activation);
  for (int64_t index = begin; index < end; ++index) DoTile(task, index, bounds, copies);
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace rivulet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace rivulet {

HWY_EXPORT(DoTiles);
HWY_EXPORT(TilesOfRow);

bool ConvByRowsPays(const ConvGeometry& g) {
  if (g.groups != 1 || g.out_c > conv_rows::kMostColumns || g.k_h * g.k_w <= 1 || g.in_c < 1) return false;
  if (g.k_h > conv_rows::kMostRuns || g.k_w > conv_rows::kMostRuns || g.in_c > conv_rows::kMostDepth) return false;
  if (g.stride_w > conv_rows::kCopyFloats || g.dilation_w > conv_rows::kCopyFloats) return false;
  const int64_t runs = g.dilation_w == 1 ? g.k_h : g.k_h * g.k_w;
  return runs <= conv_rows::kMostRuns && g.k_h * g.k_w * g.in_c <= conv_rows::kMostDepth &&
         g.k_h * PixelsUnder(g, conv_rows::kMostTilePixels) * g.in_c <= conv_rows::kCopyFloats;
}

void ConvByRows(const float* input, const float* packed, const ConvGeometry& g, const Epilogue& epilogue, float* output,
                ThreadPool& pool, const StopToken& stop) {
  const int64_t tiles = g.batch * g.out_h * HWY_DYNAMIC_DISPATCH(TilesOfRow)(g);
  const ConvTask task{&g, input, packed, &epilogue, output};
  const int64_t work = g.k_h * g.k_w * g.in_c * g.out_c * std::min<int64_t>(g.out_w, conv_rows::kMostTilePixels);
  const int64_t grain = std::max<int64_t>((1 << 18) / std::max<int64_t>(work, 1), 1);
  pool.ParallelFor(tiles, grain, stop, [&](int64_t begin, int64_t end) {
    HWY_DYNAMIC_DISPATCH(DoTiles)(task, begin, end);
  });
}

}  // namespace rivulet
#endif  // HWY_ONCE
