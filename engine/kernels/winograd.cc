// A piece is a few tiles of the input and a few output channels. A thread transforms its tiles when it comes to them,
// then for each of their pieces the filters, multiplies point by point and transforms the sums back. The transformed
// filter is four times as large as the filter itself and is never written out whole: made anew in the second-level
// cache for each piece, it costs less than reading it from memory would.
//
// All that is transformed stays with the thread that made it. Where processors share no cache, a line that another one
// has read or written costs some ten times what a store costs: to transform tiles for all threads took two of them as
// long as one.
#include "engine/kernels/winograd.h"

#include <algorithm>
#include <atomic>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/kernels/winograd.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

#include "engine/base/built_uses.h"
#include "engine/base/small.h"
#include "engine/kernels/gemm_tile-inl.h"
#include "engine/kernels/winograd_layout.h"
#include "engine/kernels/winograd_transforms-inl.h"

#ifndef RIVULET_ENGINE_KERNELS_WINOGRAD_ONCE
#define RIVULET_ENGINE_KERNELS_WINOGRAD_ONCE
namespace rivulet {
namespace winograd {

struct Task {
  const ConvGeometry* geometry;
  Layout layout;
  const float* input;
  const float* packed;
  const Epilogue* epilogue;
  float* output;
  float* scratch;
  int threads;
  int64_t part_tiles;  // of a piece
  std::atomic<bool>* not_finite;
};

// What a thread has for itself. The same thread has the same memory for every convolution, in blocks among those of the
// others, so that no line of it is ever another's.
struct Own {
  const Task* task;
  int thread;

  float* Block(int64_t block) const {
    return task->scratch + (block * task->threads + thread) * task->layout.block_floats;
  }
  // The part whose tiles it has transformed, or -1.
  int64_t& part() const { return *reinterpret_cast<int64_t*>(Block(0)); }
  float* filters() const { return Block(0) + kHeadFloats; }
  float* sums() const {
    return filters() + kMaxColumns / PackedMatrix::kPanel * task->layout.points() * task->layout.filter_point;
  }
  // Transformed tiles of a block of input channels: [points][tiles][depth].
  float* Tiles(int64_t depth_block) const {
    const int64_t in_block = task->layout.depths_of_block;
    return Block(1 + depth_block / in_block) +
           depth_block % in_block * task->layout.points() * task->layout.input_point;
  }
};

}  // namespace winograd
}  // namespace rivulet
#endif

