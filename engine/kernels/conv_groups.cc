// As a depthwise convolution whose every lane sees all channels of its group: a vector of output channels belongs to
// one or several whole groups, whose input channels lie in the same places. Under each filter element the input's
// vector is loaded once; for the i-th channel of the groups it is shuffled so that each lane has that of its own group.
// Groups wider than a vector take the i-th channel as it is, in all lanes.
#include "engine/kernels/conv_groups.h"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/kernels/conv_groups.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

#include "engine/kernels/conv_border.h"
#include "engine/kernels/epilogue-inl.h"

#ifndef RIVULET_ENGINE_KERNELS_CONV_GROUPS_ONCE
#define RIVULET_ENGINE_KERNELS_CONV_GROUPS_ONCE
namespace rivulet {
namespace conv_groups {

constexpr int64_t kPanel = 16;  // columns of the packed filter's panels
constexpr int64_t kPixels = 7;
constexpr int64_t kMostRows = 16;      // of the filter
constexpr int64_t kMostWidth = 16;     // channels of a group
constexpr int64_t kCopyFloats = 4096;  // of all copied stretches of a tile
constexpr int64_t kFilterFloats = 4096;

// Input columns under a tile's pixels.
inline int64_t Columns(const ConvGeometry& g) { return (kPixels - 1) * g.stride_w + (g.k_w - 1) * g.dilation_w + 1; }

}  // namespace conv_groups
}  // namespace rivulet
#endif

