// Digests of large answers: small, alike for what is alike, and another for whatever is wrong.
#include "prepare/answer_digest.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <numeric>
#include <vector>

#include "engine/base/equality.h"

namespace rivulet::prepare {
namespace {

constexpr TensorTolerance kTold = {1e-3f, 1e-3f};

// Maps of 14 channels, as heat maps are: waves about 0, and one peak.
std::vector<float> Maps() {
  std::vector<float> maps(96 * 96 * 14);
  for (size_t i = 0; i < maps.size(); ++i) maps[i] = 0.3f * std::sin(0.37f * static_cast<float>(i));
  maps[54321] = -2;
  return maps;
}

Tensor AsTensor(std::span<const float> maps) { return Tensor::Of<float>({1, 96, 96, 14}, maps); }

// What a later run's maps are told against the digest of Maps().
Status Told(const std::function<void(std::vector<float>*)>& change) {
  const Tensor before = AsTensor(Maps());
  const AnswerDigest digest = *DigestFor(before);
  std::vector<float> maps = Maps();
  change(&maps);
  return CompareTensors(*DigestOf(AsTensor(maps), digest), *DigestOf(before, digest), kTold);
}

TEST(AnswerDigest, IsSmallAndOfTheType) {
  const Tensor maps = AsTensor(Maps());
  const auto digest = DigestFor(maps);
  ASSERT_TRUE(digest);
  EXPECT_EQ(digest->peak, 54321);
  EXPECT_EQ(std::gcd(digest->stride, maps.num_elements()), 1);
  const Tensor stored = *DigestOf(maps, *digest);
  EXPECT_EQ(stored.num_elements(), DigestElements(maps.num_elements(), *digest));
  EXPECT_GT(stored.num_elements(), kMostRuns);
  EXPECT_LE(stored.num_elements(), 2 * kMostRuns + 1);
  EXPECT_EQ(stored.data<float>()[1], Maps()[static_cast<size_t>(digest->stride)]);
  EXPECT_EQ(stored.data<float>()[stored.num_elements() - 1], -2);
}

TEST(AnswerDigest, SmallAnswersAndStringsAreWhole) {
  const std::vector<float> floats(1024);
  EXPECT_FALSE(DigestFor(Tensor::Of<float>({1024}, floats)));
  const std::vector<std::string> texts(2000);
  EXPECT_FALSE(DigestFor(Tensor::Of<std::string>({2000}, texts)));
}

TEST(AnswerDigest, RoundingIsNoDifference) {
  EXPECT_TRUE(Told([](std::vector<float>* maps) {
                for (float& value : *maps) value *= 1.0001f;
              }).ok());
}

TEST(AnswerDigest, WhatIsWrongIsSeen) {
  EXPECT_FALSE(Told([](std::vector<float>* maps) { std::fill(maps->begin(), maps->end(), 0.0f); }).ok());
  EXPECT_FALSE(Told([](std::vector<float>* maps) {
                 for (float& value : *maps) value += 0.003f;
               }).ok())
      << "a bias";
  EXPECT_FALSE(Told([](std::vector<float>* maps) { (*maps)[54321] = -1.9f; }).ok()) << "the peak";
  EXPECT_FALSE(Told([](std::vector<float>* maps) { std::rotate(maps->begin(), maps->begin() + 1, maps->end()); }).ok())
      << "turned by one";
  EXPECT_FALSE(Told([](std::vector<float>* maps) { maps->back() = NAN; }).ok()) << "not a number";
  EXPECT_FALSE(Told([](std::vector<float>* maps) { (*maps)[70000] = 10; }).ok()) << "one element far off";
  for (size_t channel = 0; channel < 14; ++channel) {
    EXPECT_FALSE(Told([channel](std::vector<float>* maps) {
                   for (size_t i = channel; i < maps->size(); i += 14) (*maps)[i] *= 1.2f;
                 }).ok())
        << "channel " << channel;
  }
}

// That one element of integers, levels and bools is another is seen wherever it lies.
TEST(AnswerDigest, IntegersAreExactLevelsAreNot) {
  std::vector<int64_t> ids(3000);
  std::iota(ids.begin(), ids.end(), int64_t{1} << 60);
  const Tensor before = Tensor::Of<int64_t>({3000}, ids);
  const AnswerDigest digest = *DigestFor(before);
  ids[1234] += 1;
  const Tensor after = Tensor::Of<int64_t>({3000}, ids);
  EXPECT_FALSE(CompareTensors(*DigestOf(after, digest), *DigestOf(before, digest), kTold).ok());

  std::vector<uint8_t> levels(3000, 100);
  const Tensor codes = Tensor::Of<uint8_t>({3000}, levels).Retyped(DType::kQuint8);
  for (uint8_t& level : levels) ++level;
  const Tensor next = Tensor::Of<uint8_t>({3000}, levels).Retyped(DType::kQuint8);
  EXPECT_TRUE(CompareTensors(*DigestOf(next, digest), *DigestOf(codes, digest), kTold).ok());
  for (uint8_t& level : levels) ++level;
  const Tensor far = Tensor::Of<uint8_t>({3000}, levels).Retyped(DType::kQuint8);
  EXPECT_FALSE(CompareTensors(*DigestOf(far, digest), *DigestOf(codes, digest), kTold).ok());

  bool flags[3000] = {};
  const Tensor none = *Clone(Tensor::Of<bool>({3000}, flags), *Allocator::Create());
  flags[2999] = true;
  EXPECT_FALSE(CompareTensors(*DigestOf(Tensor::Of<bool>({3000}, flags), digest), *DigestOf(none, digest), kTold).ok());
}

TEST(AnswerDigest, HalvesAndComplexNumbersHaveMeans) {
  const std::vector<Half> halves(2000, Half(1.5f));
  const Tensor half = Tensor::Of<Half>({2000}, halves);
  EXPECT_EQ(static_cast<float>(DigestOf(half, *DigestFor(half))->data<Half>()[300]), 1.5f);
  const std::vector<Complex64> numbers(2000, Complex64(3, -4));
  const Tensor complex = Tensor::Of<Complex64>({2000}, numbers);
  EXPECT_EQ(DigestOf(complex, *DigestFor(complex))->data<Complex64>()[300], Complex64(3, -4));
}

}  // namespace
}  // namespace rivulet::prepare
