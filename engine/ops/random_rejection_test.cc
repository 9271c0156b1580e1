// What the operators that draw by rejection have in common: which shapes they take, and that odd parameters end.
#include "engine/ops/random_rejection.h"

#include <cmath>
#include <limits>

#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

TEST(RandomRejection, BroadcastIndexFollowsTheDims) {
  const Shape whole({2, 3});
  for (int64_t i = 0; i < 6; ++i) {
    EXPECT_EQ(BroadcastIndex(Shape({2, 3}), whole, i), i);
    EXPECT_EQ(BroadcastIndex(Shape({3}), whole, i), i % 3);
    EXPECT_EQ(BroadcastIndex(Shape({2, 1}), whole, i), i / 3);
    EXPECT_EQ(BroadcastIndex(Shape({}), whole, i), 0);
  }
}

OpTester Stateful(const char* op, const Tensor& shape, const Tensor& parameter) {
  OpTester tester(op);
  tester.Attr("seed", 3).Attr("seed2", 5).Budget(1 << 20).Input(shape).Input(parameter);
  return tester;
}

OpTester Gamma(const Tensor& shape, const Tensor& seed, const Tensor& alpha) {
  OpTester tester("StatelessRandomGammaV2");
  tester.Budget(1 << 20).Input(shape).Input(seed).Input(alpha);
  return tester;
}

OpTester Poisson(const Tensor& shape, const Tensor& seed, const Tensor& rate) {
  OpTester tester("StatelessRandomPoisson");
  tester.Attr("dtype", DType::kFloat).Budget(1 << 20).Input(shape).Input(seed).Input(rate);
  return tester;
}

OpTester Binomial(const Tensor& shape, const Tensor& counts, const Tensor& probs) {
  OpTester tester("StatelessRandomBinomial");
  tester.Attr("dtype", DType::kDouble).Budget(1 << 20).Input(shape).Input(I64({2}, {1, 2})).Input(counts).Input(probs);
  return tester;
}

TEST(RandomRejection, StatefulShapes) {
  for (const char* op : {"RandomGamma", "RandomPoissonV2"}) {
    const Tensor one = F32({1}, {2});
    EXPECT_TRUE(Fails(Stateful(op, I32({1}, {-1}), one).Run()));
    EXPECT_TRUE(Fails(Stateful(op, I32({1, 1}, {1}), one).Run()));
    EXPECT_TRUE(Fails(Stateful(op, I64({2}, {INT64_MAX, INT64_MAX}), one).Run()));
    EXPECT_TRUE(Fails(Stateful(op, I64({1}, {int64_t{1} << 40}), one).Run()));
    EXPECT_TRUE(Fails(Stateful(op, I32({8}, {1, 1, 1, 1, 1, 1, 1, 1}),
                               Zeros(DType::kFloat, Shape(std::vector<int64_t>(Shape::kMaxRank, 1))))
                          .Run()));
    EXPECT_TRUE(Stateful(op, I32({2}, {0, 3}), one).Run().ok());
    EXPECT_TRUE(Stateful(op, I32({1}, {3}), Zeros(DType::kFloat, {2, 0})).Run().ok());
    EXPECT_EQ(OpTester(op).Unknown(DType::kInt32, {2}).Unknown(DType::kFloat, {5}).InferShape(), "[?,?,5]");
    EXPECT_EQ(OpTester(op).Unknown(DType::kInt32, {2}).Unknown(DType::kFloat).InferShape(), "?");
  }
}

