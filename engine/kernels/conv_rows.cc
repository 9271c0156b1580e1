// A tile of the matrix kernel is some neighbouring pixels of one output row. What lies under a row of the filter
// follows one another in the input, and for the next pixel the same is stride_w pixels on: the kernel reads it there.
// Only at the borders a stretch of input rows is copied, with the zeros around them; where a tile is a whole row, so
// that each has borders, every input row once.
#include "engine/kernels/conv_rows.h"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/kernels/conv_rows.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

#include "engine/base/small.h"
#include "engine/kernels/conv_border.h"
#include "engine/kernels/epilogue-inl.h"
#include "engine/kernels/gemm_tile-inl.h"
#include "engine/kernels/matmul.h"

#ifndef RIVULET_ENGINE_KERNELS_CONV_ROWS_ONCE
#define RIVULET_ENGINE_KERNELS_CONV_ROWS_ONCE
namespace rivulet {
namespace conv_rows {

constexpr int64_t kMostColumns = 64;
constexpr int64_t kMostDepth = 2048;
constexpr int64_t kMostRuns = 64;
constexpr int64_t kMostTilePixels = 14;
constexpr int64_t kCopyFloats = 8192;  // of all copied stretches of a tile

// What is copied at a border: under a row of the filter the pixels from the first to the last, or where its taps lie
// farther apart than a tile is wide, those under each tap.
inline bool Apart(const ConvGeometry& g) {
  return g.dilation_w > PixelsUnder(g, kMostTilePixels) - (g.k_w - 1) * g.dilation_w;
}
inline int64_t StretchesOfRow(const ConvGeometry& g) { return Apart(g) ? g.k_w : 1; }
inline int64_t StretchPixels(const ConvGeometry& g, int64_t count) {
  return PixelsUnder(g, count) - (Apart(g) ? (g.k_w - 1) * g.dilation_w : 0);
}

// Runs of the filter's order under one of its rows.
inline int64_t RunsOfRow(const ConvGeometry& g) { return g.dilation_w == 1 ? 1 : g.k_w; }

// Input rows from the first under the first of so many output rows to the last under the last.
inline int64_t InputRows(const ConvGeometry& g, int64_t rows) {
  return (rows - 1) * g.stride_h + (g.k_h - 1) * g.dilation_h + 1;
}

// Output rows whose input fits the copies; 0 where none does, where whole rows have no borders, and in small engines.
inline int64_t RowsTogether(const ConvGeometry& g) {
  if constexpr (kIsSmall) return 0;
  const int64_t pixels = PixelsUnder(g, g.out_w);
  if (g.pad_left <= 0 && pixels - g.pad_left <= g.in_w) return 0;
  if (g.stride_h > kCopyFloats || g.dilation_h > kCopyFloats || pixels > kCopyFloats / g.in_c) return 0;
  const int64_t room = kCopyFloats / (pixels * g.in_c) - InputRows(g, 1);
  return room < 0 ? 0 : room / g.stride_h + 1;
}

}  // namespace conv_rows
}  // namespace rivulet
#endif

