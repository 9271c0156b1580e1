// The sums of a uniform convolution, one output pixel after the other, and what becomes of them.
#ifndef RIVULET_ENGINE_OPS_UNIFORM_CONVOLUTION_LOOPS_H_
#define RIVULET_ENGINE_OPS_UNIFORM_CONVOLUTION_LOOPS_H_

#include <algorithm>
#include <cstdint>

#include "engine/kernels/transpose.h"
#include "engine/ops/uniform_conv_shape.h"
#include "engine/ops/uniform_quantized.h"

namespace rivulet {

// Everything with batch entries first, then spatial axes, then features: lhs [batch, .., in_c], rhs [.., in, out_c].
struct UniformConvOperands {
  const int8_t* lhs = nullptr;
  const int8_t* rhs = nullptr;
  const DynamicScale* batches = nullptr;
  const UniformFeature* features = nullptr;
};

class UniformConvolution {
 public:
  // For an output that has elements, floats or codes of qint32; lhs may have none, and dims whose product is no number
  // then: nothing is seen.
  UniformConvolution(const UniformConvSizes& sizes, const UniformConvSpec& spec, const UniformConvOperands& operands,
                     CodeLimits limits, bool to_floats)
      : sizes_(sizes), spec_(spec), operands_(operands), limits_(limits), to_floats_(to_floats) {
    bool empty = false;
    for (const SpatialSizes& s : sizes.spatial) {
      taps_ *= s.k;
      out_pixels_ *= s.out;
      empty = empty || s.in == 0;
    }
    for (const SpatialSizes& s : sizes.spatial) in_pixels_ *= empty ? 0 : s.in;
    if (empty) taps_ = 0;
    group_in_ = sizes.in_c / spec.feature_groups;
  }

  int64_t out_pixels() const { return out_pixels_; }
  int64_t work() const { return taps_ * group_in_ * sizes_.out_c; }  // of an output pixel

  // All features of output pixel `pixel`, counted over the output's batch.
  void Pixel(int64_t pixel, void* to) const {
    int64_t at[kMaxTransposeRank];
    int64_t rest = pixel % out_pixels_;
    for (size_t i = sizes_.spatial.size(); i-- > 0;) {
      at[i] = rest % sizes_.spatial[i].out * sizes_.spatial[i].stride - sizes_.spatial[i].pad;
      rest /= sizes_.spatial[i].out;
    }
    const int64_t by_batch = sizes_.out_c / spec_.batch_groups, by_feature = sizes_.out_c / spec_.feature_groups;
    for (int64_t first = 0; first < sizes_.out_c;) {
      // To the end of both groups that the feature is in.
      const int64_t end = std::min((first / by_batch + 1) * by_batch, (first / by_feature + 1) * by_feature);
      const int64_t count = std::min(end - first, kTile);
      const int64_t entry = first / by_batch * (sizes_.batch / spec_.batch_groups) + pixel / out_pixels_;
      Tile(at, entry, first / by_feature * group_in_, first, count, static_cast<char*>(to) + first * 4);
      first += count;
    }
  }

 private:
  static constexpr int64_t kTile = 256;

  // The pixel of lhs, within a batch entry, that a tap sees from `at`; -1 outside and between.
  int64_t Seen(const int64_t* at, int64_t tap) const {
    int64_t pixel = 0, step = 1;
    for (size_t i = sizes_.spatial.size(); i-- > 0;) {
      const SpatialSizes& s = sizes_.spatial[i];
      const int64_t place = at[i] + tap % s.k * s.rhs_dilation;
      tap /= s.k;
      if (place < 0 || place % s.lhs_dilation != 0 || place / s.lhs_dilation >= s.in) return -1;
      pixel += place / s.lhs_dilation * step;
      step *= s.in;
    }
    return pixel;
  }

  void Tile(const int64_t* at, int64_t entry, int64_t first_in, int64_t first, int64_t count, void* to) const {
    uint32_t sums[kTile] = {};
    uint32_t values = 0;  // what zero points of rhs are multiplied by
    const DynamicScale& scale = operands_.batches[entry];
    for (int64_t tap = 0; tap < taps_; ++tap) {
      const int64_t pixel = Seen(at, tap);
      if (pixel < 0) continue;
      const int8_t* lhs = operands_.lhs + (entry * in_pixels_ + pixel) * sizes_.in_c + first_in;
      const int8_t* rhs = operands_.rhs + tap * group_in_ * sizes_.out_c + first;
      for (int64_t i = 0; i < group_in_; ++i, rhs += sizes_.out_c) {
        const uint32_t value = static_cast<uint32_t>(int32_t{lhs[i]}) - static_cast<uint32_t>(scale.zero_point);
        values += value;
        for (int64_t j = 0; j < count; ++j) sums[j] += value * static_cast<uint32_t>(int32_t{rhs[j]});
      }
    }
    for (int64_t j = 0; j < count; ++j) {
      const UniformFeature& feature = operands_.features[first + j];
      const auto sum = static_cast<int32_t>(sums[j] - values * static_cast<uint32_t>(feature.zero_point));
      if (to_floats_) {
        static_cast<float*>(to)[j] = static_cast<float>(sum) * scale.scale * feature.scale;
      } else {
        static_cast<int32_t*>(to)[j] =
            limits_.Clamp(Wrapped(int64_t{Multiply(sum, feature.factor)} + feature.output_zero));
      }
    }
  }

  const UniformConvSizes& sizes_;
  const UniformConvSpec& spec_;
  const UniformConvOperands operands_;
  const CodeLimits limits_;
  const bool to_floats_;
  int64_t taps_ = 1;
  int64_t in_pixels_ = 1;
  int64_t out_pixels_ = 1;
  int64_t group_in_ = 1;
};

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_UNIFORM_CONVOLUTION_LOOPS_H_