HWY_BEFORE_NAMESPACE();
namespace rivulet {
namespace HWY_NAMESPACE {
namespace {

using conv_groups::kPixels;

// The filter of kLanes output channels from `channel` on, as the sums go through it: element, channel of the group,
// lane.
void ArrangeFilter(const ConvGeometry& g, const float* packed, int64_t channel, float* to) {
  const int64_t width = g.in_c / g.groups;
  const int64_t depth = g.k_h * g.k_w * width;
  const int64_t columns = std::min(width, kLanes);
  for (int64_t lane = 0; lane < kLanes; lane += columns) {
    const float* from = packed + (channel + lane) / width * depth * conv_groups::kPanel + (channel + lane) % width;
    for (int64_t k = 0; k < depth; ++k) std::copy_n(from + k * conv_groups::kPanel, columns, to + k * kLanes + lane);
  }
}

// Where a tile's input lies: element (i, j) of the filter under pixel p starts at rows[i] + (p * stride_w + j *
// dilation_w) * step.
struct Source {
  const float* rows[conv_groups::kMostRows];
  int64_t step;
};

// `window` channels from `channel` on. Where the tile reaches over the border, what is needed of the input is copied,
// with the zeros around it.
Source SourceOf(const ConvTask& task, int64_t row, int64_t first, int64_t channel, int64_t window, float* copies) {
  const ConvGeometry& g = *task.geometry;
  const D d;
  const int64_t in_x = first * g.stride_w - g.pad_left;
  const int64_t in_y = row % g.out_h * g.stride_h - g.pad_top;
  const int64_t columns = conv_groups::Columns(g);
  const float* from = task.input + row / g.out_h * g.in_h * g.in_w * g.in_c + channel;
  const bool inside = in_x >= 0 && in_x + columns <= g.in_w && in_y >= 0 && in_y + (g.k_h - 1) * g.dilation_h < g.in_h;
  Source source;
  source.step = inside ? g.in_c : window;
  for (int64_t i = 0; i < g.k_h; ++i) {
    const int64_t y = in_y + i * g.dilation_h;
    if (inside) {
      source.rows[i] = from + (y * g.in_w + in_x) * g.in_c;
      continue;
    }
    source.rows[i] = copies;
    for (int64_t x = in_x; x < in_x + columns; ++x) {
      const bool there = y >= 0 && y < g.in_h && x >= 0 && x < g.in_w;
      const float* pixel = from + (y * g.in_w + x) * g.in_c;
      for (int64_t c = 0; c < window; c += kLanes, copies += kLanes)
        hn::StoreU(there ? hn::LoadU(d, pixel + c) : hn::Zero(d), d, copies);
    }
  }
  return source;
}

#define RIVULET_PIXELS(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6)

// For each channel of a group, where each lane finds that of its own group.
struct Places {
  explicit Places(int64_t width) {
    for (int64_t i = 0; i < width; ++i) {
      for (int64_t lane = 0; lane < kLanes; ++lane)
        at[i * kLanes + lane] = static_cast<int32_t>(lane / width * width + i);
    }
  }
  HWY_ALIGN int32_t at[conv_groups::kMostWidth * kLanes];
};

// sums[pixel] of a tile, kLanes output channels each; `width` channels a group, fewer than lanes.
HWY_NOINLINE void SumNarrow(const ConvGeometry& g, const Source& source, int64_t width, const Places& places,
                            const float* HWY_RESTRICT filter, float* HWY_RESTRICT sums) {
  const D d;
  const V zero = hn::Zero(d);
  const int64_t pixel = g.stride_w * source.step;
#define RIVULET_DECLARE(p) V s##p = zero;
  RIVULET_PIXELS(RIVULET_DECLARE)
#undef RIVULET_DECLARE
  for (int64_t row = 0; row < g.k_h; ++row) {
    const float* at = source.rows[row];
    for (int64_t tap = 0; tap < g.k_w; ++tap, at += g.dilation_w * source.step) {
#define RIVULET_LOAD(p) const V x##p = hn::LoadU(d, at + p * pixel);
      RIVULET_PIXELS(RIVULET_LOAD)
#undef RIVULET_LOAD
      for (int64_t i = 0; i < width; ++i, filter += kLanes) {
        const auto mine = hn::SetTableIndices(d, places.at + i * kLanes);
        const V f = hn::LoadU(d, filter);
#define RIVULET_ADD(p) s##p = hn::MulAdd(hn::TableLookupLanes(x##p, mine), f, s##p);
        RIVULET_PIXELS(RIVULET_ADD)
#undef RIVULET_ADD
      }
    }
  }
#define RIVULET_STORE(p) hn::StoreU(s##p, d, sums + p * kLanes);
  RIVULET_PIXELS(RIVULET_STORE)
#undef RIVULET_STORE
}

// The same where a group is at least a vector.
HWY_NOINLINE void SumWide(const ConvGeometry& g, const Source& source, int64_t width, const float* HWY_RESTRICT filter,
                          float* HWY_RESTRICT sums) {
  const D d;
  const V zero = hn::Zero(d);
  const int64_t pixel = g.stride_w * source.step;
#define RIVULET_DECLARE(p) V s##p = zero;
  RIVULET_PIXELS(RIVULET_DECLARE)
#undef RIVULET_DECLARE
  for (int64_t row = 0; row < g.k_h; ++row) {
    const float* at = source.rows[row];
    for (int64_t tap = 0; tap < g.k_w; ++tap, at += g.dilation_w * source.step) {
      for (int64_t i = 0; i < width; ++i, filter += kLanes) {
        const V f = hn::LoadU(d, filter);
#define RIVULET_ADD(p) s##p = hn::MulAdd(hn::Set(d, at[p * pixel + i]), f, s##p);
        RIVULET_PIXELS(RIVULET_ADD)
#undef RIVULET_ADD
      }
    }
  }
#define RIVULET_STORE(p) hn::StoreU(s##p, d, sums + p * kLanes);
  RIVULET_PIXELS(RIVULET_STORE)
#undef RIVULET_STORE
}
#undef RIVULET_PIXELS

void DoTiles(const ConvTask& task, int64_t begin, int64_t end) {
  const ConvGeometry& g = *task.geometry;
  const D d;
  const int64_t width = g.in_c / g.groups;
  const int64_t window = std::max(width, kLanes);
  const int64_t rows = g.batch * g.out_h;
  const Places places(width);
  const ActivationBounds bounds(task.epilogue->activation);
  float filter[conv_groups::kFilterFloats];
  float copies[conv_groups::kCopyFloats];
  float sums[kPixels * kLanes];
  for (int64_t index = begin; index < end; ++index) {
    const int64_t channel = index / rows * kLanes;
    const int64_t row = index % rows;
    if (index == begin || row == 0) ArrangeFilter(g, task.packed, channel, filter);
    const V bias = task.epilogue->bias != nullptr ? hn::LoadU(d, task.epilogue->bias + channel) : hn::Zero(d);
    for (int64_t wanted = 0; wanted < g.out_w; wanted += kPixels) {
      // A row's last tile looks back so as to be whole; only what is its own is written.
      const int64_t first = std::max<int64_t>(std::min(wanted, g.out_w - kPixels), 0);
      const Source source = SourceOf(task, row, first, channel / window * window, window, copies);
      if (width < kLanes) {
        SumNarrow(g, source, width, places, filter, sums);
      } else {
        SumWide(g, source, width, filter, sums);
      }
      for (int64_t x = wanted; x < std::min(first + kPixels, g.out_w); ++x) {
        const int64_t at = (row * g.out_w + x) * g.out_c + channel;
        V v = hn::Add(hn::LoadU(d, sums + (x - first) * kLanes), bias);
        if (task.epilogue->addend != nullptr) v = hn::Add(v, hn::LoadU(d, task.epilogue->addend + at));
        hn::StoreU(Activate(v, bounds), d, task.output + at);
      }
    }
  }
}

int64_t Lanes() { return kLanes; }

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace rivulet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace rivulet {

HWY_EXPORT(DoTiles);
HWY_EXPORT(Lanes);

bool ConvByGroupsPays(const ConvGeometry& g) {
  if (g.groups < 2 || g.in_c != g.out_c || g.in_c < g.groups || g.in_c / g.groups > conv_groups::kMostWidth)
    return false;
  const int64_t width = g.in_c / g.groups;
  const int64_t lanes = HWY_DYNAMIC_DISPATCH(Lanes)();
  if (g.in_c % lanes != 0 || (lanes % width != 0 && width % lanes != 0)) return false;
  constexpr int64_t kMost = conv_groups::kCopyFloats;
  if (g.k_h < 1 || g.k_h > conv_groups::kMostRows || g.k_w < 1 || g.k_w > kMost || g.stride_w > kMost ||
      g.dilation_w > kMost) {
    return false;
  }
  const int64_t window = std::max(width, lanes);
  return g.k_h * g.k_w * width * lanes <= conv_groups::kFilterFloats &&
         g.k_h * conv_groups::Columns(g) * window <= conv_groups::kCopyFloats;
}

void ConvByGroups(const float* input, const float* packed, const ConvGeometry& g, const Epilogue& epilogue,
                  float* output, ThreadPool& pool, const StopToken& stop) {
  const int64_t lanes = HWY_DYNAMIC_DISPATCH(Lanes)();
  const ConvTask task{&g, input, packed, &epilogue, output};
  // A row of a vector of channels at a time; to arrange the filter costs as much as a few pixels.
  const int64_t work = g.k_h * g.k_w * (g.in_c / g.groups) * lanes * std::max<int64_t>(g.out_w, 1);
  const int64_t grain = std::max<int64_t>((1 << 18) / work, 1);
  pool.ParallelFor(g.out_c / lanes * g.batch * g.out_h, grain, stop, [&](int64_t begin, int64_t end) {
    HWY_DYNAMIC_DISPATCH(DoTiles)(task, begin, end);
  });
}

}  // namespace rivulet
#endif  // HWY_ONCE
