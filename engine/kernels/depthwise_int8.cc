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

#include "engine/kernels/depthwise_int8_five-inl.h"
#include "engine/kernels/depthwise_int8_narrow-inl.h"
#include "engine/kernels/depthwise_int8_pairs-inl.h"
#include "engine/kernels/depthwise_int8_sums-inl.h"

HWY_BEFORE_NAMESPACE();
namespace rivulet {
namespace HWY_NAMESPACE {
namespace {

// The channel whose bytes come to lane `lane` of vector `vector`.
constexpr int64_t ChannelOf(int64_t vector, int64_t lane) {
#if HWY_TARGET == HWY_SCALAR
  return vector * kTailLanes + lane;
#else
  return lane / 4 * 16 + vector * 4 + lane % 4;
#endif
}

// `again`: channels behind the last one are the first ones of the next pixel.
void FillLanes(const TaskDepthwiseInt8& task, int64_t channel, bool again, int64_t quads, Lanes* lanes) {
  const int64_t channels = task.geometry.in_c;
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
// Outputs [begin, end) of a row.
void Strips(const TaskDepthwiseInt8& task, const Lanes& lanes, int64_t row, int64_t channel, int64_t count,
            int64_t begin, int64_t end, uint8_t* to) {
  const DepthwiseGeometry& g = task.geometry;
  const RowsInt8 rows = RowsOf(task, row, channel);
  const int64_t taps = QuadsOfColumn(g.k_h) * kTapsOfQuad;
  for (int64_t x = begin; x < end; ++x) {
    for (int64_t v = 0; v < count; ++v) {
      auto sum = static_cast<uint32_t>(lanes.start[v]);
      for (int64_t i = 0; i < g.k_w * taps; ++i) {
        const int64_t column = x * g.stride_w - g.pad_left + i / taps * g.dilation_w;
        const bool inside = column >= 0 && column < g.in_w;
        const uint8_t* from = inside ? rows.from[i % taps] + column * rows.step[i % taps] : rows.outside;
        sum += static_cast<uint32_t>(from[v] *
                                     lanes.weights[(i / kTapsOfQuad * kBlock + v) * kTapsOfQuad + i % kTapsOfQuad]);
      }
      const float value = static_cast<float>(static_cast<int32_t>(sum)) * lanes.multiply[v] + lanes.add[v];
      to[x * g.in_c + v] =
          static_cast<uint8_t>(std::nearbyint(std::min(std::max(value, task.tail.low), task.tail.high)));
    }
  }
}
#else
// A row of outputs under a filter of 3x3 whose columns are neighbours, for whole vectors.
void Pixels3x3(const RowsInt8& rows, const Lanes& lanes, const SumsTail& tail, const DepthwiseGeometry& g,
               uint8_t* to) {
  const D8 d8;
  const Bytes low = hn::Set(d8, static_cast<uint8_t>(tail.low)), high = hn::Set(d8, static_cast<uint8_t>(tail.high));
  const Bytes outside = hn::LoadU(d8, rows.outside);
  const auto column = [&](int64_t at) -> Quad {
    if (at < 0 || at >= g.in_w) return {outside, outside, outside, outside};
    const Bytes third = hn::LoadU(d8, rows.from[2] + at * rows.step[2]);
    return Interleaved(hn::LoadU(d8, rows.from[0] + at * rows.step[0]), hn::LoadU(d8, rows.from[1] + at * rows.step[1]),
                       third, third);
  };
  constexpr int64_t kColumn = kBlock * kTapsOfQuad;
  int64_t x = -g.pad_left;
  Quad first = column(x), second = column(x + 1);
  for (int64_t i = 0; i < g.out_w; ++i, to += g.in_c) {
    const Quad third = column(x + 2);
    Sums sums = StartSums(lanes);
    AddQuad(first, lanes.weights, sums);
    AddQuad(second, lanes.weights + kColumn, sums);
    AddQuad(third, lanes.weights + 2 * kColumn, sums);
    hn::StoreU(CodesOf(sums, lanes, low, high), d8, to);
    x += g.stride_w;
    if (g.stride_w == 1) {
      first = second;
      second = third;
    } else if (i + 1 < g.out_w) {
      first = g.stride_w == 2 ? third : column(x);
      second = column(x + 1);
    }
  }
}

// The first `count` bytes; `part` has room for a vector.
HWY_INLINE Bytes LoadSome(const uint8_t* from, size_t count, uint8_t* part) {
  const D8 d8;
#if HWY_TARGET <= HWY_AVX3
  (void)part;
  return hn::LoadN(d8, from, count);  // one instruction
#else
  std::memcpy(part, from, count);
  return hn::Load(d8, part);
#endif
}

// Outputs [begin, end) of a row, strip by strip: the columns of the input that a strip needs are interleaved once.
void Strips(const TaskDepthwiseInt8& task, const Lanes& lanes, int64_t row, int64_t channel, int64_t count,
            int64_t begin, int64_t end, uint8_t* to) {
  if (begin >= end) return;
  const D8 d8;
  constexpr int64_t kQuad = kBlock * kTapsOfQuad;
  const DepthwiseGeometry& g = task.geometry;
  const Bytes low = hn::Set(d8, static_cast<uint8_t>(task.tail.low)),
              high = hn::Set(d8, static_cast<uint8_t>(task.tail.high));
  HWY_ALIGN uint8_t strip[kStripQuads * kQuad];
  HWY_ALIGN uint8_t part[kBlock] = {};  // of a block that is not whole
  const auto some = static_cast<size_t>(count);
  const RowsInt8 rows = RowsOf(task, row, channel);
  const int64_t quads = QuadsOfColumn(g.k_h), span = (g.k_w - 1) * g.dilation_w + 1;
  // Of a wide span only the columns that are multiplied, for one output at a time.
  const bool is_wide = span > kStripQuads / quads;
  const int64_t outputs = is_wide ? 1 : (kStripQuads / quads - span) / g.stride_w + 1;
  const int64_t between = is_wide ? g.dilation_w : 1, apart = is_wide ? 1 : g.dilation_w;
  for (int64_t x = begin; x < end; x += outputs) {
    const int64_t made = std::min(outputs, end - x);
    const int64_t columns = is_wide ? g.k_w : (made - 1) * g.stride_w + span;
    uint8_t* at = strip;
    for (int64_t c = 0; c < columns; ++c) {
      const int64_t column = x * g.stride_w - g.pad_left + c * between;
      const bool inside = column >= 0 && column < g.in_w;
      for (int64_t i = 0; i < quads; ++i, at += kQuad) {
        const auto load = [&](int64_t t) {
          const int64_t tap = i * kTapsOfQuad + t;
          const uint8_t* from = inside ? rows.from[tap] + column * rows.step[tap] : rows.outside;
          return count == kBlock ? hn::LoadU(d8, from) : LoadSome(from, some, part);
        };
        const Quad quad = Interleaved(load(0), load(1), load(2), load(3));
        hn::Store(quad.v0, d8, at);
        hn::Store(quad.v1, d8, at + kBlock);
        hn::Store(quad.v2, d8, at + 2 * kBlock);
        hn::Store(quad.v3, d8, at + 3 * kBlock);
      }
    }
    for (int64_t i = 0; i < made; ++i) {
      Sums sums = StartSums(lanes);
      const int8_t* weights = lanes.weights;
      for (int64_t j = 0; j < g.k_w; ++j) {
        const uint8_t* from = strip + (i * g.stride_w + j * apart) * quads * kQuad;
        for (int64_t q = 0; q < quads; ++q, from += kQuad, weights += kQuad) {
          AddQuad({hn::Load(d8, from), hn::Load(d8, from + kBlock), hn::Load(d8, from + 2 * kBlock),
                   hn::Load(d8, from + 3 * kBlock)},
                  weights, sums);
        }
      }
      const Bytes codes = CodesOf(sums, lanes, low, high);
      uint8_t* here = to + (x + i) * g.in_c;
      if (count == kBlock) {
        hn::StoreU(codes, d8, here);
      } else {
        hn::Store(codes, d8, part);
        std::memcpy(here, part, some);
      }
    }
  }
}
#endif

// Output rows [row_begin, row_end), counted over the batch, of channels [first, last): whole blocks, or up to the end.
void DepthwiseRows(const TaskDepthwiseInt8& task, int64_t row_begin, int64_t row_end, int64_t first, int64_t last) {
  const DepthwiseGeometry& g = task.geometry;
  const int64_t quads = QuadsOfColumn(g.k_h) * g.k_w;
  const auto row_of = [&](int64_t row) { return static_cast<uint8_t*>(task.tail.output) + row * g.out_w * g.in_c; };
#if RIVULET_HAS_PAIRS
  if (TakesDepthwisePairs(g)) {
    PairFilter filter;
    for (int64_t block = first; block < last; block += kBlock) {
      FillPairs(task, block, std::min(kBlock, last - block), &filter);
      for (int64_t row = row_begin; row < row_end; ++row) DepthwisePairsRow(task, filter, row, row_of(row));
    }
    return;
  }
#endif
#if HWY_TARGET != HWY_SCALAR
  if (const int64_t phases = NarrowPhases(g); phases > 0) {
    Lanes lanes[kMostPhases];
    for (int64_t i = 0; i < phases; ++i) FillLanes(task, i * kBlock, HoldsSeveral(g, phases), quads, &lanes[i]);
    for (int64_t row = row_begin; row < row_end; ++row) NarrowRow(task, lanes, phases, row, row_of(row));
    return;
  }
#endif
  Lanes lanes;
  for (int64_t block = first; block < last; block += kBlock) {
    // The last block reaches back where it can, so that it is whole.
    const int64_t channel = std::max<int64_t>(std::min(block, g.in_c - kBlock), 0);
    const int64_t count = std::min(kBlock, g.in_c - channel);
    FillLanes(task, channel, false, quads, &lanes);
    for (int64_t row = row_begin; row < row_end; ++row) {
      uint8_t* to = row_of(row) + channel;
#if HWY_TARGET != HWY_SCALAR
      if (g.k_h == 3 && g.k_w == 3 && g.dilation_w == 1 && g.in_c >= kBlock) {
        Pixels3x3(RowsOf(task, row, channel), lanes, task.tail, g, to);
        continue;
      }
#endif
#if HWY_TARGET <= HWY_AVX3 && HWY_ARCH_X86
      if (IsFiveByFive(g)) {
        Pixels5x5(RowsOf(task, row, channel), lanes, task.tail, g, to);
        continue;
      }
#endif
      Strips(task, lanes, row, channel, count, 0, g.out_w, to);
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
  // Pieces of some microseconds: of rows, where these are few of channels. A block's lanes are filled once for a piece.
  // Channels that fill no block go with those before them, into which their vector reaches back.
  const int64_t rows = g.batch * g.out_h, blocks = std::max<int64_t>(g.in_c / kMostChannels, 1);
  const int64_t work = std::max<int64_t>(g.out_w * std::min(g.in_c, kMostChannels) * g.k_h * g.k_w, 1);
  const int64_t piece = int64_t{1} << (pool.num_threads() > 1 ? 18 : 22);
  const int64_t height = std::clamp<int64_t>(piece / work, 1, std::max<int64_t>(rows, 1));
  const int64_t strips = (rows + height - 1) / height;
  const int64_t grain = height < rows ? 1 : std::max<int64_t>(piece / (work * height), 1);
  pool.ParallelFor(strips * blocks, grain, stop, [&](int64_t begin, int64_t end) {
    while (begin < end) {  // strips of one block of channels, or whole blocks
      const int64_t block = begin / strips, strip = begin % strips;
      const int64_t taken =
          strip == 0 && end - begin >= strips ? (end - begin) / strips * strips : std::min(end - begin, strips - strip);
      const int64_t next = block + (taken + strips - 1) / strips;
      const int64_t last = next == blocks ? g.in_c : next * kMostChannels;
      HWY_DYNAMIC_DISPATCH(DepthwiseRows)
      (task, strip * height, taken >= strips ? rows : std::min((strip + taken) * height, rows), block * kMostChannels,
       last);
      begin += taken;
    }
  });
}

}  // namespace rivulet
#endif  // HWY_ONCE