TEST(RandomRejection, StatelessShapes) {
  const Tensor pair = F32({2}, {1, 2}), seed = I64({2}, {1, 2});
  for (const auto draw : {Gamma, Poisson}) {
    EXPECT_TRUE(Fails(draw(I32({1}, {3}), seed, pair).Run(), "ends with"));
    EXPECT_TRUE(Fails(draw(I32({0}, {}), seed, pair).Run(), "ends with"));
    EXPECT_TRUE(Fails(draw(I32({2}, {-1, 2}), seed, pair).Run()));
    EXPECT_TRUE(Fails(draw(I64({2}, {int64_t{1} << 62, 2}), seed, pair).Run()));
    EXPECT_TRUE(Fails(draw(I32({1}, {2}), I64({3}, {1, 2, 3}), pair).Run(), "seed"));
    EXPECT_TRUE(Fails(draw(I32({1}, {2}), I64({}, {1}), pair).Run(), "rank"));
    EXPECT_TRUE(draw(I32({2}, {0, 2}), seed, pair).Run().ok());
  }
  EXPECT_TRUE(Fails(Binomial(I32({1}, {3}), pair, pair).Run(), "ends with"));
  EXPECT_TRUE(Fails(Binomial(I32({1}, {2}), pair, F32({3}, {0, 0, 0})).Run()));
  EXPECT_TRUE(Fails(Binomial(I64({2}, {int64_t{1} << 62, 2}), pair, pair).Run()));
  EXPECT_TRUE(Binomial(I32({2}, {3, 0}), Zeros(DType::kFloat, {0}), F32({}, {0.5f})).Run().ok());
}

TEST(RandomRejection, Keys) {
  const auto keyed = [](const Tensor& key, const Tensor& counter, const Tensor& alg) {
    OpTester tester("StatelessRandomGammaV3");
    return tester.Input(I32({1}, {2})).Input(key).Input(counter).Input(alg).Input(F32({2}, {1, 2})).Run();
  };
  const Tensor key = U64({1}, {1}), counter = U64({2}, {1, 2}), alg = I32({}, {1});
  EXPECT_TRUE(keyed(key, counter, alg).ok());
  EXPECT_TRUE(Fails(keyed(U64({2}, {1, 2}), counter, alg), "key"));
  EXPECT_TRUE(Fails(keyed(U64({}, {1}), counter, alg), "rank"));
  EXPECT_TRUE(Fails(keyed(key, U64({1}, {1}), alg), "counter"));
  EXPECT_TRUE(Fails(keyed(key, counter, I32({1}, {1})), "rank"));
  EXPECT_TRUE(Fails(keyed(key, counter, I32({}, {2})), "alg"));
  const auto shuffled = [](const Tensor& k, const Tensor& n, const Tensor& a) {
    return OpTester("StatelessShuffle").Input(I32({3}, {1, 2, 3})).Input(k).Input(n).Input(a).Run();
  };
  EXPECT_TRUE(shuffled(key, counter, alg).ok());
  EXPECT_TRUE(Fails(shuffled(U64({0}, {}), counter, alg), "key"));
  EXPECT_TRUE(Fails(shuffled(key, U64({1}, {1}), alg), "counter"));
  EXPECT_TRUE(Fails(shuffled(key, counter, I32({}, {-1})), "alg"));
}

// Parameters for which the published loops would not end.
TEST(RandomRejection, OddParametersEnd) {
  const Tensor seed = I64({2}, {1, 2});
  const auto gamma = Gamma(I32({1}, {4}), seed, F32({4}, {kNan, -1, kInf, -kInf})).Run();
  ASSERT_TRUE(gamma.ok()) << gamma.status().ToString();
  EXPECT_TRUE(std::isnan((*gamma)[0].data<float>()[0]) && std::isnan((*gamma)[0].data<float>()[1]));
  const auto poisson = Poisson(I32({1}, {4}), seed, F32({4}, {kNan, kInf, -kInf, -1})).Run();
  ASSERT_TRUE(poisson.ok()) << poisson.status().ToString();
  EXPECT_TRUE(std::isnan((*poisson)[0].data<float>()[0]) && std::isinf((*poisson)[0].data<float>()[1]));
  EXPECT_TRUE(Poisson(I32({1}, {1}), seed, F32({1}, {3e38f})).Attr("dtype", DType::kInt32).Run().ok());
  const auto binomial =
      Binomial(I32({1}, {4}), F32({4}, {kInf, kNan, 10, -1}), F32({4}, {0.5f, 0.5f, kNan, 0.5f})).Run();
  ASSERT_TRUE(binomial.ok()) << binomial.status().ToString();
  EXPECT_TRUE(std::isnan((*binomial)[0].data<double>()[0]) && std::isnan((*binomial)[0].data<double>()[2]));
  EXPECT_EQ((*binomial)[0].data<double>()[3], 0);
}

}  // namespace
}  // namespace rivulet
