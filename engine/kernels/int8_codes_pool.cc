#ifndef HWY_WANT_AVX3_DL
#define HWY_WANT_AVX3_DL 1  // int8_targets.h leaves no other of 512 bits
#endif

#include "engine/kernels/int8_codes_pool.h"

#include <algorithm>
#include <cstring>

#include "engine/kernels/int8_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/kernels/int8_codes_pool.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace rivulet {
namespace HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

using D8 = hn::CappedTag<uint8_t, 64>;
using Bytes = hn::Vec<D8>;
constexpr int64_t kVector = HWY_MAX_LANES_D(D8);
// Of a row's maxima over the rows of a window.
constexpr int64_t kLineBytes = 8192;

HWY_INLINE int64_t Lanes() { return static_cast<int64_t>(hn::Lanes(D8())); }

// The largest of rows of `count` bytes.
void MaxOfLines(const uint8_t* const* lines, int64_t num_lines, int64_t count, uint8_t* to) {
  const D8 d8;
  for (int64_t i = 0; i < count; i += Lanes()) {
    const auto left = static_cast<size_t>(count - i);
    const bool whole = left >= hn::Lanes(d8);
    const auto load = [&](int64_t row) {
      return whole ? hn::LoadU(d8, lines[row] + i) : hn::LoadN(d8, lines[row] + i, left);
    };
    Bytes most = load(0);
    for (int64_t row = 1; row < num_lines; ++row) most = hn::Max(most, load(row));
    whole ? hn::StoreU(most, d8, to + i) : hn::StoreN(most, d8, to + i, left);
  }
}

// The taps of `size` that begin at `first` and lie inside of an extent.
struct Inside {
  int64_t begin;
  int64_t end;
};
Inside TapsIn(int64_t first, int64_t size, int64_t extent) {
  return {std::max<int64_t>(first, 0), std::max<int64_t>(std::min(first + size, extent), 0)};
}

// The maximum of pixels [columns.begin, columns.end) of a line. A last vector is stored whole where `room` says that
// what it writes beyond the channels is written again.
HWY_INLINE void MaxOfColumns(const uint8_t* line, const Inside& columns, int64_t channels, bool room, uint8_t* to) {
  const D8 d8;
  for (int64_t i = 0; i < channels; i += Lanes()) {
    const uint8_t* from = line + columns.begin * channels + i;
    Bytes most = hn::Zero(d8);
    // The line has room for a vector behind it.
    for (int64_t x = columns.begin; x < columns.end; ++x, from += channels) most = hn::Max(most, hn::LoadU(d8, from));
    if (room || i + Lanes() <= channels) {
      hn::StoreU(most, d8, to + i);
    } else {
      hn::StoreN(most, d8, to + i, static_cast<size_t>(channels - i));
    }
  }
}

void MaxPoolRow(const uint8_t* image, const PoolGeometry& g, int64_t y, uint8_t* to) {
  HWY_ALIGN uint8_t line[static_cast<size_t>(kLineBytes + kVector)];
  const uint8_t* lines[64];
  const Inside rows = TapsIn(y * g.stride_h - g.pad_top, g.k_h, g.in_h);
  const int64_t row_bytes = g.out_w * g.channels;
  if (rows.begin >= rows.end) {
    std::memset(to, 0, static_cast<size_t>(row_bytes));
    return;
  }
  const int64_t span = std::max<int64_t>((kLineBytes / g.channels - g.k_w) / g.stride_w + 1, 1);
  for (int64_t x = 0; x < g.out_w; x += span) {
    const int64_t made = std::min(span, g.out_w - x);
    const Inside columns = TapsIn(x * g.stride_w - g.pad_left, (made - 1) * g.stride_w + g.k_w, g.in_w);
    const int64_t bytes = std::max<int64_t>(columns.end - columns.begin, 0) * g.channels;
    int64_t count = 0;
    for (int64_t row = rows.begin; row < rows.end; ++row) {
      lines[count++] = image + (row * g.in_w + columns.begin) * g.channels;
      if (count < 64 && row + 1 < rows.end) continue;
      MaxOfLines(lines, count, bytes, line);
      lines[0] = line;
      count = 1;
    }
    for (int64_t i = 0; i < made; ++i) {
      const Inside window = TapsIn((x + i) * g.stride_w - g.pad_left, g.k_w, g.in_w);
      const bool room = (g.out_w - x - i - 1) * g.channels >= kVector;
      MaxOfColumns(line, {window.begin - columns.begin, window.end - columns.begin}, g.channels, room,
                   to + (x + i) * g.channels);
    }
  }
}

using D32 = hn::CappedTag<int32_t, 16>;
using DF = hn::RebindToFloat<D32>;
using Quarter = hn::Rebind<uint8_t, D32>;

