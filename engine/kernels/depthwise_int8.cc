// Bytes of four taps are interleaved, so that each lane has a channel's four, which one dot product takes. Interleaving
// works within blocks of 16 bytes, and so does the narrowing of the sums, which brings the channels back into order; in
// between a lane's weights, factors and addends are put where its channel went.
#ifndef HWY_WANT_AVX3_DL
#define HWY_WANT_AVX3_DL 1  // the target with byte dot products is worth having here
#endif

#include "engine/kernels/depthwise_int8.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "engine/kernels/int8_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/kernels/depthwise_int8.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

#include "engine/kernels/depthwise_int8_taps.h"
#include "engine/kernels/sums_tail-inl.h"

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

// How many neighbouring pixels a vector of bytes holds where it can hold several whole ones.
int64_t PixelsOfBlock(const DepthwiseGeometry& g) {
  return g.in_c < kBlock && kBlock % g.in_c == 0 && g.stride_w == 1 ? kBlock / g.in_c : 1;
}

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
  const bool again = PixelsOfBlock(task.geometry) > 1;
  for (int64_t i = 0; i < kBlock; ++i) {
    int64_t at = channel + ChannelOf(i / kTailLanes, i % kTailLanes);
    if (again) at %= channels;
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
void Pixels(const TapsInt8& taps, int64_t quads, const Lanes& lanes, const SumsTail& tail, int64_t pixels,
            int64_t count, uint8_t* to, int64_t stride) {
  for (int64_t x = 0; x < pixels; ++x) {
    for (int64_t v = 0; v < count; ++v) {
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

// Four vectors of bytes, each from another tap, with a channel's four together.
struct Quad {
  Bytes v0, v1, v2, v3;
};

HWY_INLINE Quad Interleaved(Bytes a0, Bytes a1, Bytes a2, Bytes a3) {
  const D8 d8;
  const hn::Repartition<uint16_t, TailDI> d16;
  const auto low01 = hn::BitCast(d16, hn::InterleaveLower(d8, a0, a1));
  const auto high01 = hn::BitCast(d16, hn::InterleaveUpper(d8, a0, a1));
  const auto low23 = hn::BitCast(d16, hn::InterleaveLower(d8, a2, a3));
  const auto high23 = hn::BitCast(d16, hn::InterleaveUpper(d8, a2, a3));
  return {hn::BitCast(d8, hn::InterleaveLower(d16, low01, low23)),
          hn::BitCast(d8, hn::InterleaveUpper(d16, low01, low23)),
          hn::BitCast(d8, hn::InterleaveLower(d16, high01, high23)),
          hn::BitCast(d8, hn::InterleaveUpper(d16, high01, high23))};
}

HWY_INLINE void AddQuad(const Quad& quad, const int8_t* HWY_RESTRICT weights, Sums& sums) {
  const TailDI di;
  const DW dw;
  constexpr int64_t kStep = kTailLanes * kTapsOfQuad;
  sums.v0 = hn::SumOfMulQuadAccumulate(di, quad.v0, hn::Load(dw, weights), sums.v0);
  sums.v1 = hn::SumOfMulQuadAccumulate(di, quad.v1, hn::Load(dw, weights + kStep), sums.v1);
  sums.v2 = hn::SumOfMulQuadAccumulate(di, quad.v2, hn::Load(dw, weights + 2 * kStep), sums.v2);
  sums.v3 = hn::SumOfMulQuadAccumulate(di, quad.v3, hn::Load(dw, weights + 3 * kStep), sums.v3);
}

HWY_INLINE Sums StartSums(const Lanes& lanes) {
  const TailDI di;
  return {hn::Load(di, lanes.start), hn::Load(di, lanes.start + kTailLanes), hn::Load(di, lanes.start + 2 * kTailLanes),
          hn::Load(di, lanes.start + 3 * kTailLanes)};
}

HWY_INLINE TailI Rounded(TailI sum, const Lanes& lanes, int64_t vector) {
  const TailDF df;
  const TailF multiply = hn::Load(df, lanes.multiply + vector * kTailLanes);
  const TailF add = hn::Load(df, lanes.add + vector * kTailLanes);
  return hn::NearestInt(hn::MulAdd(hn::ConvertTo(df, sum), multiply, add));
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

// Narrowing ends at 0 and 255.
HWY_INLINE Bytes CodesOf(const Sums& sums, const Lanes& lanes, Bytes low, Bytes high) {
  const hn::Repartition<int16_t, TailDI> d16;
  const auto first = Narrowed(d16, Rounded(sums.v0, lanes, 0), Rounded(sums.v1, lanes, 1));
  const auto second = Narrowed(d16, Rounded(sums.v2, lanes, 2), Rounded(sums.v3, lanes, 3));
  return hn::Min(hn::Max(Narrowed(D8(), first, second), low), high);
}

// Neighbouring output pixels, from the one on that `taps` are of, in a block of which `count` channels are there.
void Pixels(const TapsInt8& taps, int64_t quads, const Lanes& lanes, const SumsTail& tail, int64_t pixels,
            int64_t count, uint8_t* to, int64_t stride) {
  const D8 d8;
  const Bytes low = hn::Set(d8, static_cast<uint8_t>(tail.low)), high = hn::Set(d8, static_cast<uint8_t>(tail.high));
  const bool whole = count == kBlock;
  const auto some = static_cast<size_t>(count);
  for (int64_t x = 0; x < pixels; ++x) {
    Sums sums = StartSums(lanes);
    for (int64_t q = 0; q < quads; ++q) {
      const auto load = [&](int64_t i) {
        const uint8_t* from = taps.from[q * kTapsOfQuad + i] + x * taps.step[q * kTapsOfQuad + i];
        return whole ? hn::LoadU(d8, from) : hn::LoadN(d8, from, some);
      };
      AddQuad(Interleaved(load(0), load(1), load(2), load(3)), lanes.weights + q * kBlock * kTapsOfQuad, sums);
    }
    const Bytes codes = CodesOf(sums, lanes, low, high);
    whole ? hn::StoreU(codes, d8, to + x * stride) : hn::StoreN(codes, d8, to + x * stride, some);
  }
}

// The same under filters of 3x3 whose columns are neighbours, for whole vectors: the first output's taps begin at
// column x of the input, and from one to the next it is `columns` of the input and `advance` bytes of the output.
void Pixels3x3(const RowsInt8& rows, const Lanes& lanes, const SumsTail& tail, int64_t x, int64_t width,
               int64_t outputs, int64_t columns, uint8_t* to, int64_t advance) {
  const D8 d8;
  const Bytes low = hn::Set(d8, static_cast<uint8_t>(tail.low)), high = hn::Set(d8, static_cast<uint8_t>(tail.high));
  const Bytes outside = hn::LoadU(d8, rows.outside);
  const auto column = [&](int64_t at) -> Quad {
    if (at < 0 || at >= width) return {outside, outside, outside, outside};
    const Bytes third = hn::LoadU(d8, rows.from[2] + at * rows.step[2]);
    return Interleaved(hn::LoadU(d8, rows.from[0] + at * rows.step[0]), hn::LoadU(d8, rows.from[1] + at * rows.step[1]),
                       third, third);
  };
  constexpr int64_t kColumn = kBlock * kTapsOfQuad;
  Quad first = column(x), second = column(x + 1);
  for (int64_t i = 0; i < outputs; ++i, to += advance) {
    const Quad third = column(x + 2);
    Sums sums = StartSums(lanes);
    AddQuad(first, lanes.weights, sums);
    AddQuad(second, lanes.weights + kColumn, sums);
    AddQuad(third, lanes.weights + 2 * kColumn, sums);
    hn::StoreU(CodesOf(sums, lanes, low, high), d8, to);
    x += columns;
    if (columns == 1) {
      first = second;
      second = third;
    } else if (i + 1 < outputs) {  // what follows may lie outside
      first = columns == 2 ? third : column(x);
      second = column(x + 1);
    }
  }
}
#endif

// The output columns whose taps all lie inside.
struct Columns {
  int64_t begin;
  int64_t end;
};

Columns InsideOf(const DepthwiseGeometry& g) {
  const int64_t begin = std::min(g.pad_left > 0 ? (g.pad_left + g.stride_w - 1) / g.stride_w : 0, g.out_w);
  const int64_t room = g.in_w - 1 - (g.k_w - 1) * g.dilation_w + g.pad_left;
  return {begin, std::max(begin, std::min(g.out_w, room >= 0 ? room / g.stride_w + 1 : 0))};
}

// Makes the columns of an output row that Pixels3x3 can, and says which.
Columns Made3x3(const TaskDepthwiseInt8& task, const Lanes& lanes, const Columns& inside, int64_t row, int64_t channel,
                uint8_t* to) {
#if HWY_TARGET != HWY_SCALAR
  const DepthwiseGeometry& g = task.geometry;
  const int64_t together = PixelsOfBlock(g);
  const int64_t outputs = together > 1 ? (inside.end - inside.begin) / together : g.out_w;
  if (ByColumns(g) && g.k_w == 3 && g.dilation_w == 1 && std::min(kBlock, g.in_c) * together == kBlock && outputs > 0) {
    const int64_t first = together > 1 ? inside.begin : 0;
    Pixels3x3(RowsOf(task, row, channel), lanes, task.tail, first * g.stride_w - g.pad_left, g.in_w, outputs,
              together > 1 ? together : g.stride_w, to + first * g.in_c, together * g.in_c);
    return {first, first + outputs * together};
  }
#endif
  (void)task, (void)lanes, (void)row, (void)channel, (void)to;
  return {inside.begin, inside.begin};
}

// Output rows [row_begin, row_end), counted over the batch.
void DepthwiseRows(const TaskDepthwiseInt8& task, int64_t row_begin, int64_t row_end) {
  const DepthwiseGeometry& g = task.geometry;
  const int64_t quads = QuadsOf(g);
  const Columns inside = InsideOf(g);
  Lanes lanes;
  TapsInt8 taps;
  for (int64_t block = 0; block < g.in_c; block += kBlock) {
    // The last block reaches back where it can, so that it is whole.
    const int64_t channel = std::max<int64_t>(std::min(block, g.in_c - kBlock), 0);
    const int64_t count = std::min(kBlock, g.in_c - channel);
    FillLanes(task, channel, quads, &lanes);
    for (int64_t row = row_begin; row < row_end; ++row) {
      uint8_t* to = static_cast<uint8_t*>(task.tail.output) + row * g.out_w * g.in_c + channel;
      const Columns made = Made3x3(task, lanes, inside, row, channel, to);
      for (int64_t x = 0; x < g.out_w;) {
        if (x == made.begin && made.end > made.begin) x = made.end;
        if (x == g.out_w) break;
        const int64_t pixels = x >= inside.begin && x < inside.end ? inside.end - x : 1;
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
