#include "prepare/squeeze/region_writer.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <map>
#include <random>

#include "engine/base/crc32c.h"
#include "engine/import/squeezed_region.h"

namespace rivulet::prepare {
namespace {

std::span<const uint8_t> Bytes(const std::string& text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

Result<Tensor> DecodeAll(const std::string& bytes, int threads = 1) {
  RIVULET_ASSIGN_OR_RETURN(const SqueezedRegion region, SqueezedRegion::Read(Bytes(bytes)));
  return region.Decode(*Allocator::Create(), threads);
}

QuantizedWeights Normal(size_t count, double width, int64_t row) {
  std::mt19937 random(7);
  std::normal_distribution<double> normal(0, width);
  QuantizedWeights weights{.row = row, .step = 0.25f};
  for (size_t i = 0; i < count; ++i) weights.levels.push_back(static_cast<int32_t>(std::lround(normal(random))));
  return weights;
}

void ExpectSame(const QuantizedWeights& weights, const Tensor& tensor) {
  ASSERT_EQ(tensor.num_elements(), static_cast<int64_t>(weights.levels.size()));
  for (int64_t i = 0; i < tensor.num_elements(); ++i) {
    ASSERT_EQ(tensor.data<float>()[i], weights.ValueOf(i))
        << "element " << i << " of level " << weights.levels[static_cast<size_t>(i)];
  }
}

TEST(Levels, ComeBackWhateverTheirDistribution) {
  for (const double width : {0.0, 0.2, 1.0, 3.0, 30.0, 1000.0, 300000.0}) {
    for (const size_t count : {0u, 1u, 2u, 17u, 1000u, 20000u}) {
      for (const int64_t row : {0, 1, 7, 256, 70000}) {
        const QuantizedWeights weights = Normal(count, width, row);
        const auto tensor = DecodeAll(WriteLevels(weights, 4096));
        ASSERT_TRUE(tensor.ok()) << width << " " << count << " " << row << ": " << tensor.status().ToString();
        ExpectSame(weights, *tensor);
      }
    }
  }
}

TEST(Levels, OfNothingButZerosAreManyMore) {
  QuantizedWeights weights{.row = 100};
  weights.levels.assign(5'000'000, 0);
  const std::string bytes = WriteLevels(weights);
  EXPECT_LT(bytes.size(), 40000u);
  const auto tensor = DecodeAll(bytes);
  ASSERT_TRUE(tensor.ok()) << tensor.status().ToString();
  ExpectSame(weights, *tensor);
}

TEST(Levels, ComeBackWhenFewAreHuge) {
  QuantizedWeights weights{.row = 3};
  weights.levels.assign(5000, 0);
  for (const int32_t level : {8, -8, 7, -7, 70, 65536, -65536, kLargestLevel, -kLargestLevel}) {
    weights.levels[static_cast<size_t>(std::abs(level) % 5000)] = level;
    weights.levels.push_back(level);
  }
  const auto tensor = DecodeAll(WriteLevels(weights));
  ASSERT_TRUE(tensor.ok()) << tensor.status().ToString();
  ExpectSame(weights, *tensor);
}

TEST(Levels, HaveStepsOfTheirChannels) {
  QuantizedWeights weights = Normal(10000, 2, 100);
  weights.quarters = {0, 1, 2, 3, 4, -1, -2, -3, -4, 40};
  weights.inner = 0.125f;
  weights.outer = -0.0625f;
  for (const int64_t run : {1, 10, 999}) {
    weights.run = run;
    const auto tensor = DecodeAll(WriteLevels(weights, 777));
    ASSERT_TRUE(tensor.ok()) << tensor.status().ToString();
    ExpectSame(weights, *tensor);
  }
}

TEST(Levels, HaveStepsOfTheirRows) {
  for (const double width : {0.5, 2.0, 40.0, 30000.0}) {
    QuantizedWeights weights = Normal(10000, width, 100);
    weights.quarters = {0, 1, -2};
    for (int32_t k = 0; k < 100; ++k) weights.row_quarters.push_back(k % 7 == 6 ? 60 - k : k % 7 - 3);
    const std::string bytes = WriteLevels(weights, 777);
    EXPECT_EQ(bytes[4], 2);
    const auto tensor = DecodeAll(bytes);
    ASSERT_TRUE(tensor.ok()) << tensor.status().ToString();
    ExpectSame(weights, *tensor);
  }
}

// Weights of one width, in rows of other steps: what is known of the rows tells how large levels are.
TEST(Levels, CostNoMoreWhereRowsHaveOtherSteps) {
  QuantizedWeights weights = Normal(100000, 6, 100), uneven = weights;
  std::mt19937 random(9);
  for (int32_t k = 0; k < 1000; ++k) uneven.row_quarters.push_back(static_cast<int32_t>(random() % 17) - 8);
  for (size_t i = 0; i < uneven.levels.size(); ++i) {
    uneven.levels[i] = static_cast<int32_t>(
        std::lround(static_cast<float>(weights.levels[i]) / uneven.WiderOf(static_cast<int64_t>(i))));
  }
  const std::string bytes = WriteLevels(uneven);
  EXPECT_EQ(bytes[46], 3) << "levels follow their rows' steps";
  EXPECT_LT(static_cast<double>(bytes.size()), static_cast<double>(WriteLevels(weights).size()) * 1.03);
  const auto tensor = DecodeAll(bytes);
  ASSERT_TRUE(tensor.ok());
  ExpectSame(uneven, *tensor);
}

TEST(Levels, AreNoLargerThanTheirEntropy) {
  const QuantizedWeights weights = Normal(100000, 1, 256);
  std::map<int32_t, double> counts;
  for (const int32_t level : weights.levels) ++counts[level];
  double bits = 0;
  for (const auto& [level, count] : counts) bits -= count * std::log2(count / 1e5);
  EXPECT_LT(static_cast<double>(WriteLevels(weights).size()), bits / 8 * 1.005 + 100);
}

TEST(Levels, GainFromChannelsOfDifferentWidth) {
  QuantizedWeights weights = Normal(100000, 1, 100);
  for (size_t i = 0; i < weights.levels.size(); ++i) weights.levels[i] *= i % 100 < 50 ? 0 : 3;
  QuantizedWeights blind = weights;
  blind.row = 0;
  EXPECT_LT(WriteLevels(weights).size() * 10, WriteLevels(blind).size() * 9);
}

TEST(Levels, AreTheSameForAnyNumberOfThreads) {
  const QuantizedWeights weights = Normal(100000, 1, 100);
  const std::string bytes = WriteLevels(weights, 5000);
  const auto one = DecodeAll(bytes, 1), four = DecodeAll(bytes, 4);
  ASSERT_TRUE(one.ok() && four.ok());
  EXPECT_EQ(std::memcmp(one->raw(), four->raw(), one->bytes()), 0);
}

TEST(Levels, BecomeHalvesAndBfloats) {
  for (const DType dtype : {DType::kHalf, DType::kBfloat16}) {
    QuantizedWeights weights = Normal(1000, 2, 10);
    weights.dtype = dtype;
    const auto tensor = DecodeAll(WriteLevels(weights));
    ASSERT_TRUE(tensor.ok());
    for (int64_t i = 0; i < 1000; ++i) {
      const float value = dtype == DType::kHalf ? static_cast<float>(tensor->data<Half>()[i])
                                                : static_cast<float>(tensor->data<BFloat16>()[i]);
      ASSERT_EQ(value, weights.ValueOf(i));
    }
  }
}

TEST(PlainBytes, ComeBackForEveryType) {
  std::mt19937 random(3);
  std::normal_distribution<float> normal(0, 0.1f);
  std::vector<float> values(5001);
  for (float& value : values) value = normal(random);
  values[7] = -0.0f;
  for (const DType dtype : {DType::kFloat, DType::kHalf, DType::kDouble, DType::kBfloat16, DType::kInt32, DType::kUint8,
                            DType::kQuint8, DType::kInt64}) {
    for (const int64_t bytes : {0, 8, 64, 20000}) {
      const Tensor tensor = Tensor::View(dtype, {bytes / static_cast<int64_t>(ElementBytes(dtype))}, values.data());
      const auto back = DecodeAll(WriteBytes(tensor, 999));
      ASSERT_TRUE(back.ok()) << Name(dtype) << ": " << back.status().ToString();
      ASSERT_EQ(back->bytes(), tensor.bytes());
      EXPECT_EQ(std::memcmp(back->raw(), tensor.raw(), tensor.bytes()), 0) << Name(dtype);
    }
  }
}

TEST(PlainBytes, OfWeightsAreFewer) {
  std::mt19937 random(3);
  std::normal_distribution<float> normal(0, 0.1f);
  std::vector<float> values(50000);
  for (float& value : values) value = normal(random);
  EXPECT_LT(WriteBytes(Tensor::View(DType::kFloat, {50000}, values.data())).size(), 50000 * 3.5);
}

// Every cut, and every bit flip, of small regions of both codings.
TEST(DamagedRegion, IsAnErrorAndNeverUsed) {
  std::vector<float> values(40);
  for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i % 5) - 2;
  QuantizedWeights channels = Normal(60, 2, 10);
  channels.quarters = {0, 1, 2};
  QuantizedWeights rows = channels;
  rows.row_quarters = {0, 4, -3, 2, 9, 0};
  for (const std::string& whole : {WriteLevels(Normal(50, 1, 10), 20), WriteLevels(channels), WriteLevels(rows),
                                   WriteBytes(Tensor::View(DType::kFloat, {40}, values.data()), 16)}) {
    ASSERT_TRUE(DecodeAll(whole).ok());
    for (size_t length = 0; length < whole.size(); ++length) {
      const auto tensor = DecodeAll(whole.substr(0, length));
      ASSERT_FALSE(tensor.ok()) << "cut at " << length;
      ASSERT_FALSE(tensor.status().message().empty());
    }
    EXPECT_FALSE(DecodeAll(whole + '\0').ok());
    for (size_t bit = 0; bit < 8 * whole.size(); ++bit) {
      std::string flipped = whole;
      flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
      ASSERT_FALSE(DecodeAll(flipped).ok()) << "bit " << bit;
    }
  }
}

// A header that claims more than its slices can hold, with a checksum that fits.
TEST(DamagedRegion, CannotAskForMoreThanItHolds) {
  std::string whole = WriteLevels(Normal(50, 1, 10), 1 << 20);
  constexpr size_t kElements = 8, kSliceElements = 48, kHeader = 56 + 8;
  const auto claim = [&](uint64_t elements, uint32_t slice) {
    std::string region = whole;
    for (size_t i = 0; i < 8; ++i) region[kElements + i] = static_cast<char>(elements >> (8 * i));
    for (size_t i = 0; i < 4; ++i) region[kSliceElements + i] = static_cast<char>(slice >> (8 * i));
    const uint32_t checksum = MaskCrc32c(Crc32c(Bytes(region).first(kHeader)));
    for (size_t i = 0; i < 4; ++i) region[kHeader + i] = static_cast<char>(checksum >> (8 * i));
    return SqueezedRegion::Read(Bytes(region)).status();
  };
  EXPECT_TRUE(claim(50, 50).ok());
  EXPECT_NE(claim(1 << 20, 1 << 20).message().find("may not stand for"), std::string::npos);
  EXPECT_NE(claim(uint64_t{1} << 62, 1 << 20).message().find("may not stand for"), std::string::npos);
  EXPECT_FALSE(claim(~uint64_t{0}, 50).ok());
  EXPECT_FALSE(claim(50, 0).ok());
  EXPECT_FALSE(claim(50, ~uint32_t{0}).ok());
}

// Rows that do not divide the elements, or of a kind that there is none of, with a checksum that fits.
TEST(DamagedRegion, HasRowsThatDoNotFit) {
  QuantizedWeights rows = Normal(60, 2, 10);
  rows.row_quarters = {0, 4, -3, 2, 9, 0};
  const std::string whole = WriteLevels(rows);
  constexpr size_t kRow = 16, kKind = 46, kHeader = 56 + 2 * 8;
  const auto with = [&](size_t at, uint8_t value) {
    std::string region = whole;
    region[at] = static_cast<char>(value);
    const uint32_t checksum = MaskCrc32c(Crc32c(Bytes(region).first(kHeader)));
    for (size_t i = 0; i < 4; ++i) region[kHeader + i] = static_cast<char>(checksum >> (8 * i));
    return SqueezedRegion::Read(Bytes(region)).status();
  };
  EXPECT_TRUE(with(kRow, 10).ok());
  for (const uint8_t row : {0, 7, 5, 60}) EXPECT_EQ(with(kRow, row).code(), Code::kDataLoss) << int{row};
  for (const uint8_t kind : {0, 2, 4, 255}) EXPECT_EQ(with(kKind, kind).code(), Code::kDataLoss) << int{kind};
}

}  // namespace
}  // namespace rivulet::prepare
