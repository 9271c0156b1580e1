// Distributions over [0, range) from which the candidate samplers and NegTrain draw classes, in TensorFlow's streams.
#ifndef RIVULET_ENGINE_OPS_RANGE_SAMPLER_H_
#define RIVULET_ENGINE_OPS_RANGE_SAMPLER_H_

#include <cstdint>
#include <span>
#include <vector>

#include "engine/base/errors.h"
#include "engine/kernels/philox.h"

namespace rivulet {

class RangeSampler {
 public:
  explicit RangeSampler(int64_t range) : range_(range) {}
  virtual ~RangeSampler() = default;

  int64_t range() const { return range_; }
  virtual int64_t Sample(PhiloxWords& words) const = 0;
  // Of one draw.
  virtual float Probability(int64_t value) const = 0;

 private:
  int64_t range_;
};

class UniformSampler : public RangeSampler {
 public:
  using RangeSampler::RangeSampler;
  int64_t Sample(PhiloxWords& words) const override;
  float Probability(int64_t) const override { return static_cast<float>(1.0 / static_cast<double>(range())); }
};

// P(k) = log((k + 2) / (k + 1)) / log(range + 1): classes that are sorted by falling frequency.
class LogUniformSampler : public RangeSampler {
 public:
  explicit LogUniformSampler(int64_t range);
  int64_t Sample(PhiloxWords& words) const override;
  float Probability(int64_t value) const override;

 private:
  double log_range_;
};

// Proportional to one more than the times that a class was learnt.
class LearningSampler : public RangeSampler {
 public:
  // Not more than 2^31 - 1 classes.
  explicit LearningSampler(int64_t range);
  int64_t Sample(PhiloxWords& words) const override;
  float Probability(int64_t value) const override;
  // Classes that were there; they must be in the range.
  void Learn(std::span<const int64_t> values);

 private:
  int32_t WeightOf(int64_t value) const;

  // Sums of weights over stretches of a power of two (Fenwick's tree): finding and changing a class take log(range).
  std::vector<int32_t> sums_;
  int32_t total_ = 0;
};

// Drawing from given weights in constant time (Walker's alias method, as Vose builds its table).
class AliasTable {
 public:
  explicit AliasTable(std::span<const float> weights);
  int64_t Sample(PhiloxWords& words) const;

 private:
  struct Entry {
    float keep = 1;
    int32_t other = -1;
  };
  std::vector<Entry> entries_;
};

class WeightsSampler : public RangeSampler {
 public:
  explicit WeightsSampler(std::vector<float> weights);
  int64_t Sample(PhiloxWords& words) const override { return table_.Sample(words); }
  float Probability(int64_t value) const override;

 private:
  std::vector<float> weights_;
  float total_ = 0;
  AliasTable table_;
};

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_RANGE_SAMPLER_H_
