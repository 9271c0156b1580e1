#include "prepare/squeeze/quantizer.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace rivulet::prepare {
namespace {

constexpr int64_t kRows = 24, kColumns = 16;

// A MatMul's weights, and inputs whose neighbours go together.
Weight RandomProduct() {
  std::mt19937 random(11);
  std::normal_distribution<float> normal(0, 1);
  Weight weight{.name = "w", .shape = {kRows, kColumns}, .columns = kColumns, .is_product = true, .channels = kRows};
  for (int64_t i = 0; i < kRows * kColumns; ++i) weight.values.push_back(normal(random));
  return weight;
}

Tensor RandomInputs(int64_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal(0, 1);
  std::vector<float> values;
  for (int64_t n = 0; n < count; ++n) {
    const float shared = 2 * normal(random);
    for (int64_t k = 0; k < kRows; ++k) values.push_back(shared + 0.3f * normal(random) + (k == 0 ? 5.0f : 0.0f));
  }
  return Tensor::Of<float>({count, kRows}, values);
}

// Of the product over other inputs.
double ProductError(const Weight& weight, const QuantizedWeights& quantized) {
  const Tensor inputs = RandomInputs(500, 99);
  double sum = 0;
  for (int64_t n = 0; n < 500; ++n) {
    for (int64_t j = 0; j < kColumns; ++j) {
      double error = 0;
      for (int64_t k = 0; k < kRows; ++k) {
        const int64_t i = k * kColumns + j;
        error += static_cast<double>(inputs.data<float>()[n * kRows + k]) *
                 static_cast<double>(weight.values[static_cast<size_t>(i)] - quantized.ValueOf(i));
      }
      sum += error * error;
    }
  }
  return sum / 500;
}

SecondMoments MomentsOf(const Weight& weight) {
  SecondMoments moments(weight);
  moments.Add(RandomInputs(2000, 3), 2000);
  return moments;
}

TEST(SecondMoments, RootIsOfTheInverse) {
  const SecondMoments moments = MomentsOf(RandomProduct());
  const std::vector<double> u = moments.InverseRoot(0);
  ASSERT_EQ(u.size(), static_cast<size_t>(kRows * kRows));
  // A pivot is what is left of a row's input once those of the rows after it are known; here most of it is shared.
  const double second = u[kRows + 1];
  EXPECT_LT(1 / (second * second), 0.1 * moments.of(0, 1));
  EXPECT_NEAR(1 / (u.back() * u.back()) / moments.of(0, kRows - 1), 1, 0.05);
  for (int64_t k = 0; k < kRows; ++k) {
    for (int64_t i = 0; i < k; ++i) EXPECT_EQ(u[static_cast<size_t>(k * kRows + i)], 0);
  }
}

TEST(SecondMoments, OfManyRowsAreInBlocks) {
  constexpr int64_t kMany = SecondMoments::kMostRows + 10;
  Weight weight{.name = "w", .shape = {kMany, 1}, .columns = 1, .is_product = true};
  weight.channels = kMany;
  weight.values.assign(kMany, 1.0f);
  SecondMoments moments(weight);
  std::vector<float> inputs(kMany * 600);
  // Pairs of neighbours are the same.
  std::mt19937 random(5);
  std::normal_distribution<float> normal(0, 1);
  for (size_t i = 0; i < inputs.size(); ++i) inputs[i] = i % 2 == 0 ? normal(random) : inputs[i - 1];
  moments.Add(Tensor::Of<float>({600, kMany}, inputs), 600);
  const std::vector<double> u = moments.InverseRoot(0);
  ASSERT_EQ(u.size(), static_cast<size_t>(kMany * SecondMoments::kBlockRows));
  EXPECT_LT(u[1], 0) << "a neighbour makes up for an error";
  const ErrorMeasure measure(weight, &moments);
  EXPECT_EQ(measure.block_end(0), SecondMoments::kBlockRows);
  EXPECT_EQ(measure.block_end(kMany - 1), kMany);
  for (const float value : {0.4f, 0.6f}) {
    weight.values.assign(kMany, value);
    const QuantizedWeights quantized = Quantize(weight, measure, 1.0f, 0);
    double sum = 0;
    for (const int32_t level : quantized.levels) sum += level;
    EXPECT_NEAR(sum / static_cast<double>(kMany), static_cast<double>(value), 0.25);
  }
}

TEST(SecondMoments, WindowsThatCountTwiceAreSeenTwice) {
  SecondMoments once(RandomProduct()), twice(RandomProduct());
  const Tensor a = RandomInputs(300, 3), b = RandomInputs(300, 4);
  for (SecondMoments* moments : {&once, &twice}) moments->Add(a, 300);
  once.Add(b, 300, 2);
  for (int i = 0; i < 2; ++i) twice.Add(b, 300);
  EXPECT_EQ(once.windows(), twice.windows());
  for (int64_t k = 0; k < kRows; ++k) {
    EXPECT_NEAR(once.mean(0, k), twice.mean(0, k), 1e-6);
    EXPECT_NEAR(once.of(0, k), twice.of(0, k), 1e-6);
  }
}

TEST(SecondMoments, WindowsAreThoseOfTheConvolution) {
  Weight weight{.name = "w", .shape = {3, 3, 1, 1}, .columns = 1, .is_product = true, .height = 3, .width = 3};
  weight.pads_same = true;
  weight.stride_x = weight.stride_y = 2;
  weight.values.assign(9, 1.0f);
  std::vector<float> image(16);
  for (size_t i = 0; i < 16; ++i) image[i] = static_cast<float>(i);
  SecondMoments moments(weight);
  moments.Add(Tensor::Of<float>({1, 4, 4, 1}, image), 100);
  // SAME of 4 by 3 in steps of 2 pads below and on the right alone: windows start at (0, 0), (0, 2), (2, 0), (2, 2).
  EXPECT_EQ(moments.windows(), 4);
  EXPECT_DOUBLE_EQ(moments.mean(0, 0), (0 + 2 + 8 + 10) / 4.0);
  EXPECT_DOUBLE_EQ(moments.mean(0, 2), (2 + 0 + 10 + 0) / 4.0);
  EXPECT_DOUBLE_EQ(moments.mean(0, 8), 10 / 4.0);
}

TEST(Quantizer, RowsMakeUpForThoseBefore) {
  const Weight weight = RandomProduct();
  const SecondMoments moments = MomentsOf(weight);
  const QuantizedWeights blind = Quantize(weight, ErrorMeasure(weight, nullptr), 0.5f, 0);
  const QuantizedWeights seeing = Quantize(weight, ErrorMeasure(weight, &moments), 0.5f, 0);
  EXPECT_LT(ProductError(weight, seeing), 0.3 * ProductError(weight, blind));
}

// Inputs that vary by orders of magnitude: rows get steps that make up for it.
TEST(Quantizer, RowsThatMatterLessGetWiderSteps) {
  const Weight weight = RandomProduct();
  Tensor inputs = RandomInputs(2000, 3);
  for (int64_t i = 0; i < inputs.num_elements(); ++i) {
    if (i % kRows >= kRows / 2) inputs.data<float>()[i] *= 16;
  }
  SecondMoments moments(weight);
  moments.Add(inputs, 2000);
  const ErrorMeasure measure(weight, &moments);
  const QuantizedWeights quantized = Quantize(weight, measure, 0.1f, 0);
  ASSERT_EQ(quantized.row_quarters.size(), static_cast<size_t>(kRows));
  EXPECT_GT(quantized.WiderOf(0), 4 * quantized.WiderOf(kRows * kColumns - 1));
  EXPECT_TRUE(Quantize(weight, measure, 0.1f, 0, RowSteps::kAlike).row_quarters.empty());
  for (int64_t k = 0; k < kRows; ++k) {
    const float wider = quantized.WiderOf(k * kColumns);
    EXPECT_NEAR(std::log2(measure.cost(k, 0) * wider * wider / measure.typical()), 0, 0.26) << k;
  }
}

TEST(Quantizer, MeasureIsTheProductsError) {
  const Weight weight = RandomProduct();
  const SecondMoments moments = MomentsOf(weight);
  const ErrorMeasure measure(weight, &moments);
  const QuantizedWeights quantized = Quantize(weight, ErrorMeasure(weight, nullptr), 0.5f, 0);
  EXPECT_NEAR(measure.Of(weight, quantized) / ProductError(weight, quantized), 1, 0.2);
}

TEST(Quantizer, APriceSavesBytes) {
  const Weight weight = RandomProduct();
  const ErrorMeasure measure(weight, nullptr);
  const auto bytes = [&](double price) { return WriteLevels(Quantize(weight, measure, 0.7f, price)).size(); };
  EXPECT_LT(bytes(0.2), bytes(0));
  EXPECT_LT(bytes(100.0), 100u);
}

TEST(Quantizer, EveryLevelIsTheNearestForFree) {
  const Weight weight = RandomProduct();
  const QuantizedWeights quantized = Quantize(weight, ErrorMeasure(weight, nullptr), 0.1f, 0);
  for (int64_t i = 0; i < kRows * kColumns; ++i) {
    EXPECT_LE(std::abs(weight.values[static_cast<size_t>(i)] - quantized.ValueOf(i)), 0.0501f);
  }
}

TEST(Quantizer, FineStepsAreAsFineAsLevelsAre) {
  Weight weight = RandomProduct();
  weight.values[5] = 1e6f;
  const QuantizedWeights quantized = Quantize(weight, ErrorMeasure(weight, nullptr), 1e-9f, 0);
  EXPECT_NEAR(quantized.ValueOf(5), 1e6f, quantized.step);
}

TEST(Quantizer, ChannelsThatMatterLessGetWiderSteps) {
  Weight weight = RandomProduct();
  weight.importance.assign(kColumns, 1.0);
  weight.importance[3] = 1.0 / 16;
  const SecondMoments moments = MomentsOf(weight);
  const QuantizedWeights quantized = Quantize(weight, ErrorMeasure(weight, &moments), 0.1f, 0);
  EXPECT_FLOAT_EQ(quantized.StepOf(3), 4 * quantized.StepOf(2));
}

}  // namespace
}  // namespace rivulet::prepare
