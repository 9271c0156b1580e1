// Sessions that prefer speed to accuracy.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "engine/base/errors.h"
#include "engine/kernels/gemm_half.h"
#include "engine/run/model_of.h"
#include "rivulet/session.h"

namespace rivulet {
namespace {

std::string Values(int64_t count, int step) {
  std::string text;
  for (int64_t i = 0; i < count; ++i) text += Cat(i == 0 ? "" : ", ", static_cast<float>((i * step) % 101 - 50) / 64);
  return text;
}

std::string ModelText() {
  return Cat("x = Placeholder() {dtype=float32, shape=shape[4,6,6,16]}\n",
             "w = Const() {dtype=float32, value=float32[1,1,16,32]{", Values(16 * 32, 7), "}}\n",
             "c = Conv2D(x, w) {T=float32, strides=ints[1, 1, 1, 1], padding=\"SAME\"}\n",
             "m = Placeholder() {dtype=float32, shape=shape[8,48]}\n",
             "v = Const() {dtype=float32, value=float32[48,16]{", Values(48 * 16, 11), "}}\n",
             "p = MatMul(m, v) {T=float32}\n");
}

std::vector<Tensor> Results(const std::shared_ptr<const Model>& model, Precision precision, int threads) {
  SessionOptions options;
  options.precision = precision;
  options.num_threads = threads;
  auto session = Session::Create(model, options);
  EXPECT_TRUE(session.ok()) << session.status().ToString();
  std::vector<float> x(4 * 6 * 6 * 16), m(8 * 48);
  for (size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(std::sin(static_cast<double>(i)));
  for (size_t i = 0; i < m.size(); ++i) m[i] = static_cast<float>(std::cos(static_cast<double>(i)));
  auto results =
      (*session)->Run({{"x", Tensor::Of<float>({4, 6, 6, 16}, x)}, {"m", Tensor::Of<float>({8, 48}, m)}}, {"c", "p"});
  EXPECT_TRUE(results.ok()) << results.status().ToString();
  return results.ok() ? *std::move(results) : std::vector<Tensor>();
}

TEST(Precision, FastIsNearAndTheSameForAnyThreads) {
  const auto model = ModelOf(ModelText());
  const std::vector<Tensor> exact = Results(model, Precision::kExact, 1);
  const std::vector<Tensor> fast = Results(model, Precision::kFast, 1);
  const std::vector<Tensor> threads = Results(model, Precision::kFast, 3);
  ASSERT_EQ(exact.size(), 2u);
  ASSERT_EQ(fast.size(), 2u);
  ASSERT_EQ(threads.size(), 2u);
  for (size_t k = 0; k < 2; ++k) {
    double largest = 0, difference = 0;
    for (int64_t i = 0; i < exact[k].num_elements(); ++i) {
      const auto want = static_cast<double>(exact[k].data<float>()[i]);
      largest = std::max(largest, std::fabs(want));
      difference = std::max(difference, std::fabs(want - static_cast<double>(fast[k].data<float>()[i])));
      EXPECT_EQ(fast[k].data<float>()[i], threads[k].data<float>()[i]);
    }
    EXPECT_LT(difference, 0.01 * largest);
    EXPECT_EQ(difference > 0, HalfProductsHere() != HalfProducts::kNone) << "output " << k;
  }
}

// A filter of 3x3 over many channels, constant and fed: by plain sums each output is what one gets by adding up its
// products, in the filter's order; in a transformed domain it is not.
TEST(Precision, PlainSumsAreNotTransformed) {
  constexpr int64_t kSide = 12, kIn = 16, kOut = 16, kTaps = 9 * kIn;
  const auto model = ModelOf(Cat("x = Placeholder() {dtype=float32, shape=shape[1,12,12,16]}\n",
                                 "f = Placeholder() {dtype=float32, shape=shape[3,3,16,16]}\n",
                                 "w = Const() {dtype=float32, value=float32[3,3,16,16]{", Values(kTaps * kOut, 7),
                                 "}}\n", "c = Conv2D(x, w) {T=float32, strides=ints[1, 1, 1, 1], padding=\"VALID\"}\n",
                                 "d = Conv2D(x, f) {T=float32, strides=ints[1, 1, 1, 1], padding=\"VALID\"}\n"));
  std::vector<float> x(kSide * kSide * kIn), f(kTaps * kOut);
  for (size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(std::sin(static_cast<double>(i)));
  for (size_t i = 0; i < f.size(); ++i) f[i] = static_cast<float>(static_cast<int>(i) * 7 % 101 - 50) / 64;
  const auto sum_at = [&](int64_t row, int64_t column, int64_t channel) {
    float sum = 0;
    for (int64_t tap = 0; tap < kTaps; ++tap) {
      const int64_t at = ((row + tap / (3 * kIn)) * kSide + column) * kIn + tap % (3 * kIn);
      sum = std::fma(x[static_cast<size_t>(at)], f[static_cast<size_t>(tap * kOut + channel)], sum);
    }
    return sum;
  };
  const auto outputs_unlike_sums = [&](Precision precision) {
    SessionOptions options;
    options.precision = precision;
    const auto session = Session::Create(model, options);
    EXPECT_TRUE(session.ok()) << session.status().ToString();
    const auto results = (*session)->Run(
        {{"x", Tensor::Of<float>({1, kSide, kSide, kIn}, x)}, {"f", Tensor::Of<float>({3, 3, kIn, kOut}, f)}},
        {"c", "d"});
    EXPECT_TRUE(results.ok()) << results.status().ToString();
    int64_t unlike = 0;
    constexpr int64_t kOutSide = kSide - 2;
    for (int64_t i = 0; results.ok() && i < kOutSide * kOutSide * kOut; ++i) {
      const float sum = sum_at(i / kOut / kOutSide, i / kOut % kOutSide, i % kOut);
      for (const Tensor& result : *results) unlike += std::fabs(result.data<float>()[i] - sum) > 2e-6f ? 1 : 0;
    }
    return unlike;
  };
  EXPECT_EQ(outputs_unlike_sums(Precision::kPlain), 0);
  EXPECT_GT(outputs_unlike_sums(Precision::kExact), 0);
}

}  // namespace
}  // namespace rivulet
