#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

OpTester Draw(const Tensor& shape, std::initializer_list<Tensor> parameters) {
  OpTester tester("ParameterizedTruncatedNormal");
  tester.Attr("seed", 3).Attr("seed2", 5).Budget(1 << 20).Input(shape);
  for (const Tensor& parameter : parameters) tester.Input(parameter);
  return tester;
}

OpTester Stateless(const Tensor& shape, const Tensor& seed, std::initializer_list<Tensor> parameters) {
  OpTester tester("StatelessParameterizedTruncatedNormal");
  tester.Budget(1 << 20).Input(shape).Input(seed);
  for (const Tensor& parameter : parameters) tester.Input(parameter);
  return tester;
}

Tensor One(float value) { return F32({}, {value}); }

TEST(RandomBoundedNormal, StaysWithinItsBounds) {
  // Every way to draw: normal, uniform, exponential; mirrored.
  for (const auto& [low, high] : {std::pair(-1.0f, 2.0f), {1.5f, 1.75f}, {3.0f, 50.0f}, {-9.0f, -4.0f}}) {
    const auto out = Draw(I32({1}, {300}), {One(0), One(1), One(low), One(high)}).Run();
    ASSERT_TRUE(out.ok()) << out.status().ToString();
    for (int64_t i = 0; i < 300; ++i) {
      EXPECT_GE((*out)[0].data<float>()[i], low);
      EXPECT_LE((*out)[0].data<float>()[i], high);
    }
  }
}

TEST(RandomBoundedNormal, RefusesParameters) {
  const float inf = 1.0f / 0.0f, nan = 0.0f / 0.0f;
  const float rows[][4] = {{0, 0, -1, 1}, {0, -1, -1, 1},    {0, nan, -1, 1}, {0, 1, 1, 1},
                           {0, 1, 2, 1},  {0, 1, -inf, inf}, {0, 1, nan, 1}};
  for (const auto& [mean, deviation, low, high] : rows) {
    EXPECT_TRUE(
        Fails(Draw(I32({1}, {3}), {One(mean), One(deviation), One(low), One(high)}).Run(), "deviations above 0"));
    EXPECT_TRUE(
        Fails(Stateless(I32({1}, {3}), I64({2}, {1, 2}), {One(mean), One(deviation), One(low), One(high)}).Run(),
              "deviations above 0"));
  }
}

TEST(RandomBoundedNormal, RefusesShapes) {
  const auto with = [](const Tensor& shape, const Tensor& means) {
    return Draw(shape, {means, One(1), One(-1), One(1)}).Run();
  };
  EXPECT_TRUE(Fails(with(I32({0}, {}), One(0)), "at least one dim"));
  EXPECT_TRUE(Fails(with(I32({1}, {-3}), One(0))));
  EXPECT_TRUE(Fails(with(I64({2}, {INT64_MAX, 3}), One(0))));
  EXPECT_TRUE(Fails(with(I64({1}, {int64_t{1} << 40}), One(0))));
  EXPECT_TRUE(Fails(with(I32({1}, {3}), F32({2}, {0, 0})), "means"));
  EXPECT_TRUE(Fails(with(I32({1}, {3}), F32({1, 1}, {0})), "means"));
  EXPECT_TRUE(with(I32({2}, {3, 0}), F32({3}, {0, 0, 0})).ok());
  const auto stateless = [](const Tensor& shape, const Tensor& seed, const Tensor& means) {
    return Stateless(shape, seed, {means, One(1), One(-1), F32({2}, {1, 1})}).Run();
  };
  EXPECT_TRUE(stateless(I32({1}, {2}), I64({2}, {1, 2}), One(0)).ok());
  EXPECT_TRUE(Fails(stateless(I32({1}, {3}), I64({2}, {1, 2}), One(0)), "ends with"));
  EXPECT_TRUE(Fails(stateless(I32({1}, {2}), I64({2}, {1, 2}), F32({3}, {0, 0, 0}))));
  EXPECT_TRUE(Fails(stateless(I32({1}, {2}), I64({1}, {1}), One(0)), "seed"));
  EXPECT_TRUE(Fails(stateless(I64({2}, {INT64_MAX, 2}), I64({2}, {1, 2}), One(0))));
}

}  // namespace
}  // namespace rivulet