HWY_BEFORE_NAMESPACE();
namespace rivulet {
namespace HWY_NAMESPACE {
namespace {

static_assert(kMaxRows <= conv_rows::kMostTilePixels);

int64_t TilesOfRow(const ConvGeometry& g) { return (g.out_w + kMaxRows - 1) / kMaxRows; }

// `count` pixels of the output from pixel `first` of row `row` on (counted over the batch), of the input under them.
void Multiply(const ConvTask& task, int64_t row, int64_t first, int64_t count, const TileLeft& left,
              const ActivationBounds& bounds) {
  const ConvGeometry& g = *task.geometry;
  const int64_t panel_floats = g.k_h * g.k_w * g.in_c * kPanel;
  const Epilogue& epilogue = *task.epilogue;
  for (int64_t column = 0; column < g.out_c; column += kPairColumns) {
    const float* b0 = task.packed + column / kPanel * panel_floats + column % kPanel;
    const float* b1 = column % kPanel + kLanes < kPanel ? b0 + kLanes : b0 + panel_floats;
    const int64_t at = (row * g.out_w + first) * g.out_c + column;
    const TileOut out{task.output + at,
                      g.out_c,
                      epilogue.bias != nullptr ? epilogue.bias + column : nullptr,
                      epilogue.addend != nullptr ? epilogue.addend + at : nullptr,
                      bounds.lo,
                      bounds.hi};
    AnyTile(left, count, b0, b1, std::min(kPairColumns, g.out_c - column), out, bounds);
  }
  if (epilogue.finish) epilogue.finish(task.output + (row * g.out_w + first) * g.out_c, count * g.out_c);
}

// A tile whose borders are copied for it alone. `under`: where the first pixel of each input row under the filter's
// rows lies, null where there is none.
void DoTile(const ConvTask& task, int64_t row, int64_t first, int64_t count, const float* const* under, bool all_there,
            const ActivationBounds& bounds, float* copies) {
  const ConvGeometry& g = *task.geometry;
  const int64_t in_x = first * g.stride_w - g.pad_left;
  const int64_t pixels = conv_rows::StretchPixels(g, count);
  const int64_t stretches = conv_rows::StretchesOfRow(g);
  const int64_t taps = conv_rows::RunsOfRow(g);
  const float* runs[conv_rows::kMostRuns];
  int64_t num_runs = 0;
  for (int64_t i = 0; i < g.k_h; ++i) {
    for (int64_t stretch = 0; stretch < stretches; ++stretch) {
      const int64_t x = in_x + stretch * g.dilation_w;
      const bool copied = x < 0 || x + pixels > g.in_w || (!all_there && under[i] == nullptr);
      const float* from = copied ? copies : under[i] + x * g.in_c;
      if (copied) {
        CopyRow(g, under[i], x, pixels, copies);
        copies += pixels * g.in_c;
      }
      for (int64_t tap = 0; tap < taps / stretches; ++tap) runs[num_runs++] = from + tap * g.dilation_w * g.in_c;
    }
  }
  Multiply(task, row, first, count, {runs, num_runs, g.k_w / taps * g.in_c, g.stride_w * g.in_c}, bounds);
}

// Rows [begin, end) of the output, of one image, each a tile: the input under them is copied with its borders.
void DoWholeRows(const ConvTask& task, int64_t begin, int64_t end, const ActivationBounds& bounds, float* copies) {
  const ConvGeometry& g = *task.geometry;
  const int64_t image = begin / g.out_h;
  const int64_t pixels = PixelsUnder(g, g.out_w), row_floats = pixels * g.in_c;
  const int64_t top = (begin - image * g.out_h) * g.stride_h - g.pad_top;
  const int64_t rows = conv_rows::InputRows(g, end - begin);
  for (int64_t i = 0; i < rows; ++i) {
    const int64_t y = top + i;
    const float* from = y >= 0 && y < g.in_h ? task.input + (image * g.in_h + y) * g.in_w * g.in_c : nullptr;
    CopyRow(g, from, -g.pad_left, pixels, copies + i * row_floats);
  }
  const int64_t taps = conv_rows::RunsOfRow(g);
  for (int64_t row = begin; row < end; ++row) {
    const float* runs[conv_rows::kMostRuns];
    int64_t num_runs = 0;
    for (int64_t i = 0; i < g.k_h; ++i) {
      const float* from = copies + ((row - begin) * g.stride_h + i * g.dilation_h) * row_floats;
      for (int64_t tap = 0; tap < taps; ++tap) runs[num_runs++] = from + tap * g.dilation_w * g.in_c;
    }
    Multiply(task, row, 0, g.out_w, {runs, num_runs, g.k_w / taps * g.in_c, g.stride_w * g.in_c}, bounds);
  }
}

// Tiles [begin, end) of the output: its rows' tiles one after the other.
void DoTiles(const ConvTask& task, int64_t begin, int64_t end) {
  const ConvGeometry& g = *task.geometry;
  float copies[conv_rows::kCopyFloats];
  const float* under[conv_rows::kMostRuns];
  const ActivationBounds bounds(task.epilogue->activation);
  const int64_t tiles = TilesOfRow(g);
  if (const int64_t together = conv_rows::RowsTogether(g); tiles == 1 && together > 0) {
    for (int64_t row = begin, next; row < end; row = next) {
      next = std::min({row + together, end, (row / g.out_h + 1) * g.out_h});
      DoWholeRows(task, row, next, bounds, copies);
    }
    return;
  }
  for (int64_t index = begin; index < end;) {
    const int64_t row = index / tiles;
    const int64_t image = row / g.out_h;
    const int64_t in_y = (row - image * g.out_h) * g.stride_h - g.pad_top;
    bool all_there = true;
    for (int64_t i = 0; i < g.k_h; ++i) {
      const int64_t y = in_y + i * g.dilation_h;
      under[i] = y >= 0 && y < g.in_h ? task.input + (image * g.in_h + y) * g.in_w * g.in_c : nullptr;
      all_there &= under[i] != nullptr;
    }
    const int64_t row_end = std::min(end, (row + 1) * tiles);
    for (int64_t tile = index - row * tiles; index < row_end; ++index, ++tile) {
      const int64_t first = g.out_w * tile / tiles;
      DoTile(task, row, first, g.out_w * (tile + 1) / tiles - first, under, all_there, bounds, copies);
    }
  }
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
  // Beyond these there is only arithmetic to check.
  if (g.stride_w > conv_rows::kCopyFloats || g.dilation_w > (int64_t{1} << 40)) return false;
  const int64_t runs = g.dilation_w == 1 ? g.k_h : g.k_h * g.k_w;
  return runs <= conv_rows::kMostRuns && g.k_h * g.k_w * g.in_c <= conv_rows::kMostDepth &&
         g.k_h * conv_rows::StretchesOfRow(g) * conv_rows::StretchPixels(g, conv_rows::kMostTilePixels) * g.in_c <=
             conv_rows::kCopyFloats;
}

void ConvByRows(const float* input, const float* packed, const ConvGeometry& g, const Epilogue& epilogue, float* output,
                ThreadPool& pool, const StopToken& stop) {
  const int64_t tiles = g.batch * g.out_h * HWY_DYNAMIC_DISPATCH(TilesOfRow)(g);
  const ConvTask task{&g, input, packed, &epilogue, output};
  const int64_t work = g.k_h * g.k_w * g.in_c * g.out_c * std::min<int64_t>(g.out_w, conv_rows::kMostTilePixels);
  const int64_t least = std::max<int64_t>((1 << 18) / std::max<int64_t>(work, 1), 1);
  const int64_t pieces = (tiles + least - 1) / least;
  const int64_t grain = pieces > 0 ? (tiles + pieces - 1) / pieces : 1;
  pool.ParallelFor(tiles, grain, stop, [&](int64_t begin, int64_t end) {
    HWY_DYNAMIC_DISPATCH(DoTiles)(task, begin, end);
  });
}

}  // namespace rivulet
#endif  // HWY_ONCE
