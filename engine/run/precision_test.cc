// Sessions that prefer speed to accuracy.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "engine/base/errors.h"
#include "engine/kernels/gemm_bf16.h"
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
    EXPECT_EQ(difference > 0, HasBf16Products()) << "output " << k;
  }
}

}  // namespace
}  // namespace rivulet
