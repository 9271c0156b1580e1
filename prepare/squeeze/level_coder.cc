#include "prepare/squeeze/level_coder.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdlib>

#include "engine/import/squeeze_rans.h"

namespace rivulet::prepare {
namespace {

using Part = LevelStatistics::Part;

Part PartOf(const SymbolModel& model, int symbol) {
  const uint16_t start = model.start[symbol];
  return {start, static_cast<uint16_t>(model.start[symbol + 1] - start)};
}

Part PartOfBits(uint32_t value, int count) {
  const int shift = kSqueezeBits - count;
  return {static_cast<uint16_t>(value << shift), static_cast<uint16_t>(1u << shift)};
}

std::vector<float> MakeCosts() {
  std::vector<float> costs(static_cast<size_t>(kSqueezeOne) + 1, static_cast<float>(kSqueezeBits));
  for (size_t size = 1; size < costs.size(); ++size) {
    costs[size] = static_cast<float>(kSqueezeBits) - std::log2(static_cast<float>(size));
  }
  return costs;
}

float CostOf(const Part& part) {
  static const std::vector<float> kCosts = MakeCosts();
  return kCosts[part.size];
}

struct Split {
  int32_t high;
  uint32_t low;
};

Split SplitLevel(int32_t level, int low_bits) {
  return {level >> low_bits, static_cast<uint32_t>(level) & ((1u << low_bits) - 1)};
}

// Of the magnitude of a long level less kPlainLevel.
int LengthOf(int32_t level) { return std::bit_width(static_cast<uint32_t>(std::abs(level) - kPlainLevel)) - 1; }

}  // namespace

LevelStatistics::LevelStatistics(const LevelCoding& coding, int64_t first)
    : coding_(coding),
      models_(LevelContext::kClasses),
      columns_(static_cast<size_t>(std::max<int64_t>(coding.row, 1)), coding.mean),
      averages_{coding.mean, coding.mean},
      column_(first % std::max<int64_t>(coding.row, 1)) {
  for (int c = 0; c < LevelContext::kClasses; ++c) LevelContext::BeginModel(c, &models_[static_cast<size_t>(c)]);
  lengths_.BeginUniform();
}

const SymbolModel& LevelStatistics::model() const {
  const int32_t of_column = columns_[static_cast<size_t>(column_)];
  return models_[static_cast<size_t>(LevelContext::ClassOf(LevelAverages::Estimate(of_column, averages_.of_row)))];
}

float LevelStatistics::Cost(int32_t level) const {
  const int32_t high = SplitLevel(level, coding_.low_bits).high;
  const auto low_bits = static_cast<float>(coding_.low_bits);
  if (std::abs(high) <= kPlainLevel) return low_bits + CostOf(PartOf(model(), high + kPlainLevel));
  const int length = LengthOf(high);
  return low_bits + CostOf(PartOf(model(), kEscape)) + CostOf(PartOf(lengths_, length)) + static_cast<float>(length) +
         1;
}

void LevelStatistics::Push(int32_t level, std::vector<Part>* parts) {
  const Split split = SplitLevel(level, coding_.low_bits);
  const bool is_plain = std::abs(split.high) <= kPlainLevel;
  const int symbol = is_plain ? split.high + kPlainLevel : kEscape;
  const auto put = [&](const Part& part) {
    if (parts != nullptr) parts->push_back(part);
  };
  auto& used = const_cast<SymbolModel&>(model());
  put(PartOf(used, symbol));
  used.Count(symbol);
  if (!is_plain) {
    const int length = LengthOf(split.high);
    put(PartOf(lengths_, length));
    lengths_.Count(length);
    put(PartOfBits(static_cast<uint32_t>(std::abs(split.high) - kPlainLevel) - (1u << length), length));
    put(PartOfBits(split.high < 0 ? 1 : 0, 1));
  }
  averages_.See(std::abs(split.high), &columns_[static_cast<size_t>(column_)]);
  if (coding_.low_bits > 0) put(PartOfBits(split.low, coding_.low_bits));
  if (++column_ == static_cast<int64_t>(columns_.size())) column_ = 0;
}

LevelCoding CodingFor(std::span<const int32_t> levels, int64_t row) {
  double sum = 0;
  for (const int32_t level : levels) sum += std::abs(static_cast<double>(level));
  double mean = levels.empty() ? 0 : sum / static_cast<double>(levels.size());
  LevelCoding coding;
  coding.row = row > 0 && row <= LevelContext::kLongestRow ? row : 0;
  // Sixteen symbols tell a distribution of this width well; what lies below is as good as even.
  constexpr double kWidest = 2.5;
  while (mean > kWidest && coding.low_bits < LevelContext::kMostLowBits) {
    ++coding.low_bits;
    mean /= 2;
  }
  constexpr double kMost = LevelContext::kLargest * LevelContext::kUnit;
  coding.mean = static_cast<uint16_t>(std::min(kMost, mean * LevelContext::kUnit + 0.5));
  return coding;
}

std::string EncodeParts(std::span<const Part> parts) {
  std::vector<uint32_t> words;
  uint64_t state = RansReader::kLow;
  for (size_t i = parts.size(); i-- > 0;) {
    const Part& part = parts[i];
    // The reader's state before this symbol must be below kLow << 32 once it is coded.
    if (state >= (uint64_t{part.size} << (63 - kSqueezeBits))) {
      words.push_back(static_cast<uint32_t>(state));
      state >>= 32;
    }
    state = ((state / part.size) << kSqueezeBits) + state % part.size + part.start;
  }
  words.push_back(static_cast<uint32_t>(state));
  words.push_back(static_cast<uint32_t>(state >> 32));
  std::string bytes;
  for (size_t i = words.size(); i-- > 0;) {
    for (int shift = 0; shift < 32; shift += 8) bytes.push_back(static_cast<char>(words[i] >> shift));
  }
  return bytes;
}

std::string EncodeLevelSlice(std::span<const int32_t> levels, const LevelCoding& coding, int64_t first) {
  LevelStatistics statistics(coding, first);
  std::vector<Part> parts;
  parts.reserve(levels.size());
  for (const int32_t level : levels) statistics.Push(level, &parts);
  return EncodeParts(parts);
}

}  // namespace rivulet::prepare
