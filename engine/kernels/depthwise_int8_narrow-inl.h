// Depthwise filters of 3x3 over fewer channels than a block of bytes has. Per-target: included once for each target by
// depthwise_int8.cc.
//
// The rows under an output row are copied, borders and all, a stretch at a time. Where several pixels fit a vector, one
// holds as many as it can, cut anywhere: every so many vectors the channels begin anew, and each vector in between has
// weights of its own. With a stride of 2 even and odd pixels are copied apart, so that here, too, neighbours in the
// output are neighbours in a line. Wider pixels have a vector each, which reaches into the next one.
#include <cstring>

#include "engine/kernels/depthwise_int8_taps.h"

#if defined(RIVULET_ENGINE_KERNELS_DEPTHWISE_INT8_NARROW_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef RIVULET_ENGINE_KERNELS_DEPTHWISE_INT8_NARROW_INL_H_
#undef RIVULET_ENGINE_KERNELS_DEPTHWISE_INT8_NARROW_INL_H_
#else
#define RIVULET_ENGINE_KERNELS_DEPTHWISE_INT8_NARROW_INL_H_
#endif

#include "engine/kernels/depthwise_int8_sums-inl.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace rivulet {
namespace HWY_NAMESPACE {
namespace {

#if HWY_TARGET != HWY_SCALAR

constexpr int64_t kMostPhases = 4;
constexpr int64_t kLine = 4096;

// How many vectors it takes until the channels begin anew; 1 where each pixel has a vector, 0 where this is no such
// filter.
int64_t NarrowPhases(const DepthwiseGeometry& g) {
  if (g.k_h != 3 || g.k_w != 3 || g.dilation_w != 1 || g.stride_w > 2 || g.in_c >= kBlock) return 0;
  if (g.in_c * 2 > kBlock) return 1;
  int64_t phases = 1;
  while (phases <= kMostPhases && phases * kBlock % g.in_c != 0) ++phases;
  return phases <= kMostPhases ? phases : 1;
}

// Whether a vector holds several pixels.
bool HoldsSeveral(const DepthwiseGeometry& g, int64_t phases) {
  return g.in_c * 2 <= kBlock && phases * kBlock % g.in_c == 0;
}

// Three rows of a stretch.
struct NarrowLines {
  HWY_ALIGN uint8_t even[3][static_cast<size_t>(kLine + 2 * kBlock)];  // or all pixels
  HWY_ALIGN uint8_t odd[3][static_cast<size_t>(kLine + 2 * kBlock)];
};

// Every other pixel.
template <int kBytes>
void CopyPixels(const uint8_t* from, int64_t pixels, int64_t bytes, uint8_t* to) {
  const auto size = static_cast<size_t>(kBytes > 0 ? kBytes : bytes);
  for (int64_t i = 0; i < pixels; ++i, from += 2 * size, to += size) std::memcpy(to, from, size);
}

void CopyEveryOther(const uint8_t* from, int64_t pixels, int64_t bytes, uint8_t* to) {
  switch (bytes) {
    case 8: return CopyPixels<8>(from, pixels, bytes, to);
    case 16: return CopyPixels<16>(from, pixels, bytes, to);
    case 24: return CopyPixels<24>(from, pixels, bytes, to);
    case 32: return CopyPixels<32>(from, pixels, bytes, to);
    default: return CopyPixels<0>(from, pixels, bytes, to);
  }
}

// Pixels [first, first + count) of row y, with what lies outside; `apart`: even and odd ones.
void CopyRow(const TaskDepthwiseInt8& task, const uint8_t* image, int64_t y, int64_t first, int64_t count, bool apart,
             uint8_t* even, uint8_t* odd) {
  const DepthwiseGeometry& g = task.geometry;
  HWY_ALIGN uint8_t whole[static_cast<size_t>(2 * kLine + 2 * kBlock)];
  uint8_t* to = apart ? whole : even;
  const bool is_there = y >= 0 && y < g.in_h;
  const int64_t left = is_there ? std::clamp<int64_t>(-first, 0, count) : count;
  const int64_t right = is_there ? std::clamp<int64_t>(first + count - g.in_w, 0, count - left) : 0;
  const int64_t inside = count - left - right;
  const uint8_t* from = image + (y * g.in_w + first + left) * g.in_c;
  if (apart && inside == count) {
    CopyEveryOther(from, (count + 1) / 2, g.in_c, even);
    CopyEveryOther(from + g.in_c, count / 2, g.in_c, odd);
    return;
  }
  std::memset(to, task.outside[0], static_cast<size_t>(left * g.in_c));
  if (inside > 0) std::memcpy(to + left * g.in_c, from, static_cast<size_t>(inside * g.in_c));
  std::memset(to + (left + inside) * g.in_c, task.outside[0], static_cast<size_t>(right * g.in_c));
  if (apart) {
    CopyEveryOther(whole, (count + 1) / 2, g.in_c, even);
    CopyEveryOther(whole + g.in_c, count / 2, g.in_c, odd);
  }
}

// An output row. `lanes`: of each phase.
void NarrowRow(const TaskDepthwiseInt8& task, const Lanes* lanes, int64_t phases, int64_t row, uint8_t* to) {
  const D8 d8;
  const DepthwiseGeometry& g = task.geometry;
  const Bytes low = hn::Set(d8, static_cast<uint8_t>(task.tail.low)),
              high = hn::Set(d8, static_cast<uint8_t>(task.tail.high));
  NarrowLines lines;
  HWY_ALIGN uint8_t part[static_cast<size_t>(kBlock)];
  const uint8_t* image = task.input + row / g.out_h * g.in_h * g.in_w * g.in_c;
  const bool several = HoldsSeveral(g, phases);
  const bool apart = several && g.stride_w == 2;
  const int64_t top = row % g.out_h * g.stride_h - g.pad_top;
  const int64_t step = several ? kBlock : g.in_c;                        // of the output
  const int64_t advance = several ? kBlock : g.stride_w * g.in_c;        // of a line
  const int64_t most = (kLine / g.in_c - 3) / (apart ? 1 : g.stride_w);  // outputs of a stretch
  constexpr int64_t kColumn = kBlock * kTapsOfQuad;
  for (int64_t x = 0; x < g.out_w; x += most) {
    const int64_t made = std::min(most, g.out_w - x);
    for (int64_t i = 0; i < 3; ++i) {
      CopyRow(task, image, top + i * g.dilation_h, x * g.stride_w - g.pad_left, (made - 1) * g.stride_w + 3, apart,
              lines.even[i], lines.odd[i]);
    }
    const int64_t bytes = made * g.in_c, left_in_row = (g.out_w - x) * g.in_c;
    uint8_t* here = to + x * g.in_c;
    int64_t phase = 0;
    for (int64_t at = 0, from = 0; at < bytes; at += step, from += advance) {
      const Lanes& lane = lanes[phase];
      Sums sums = StartSums(lane);
      for (int64_t j = 0; j < 3; ++j) {
        const bool odd = apart && j == 1;
        const int64_t place = from + (apart ? j / 2 : j) * g.in_c;
        const auto load = [&](int64_t i) { return hn::LoadU(d8, (odd ? lines.odd[i] : lines.even[i]) + place); };
        const Bytes third = load(2);
        AddQuad(Interleaved(load(0), load(1), third, third), lane.weights + j * kColumn, sums);
      }
      const Bytes codes = CodesOf(sums, lane, low, high);
      if (at + kBlock <= (several ? bytes : left_in_row)) {
        hn::StoreU(codes, d8, here + at);
      } else {
        hn::Store(codes, d8, part);
        std::memcpy(here + at, part, static_cast<size_t>(std::min(step, bytes - at)));
      }
      phase = phase + 1 == phases ? 0 : phase + 1;
    }
  }
}

#endif

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace rivulet
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