void AddSomePixels(const uint8_t* from, int64_t pixels, int64_t stride, int64_t count, int32_t* sums) {
  const D32 d32;
  const Quarter d8;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d32));
  for (int64_t i = 0; i < count; i += lanes) {
    const auto left = static_cast<size_t>(count - i);
    const bool whole = left >= hn::Lanes(d32);
    const auto load = [&](const uint8_t* at) {
      return hn::PromoteTo(d32, whole ? hn::LoadU(d8, at) : hn::LoadN(d8, at, left));
    };
    const uint8_t* at = from + i;
    auto a = hn::Zero(d32), b = hn::Zero(d32);
    int64_t pixel = 0;
    for (; pixel + 2 <= pixels; pixel += 2, at += 2 * stride) {
      a = hn::Add(a, load(at));
      b = hn::Add(b, load(at + stride));
    }
    if (pixel < pixels) a = hn::Add(a, load(at));
    const auto before = whole ? hn::LoadU(d32, sums + i) : hn::LoadN(d32, sums + i, left);
    const auto after = hn::Add(before, hn::Add(a, b));
    whole ? hn::StoreU(after, d32, sums + i) : hn::StoreN(after, d32, sums + i, left);
  }
}

void CodesOfSomeMeans(const int32_t* sums, int64_t count, float factor, float add, float low, float high, uint8_t* to) {
  const D32 d32;
  const DF df;
  const Quarter d8;
  for (int64_t i = 0; i < count; i += static_cast<int64_t>(hn::Lanes(d32))) {
    const auto left = static_cast<size_t>(count - i);
    const bool whole = left >= hn::Lanes(d32);
    const auto sum = hn::ConvertTo(df, whole ? hn::LoadU(d32, sums + i) : hn::LoadN(d32, sums + i, left));
    const auto mean = hn::Add(hn::Mul(sum, hn::Set(df, factor)), hn::Set(df, add));
    const auto inside = hn::Max(hn::Min(mean, hn::Set(df, high)), hn::Set(df, low));
    const auto codes = hn::DemoteTo(d8, hn::NearestInt(inside));
    whole ? hn::StoreU(codes, d8, to + i) : hn::StoreN(codes, d8, to + i, left);
  }
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace rivulet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace rivulet {

HWY_EXPORT(MaxPoolRow);
HWY_EXPORT(AddSomePixels);
HWY_EXPORT(CodesOfSomeMeans);

namespace {

// Without rows in a near cache: any number of channels, any window, of which only what lies in the image is gone over.
void MaxPoolPixel(const uint8_t* image, const PoolGeometry& g, int64_t y, int64_t x, uint8_t* to) {
  std::memset(to, 0, static_cast<size_t>(g.channels));
  const int64_t top = y * g.stride_h - g.pad_top;
  const int64_t left = x * g.stride_w - g.pad_left;
  const int64_t bottom = std::min(top + g.k_h, g.in_h);
  const int64_t right = std::min(left + g.k_w, g.in_w);
  for (int64_t in_y = std::max<int64_t>(top, 0); in_y < bottom; ++in_y) {
    for (int64_t in_x = std::max<int64_t>(left, 0); in_x < right; ++in_x) {
      const uint8_t* from = image + (in_y * g.in_w + in_x) * g.channels;
      for (int64_t c = 0; c < g.channels; ++c) to[c] = std::max(to[c], from[c]);
    }
  }
}

}  // namespace

void MaxPoolBytes(const uint8_t* input, const PoolGeometry& g, uint8_t* output, ThreadPool& pool,
                  const StopToken& stop) {
  if (g.channels == 0 || g.out_w == 0) return;
  constexpr int64_t kLine = 8192;
  const bool by_lines = g.channels <= kLine && g.k_w <= kLine / g.channels;
  const int64_t row_bytes = g.out_w * g.channels;
  const int64_t grain = std::max<int64_t>((int64_t{1} << 18) / (row_bytes * (g.k_h + g.k_w)), 1);
  pool.ParallelFor(g.batch * g.out_h, grain, stop, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      const uint8_t* image = input + row / g.out_h * g.in_h * g.in_w * g.channels;
      uint8_t* to = output + row * row_bytes;
      if (by_lines) {
        HWY_DYNAMIC_DISPATCH(MaxPoolRow)(image, g, row % g.out_h, to);
        continue;
      }
      for (int64_t x = 0; x < g.out_w; ++x) MaxPoolPixel(image, g, row % g.out_h, x, to + x * g.channels);
    }
  });
}

void AddPixels(const uint8_t* from, int64_t pixels, int64_t stride, int64_t count, int32_t* sums) {
  HWY_DYNAMIC_DISPATCH(AddSomePixels)(from, pixels, stride, count, sums);
}

void CodesOfMeans(const int32_t* sums, int64_t count, float factor, float add, float low, float high, uint8_t* to) {
  HWY_DYNAMIC_DISPATCH(CodesOfSomeMeans)(sums, count, factor, add, low, high, to);
}

}  // namespace rivulet
#endif  // HWY_ONCE
