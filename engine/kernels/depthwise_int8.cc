// Bytes of four taps are interleaved, so that each lane has a channel's four, which one dot product takes. Interleaving
// works within blocks of 16 bytes, and so does the narrowing of the sums, which brings the channels back into order; in
// between a lane's weights, factors and addends are put where its channel went.
#ifndef HWY_WANT_AVX3_DL
#define HWY_WANT_AVX3_DL 1  // the target with byte dot products is worth having here
#endif

#include "engine/kernels/depthwise_int8.h"

#include <algorithm>
#include <cstring>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/kernels/depthwise_int8.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

#include "engine/kernels/sums_tail-inl.h"

#ifndef RIVULET_ENGINE_KERNELS_DEPTHWISE_INT8_ONCE
#define RIVULET_ENGINE_KERNELS_DEPTHWISE_INT8_ONCE
namespace rivulet {

inline constexpr int64_t kTapsOfQuad = 4;
inline constexpr int64_t kMaxQuads = kMaxDepthwiseTaps / kTapsOfQuad;
inline constexpr int64_t kMostChannels = 64;  // of any target's block

struct TaskDepthwiseInt8 {
  const uint8_t* input = nullptr;
  const uint8_t* outside = nullptr;  // kMostChannels of them
  const int8_t* packed = nullptr;
  DepthwiseGeometry geometry;
  SumsTail tail;
};

// Where an output pixel's taps lie; those of the pixel to its right are `step` bytes further on, while none leaves the
// input.
struct TapsInt8 {
  const uint8_t* from[kMaxDepthwiseTaps];
  int64_t step[kMaxDepthwiseTaps];
};

// The taps of the output pixel in row `row` (counted over the batch) and column x, from `channel` on.
void FindTaps(const TaskDepthwiseInt8& task, int64_t row, int64_t x, int64_t channel, TapsInt8* taps);

}  // namespace rivulet
#endif

