// Sums and means of gradients, and which of them count.
#include <gtest/gtest.h>

#include "engine/ops/op_test_kit.h"
#include "engine/run/model_of.h"
#include "rivulet/session.h"

namespace rivulet {
namespace {

constexpr char kDense[] = R"(
g = Placeholder() {dtype=float32}
s = Placeholder() {dtype=int64, shape=shape[]}
n = Placeholder() {dtype=int32, shape=shape[]}
a = ResourceConditionalAccumulator() {dtype=float32, shape=shape[2], reduction_type="MEAN", shared_name="a"}
apply = ResourceAccumulatorApplyGradient(a, s, g) {dtype=float32}
take = ResourceAccumulatorTakeGradient(a, n) {dtype=float32}
count = ResourceAccumulatorNumAccumulated(a)
)";
constexpr char kSparse[] = R"(
i = Placeholder() {dtype=int64}
g = Placeholder() {dtype=float32}
s = Placeholder() {dtype=int64, shape=shape[]}
n = Placeholder() {dtype=int32, shape=shape[]}
none = Const() {dtype=int64, value=int64[0]{}}
a = SparseConditionalAccumulator() {dtype=float32, shape=shape[3,1], reduction_type="SUM", shared_name="a"}
apply = SparseAccumulatorApplyGradient(a, s, i, g, none) {dtype=float32, has_known_shape=false}
take = SparseAccumulatorTakeGradient(a, n) {dtype=float32}
)";

struct Kept {
  std::unique_ptr<Session> session;
  explicit Kept(const char* text) : session(std::move(*Session::Create(ModelOf(text), SessionOptions()))) {}

  Status Apply(int64_t step, const Tensor& gradient) {
    return session->Run({{"g", gradient}, {"s", Tensor::Scalar<int64_t>(step)}}, {}, {"apply"}).status();
  }
  Status Apply(int64_t step, std::vector<int64_t> indices, const Tensor& gradient) {
    const auto count = static_cast<int64_t>(indices.size());
    return session
        ->Run({{"g", gradient}, {"s", Tensor::Scalar<int64_t>(step)}, {"i", Tensor::Of<int64_t>({count}, indices)}}, {},
              {"apply"})
        .status();
  }
  std::vector<Tensor> Take(int32_t count, std::vector<std::string> fetches) {
    auto run = session->Run({{"n", Tensor::Scalar<int32_t>(count)}}, fetches);
    EXPECT_TRUE(run.ok()) << run.status().ToString();
    return run.ok() ? *run : std::vector<Tensor>(fetches.size());
  }
};

Tensor Row(float a, float b) { return F32({2}, {a, b}); }

TEST(ConditionalAccumulator, GivesTheMeanOfWhatIsNotTooOld) {
  Kept kept(kDense);
  ASSERT_TRUE(kept.Apply(0, Row(1, 2)).ok());
  ASSERT_TRUE(kept.Apply(3, Row(3, 6)).ok());
  const Tensor mean = kept.Take(2, {"take"})[0];
  EXPECT_EQ(mean.data<float>()[0], 2);
  EXPECT_EQ(mean.data<float>()[1], 4);
  ASSERT_TRUE(kept.Apply(0, Row(100, 100)).ok()) << "of an earlier step: dropped without a word";
  ASSERT_TRUE(kept.Apply(1, Row(5, 7)).ok());
  EXPECT_EQ(kept.Take(1, {"take"})[0].data<float>()[0], 5);
}

TEST(ConditionalAccumulator, LooksAtTheShapeOfWhatCounts) {
  Kept kept(kDense);
  const Tensor other = F32({3}, {1, 2, 3});
  EXPECT_TRUE(kept.Apply(-1, other).ok()) << "too old to be looked at";
  const Status wrong = kept.Apply(0, other);
  EXPECT_NE(wrong.message().find("want shape [2], got [3]"), std::string::npos) << wrong.ToString();
}

TEST(SparseConditionalAccumulator, AddsRowsOfOneIndex) {
  Kept kept(kSparse);
  ASSERT_TRUE(kept.Apply(0, {0, 2}, F32({2, 1}, {1, 2})).ok());
  ASSERT_TRUE(kept.Apply(0, {1, 2}, F32({2, 1}, {10, 20})).ok());
  const std::vector<Tensor> sum = kept.Take(2, {"take:0", "take:1"});
  const float wanted[] = {1, 10, 22};
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(sum[0].data<int64_t>()[i], i);
    EXPECT_EQ(sum[1].data<float>()[i], wanted[i]);
  }
}

TEST(SparseConditionalAccumulator, RefusesAnIndexBeyondTheShape) {
  Kept kept(kSparse);
  const Status wrong = kept.Apply(0, {0, 3}, F32({2, 1}, {1, 2}));
  EXPECT_NE(wrong.message().find("gradient_indices: want them below 3, got 3"), std::string::npos) << wrong.ToString();
  EXPECT_TRUE(kept.Apply(-1, {0, 3}, F32({2, 1}, {1, 2})).ok()) << "too old to be looked at";
}

}  // namespace
}  // namespace rivulet
