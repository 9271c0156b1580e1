// The range that the 256 codes of an activation stand for.
#ifndef RIVULET_PREPARE_INT8_CODE_RANGE_H_
#define RIVULET_PREPARE_INT8_CODE_RANGE_H_

#include <cstdint>
#include <span>
#include <vector>

namespace rivulet::prepare {

// Code 0 is `min`, code 255 `max`, and one of them is 0 exactly.
struct CodeRange {
  float min = 0, max = 1;

  float step() const { return (max - min) / 255; }
};

// The nearest to [low, high] and 0. Where that is 0 alone, any range will do: [0, 1].
CodeRange RangeOfCodes(double low, double high);

// What values an activation has, in bins that grow as it does, and which range of codes loses least of them.
class ActivationHistogram {
 public:
  ActivationHistogram() : bins_{std::vector<uint64_t>(kBins), std::vector<uint64_t>(kBins)} {}

  void Add(std::span<const float> values);

  // No value that is not finite was among them.
  bool is_finite() const { return is_finite_; }
  float min() const { return min_; }
  float max() const { return max_; }

  // The least expected square of the error, of all ranges that leave out what lies beyond some value on each side:
  // what is left out is moved to the range's end, the rest to the nearest code.
  CodeRange Best() const;

 private:
  static constexpr size_t kBins = 2048;  // on each side of 0

  void WidenTo(double largest);
  // What it costs to end the codes of one side at each of the candidates.
  std::vector<double> CostsBeyond(const std::vector<uint64_t>& bins, const std::vector<double>& ends) const;

  // Of [0, width), [width, 2 width), … below 0 and above; zeros, which every range has, are in none.
  std::vector<uint64_t> bins_[2];
  double width_ = 0;
  float min_ = 0, max_ = 0;
  bool is_finite_ = true;
};

}  // namespace rivulet::prepare

#endif  // RIVULET_PREPARE_INT8_CODE_RANGE_H_
