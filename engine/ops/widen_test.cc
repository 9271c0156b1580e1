#include "engine/ops/widen.h"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

struct State : OpState {
  int64_t factor = 0;
};

// Multiplies what it is given, in whatever type; a second input of int32 is left alone.
Status Multiply(RunContext& c) {
  const int64_t factor = c.state<State>().factor;
  const Tensor& x = c.input(0);
  Tensor& y = c.output(0);
  const auto run = [&]<typename T>(TypeTag<T>) {
    for (int64_t i = 0; i < x.num_elements(); ++i) y.data<T>()[i] = x.data<T>()[i] * static_cast<T>(factor);
  };
  if (VisitType<float, double, int32_t, int64_t, Complex128>(x.dtype(), run)) return Status();
  return Internal("no loop for ", x.dtype());
}

// The same, twice over, in an output of a shape that only it knows.
Status MultiplyTwice(RunContext& c) {
  const Tensor& x = c.input(0);
  RIVULET_RETURN_IF_ERROR(c.AllocateOutput(0, {2, x.num_elements()}));
  for (int64_t i = 0; i < 2 * x.num_elements(); ++i) {
    c.output(0).data<double>()[i] = x.data<double>()[i % x.num_elements()] * 3;
  }
  return Status();
}

struct Runner {
  std::shared_ptr<Allocator> allocator = Allocator::Create();
  ThreadPool pool{3};
  StopToken stop;

  Status Run(const Tensor& x, Tensor& y, uint32_t widening, Status (*run)(RunContext&) = Multiply) {
    std::shared_ptr<void> scratch;
    size_t scratch_bytes = 0;
    const RunServices services{*allocator, pool, stop, nullptr, nullptr, &scratch, &scratch_bytes};
    State state;
    state.factor = 3;
    const Tensor* const inputs[] = {&x};
    Tensor* const outputs[] = {&y};
    RunContext context(&state, inputs, outputs, services);
    return RunWidened(context, widening, run, &state);
  }
};

template <typename T>
void ExpectTimesThree(uint32_t widening, std::vector<T> values, const std::vector<T>& want) {
  const Tensor x = Tensor::Of<T>({static_cast<int64_t>(values.size())}, values);
  Tensor y = Zeros(x.dtype(), x.shape());
  ASSERT_TRUE(Runner().Run(x, y, widening).ok()) << Name(x.dtype());
  for (size_t i = 0; i < want.size(); ++i) EXPECT_EQ(y.data<T>()[i], want[i]) << Name(x.dtype()) << " " << i;
}

TEST(Widen, IntegersWrapAround) {
  for (const uint32_t widening : {kWidenShorts, kWidenInts}) {
    ExpectTimesThree<int8_t>(widening, {1, -1, 100, -128}, {3, -3, 44, -128});
    ExpectTimesThree<uint8_t>(widening, {1, 255, 100}, {3, 253, 44});
    ExpectTimesThree<int16_t>(widening, {-1, 30000}, {-3, 24464});
    ExpectTimesThree<uint16_t>(widening, {65535, 30000}, {65533, 24464});
    ExpectTimesThree<uint32_t>(widening, {4294967295u, 2000000000u}, {4294967293u, 1705032704u});
  }
  ExpectTimesThree<int32_t>(kWidenInts, {-1, 2000000000}, {-3, 1705032704});
}

TEST(Widen, FloatsAreRoundedOnce) {
  ExpectTimesThree<float>(kWidenFloats, {0.1f, -2, 3e38f}, {0.1f * 3, -6, std::numeric_limits<float>::infinity()});
  ExpectTimesThree<Complex64>(kWidenComplex, {{1, -2}}, {{3, -6}});
  for (const uint32_t widening : {kWidenHalves, kWidenFloats}) {
    const Half half[] = {Half(1.5f), Half(-0.1f), Half(30000.0f)};
    const BFloat16 brain[] = {BFloat16(1.5f), BFloat16(-0.1f)};
    const Tensor x = Tensor::Of<Half>({3}, half), z = Tensor::Of<BFloat16>({2}, brain);
    Tensor y = Zeros(DType::kHalf, {3}), w = Zeros(DType::kBfloat16, {2});
    ASSERT_TRUE(Runner().Run(x, y, widening).ok());
    ASSERT_TRUE(Runner().Run(z, w, widening).ok());
    for (int i = 0; i < 3; ++i) {
      EXPECT_EQ(y.data<Half>()[i].bits, Half(static_cast<float>(half[i]) * 3).bits);
    }
    for (int i = 0; i < 2; ++i) {
      EXPECT_EQ(w.data<BFloat16>()[i].bits, BFloat16(static_cast<float>(brain[i]) * 3).bits);
    }
  }
}

TEST(Widen, ManyElementsInPieces) {
  std::vector<int8_t> values(200000), want(values.size());
  for (size_t i = 0; i < values.size(); ++i) {
    values[i] = static_cast<int8_t>(i * 7);
    want[i] = static_cast<int8_t>(i * 21);
  }
  ExpectTimesThree<int8_t>(kWidenShorts, values, want);
}

TEST(Widen, WhatIsWideAlreadyIsRunAsItIs) {
  ExpectTimesThree<double>(kWidenAll, {0.1}, {0.1 * 3});
  ExpectTimesThree<int64_t>(kWidenAll, {int64_t{1} << 40}, {int64_t{3} << 40});
  const int8_t one[] = {1};
  Tensor y = Zeros(DType::kInt8, {1});
  EXPECT_FALSE(Runner().Run(Tensor::Of<int8_t>({1}, one), y, kWidenFloats).ok());
}

TEST(Widen, OutputsOfShapesThatTheOperatorFinds) {
  const float values[] = {1, 2};
  const Tensor x = Tensor::Of<float>({2}, values);
  Tensor y = Tensor::View(DType::kFloat, {0}, nullptr);
  ASSERT_TRUE(Runner().Run(x, y, kWidenFloats, MultiplyTwice).ok());
  EXPECT_EQ(y.dtype(), DType::kFloat);
  ASSERT_EQ(y.shape(), Shape({2, 2}));
  EXPECT_EQ(y.data<float>()[3], 6);
  // An output that is there already may be someone's result: the new one is other memory.
  float kept[] = {7, 7, 7, 7};
  Tensor old = Tensor::View(DType::kFloat, {2, 2}, kept);
  ASSERT_TRUE(Runner().Run(x, old, kWidenFloats, MultiplyTwice).ok());
  EXPECT_EQ(kept[0], 7);
  EXPECT_EQ(old.data<float>()[0], 3);
}

TEST(Widen, EmptyTensors) {
  const Tensor x = Zeros(DType::kInt8, {0, 3});
  Tensor y = Zeros(DType::kInt8, {0, 3});
  EXPECT_TRUE(Runner().Run(x, y, kWidenShorts).ok());
}

TEST(Widen, MemoryIsTheBudgets) {
  Runner runner;
  runner.allocator = Allocator::Create(1000);
  const Tensor x = Zeros(DType::kInt8, {500});
  Tensor y = Zeros(DType::kInt8, {500});
  const Status status = runner.Run(x, y, kWidenShorts);
  EXPECT_EQ(status.code(), Code::kResourceExhausted);
  EXPECT_EQ(runner.allocator->used_bytes(), 0u);
}

}  // namespace
}  // namespace rivulet
