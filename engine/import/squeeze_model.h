// The statistics that squeezed weights are coded with: what the coder and the decoder must do alike, to the bit.
//
// A symbol is one of sixteen. Its probabilities are counted as symbols come, apart for each size that the levels around
// have; they are refreshed after a number of symbols that grows while the counts settle. All of it is integers, so
// every machine decodes the same.
#ifndef RIVULET_ENGINE_IMPORT_SQUEEZE_MODEL_H_
#define RIVULET_ENGINE_IMPORT_SQUEEZE_MODEL_H_

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

namespace rivulet {

inline constexpr int kSqueezeSymbols = 16;
inline constexpr int kSqueezeBits = 15;  // probabilities are of 2^15
inline constexpr int32_t kSqueezeOne = 1 << kSqueezeBits;

struct alignas(16) SymbolModel {
  // Symbol s's part of kSqueezeOne is start[s] up to start[s + 1]; it is at least 1.
  uint16_t start[kSqueezeSymbols + 8];
  std::array<uint32_t, kSqueezeSymbols> counts;
  uint32_t left;      // symbols until the parts are made anew
  uint32_t interval;  // and how many from then on

  // What a symbol counts; what the counts that a model begins with sum up to; where they are halved.
  static constexpr uint32_t kOne = 16, kPrior = 32 * kOne, kMost = 4096 * kOne;
  static constexpr uint32_t kFirstInterval = 8, kLongestInterval = 512;

  void Count(int symbol) {
    counts[static_cast<size_t>(symbol)] += kOne;
    if (--left == 0) MakeParts();
  }

  // From weights of the symbols, of which some may be zero; their sum is below 2^40.
  void Begin(const std::array<int64_t, kSqueezeSymbols>& weights) {
    int64_t sum = 0;
    for (const int64_t weight : weights) sum += weight;
    for (size_t s = 0; s < counts.size(); ++s) {
      counts[s] = std::max<uint32_t>(1, static_cast<uint32_t>(weights[s] * kPrior / sum));
    }
    interval = kFirstInterval;
    MakeParts();
  }
  void BeginUniform() {
    std::array<int64_t, kSqueezeSymbols> weights;
    weights.fill(1);
    Begin(weights);
  }

 private:
  void MakeParts() {
    uint32_t sum = 0, before = 0;
    for (const uint32_t count : counts) sum += count;
    constexpr uint32_t kShared = kSqueezeOne - kSqueezeSymbols;
    for (uint32_t s = 0; s < kSqueezeSymbols; ++s) {
      start[s] = static_cast<uint16_t>(before * kShared / sum + s);
      before += counts[s];
    }
    start[kSqueezeSymbols] = static_cast<uint16_t>(kSqueezeOne);
    if (sum > kMost) {
      for (uint32_t& count : counts) count = (count + 1) / 2;
    }
    left = interval;
    interval = std::min(2 * interval, kLongestInterval);
  }
};
// `before * kShared` above: counts are halved before they are this large.
static_assert(uint64_t{SymbolModel::kMost + SymbolModel::kLongestInterval * SymbolModel::kOne} * kSqueezeOne <
              uint64_t{1} << 32);

// Levels from -7 to 7 are symbols 0 to 14; symbol 15 is followed by a length, a symbol too, then so many bits of the
// magnitude less 7, below its highest, then the sign.
inline constexpr int kPlainLevel = 7;
inline constexpr int kEscape = 15;
inline constexpr int32_t kLargestLevel = (1 << 16) + kPlainLevel - 1;

// How large levels are around the next one: running averages of its column, of its row, in 256ths. Columns are what
// `row` elements in a row have: for a filter its output channels.
class LevelContext {
 public:
  static constexpr int kClasses = 16;
  static constexpr int32_t kUnit = 256;
  static constexpr int32_t kLargest = 15;  // larger ones count as this
  static constexpr int64_t kLongestRow = 1 << 16;
  static constexpr int kMostLowBits = 14;  // a level of any length still fits 32 bits

  // Classes of 16 times the expected magnitude.
  static constexpr std::array<int, kClasses - 1> kBounds = {2, 4, 6, 9, 12, 16, 21, 27, 35, 46, 60, 80, 110, 150, 200};
  static constexpr int ClassOf(int32_t sixteenths) {
    int c = 0;
    while (c < kClasses - 1 && sixteenths >= kBounds[static_cast<size_t>(c)]) ++c;
    return c;
  }
  static constexpr int kEstimates = 256;

