#include "engine/run/bands.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cmath>

#include "engine/base/errors.h"
#include "engine/run/model_of.h"
#include "rivulet/session.h"

namespace rivulet {
namespace {

constexpr int64_t kLarge = 64 * 64 * 32 * static_cast<int64_t>(sizeof(float));  // of an intermediate

std::string Values(int64_t count, int step) {
  std::string text;
  for (int64_t i = 0; i < count; ++i) text += Cat(i == 0 ? "" : ", ", static_cast<float>((i * step) % 101 - 50) / 64);
  return text;
}

// A depthwise convolution, one by pixels with bias and activation, a depthwise one with steps of two, and one by pixels
// to which something is added.
std::string ModelText() {
  return Cat("x = Placeholder() {dtype=float32, shape=shape[1,64,64,32]}\nn = Neg(x) {T=float32}\n",
             "z = Placeholder() {dtype=float32, shape=shape[1,32,32,8]}\n",
             "w1 = Const() {dtype=float32, value=float32[3,3,32,1]{", Values(288, 7), "}}\n",
             "w2 = Const() {dtype=float32, value=float32[1,1,32,32]{", Values(1024, 11), "}}\n",
             "w3 = Const() {dtype=float32, value=float32[3,3,32,1]{", Values(288, 13), "}}\n",
             "w4 = Const() {dtype=float32, value=float32[1,1,32,8]{", Values(256, 17), "}}\n",
             "b = Const() {dtype=float32, value=float32[32]{", Values(32, 19), "}}\n",
             "c = Const() {dtype=float32, value=float32[8]{", Values(8, 23), "}}\n",
             "a1 = DepthwiseConv2dNative(n, w1) {T=float32, strides=ints[1, 1, 1, 1], padding=\"SAME\"}\n",
             "a2 = Conv2D(a1, w2) {T=float32, strides=ints[1, 1, 1, 1], padding=\"SAME\"}\n",
             "a3 = BiasAdd(a2, b) {T=float32}\na4 = Relu6(a3) {T=float32}\n",
             "a5 = DepthwiseConv2dNative(a4, w3) {T=float32, strides=ints[1, 2, 2, 1], padding=\"SAME\"}\n",
             "a6 = Conv2D(a5, w4) {T=float32, strides=ints[1, 1, 1, 1], padding=\"SAME\"}\n",
             "a7 = BiasAdd(a6, c) {T=float32}\ny = AddV2(a7, z) {T=float32}\n");
}

Feeds MadeUp() {
  std::vector<float> x(64 * 64 * 32), z(32 * 32 * 8);
  for (size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(std::sin(static_cast<double>(i)));
  for (size_t i = 0; i < z.size(); ++i) z[i] = static_cast<float>(std::cos(static_cast<double>(i)));
  return {{"x", Tensor::Of<float>({1, 64, 64, 32}, x)}, {"z", Tensor::Of<float>({1, 32, 32, 8}, z)}};
}

struct Outcome {
  std::vector<Tensor> tensors;
  int64_t arena = 0;
};

Outcome RunOf(bool passes, int threads, const std::vector<std::string>& fetches) {
  SessionOptions options;
  options.passes = passes;
  options.num_threads = threads;
  auto session = Session::Create(ModelOf(ModelText()), options);
  EXPECT_TRUE(session.ok()) << session.status().ToString();
  Outcome outcome;
  const auto stats = (*session)->Prepare(MadeUp(), fetches);
  EXPECT_TRUE(stats.ok()) << stats.status().ToString();
  if (stats.ok()) outcome.arena = stats->arena_bytes;
  for (int run = 0; run < 2; ++run) {
    auto results = (*session)->Run(MadeUp(), fetches);
    EXPECT_TRUE(results.ok()) << results.status().ToString();
    if (results.ok()) outcome.tensors = *std::move(results);
  }
  return outcome;
}

void ExpectNear(const Tensor& got, const Tensor& want, double most) {
  ASSERT_EQ(got.shape(), want.shape());
  for (int64_t i = 0; i < want.num_elements(); ++i) {
    ASSERT_NEAR(static_cast<double>(got.data<float>()[i]), static_cast<double>(want.data<float>()[i]), most) << i;
  }
}

TEST(Bands, AreWhatOneStepAfterTheOtherMakes) {
  const Outcome plain = RunOf(false, 1, {"y"});
  ASSERT_EQ(plain.tensors.size(), 1u);
  const Outcome banded = RunOf(true, 1, {"y"});
  ASSERT_EQ(banded.tensors.size(), 1u);
  ExpectNear(banded.tensors[0], plain.tensors[0], 1e-3);
  for (const int threads : {2, 3}) {
    const Outcome again = RunOf(true, threads, {"y"});
    ASSERT_EQ(again.tensors.size(), 1u);
    ExpectNear(again.tensors[0], banded.tensors[0], 0.0);
  }
}

TEST(Bands, WhatLiesBetweenHasNoMemory) {
  EXPECT_LT(RunOf(true, 1, {"y"}).arena, kLarge * 3 / 2);  // n
  EXPECT_GT(RunOf(false, 1, {"y"}).arena, 2 * kLarge);
}

TEST(Bands, WhatIsFetchedIsThere) {
  const Outcome plain = RunOf(false, 1, {"y", "a4"});
  const Outcome cut = RunOf(true, 1, {"y", "a4"});
  ASSERT_EQ(cut.tensors.size(), 2u);
  ExpectNear(cut.tensors[0], plain.tensors[0], 1e-3);
  ExpectNear(cut.tensors[1], plain.tensors[1], 1e-3);
}

TEST(Bands, AStopEndsThem) {
  auto session = Session::Create(ModelOf(ModelText()));
  ASSERT_TRUE(session.ok());
  ASSERT_TRUE((*session)->Run(MadeUp(), {"y"}).ok());
  RunOptions options;
  const std::atomic<bool> cancel = true;
  options.cancel = &cancel;
  EXPECT_FALSE((*session)->Run(MadeUp(), {"y"}, {}, options).ok());
}

}  // namespace
}  // namespace rivulet