HWY_BEFORE_NAMESPACE();
namespace rivulet {
namespace HWY_NAMESPACE {
namespace {

using winograd::Layout;
using winograd::Own;
using winograd::Task;

// Output channels of a piece: whole panels of the packed filter, and at least one pair of vectors.
constexpr int64_t kColumns = std::max(kPanel, kPairColumns);
static_assert(kColumns <= winograd::kMaxColumns);
constexpr int64_t kMaxSide = 8;

struct TilePlace {
  int64_t image;
  int64_t y;  // of the first output pixel
  int64_t x;
};

HWY_INLINE TilePlace PlaceOf(const ConvGeometry& g, const Layout& layout, int64_t tile) {
  const int64_t row = tile / layout.tiles_x;
  return {row / layout.tiles_y, winograd::FirstOf(row % layout.tiles_y, g.dilation_h, layout.outs),
          winograd::FirstOf(tile % layout.tiles_x, g.dilation_w, layout.outs)};
}

// Where the input pixels of a tile lie. Those outside [top, bottom) x [left, right) are zero.
struct Window {
  int64_t row;  // floats from one pixel to the one below
  int64_t pixel;
  int64_t top, bottom, left, right;
};

// A vector of channels of a tile's input pixels, the first of them at `at`. The first dimension's results lie in `half`
// before the second's are made from them. `side` is kSide, known only at run time, for loops that are better not
// unrolled.
template <int kSide>
HWY_NOINLINE void TransformTile(const float* at, const Window& w, float* HWY_RESTRICT to, int64_t point, int64_t side) {
  const D d;
  HWY_ALIGN float half[static_cast<size_t>(kSide * kSide * kLanes)];
  for (int64_t x = 0; x < side; ++x, at += w.pixel) {
    float* column = half + x * kLanes;
    TransformInput<kSide>([&](int64_t y) HWY_ATTR { return hn::LoadU(d, at + y * w.row); },
                          [&](V v, int64_t y) HWY_ATTR { hn::Store(v, d, column + y * kSide * kLanes); });
  }
  for (int64_t y = 0; y < side; ++y, to += kSide * point) {
    const float* row = half + y * kSide * kLanes;
    TransformInput<kSide>([&](int64_t x) HWY_ATTR { return hn::Load(d, row + x * kLanes); },
                          [&](V v, int64_t x) HWY_ATTR { hn::StoreU(v, d, to + x * point); });
  }
}

// The same of a tile of which some pixels, or channels beyond the first `count`, are not there.
HWY_NOINLINE Window CopyWindow(const float* at, const Window& w, int64_t count, int64_t side, float* HWY_RESTRICT to) {
  const D d;
  const Window copied{side * kLanes, kLanes, 0, side, 0, side};
  for (int64_t y = 0; y < side; ++y) {
    for (int64_t x = 0; x < side; ++x, to += kLanes) {
      const bool inside = y >= w.top && y < w.bottom && x >= w.left && x < w.right;
      hn::Store(inside ? LoadSome(at + y * w.row + x * w.pixel, count) : hn::Zero(d), d, to);
    }
  }
  return copied;
}

// One group of a filter's taps, those of one panel of 16 output channels.
struct TapGroup {
  const float* first;  // tap's first channel
  int64_t tap;         // floats from one tap to the next
  int64_t row;         // and to the one below
  int64_t height;      // taps that are there: where kTaps are kPartTaps, others may lack
  int64_t width;
};

TapGroup TapsOf(const ConvGeometry& g, const Layout& layout, int64_t group, const float* panel) {
  const int64_t y = group / layout.groups_x * layout.taps;
  const int64_t x = group % layout.groups_x * layout.taps;
  const int64_t tap = g.in_c * kPanel;
  return {panel + (y * g.k_w + x) * tap, tap, g.k_w * tap, std::min(layout.taps, g.k_h - y),
          std::min(layout.taps, g.k_w - x)};
}

// The filters of `depth` input channels from `first` on. The taps' lines often fall into one set of the cache: each is
// read whole before the next. They come from memory, in streams too short to be foreseen.
template <int kSide, int kTaps>
HWY_NOINLINE void TransformFilters(const TapGroup& taps, int64_t first, int64_t depth, const Layout& layout,
                                   float* HWY_RESTRICT filters) {
  const D d;
  HWY_ALIGN float half[static_cast<size_t>(kTaps * kSide * kPanel)];
  constexpr int64_t kAhead = 16;
  constexpr int64_t kRow = kTaps * kPanel;
  const int64_t point = layout.filter_point;
  for (int64_t k = 0; k < depth; ++k) {
    const float* from = taps.first + (first + k) * kPanel;
    for (int64_t x = 0; x < layout.taps; ++x, from += taps.tap) {
      const int64_t height = x < taps.width ? taps.height : 0;
      for (int64_t j = 0; j < kPanel; j += kLanes) {
        const auto load = [&](int64_t y) HWY_ATTR {
          if (kTaps == winograd::kPartTaps && y >= height) return hn::Zero(d);
          const float* at = from + y * taps.row + j;
          __builtin_prefetch(at + kAhead * kPanel);
          return hn::LoadU(d, at);
        };
        float* column = half + x * kPanel + j;
        TransformFilter<kSide, kTaps>(load, [&](V v, int64_t y) HWY_ATTR { hn::Store(v, d, column + y * kRow); });
      }
    }
    float* to = filters + k * kPanel;
    for (int64_t y = 0; y < layout.side; ++y, to += kSide * point) {
      for (int64_t j = 0; j < kPanel; j += kLanes) {
        const float* at = half + y * kRow + j;
        TransformFilter<kSide, kTaps>([&](int64_t x) HWY_ATTR { return hn::Load(d, at + x * kPanel); },
                                      [&](V v, int64_t x) HWY_ATTR { hn::StoreU(v, d, to + x * point + j); });
      }
    }
  }
}

// Where a tile goes in the output.
struct Target {
  float* output;        // its first pixel's channels
  const float* addend;  // laid out alike, or null
  const float* bias;    // of the channels, or null
  int64_t row;
  int64_t pixel;
  int64_t height;  // pixels of the tile that are there
  int64_t width;
};

// A vector of output channels of one tile. Returns zeros, or something else where a result is not finite.
template <int kSide>
HWY_NOINLINE V FinishTile(const float* sums, const Layout& layout, const Target& t, const ActivationBounds& bounds,
                          int64_t count) {
  const D d;
  constexpr int64_t kMostOuts = kSide - 2;
  constexpr int64_t kRow = kSide * kLanes;
  const bool most = layout.outs == kMostOuts;
  HWY_ALIGN float half[static_cast<size_t>(kMostOuts * kRow)];
  const int64_t last = (layout.outs - 1) * kRow;
  for (int64_t x = 0; x < layout.side; ++x) {
    float* column = half + x * kLanes;
    const float* from = sums + x * layout.sum_point;
    const auto load = [&](int64_t y) HWY_ATTR {
      return y + 1 < kSide || most ? hn::LoadU(d, from + y * kSide * layout.sum_point) : hn::Zero(d);
    };
    TransformOutput<kSide>(load, layout.outs, [&](V v, int64_t y) HWY_ATTR { hn::Store(v, d, column + y * kRow); });
    if (most) continue;
    const V end = hn::LoadU(d, from + (kSide - 1) * kSide * layout.sum_point);
    hn::Store(hn::Add(hn::Load(d, column + last), end), d, column + last);
  }
  const V bias = t.bias != nullptr ? LoadSome(t.bias, count) : hn::Zero(d);
  V finite = hn::Zero(d);
  HWY_ALIGN float line[static_cast<size_t>(kMostOuts * kLanes)];
  for (int64_t y = 0; y < t.height; ++y) {
    const float* row = half + y * kRow;
    const auto load = [&](int64_t x)
                          HWY_ATTR { return x + 1 < kSide || most ? hn::Load(d, row + x * kLanes) : hn::Zero(d); };
    TransformOutput<kSide>(load, layout.outs, [&](V v, int64_t x) HWY_ATTR { hn::Store(v, d, line + x * kLanes); });
    const V end = hn::Load(d, row + (kSide - 1) * kLanes);
    for (int64_t x = 0; x < t.width; ++x) {
      const int64_t at = y * t.row + x * t.pixel;
      V v = hn::Load(d, line + x * kLanes);
      if (!most && x + 1 == layout.outs) v = hn::Add(v, end);
      finite = hn::MulAdd(v, hn::Zero(d), finite);
      v = hn::Add(v, bias);
      if (t.addend != nullptr) v = hn::Add(v, LoadSome(t.addend + at, count));
      StoreSome(Activate(v, bounds), count, t.output + at);
    }
  }
  return finite;
}

// The transforms of a form.
struct Transforms {
  decltype(&TransformTile<6>) tile;
  decltype(&TransformFilters<6, 3>) filters;
  decltype(&FinishTile<6>) finish;
};

template <int kSide, int kTaps>
HWY_INLINE Transforms TransformsFor() {
  return {&TransformTile<kSide>, &TransformFilters<kSide, kTaps>, &FinishTile<kSide>};
}

Transforms TransformsOf(const Layout& layout) {
  const int64_t taps = layout.taps;
  if (layout.side == 4) return TransformsFor<4, 3>();
  if constexpr (!kIsSmall) {
    if (taps == 4) return layout.side == 6 ? TransformsFor<6, 4>() : TransformsFor<8, 4>();
  }
  if (layout.side == 6) return TransformsFor<6, 3>();
  return taps == 3 ? TransformsFor<8, 3>() : TransformsFor<8, 5>();
}

// Transforms the input of one group of taps of a tile, into row `row` of the group's blocks. The group's first tap lies
// over pixel (in_y, in_x) of the image.
void TransformGroup(const Own& own, const Transforms& transforms, int64_t group, const float* image, int64_t in_y,
                    int64_t in_x, int64_t row) {
  const ConvGeometry& g = *own.task->geometry;
  const Layout& layout = own.task->layout;
  Window w{
      g.dilation_h * g.in_w * g.in_c,           g.dilation_w * g.in_c,
      winograd::StepsTo(0, in_y, g.dilation_h), std::min(winograd::StepsTo(g.in_h, in_y, g.dilation_h), layout.side),
      winograd::StepsTo(0, in_x, g.dilation_w), std::min(winograd::StepsTo(g.in_w, in_x, g.dilation_w), layout.side)};
  const bool inside = w.top == 0 && w.left == 0 && w.bottom == layout.side && w.right == layout.side;
  const float* at = image + (in_y * g.in_w + in_x) * g.in_c;
  for (int64_t block = 0; block < layout.depths; ++block) {
    float* to = own.Tiles(group * layout.depths + block) + row * layout.depth;
    const int64_t first = block * layout.depth;
    const int64_t channels = std::min(layout.depth, g.in_c - first);
    for (int64_t c = 0; c < channels; c += kLanes) {
      const int64_t count = channels - c;
      const float* from = at + first + c;
      if (inside && count >= kLanes) {
        transforms.tile(from, w, to + c, layout.input_point, layout.side);
      } else {
        HWY_ALIGN float copy[static_cast<size_t>(kMaxSide * kMaxSide * kLanes)];
        const Window copied = CopyWindow(from, w, count, layout.side, copy);
        transforms.tile(copy, copied, to + c, layout.input_point, layout.side);
      }
    }
  }
}

// Transforms the tiles [begin, end).
void TransformTiles(const Own& own, const Transforms& transforms, int64_t begin, int64_t end) {
  const ConvGeometry& g = *own.task->geometry;
  const Layout& layout = own.task->layout;
  for (int64_t i = begin; i < end; ++i) {
    const TilePlace place = PlaceOf(g, layout, i);
    const float* image = own.task->input + place.image * g.in_h * g.in_w * g.in_c;
    for (int64_t y = 0; y < layout.groups_y; ++y) {
      for (int64_t x = 0; x < layout.groups_x; ++x) {
        TransformGroup(own, transforms, y * layout.groups_x + x, image,
                       place.y - g.pad_top + y * layout.taps * g.dilation_h,
                       place.x - g.pad_left + x * layout.taps * g.dilation_w, i - begin);
      }
    }
  }
}

// The tiles [begin, end), which are transformed, of the output channels from `column` on.
void Multiply(const Own& own, const Transforms& transforms, int64_t begin, int64_t end, int64_t column) {
  const D d;
  const Task& task = *own.task;
  const ConvGeometry& g = *task.geometry;
  const Layout& layout = task.layout;
  const int64_t width = std::min(kColumns, g.out_c - column);
  const int64_t panels = (width + kPanel - 1) / kPanel;
  const int64_t tiles = end - begin;
  float* const filters = own.filters();
  float* const sums = own.sums();
  const int64_t panel_floats = g.k_h * g.k_w * g.in_c * kPanel;
  const int64_t row_parts = (tiles + kMaxRows - 1) / kMaxRows;
  const int64_t points = layout.points();
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  for (int64_t block = 0; block < layout.groups() * layout.depths; ++block) {
    const int64_t first = block % layout.depths * layout.depth;
    const int64_t depth = std::min(layout.depth, g.in_c - first);
    for (int64_t panel = 0; panel < panels; ++panel) {
      const float* packed = task.packed + (column / kPanel + panel) * panel_floats;
      transforms.filters(TapsOf(g, layout, block / layout.depths, packed), first, depth, layout,
                         filters + panel * points * layout.filter_point);
    }
    const float* const inputs = own.Tiles(block);
    for (int64_t point = 0; point < points; ++point) {
      const float* left = inputs + point * layout.input_point;
      const float* right = filters + point * layout.filter_point;
      for (int64_t part = 0; part < row_parts; ++part) {
        const int64_t row = tiles * part / row_parts;
        const int64_t rows = tiles * (part + 1) / row_parts - row;
        const float* a = left + row * layout.depth;
        const TileLeft tile{&a, 1, depth, layout.depth};
        for (int64_t j = 0; j < panels * kPanel; j += kPairColumns) {
          float* c = sums + point * layout.sum_point + row * kColumns + j;
          const TileOut out{c, kColumns, nullptr, block > 0 ? c : nullptr, -kInfinity, kInfinity};
          const float* b0 = right + j / kPanel * points * layout.filter_point + j % kPanel;
          if constexpr (kLanes < kPanel) {
            TileFor<true>(rows)(tile, b0, b0 + kLanes, out);
          } else if (j + kLanes < panels * kPanel) {
            TileFor<true>(rows)(tile, b0, b0 + points * layout.filter_point, out);
          } else {
            TileFor<false>(rows)(tile, b0, b0, out);
          }
        }
      }
    }
  }
  const Epilogue& epilogue = *task.epilogue;
  const ActivationBounds bounds(epilogue.activation);
  V finite = hn::Zero(d);
  for (int64_t i = 0; i < tiles; ++i) {
    const TilePlace place = PlaceOf(g, layout, begin + i);
    Target t;
    t.pixel = g.dilation_w * g.out_c;
    t.row = g.dilation_h * g.out_w * g.out_c;
    t.height = std::min(winograd::StepsTo(g.out_h, place.y, g.dilation_h), layout.outs);
    t.width = std::min(winograd::StepsTo(g.out_w, place.x, g.dilation_w), layout.outs);
    const int64_t at = ((place.image * g.out_h + place.y) * g.out_w + place.x) * g.out_c + column;
    for (int64_t j = 0; j < width; j += kLanes) {
      t.output = task.output + at + j;
      t.addend = epilogue.addend != nullptr ? epilogue.addend + at + j : nullptr;
      t.bias = epilogue.bias != nullptr ? epilogue.bias + column + j : nullptr;
      finite = hn::Add(finite, transforms.finish(sums + i * kColumns + j, layout, t, bounds, width - j));
    }
  }
  if (!hn::AllTrue(d, hn::Eq(finite, hn::Zero(d)))) task.not_finite->store(true, std::memory_order_relaxed);
}

int64_t ColumnParts(int64_t out_c) { return (out_c + kColumns - 1) / kColumns; }
int64_t TileRows() { return kMaxRows; }

// Pieces of the same tiles follow one another, so that a thread keeps to its part of the picture.
void DoPiece(const Task& task, int64_t index, int thread) {
  const Own own{&task, thread};
  const Transforms transforms = TransformsOf(task.layout);
  const int64_t column_parts = ColumnParts(task.geometry->out_c);
  const int64_t part = index / column_parts;
  const int64_t begin = part * task.part_tiles;
  const int64_t end = std::min(begin + task.part_tiles, task.layout.tiles);
  if (own.part() != part) {
    TransformTiles(own, transforms, begin, end);
    own.part() = part;
  }
  Multiply(own, transforms, begin, end, index % column_parts * kColumns);
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace rivulet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace rivulet {
namespace {

HWY_EXPORT(DoPiece);
HWY_EXPORT(ColumnParts);
HWY_EXPORT(TileRows);

}  // namespace

CheckedSize WinogradScratchBytes(const ConvGeometry& g, int threads) {
  const winograd::Layout layout = winograd::LayoutOf(g, threads);
  return CheckedSize(layout.blocks) * CheckedSize(threads) *
         (layout.block_floats * static_cast<int64_t>(sizeof(float)));
}

bool WinogradConv(const float* input, const float* packed, const ConvGeometry& g, const Epilogue& epilogue,
                  float* output, void* scratch, ThreadPool& pool, const StopToken& stop) {
  const int threads = pool.num_threads();
  std::atomic<bool> not_finite{false};
  winograd::Task task{&g,     winograd::LayoutOf(g, threads), input,   packed, &epilogue,
                      output, static_cast<float*>(scratch),   threads, 0,      &not_finite};
  task.part_tiles = winograd::TilesOfPart(task.layout, threads, HWY_DYNAMIC_DISPATCH(TileRows)());
  for (int thread = 0; thread < threads; ++thread) winograd::Own{&task, thread}.part() = -1;
  const int64_t tile_parts = winograd::PartsOf(task.layout.tiles, task.part_tiles);
  const int64_t pieces = tile_parts * HWY_DYNAMIC_DISPATCH(ColumnParts)(g.out_c);
  const auto piece = HWY_DYNAMIC_DISPATCH(DoPiece);
  pool.ParallelFor(pieces, 1, stop, [&](int64_t begin, int64_t, int thread) { piece(task, begin, thread); });
  return !not_finite.load(std::memory_order_relaxed);
}

}  // namespace rivulet
#endif  // HWY_ONCE