  // A geometric distribution on both sides, of the class's middle magnitude m: each step out has m / (1 + m) of the
  // last.
  static void BeginModel(int c, SymbolModel* model) {
    const int64_t m = c == 0              ? 1
                      : c == kClasses - 1 ? 256
                                          : (kBounds[static_cast<size_t>(c) - 1] + kBounds[static_cast<size_t>(c)]) / 2;
    std::array<int64_t, kSqueezeSymbols> weights{};
    int64_t weight = int64_t{1} << 24;
    weights[kPlainLevel] = 2 * weight;
    for (int level = 1; level <= kPlainLevel; ++level) {
      weight = weight * m / (16 + m);
      weights[static_cast<size_t>(kPlainLevel - level)] = weight + 1;
      weights[static_cast<size_t>(kPlainLevel + level)] = weight + 1;
    }
    weights[kEscape] = 2 * weight * m / 16 + 1;
    model->Begin(weights);
  }
};

// 2^(quarters / 4) in 4096ths; quarters from -16 to 16.
constexpr int32_t QuarterOctavesIn4096ths(int32_t quarters) {
  constexpr std::array<int32_t, 4> kRoots = {65536, 77936, 92682, 110218};
  return kRoots[static_cast<size_t>(quarters & 3)] >> (4 - (quarters >> 2));
}

// How a row whose step is larger by so many quarters of octaves than the tensor's is coded, where levels are expected
// to be as much smaller: with fewer low bits, and column averages, which are those of a row of the tensor's step,
// taken for as much less.
struct RowScale {
  int low_bits = 0;
  int32_t wider = 4096;     // a level of it counts as so many 4096ths of one of the tensor's step,
  int32_t narrower = 4096;  // and the other way round
  int32_t shift = 0;        // quarters of octaves, which the two are

  static constexpr int32_t kFinest = -8, kCoarsest = 16;

  static RowScale Of(int tensor_low_bits, int32_t quarters) {
    const int32_t wanted = tensor_low_bits - ((quarters + 2) >> 2);
    RowScale scale;
    scale.low_bits = std::clamp(wanted, 0, LevelContext::kMostLowBits);
    scale.shift = std::clamp(quarters + 4 * (scale.low_bits - tensor_low_bits), kFinest, kCoarsest);
    scale.wider = QuarterOctavesIn4096ths(scale.shift);
    scale.narrower = QuarterOctavesIn4096ths(-scale.shift);
    return scale;
  }
};

// Column averages and the row's own, as both sides keep them.
struct LevelAverages {
  static constexpr int32_t kMost = LevelContext::kLargest * LevelContext::kUnit;

  int32_t of_row = 0;
  int32_t next_of_row = 0;  // with the last element too, which the next one does not wait for
  RowScale scale;

  // Where a row of that scale begins.
  void BeginRow(const RowScale& next) {
    for (int32_t* average : {&of_row, &next_of_row}) {
      const int64_t wider = (int64_t{*average} * scale.wider) >> 12;
      *average = static_cast<int32_t>(std::min<int64_t>(kMost, (wider * next.narrower) >> 12));
    }
    scale = next;
  }
  int32_t Estimate(uint16_t of_column) const {
    const auto column = static_cast<int32_t>((uint32_t{of_column} * static_cast<uint32_t>(scale.narrower)) >> 12);
    return (5 * std::min(column, kMost) + 3 * of_row) >> 7;
  }
  void See(int32_t magnitude, uint16_t* of_column) {
    const int32_t counted = std::min(magnitude, LevelContext::kLargest) * LevelContext::kUnit;
    *of_column = static_cast<uint16_t>(*of_column + (((counted * scale.wider >> 12) - *of_column) >> 4));
    of_row = next_of_row;
    next_of_row += (counted - next_of_row) >> 5;
  }
};
// `counted * scale.wider`, `of_column * scale.narrower` and what becomes of the former above.
static_assert(int64_t{LevelAverages::kMost} * QuarterOctavesIn4096ths(RowScale::kCoarsest) < int64_t{1} << 31);
static_assert(int64_t{LevelAverages::kMost} * QuarterOctavesIn4096ths(RowScale::kCoarsest) >> 12 < 1 << 16);
static_assert(uint64_t{65535} * QuarterOctavesIn4096ths(-RowScale::kFinest) < uint64_t{1} << 32);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_IMPORT_SQUEEZE_MODEL_H_
