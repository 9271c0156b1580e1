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
#include "engine/kernels/conv_groups_sums-inl.h"
#include "engine/kernels/epilogue-inl.h"

#ifndef RIVULET_ENGINE_KERNELS_CONV_GROUPS_ONCE
#define RIVULET_ENGINE_KERNELS_CONV_GROUPS_ONCE
namespace rivulet {
namespace conv_groups {

constexpr int64_t kPanel = 16;         // columns of the packed filter's panels
constexpr int64_t kMostPixels = 14;    // of a tile
constexpr int64_t kCopyFloats = 4096;  // of all copied stretches of a tile
constexpr int64_t kFilterFloats = 4096;
constexpr int64_t kMostLanes = 16;

}  // namespace conv_groups
}  // namespace rivulet
#endif

HWY_BEFORE_NAMESPACE();
namespace rivulet {
namespace HWY_NAMESPACE {
namespace {

using conv_groups::Source;

static_assert(kManyPixels <= conv_groups::kMostPixels && kLanes <= conv_groups::kMostLanes);
static_assert(conv_groups::kMostLanes <= conv_groups::kPanel);  // a vector of the packed filter is there

// Output channels of a vector: as many whole groups as it holds, or a part of one.
int64_t ChannelsAtATime(const ConvGeometry& g) {
  const int64_t width = g.in_c / g.groups;
  return width < kLanes ? kLanes / width * width : kLanes;
}

// The filter of `count` output channels from `channel` on, as the sums go through it: element, channel of the group,
// lane. Each group's vector is written whole: the next one's covers what does not belong to it, also behind the last.
void ArrangeFilter(const ConvGeometry& g, const float* packed, int64_t channel, int64_t count, float* to) {
  const D d;
  const int64_t width = g.in_c / g.groups;
  const int64_t depth = g.k_h * g.k_w * width;
  const int64_t columns = std::min(width, kLanes);
  const float* first = packed + channel / width * depth * conv_groups::kPanel + channel % width;
  for (int64_t k = 0; k < depth; ++k, first += conv_groups::kPanel, to += kLanes) {
    const float* from = first;
    for (int64_t lane = 0; lane < count; lane += columns, from += depth * conv_groups::kPanel)
      hn::StoreU(hn::LoadU(d, from), d, to + lane);
  }
}

// A vector of `count` channels of `pixels` pixels of an input row from column x on, `step` floats apart in `to`. Zeros
// where there are none, or no row.
void CopyVectors(const ConvGeometry& g, const float* row, int64_t x, int64_t pixels, int64_t count, int64_t step,
                 float* to) {
  const D d;
  const int64_t begin = std::clamp<int64_t>(-x, 0, pixels);
  const int64_t end = row == nullptr ? begin : std::clamp(g.in_w - x, begin, pixels);
  for (int64_t i = 0; i < begin; ++i) hn::StoreU(hn::Zero(d), d, to + i * step);
  for (int64_t i = begin; i < end; ++i) hn::StoreU(LoadSome(row + (x + i) * g.in_c, count), d, to + i * step);
  for (int64_t i = end; i < pixels; ++i) hn::StoreU(hn::Zero(d), d, to + i * step);
}

// `window` channels from `channel` on of an image, under `pixels` pixels from `first` on of an output row whose filters
// begin in row `in_y`. Where the tile reaches over the border, or a vector over the last channel, what is needed of the
// input is copied, with zeros around it.
Source SourceOf(const ConvGeometry& g, const float* image, int64_t in_y, int64_t first, int64_t pixels, int64_t channel,
                int64_t window, float* copies) {
  const int64_t in_x = first * g.stride_w - g.pad_left;
  const int64_t columns = PixelsUnder(g, pixels);
  const bool inside = in_x >= 0 && in_x + columns <= g.in_w && channel + window <= g.in_c;
  Source source;
  for (int64_t i = 0; i < g.k_h; ++i) {
    const int64_t y = in_y + i * g.dilation_h;
    const float* from = y >= 0 && y < g.in_h ? image + y * g.in_w * g.in_c + channel : nullptr;
    if (inside && from != nullptr) {
      source.rows[i] = from + in_x * g.in_c;
      source.step[i] = g.in_c;
      continue;
    }
    for (int64_t c = 0; c < window; c += kLanes)
      CopyVectors(g, from != nullptr ? from + c : nullptr, in_x, columns, g.in_c - channel - c, window, copies + c);
    source.rows[i] = copies;
    source.step[i] = window;
    copies += columns * window;
  }
  return source;
}

// Writes the sums of `pixels` pixels, a vector of `count` channels each, from output element `at` on.
void Finish(const ConvTask& task, const ActivationBounds& bounds, V bias, int64_t count, int64_t at, int64_t pixels,
            const float* sums) {
  const D d;
  const int64_t step = task.geometry->out_c;
  const float* addend = task.epilogue->addend;
  float* to = task.output + at;
  if (addend == nullptr && !bounds.leaky && count >= kLanes) {
    const V lo = hn::Set(d, bounds.lo), hi = hn::Set(d, bounds.hi);
    for (int64_t i = 0; i < pixels; ++i, to += step)
      hn::StoreU(Clamp(hn::Add(hn::LoadU(d, sums + i * kLanes), bias), lo, hi), d, to);
    return;
  }
  for (int64_t i = 0; i < pixels; ++i) {
    V v = hn::Add(hn::LoadU(d, sums + i * kLanes), bias);
    if (addend != nullptr) v = hn::Add(v, LoadSome(addend + at + i * step, count));
    StoreSome(Activate(v, bounds), count, to + i * step);
  }
}

using Sum = void (*)(const ConvGeometry& g, const Source& source, int64_t width, const Places& places,
                     const float* filter, float* sums);

template <int kPixels, bool kNarrow>
Sum SumFor(const ConvGeometry& g) {
  if (g.k_w != 3 || g.dilation_w != 1 || g.stride_w > 2) return nullptr;
  return g.stride_w == 1 ? SumThree<kPixels, 1, kNarrow> : SumThree<kPixels, 2, kNarrow>;
}

// Tiles of `many` pixels, and where no more than kFewPixels are left of few.
struct Sums {
  Sum few;
  Sum many;
  int64_t many_pixels;
};

template <bool kNarrow>
Sums SumsFor(const ConvGeometry& g) {
  const Sum few = SumFor<kFewPixels, kNarrow>(g);
  if (few == nullptr) return {SumAny<kNarrow>, SumAny<kNarrow>, kFewPixels};
  return {few, SumFor<kManyPixels, kNarrow>(g), kManyPixels};
}

void DoTiles(const ConvTask& task, int64_t begin, int64_t end) {
  const ConvGeometry& g = *task.geometry;
  const D d;
  const int64_t width = g.in_c / g.groups;
  const int64_t window = std::max(width, kLanes);  // channels that a vector's groups lie in
  const int64_t rows = g.batch * g.out_h;
  const int64_t each = ChannelsAtATime(g);
  const Places places(width);
  const Sums functions = width < kLanes ? SumsFor<true>(g) : SumsFor<false>(g);
  const ActivationBounds bounds(task.epilogue->activation);
  float arranged[conv_groups::kFilterFloats + conv_groups::kMostLanes];
  const float* filter = arranged;
  float copies[conv_groups::kCopyFloats];
  float sums[conv_groups::kMostPixels * kLanes];
  for (int64_t index = begin; index < end; ++index) {
    const int64_t channel = index / rows * each;
    const int64_t count = std::min(each, g.out_c - channel);
    const int64_t row = index % rows;
    const int64_t in_channel = width < kLanes ? channel : channel / width * width;
    if (width == conv_groups::kPanel && width == kLanes) {
      filter = task.packed + channel * g.k_h * g.k_w * conv_groups::kPanel;  // lies as it should
    } else if (index == begin || row == 0) {
      ArrangeFilter(g, task.packed, channel, count, arranged);
    }
    const float* image = task.input + row / g.out_h * g.in_h * g.in_w * g.in_c;
    const int64_t in_y = row % g.out_h * g.stride_h - g.pad_top;
    const V bias = task.epilogue->bias != nullptr ? LoadSome(task.epilogue->bias + channel, count) : hn::Zero(d);
    for (int64_t wanted = 0, end_x = 0; wanted < g.out_w; wanted = end_x) {
      const bool few = g.out_w - wanted <= kFewPixels;
      const int64_t pixels = few ? kFewPixels : functions.many_pixels;
      // A row's last tile looks back so as to be whole; only what is its own is written.
      const int64_t first = std::max<int64_t>(std::min(wanted, g.out_w - pixels), 0);
      const Source source = SourceOf(g, image, in_y, first, pixels, in_channel, window, copies);
      (few ? functions.few : functions.many)(g, source, width, places, filter, sums);
      end_x = std::min(first + pixels, g.out_w);
      Finish(task, bounds, bias, count, (row * g.out_w + wanted) * g.out_c + channel, end_x - wanted,
             sums + (wanted - first) * kLanes);
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

HWY_EXPORT(ChannelsAtATime);
HWY_EXPORT(DoTiles);
HWY_EXPORT(Lanes);

bool ConvByGroupsPays(const ConvGeometry& g) {
  if (g.groups < 2 || g.in_c != g.out_c || g.in_c < g.groups || g.in_c / g.groups > conv_groups::kMostWidth)
    return false;
  const int64_t width = g.in_c / g.groups;
  const int64_t lanes = HWY_DYNAMIC_DISPATCH(Lanes)();
  if (width > lanes && width % lanes != 0) return false;
  constexpr int64_t kMost = conv_groups::kCopyFloats;
  if (g.k_h < 1 || g.k_h > conv_groups::kMostRows || g.k_w < 1 || g.k_w > kMost || g.stride_w > kMost ||
      g.dilation_w > kMost) {
    return false;
  }
  const int64_t window = std::max(width, lanes);
  return g.k_h * g.k_w * width * lanes <= conv_groups::kFilterFloats &&
         g.k_h * PixelsUnder(g, conv_groups::kMostPixels) * window <= conv_groups::kCopyFloats;
}

void ConvByGroups(const float* input, const float* packed, const ConvGeometry& g, const Epilogue& epilogue,
                  float* output, ThreadPool& pool, const StopToken& stop) {
  const int64_t each = HWY_DYNAMIC_DISPATCH(ChannelsAtATime)(g);
  const ConvTask task{&g, input, packed, &epilogue, output};
  // A row of a vector of channels at a time; to arrange the filter costs as much as a few pixels.
  const int64_t work = g.k_h * g.k_w * (g.in_c / g.groups) * each * std::max<int64_t>(g.out_w, 1);
  const int64_t grain = std::max<int64_t>((1 << 18) / work, 1);
  pool.ParallelFor((g.out_c + each - 1) / each * g.batch * g.out_h, grain, stop, [&](int64_t begin, int64_t end) {
    HWY_DYNAMIC_DISPATCH(DoTiles)(task, begin, end);
  });
}

}  // namespace rivulet
#endif  // HWY_ONCE
