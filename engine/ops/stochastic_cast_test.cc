#include <limits>

#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

OpTester Cast(const Tensor& x, DType to) {
  return OpTester("StochasticCastToInt")
      .Attr("Tout", to)
      .Input(x)
      .Input(U64({1}, {7}))
      .Input(U64({2}, {1, 2}))
      .Input(I32({}, {1}));
}

TEST(StochasticCastTest, RoundsUpAsOftenAsANumberIsNearToIt) {
  constexpr int kCount = 40000;
  for (const DType to : {DType::kInt8, DType::kInt32}) {
    for (const float x : {0.25f, -0.25f, 5.75f}) {
      Tensor all = Zeros(DType::kFloat, {kCount});
      for (int i = 0; i < kCount; ++i) all.data<float>()[i] = x;
      const auto got = Cast(all, to).Run();
      ASSERT_TRUE(got.ok());
      double sum = 0;
      for (int i = 0; i < kCount; ++i) {
        sum += to == DType::kInt8 ? (*got)[0].data<int8_t>()[i] : (*got)[0].data<int32_t>()[i];
      }
      EXPECT_NEAR(sum / kCount, x, 0.01) << x;
    }
  }
}

TEST(StochasticCastTest, WhatIsOutsideBecomesTheEnd) {
  const float infinity = std::numeric_limits<float>::infinity();
  EXPECT_TRUE(Same(Cast(F32({5}, {infinity, -infinity, 1000, -128.5f, -7}), DType::kInt8).Run(),
                   I8({5}, {127, -128, 127, -128, -7})));
}

TEST(StochasticCastTest, WhatIsWrong) {
  const auto run = [](const Tensor& key, const Tensor& counter, int32_t alg) {
    return OpTester("StochasticCastToInt")
        .Attr("Tout", DType::kInt8)
        .Input(F32({1}, {0.5f}))
        .Input(key)
        .Input(counter)
        .Input(I32({}, {alg}))
        .Run();
  };
  const Tensor one = U64({1}, {1}), none = U64({0}, {});
  EXPECT_TRUE(Fails(run(none, one, 1), "key: want 1 element, got 0"));
  EXPECT_TRUE(Fails(run(one, none, 1), "counter: want at least 1"));
  EXPECT_TRUE(Fails(run(one, one, 2), "alg: want 1 (Philox) or 3 (auto), got 2"));
}

}  // namespace
}  // namespace rivulet