HWY_BEFORE_NAMESPACE();
namespace rivulet {
namespace HWY_NAMESPACE {
namespace {
constexpr int64_t kVectors = 4;  // of sums to a vector of bytes
constexpr int64_t kBlock = kVectors * kTailLanes;

// What a block of channels is multiplied with and finished by, in the lanes' order.
struct Lanes {
  HWY_ALIGN int8_t weights[static_cast<size_t>(kMaxQuads * kBlock * kTapsOfQuad)];
  HWY_ALIGN int32_t start[static_cast<size_t>(kBlock)];
  HWY_ALIGN float multiply[static_cast<size_t>(kBlock)];
  HWY_ALIGN float add[static_cast<size_t>(kBlock)];
};

// The channel whose bytes come to lane `lane` of vector `vector`.
constexpr int64_t ChannelOf(int64_t vector, int64_t lane) {
#if HWY_TARGET == HWY_SCALAR
  return vector * kTailLanes + lane;
#else
  return lane / 4 * 16 + vector * 4 + lane % 4;
#endif
}

void FillLanes(const TaskDepthwiseInt8& task, int64_t channel, int64_t quads, Lanes* lanes) {
  const int64_t channels = task.geometry.in_c;
  for (int64_t i = 0; i < kBlock; ++i) {
    const int64_t at = channel + ChannelOf(i / kTailLanes, i % kTailLanes);
    const bool is_there = at < channels;
    lanes->start[i] = is_there ? task.tail.start[at] : 0;
    lanes->multiply[i] = is_there ? task.tail.multiply[at] : 0.0f;
    lanes->add[i] = is_there ? task.tail.add[at] : 0.0f;
    for (int64_t q = 0; q < quads; ++q) {
      int8_t* to = lanes->weights + (q * kBlock + i) * kTapsOfQuad;
      if (is_there) {
        std::memcpy(to, task.packed + (q * channels + at) * kTapsOfQuad, kTapsOfQuad);
      } else {
        std::memset(to, 0, kTapsOfQuad);
      }
    }
  }
}

#if HWY_TARGET == HWY_SCALAR
void Pixels(const TapsInt8& taps, int64_t quads, const Lanes& lanes, const SumsTail& tail, int64_t pixels, int64_t,
            uint8_t* to, int64_t stride) {
  for (int64_t x = 0; x < pixels; ++x) {
    for (int64_t v = 0; v < kVectors; ++v) {
      auto sum = static_cast<uint32_t>(lanes.start[v]);
      for (int64_t i = 0; i < quads * kTapsOfQuad; ++i) {
        const int32_t weight = lanes.weights[(i / kTapsOfQuad * kBlock + v) * kTapsOfQuad + i % kTapsOfQuad];
        sum += static_cast<uint32_t>(taps.from[i][x * taps.step[i] + v] * weight);
      }
      const float value = static_cast<float>(static_cast<int32_t>(sum)) * lanes.multiply[v] + lanes.add[v];
      to[x * stride + v] = static_cast<uint8_t>(std::nearbyint(std::min(std::max(value, tail.low), tail.high)));
    }
  }
}
#else
using D8 = hn::Repartition<uint8_t, TailDI>;
using DW = hn::Repartition<int8_t, TailDI>;
using Bytes = hn::Vec<D8>;

struct Sums {
  TailI v0, v1, v2, v3;
};

// Four vectors of bytes, each from another tap, times their weights.
HWY_INLINE void AddQuad(Bytes a0, Bytes a1, Bytes a2, Bytes a3, const int8_t* HWY_RESTRICT weights, Sums& sums) {
  const TailDI di;
  const D8 d8;
  const DW dw;
  const hn::Repartition<uint16_t, TailDI> d16;
  const auto low01 = hn::BitCast(d16, hn::InterleaveLower(d8, a0, a1));
  const auto high01 = hn::BitCast(d16, hn::InterleaveUpper(d8, a0, a1));
  const auto low23 = hn::BitCast(d16, hn::InterleaveLower(d8, a2, a3));
  const auto high23 = hn::BitCast(d16, hn::InterleaveUpper(d8, a2, a3));
  const auto dot = [&](hn::Vec<decltype(d16)> bytes, int64_t vector, TailI sum) {
    const auto w = hn::Load(dw, weights + vector * kTailLanes * kTapsOfQuad);
    return hn::SumOfMulQuadAccumulate(di, hn::BitCast(d8, bytes), w, sum);
  };
  sums.v0 = dot(hn::InterleaveLower(d16, low01, low23), 0, sums.v0);
  sums.v1 = dot(hn::InterleaveUpper(d16, low01, low23), 1, sums.v1);
  sums.v2 = dot(hn::InterleaveLower(d16, high01, high23), 2, sums.v2);
  sums.v3 = dot(hn::InterleaveUpper(d16, high01, high23), 3, sums.v3);
}

HWY_INLINE Sums StartSums(const Lanes& lanes) {
  const TailDI di;
  return {hn::Load(di, lanes.start), hn::Load(di, lanes.start + kTailLanes), hn::Load(di, lanes.start + 2 * kTailLanes),
          hn::Load(di, lanes.start + 3 * kTailLanes)};
}

HWY_INLINE TailI Rounded(TailI sum, const Lanes& lanes, int64_t vector, TailF low, TailF high) {
  const TailDF df;
  const TailF multiply = hn::Load(df, lanes.multiply + vector * kTailLanes);
  const TailF add = hn::Load(df, lanes.add + vector * kTailLanes);
  return hn::NearestInt(hn::Min(hn::Max(hn::MulAdd(hn::ConvertTo(df, sum), multiply, add), low), high));
}

// Narrow lanes of two vectors, block by block.
template <class D, class V>
HWY_INLINE hn::Vec<D> Narrowed(D d, V a, V b) {
#if HWY_HAVE_SCALABLE
  return hn::OrderedDemote2To(d, a, b);
#else
  return hn::ReorderDemote2To(d, a, b);
#endif
}

HWY_INLINE Bytes CodesOf(const Sums& sums, const Lanes& lanes, TailF low, TailF high) {
  const hn::Repartition<int16_t, TailDI> d16;
  const auto first = Narrowed(d16, Rounded(sums.v0, lanes, 0, low, high), Rounded(sums.v1, lanes, 1, low, high));
  const auto second = Narrowed(d16, Rounded(sums.v2, lanes, 2, low, high), Rounded(sums.v3, lanes, 3, low, high));
  return Narrowed(D8(), first, second);
}

// Neighbouring output pixels, from the one on that `taps` are of, in a block of which `count` channels are there.
void Pixels(const TapsInt8& taps, int64_t quads, const Lanes& lanes, const SumsTail& tail, int64_t pixels,
            int64_t count, uint8_t* to, int64_t stride) {
  const D8 d8;
  const TailDF df;
  const TailF low = hn::Set(df, tail.low), high = hn::Set(df, tail.high);
  const bool whole = count == kBlock;
  const auto some = static_cast<size_t>(count);
  for (int64_t x = 0; x < pixels; ++x) {
    Sums sums = StartSums(lanes);
    for (int64_t q = 0; q < quads; ++q) {
      const auto load = [&](int64_t i) {
        const uint8_t* from = taps.from[q * kTapsOfQuad + i] + x * taps.step[q * kTapsOfQuad + i];
        return whole ? hn::LoadU(d8, from) : hn::LoadN(d8, from, some);
      };
      AddQuad(load(0), load(1), load(2), load(3), lanes.weights + q * kBlock * kTapsOfQuad, sums);
    }
    const Bytes codes = CodesOf(sums, lanes, low, high);
    whole ? hn::StoreU(codes, d8, to + x * stride) : hn::StoreN(codes, d8, to + x * stride, some);
  }
}
#endif

// Output rows [row_begin, row_end), counted over the batch.
void DepthwiseRows(const TaskDepthwiseInt8& task, int64_t row_begin, int64_t row_end) {
  const DepthwiseGeometry& g = task.geometry;
  const int64_t quads = (g.k_h * g.k_w + kTapsOfQuad - 1) / kTapsOfQuad;
  // The columns whose taps all lie inside.
  const int64_t reach = (g.k_w - 1) * g.dilation_w;
  const int64_t first = std::min(g.pad_left > 0 ? (g.pad_left + g.stride_w - 1) / g.stride_w : 0, g.out_w);
  const int64_t room = g.in_w - 1 - reach + g.pad_left;
  const int64_t last = std::max(first, std::min(g.out_w, room >= 0 ? room / g.stride_w + 1 : 0));
  Lanes lanes;
  TapsInt8 taps;
  for (int64_t block = 0; block < g.in_c; block += kBlock) {
    // The last block reaches back where it can, so that it is whole.
    const int64_t channel = std::max<int64_t>(std::min(block, g.in_c - kBlock), 0);
    const int64_t count = std::min(kBlock, g.in_c - channel);
    FillLanes(task, channel, quads, &lanes);
    for (int64_t row = row_begin; row < row_end; ++row) {
      uint8_t* to = static_cast<uint8_t*>(task.tail.output) + row * g.out_w * g.in_c + channel;
      for (int64_t x = 0; x < g.out_w;) {
        const int64_t pixels = x == first && x < last ? last - first : 1;
        FindTaps(task, row, x, channel, &taps);
        Pixels(taps, quads, lanes, task.tail, pixels, count, to + x * g.in_c, g.in_c);
        x += pixels;
      }
    }
  }
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace rivulet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace rivulet {

HWY_EXPORT(DepthwiseRows);

void FindTaps(const TaskDepthwiseInt8& task, int64_t row, int64_t x, int64_t channel, TapsInt8* taps) {
  const DepthwiseGeometry& g = task.geometry;
  const uint8_t* image = task.input + row / g.out_h * g.in_h * g.in_w * g.in_c + channel;
  const int64_t top = row % g.out_h * g.stride_h - g.pad_top;
  int64_t tap = 0;
  for (int64_t i = 0; i < g.k_h; ++i) {
    const int64_t y = top + i * g.dilation_h;
    for (int64_t j = 0; j < g.k_w; ++j, ++tap) {
      const int64_t in_x = x * g.stride_w + j * g.dilation_w - g.pad_left;
      const bool is_inside = y >= 0 && y < g.in_h && in_x >= 0 && in_x < g.in_w;
      taps->from[tap] = is_inside ? image + (y * g.in_w + in_x) * g.in_c : task.outside;
      taps->step[tap] = is_inside ? g.stride_w * g.in_c : 0;
    }
  }
  for (; tap % kTapsOfQuad != 0; ++tap) {
    taps->from[tap] = task.outside;
    taps->step[tap] = 0;
  }
}

CheckedSize DepthwiseInt8Bytes(int64_t taps, int64_t channels) {
  if (taps < 0 || taps > kMaxDepthwiseTaps) return CheckedSize(-1);
  return CheckedSize((taps + kTapsOfQuad - 1) / kTapsOfQuad * kTapsOfQuad) * channels;
}

void PackDepthwiseInt8(const int8_t* filter, int64_t taps, int64_t channels, int8_t* packed) {
  for (int64_t first = 0; first < taps; first += kTapsOfQuad) {
    for (int64_t c = 0; c < channels; ++c) {
      for (int64_t i = first; i < first + kTapsOfQuad; ++i) *packed++ = i < taps ? filter[i * channels + c] : int8_t{0};
    }
  }
}

void DepthwiseInt8(const uint8_t* input, uint8_t outside, const int8_t* packed, const DepthwiseGeometry& geometry,
                   const SumsTail& tail, ThreadPool& pool, const StopToken& stop) {
  alignas(64) uint8_t outsides[kMostChannels];
  std::memset(outsides, outside, sizeof(outsides));
  TaskDepthwiseInt8 task;
  task.input = input;
  task.outside = outsides;
  task.packed = packed;
  task.geometry = geometry;
  task.tail = tail;
  const DepthwiseGeometry& g = geometry;
  if (g.out_w == 0 || g.in_c == 0) return;
  // Pieces of some 20 microseconds; a block's lanes are filled once for a piece.
  const int64_t work = std::max<int64_t>(g.out_w * g.in_c * g.k_h * g.k_w, 1);
  const int64_t grain = std::max<int64_t>((int64_t{1} << 20) / work, 1);
  pool.ParallelFor(g.batch * g.out_h, grain, stop, [&](int64_t begin, int64_t end) {
    HWY_DYNAMIC_DISPATCH(DepthwiseRows)(task, begin, end);
  });
}

}  // namespace rivulet
#endif  // HWY_ONCE
