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

LevelStatistics::LevelStatistics(const LevelCoding& coding, int64_t first, std::span<const int32_t> row_quarters)
    : coding_(coding),
      row_quarters_(row_quarters),
      models_(LevelContext::kClasses),
      columns_(static_cast<size_t>(std::max<int64_t>(coding.row, 1)), coding.mean),
      averages_{coding.mean, coding.mean, {}},
      column_(first % std::max<int64_t>(coding.row, 1)),
      row_(first / std::max<int64_t>(coding.row, 1)) {
  for (int c = 0; c < LevelContext::kClasses; ++c) LevelContext::BeginModel(c, &models_[static_cast<size_t>(c)]);
  lengths_.BeginUniform();
  averages_.scale.low_bits = coding.low_bits;
  BeginRow();
}

void LevelStatistics::BeginRow() {
  if (!coding_.follows_rows || row_ >= static_cast<int64_t>(row_quarters_.size())) return;
  averages_.BeginRow(RowScale::Of(coding_.low_bits, row_quarters_[static_cast<size_t>(row_)]));
}

const SymbolModel& LevelStatistics::model() const {
  return models_[static_cast<size_t>(
      LevelContext::ClassOf(averages_.Estimate(columns_[static_cast<size_t>(column_)])))];
}

float LevelStatistics::Cost(int32_t level) const {
  const int32_t high = SplitLevel(level, averages_.scale.low_bits).high;
  const auto low_bits = static_cast<float>(averages_.scale.low_bits);
  if (std::abs(high) <= kPlainLevel) return low_bits + CostOf(PartOf(model(), high + kPlainLevel));
  const int length = LengthOf(high);
  return low_bits + CostOf(PartOf(model(), kEscape)) + CostOf(PartOf(lengths_, length)) + static_cast<float>(length) +
         1;
}

void LevelStatistics::Push(int32_t level, std::vector<Part>* parts) {
  const int bits = averages_.scale.low_bits;
  const Split split = SplitLevel(level, bits);
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
  if (bits > 0) put(PartOfBits(split.low, bits));
  if (++column_ == static_cast<int64_t>(columns_.size())) {
    column_ = 0;
    ++row_;
    BeginRow();
  }
}

LevelCoding CodingFor(const QuantizedWeights& weights, bool follows_rows) {
  LevelCoding coding;
  coding.row = weights.row > 0 && weights.row <= LevelContext::kLongestRow ? weights.row : 0;
  coding.follows_rows = follows_rows;
  double sum = 0;  // of what levels would be of the tensor's step
  for (size_t i = 0; i < weights.levels.size(); ++i) {
    const double wider = follows_rows ? static_cast<double>(weights.WiderOf(static_cast<int64_t>(i))) : 1;
    sum += std::abs(static_cast<double>(weights.levels[i])) * wider;
  }
  double mean = weights.levels.empty() ? 0 : sum / static_cast<double>(weights.levels.size());
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

std::string EncodeLevelSlice(std::span<const int32_t> levels, const LevelCoding& coding, int64_t first,
                             std::span<const int32_t> row_quarters) {
  LevelStatistics statistics(coding, first, row_quarters);
  std::vector<Part> parts;
  parts.reserve(levels.size());
  for (const int32_t level : levels) statistics.Push(level, &parts);
  return EncodeParts(parts);
}

}  // namespace rivulet::prepare
