// Sums under a depthwise filter by pairs of 16 bits. Per-target: included once for each target by depthwise_int8.cc.
//
// A vector of channels at a time: columns of the input become pairs of rows, a strip of them, which four neighbours of
// the output then read with each pair of weights.
#include "engine/kernels/depthwise_int8_taps.h"

#if defined(RIVULET_ENGINE_KERNELS_DEPTHWISE_INT8_PAIRS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef RIVULET_ENGINE_KERNELS_DEPTHWISE_INT8_PAIRS_INL_H_
#undef RIVULET_ENGINE_KERNELS_DEPTHWISE_INT8_PAIRS_INL_H_
#else
#define RIVULET_ENGINE_KERNELS_DEPTHWISE_INT8_PAIRS_INL_H_
#endif

#include "engine/kernels/int8_pairs-inl.h"
#include "hwy/highway.h"

#if RIVULET_HAS_PAIRS
HWY_BEFORE_NAMESPACE();
namespace rivulet {
namespace HWY_NAMESPACE {
namespace {

constexpr int64_t kPairLanes = 2 * kTailLanes;  // values of a vector
constexpr int64_t kStripPairs = 192;            // vectors of a strip
constexpr int64_t kTogether = 4;                // outputs

// The filter's columns as the strip has them.
struct PairFilter {
  int64_t pairs;  // of a column's rows
  int64_t span;   // columns of the input
  // Of the vectors of channels of a block: weights [vector, column, pair], and what finishes their sums.
  HWY_ALIGN int16_t weights[static_cast<size_t>(4 * 2 * kMaxQuads * kPairLanes)];
  int64_t channels[4];
  int64_t vectors;
};

// Whether a strip is long enough for some outputs.
bool TakesDepthwisePairs(const DepthwiseGeometry& g) {
  const int64_t pairs = (g.k_h + 1) / 2, span = (g.k_w - 1) * g.dilation_w + 1;
  return g.in_c >= kTailLanes && pairs > 0 && span <= kStripPairs / pairs / 2 &&
         g.stride_w <= kStripPairs / pairs / (2 * kTogether);
}

// Channels [channel, channel + count); the last vector reaches back.
void FillPairs(const TaskDepthwiseInt8& task, int64_t channel, int64_t count, PairFilter* filter) {
  const DepthwiseGeometry& g = task.geometry;
  filter->pairs = (g.k_h + 1) / 2;
  filter->span = (g.k_w - 1) * g.dilation_w + 1;
  filter->vectors = (count + kTailLanes - 1) / kTailLanes;
  const int64_t quads = QuadsOfColumn(g.k_h);
  int16_t* to = filter->weights;
  for (int64_t v = 0; v < filter->vectors; ++v) {
    const int64_t first = std::min(channel + v * kTailLanes, g.in_c - kTailLanes);
    filter->channels[v] = first;
    for (int64_t i = 0; i < g.k_w * filter->pairs; ++i) {
      const int64_t pair = i % filter->pairs, quad = i / filter->pairs * quads + pair / 2;
      const int8_t* from = task.packed + (quad * g.in_c + first) * kTapsOfQuad + pair % 2 * 2;
      for (int64_t lane = 0; lane < kTailLanes; ++lane, from += kTapsOfQuad) {
        *to++ = from[0];
        *to++ = from[1];
      }
    }
  }
}

// `count` columns, as pairs of the rows at a and b, where pixels are `step` bytes apart.
HWY_INLINE void FillColumns(const uint8_t* HWY_RESTRICT a, const uint8_t* HWY_RESTRICT b, int64_t a_step,
                            int64_t b_step, int64_t count, int64_t stride, int16_t* HWY_RESTRICT to) {
  const hn::Rebind<uint8_t, TailDI> d8;
  const hn::Twice<decltype(d8)> twice;
  const PairD16 d16;
#pragma GCC unroll 4
  for (int64_t c = 0; c < count; ++c, a += a_step, b += b_step, to += stride) {
    const auto both = hn::InterleaveLower(twice, hn::ResizeBitCast(twice, hn::LoadU(d8, a)),
                                          hn::ResizeBitCast(twice, hn::LoadU(d8, b)));
    hn::Store(hn::PromoteTo(d16, both), d16, to);
  }
}

// Columns [x, x + columns) of the input, as pairs of rows.
void FillStrip(const RowsInt8& rows, int64_t in_w, int64_t pairs, int64_t x, int64_t columns, int64_t channel,
               int16_t* HWY_RESTRICT strip) {
  const int64_t stride = pairs * kPairLanes;
  const int64_t left = std::clamp<int64_t>(-x, 0, columns);
  const int64_t right = std::clamp(in_w - x, left, columns);
  for (int64_t q = 0; q < pairs; ++q) {
    int16_t* to = strip + q * kPairLanes;
    const auto row = [&](int64_t i) {
      return rows.step[i] == 0 ? rows.from[i] : rows.from[i] + (x + left) * rows.step[i] + channel;
    };
    FillColumns(rows.outside, rows.outside, 0, 0, left, stride, to);
    FillColumns(row(2 * q), row(2 * q + 1), rows.step[2 * q], rows.step[2 * q + 1], right - left, stride,
                to + left * stride);
    FillColumns(rows.outside, rows.outside, 0, 0, columns - right, stride, to + right * stride);
  }
}

// Four outputs `step` values apart in the strip. kWidth, kPairs: of the filter; 0: any.
template <int kWidth, int kPairs>
HWY_INLINE hn::Vec<PairD8> FourOutputs(const PairFilter& filter, const DepthwiseGeometry& g, const SumsTail& tail,
                                       const int16_t* HWY_RESTRICT weights, const int16_t* HWY_RESTRICT from,
                                       int64_t step, int64_t channel, Ends ends) {
  const TailDI d;
  const TailDF df;
  const PairD16 d16;
  const int64_t width = kWidth > 0 ? kWidth : g.k_w, pairs = kPairs > 0 ? kPairs : filter.pairs;
  const int64_t column = pairs * kPairLanes * (kWidth > 0 ? 1 : g.dilation_w);
  TailI s0 = hn::LoadU(d, tail.start + channel), s1 = s0, s2 = s0, s3 = s0;
  for (int64_t j = 0; j < width; ++j) {
    for (int64_t q = 0; q < pairs; ++q, weights += kPairLanes) {
      const Pairs w = hn::Load(d16, weights);
      const int16_t* at = from + j * column + q * kPairLanes;
      s0 = hn::Add(s0, hn::WidenMulPairwiseAdd(d, w, hn::Load(d16, at)));
      s1 = hn::Add(s1, hn::WidenMulPairwiseAdd(d, w, hn::Load(d16, at + step)));
      s2 = hn::Add(s2, hn::WidenMulPairwiseAdd(d, w, hn::Load(d16, at + 2 * step)));
      s3 = hn::Add(s3, hn::WidenMulPairwiseAdd(d, w, hn::Load(d16, at + 3 * step)));
    }
  }
  const TailF multiply = hn::LoadU(df, tail.multiply + channel), add = hn::LoadU(df, tail.add + channel);
  return CodesOfFour(RoundedSums(s0, multiply, add), RoundedSums(s1, multiply, add), RoundedSums(s2, multiply, add),
                     RoundedSums(s3, multiply, add), ends);
}

// A row of outputs, of one vector of channels. `to`: of the first output's channel.
template <int kWidth, int kPairs>
void PairsOfRow(const RowsInt8& rows, const PairFilter& filter, const int16_t* weights, int64_t channel,
                const TaskDepthwiseInt8& task, uint8_t* to) {
  const PairD8 d8;
  const DepthwiseGeometry& g = task.geometry;
  HWY_ALIGN int16_t strip[static_cast<size_t>(kStripPairs * kPairLanes)];
  HWY_ALIGN uint8_t part[static_cast<size_t>(4 * kTailLanes)];
  const Ends ends = EndsOf(task.tail);
  const int64_t step = g.stride_w * filter.pairs * kPairLanes;
  const int64_t most = ((kStripPairs / filter.pairs - filter.span) / g.stride_w + 1) / kTogether * kTogether;
  for (int64_t x = 0; x < g.out_w; x += most) {
    const int64_t made = std::min(most, g.out_w - x);
    FillStrip(rows, g.in_w, filter.pairs, x * g.stride_w - g.pad_left, (made - 1) * g.stride_w + filter.span, channel,
              strip);
    for (int64_t i = 0; i < made; i += kTogether) {
      // What lies behind the last one is computed, too, of whatever the strip has there.
      const int64_t some = std::min(kTogether, made - i);
      const auto codes =
          FourOutputs<kWidth, kPairs>(filter, g, task.tail, weights, strip + i * step, step, channel, ends);
      if (some == kTogether) {
        const hn::Half<PairD8> two;
        const hn::Half<decltype(two)> one;
        const auto first = hn::LowerHalf(two, codes), second = hn::UpperHalf(two, codes);
        hn::StoreU(hn::LowerHalf(one, first), one, to);
        hn::StoreU(hn::UpperHalf(one, first), one, to + g.in_c);
        hn::StoreU(hn::LowerHalf(one, second), one, to + 2 * g.in_c);
        hn::StoreU(hn::UpperHalf(one, second), one, to + 3 * g.in_c);
      } else {
        hn::Store(codes, d8, part);
        for (int64_t p = 0; p < some; ++p) std::memcpy(to + p * g.in_c, part + p * kTailLanes, kTailLanes);
      }
      to += some * g.in_c;
    }
  }
}

void DepthwisePairsRow(const TaskDepthwiseInt8& task, const PairFilter& filter, int64_t row, uint8_t* to) {
  const DepthwiseGeometry& g = task.geometry;
  const RowsInt8 rows = RowsOf(task, row, 0);
  const int16_t* weights = filter.weights;
  for (int64_t v = 0; v < filter.vectors; ++v, weights += g.k_w * filter.pairs * kPairLanes) {
    const int64_t channel = filter.channels[v];
    if (g.k_w == 3 && filter.pairs == 2 && g.dilation_w == 1) {
      PairsOfRow<3, 2>(rows, filter, weights, channel, task, to + channel);
    } else if (g.k_w == 5 && filter.pairs == 3 && g.dilation_w == 1) {
      PairsOfRow<5, 3>(rows, filter, weights, channel, task, to + channel);
    } else {
      PairsOfRow<0, 0>(rows, filter, weights, channel, task, to + channel);
    }
  }
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace rivulet
HWY_AFTER_NAMESPACE();
#endif

#endif  // per-target include guard
