#include "engine/ops/reduction.h"

#include <limits>
#include <random>

#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

TEST(ReductionTest, Groups) {
  const auto groups = GroupAxes(Zeros(DType::kFloat, {2, 3, 1, 4, 5, 1}), I32({4}, {-1, 3, 4, 0}));
  ASSERT_TRUE(groups.ok());
  ASSERT_EQ(groups->num_groups, 3);
  EXPECT_TRUE(groups->reduced[0] && !groups->reduced[1] && groups->reduced[2]);
  EXPECT_EQ(groups->size[2], 20);
  EXPECT_EQ(groups->stride[0], 60);
  EXPECT_EQ(groups->num_reduced, 40);
  EXPECT_EQ(groups->num_outputs, 3);
  EXPECT_TRUE(groups->last_is_reduced());
}

TEST(ReductionTest, UnknownShapes) {
  const auto shape = [](const Shape& input, bool keep_dims) {
    return OpTester("Sum")
        .Attr("keep_dims", keep_dims)
        .Unknown(DType::kFloat, input)
        .ConstInput(I32({1}, {-2}))
        .InferShape();
  };
  EXPECT_EQ(shape({-1, 3, -1}, false), "[?,?]");
  EXPECT_EQ(shape({-1, 3, -1}, true), "[?,1,?]");
  EXPECT_EQ(shape(Shape::UnknownRank(), true), "?");
  EXPECT_EQ(OpTester("Sum").Unknown(DType::kFloat, {2, 3}).Unknown(DType::kInt32).InferShape(), "?");
  EXPECT_EQ(OpTester("Sum").Attr("keep_dims", true).Unknown(DType::kFloat, {2, 3}).Unknown(DType::kInt32).InferShape(),
            "[?,?]");
}

TEST(ReductionTest, BadAxes) {
  for (const int64_t axis :
       {int64_t{2}, int64_t{-3}, std::numeric_limits<int64_t>::min(), std::numeric_limits<int64_t>::max()}) {
    EXPECT_TRUE(Fails(OpTester("Max").Input(Zeros(DType::kFloat, {2, 3})).Input(I64({1}, {axis})).Run()));
    EXPECT_TRUE(Fails(OpTester("All").Input(Zeros(DType::kBool, {})).Input(I64({1}, {axis})).Run()));
  }
  EXPECT_TRUE(Fails(OpTester("Mean").Input(Zeros(DType::kFloat, {2, 3})).Input(I32({2}, {1, -1})).Run()));
  EXPECT_TRUE(
      Fails(OpTester("Sum").Input(Zeros(DType::kFloat, {})).Input(I32({1}, {0})).Attr("keep_dims", true).Run()));
  EXPECT_TRUE(
      Fails(OpTester("Sum").Input(Zeros(DType::kFloat, {2})).Input(Zeros(DType::kInt32, {1 << 20})).Run(), "axes"));
}

// The definition, position by position.
template <typename T>
std::vector<double> SumByDefinition(const std::vector<T>& x, const Shape& shape, const std::vector<bool>& reduced) {
  Shape kept;
  for (int i = 0; i < shape.rank(); ++i) kept.push_back(reduced[static_cast<size_t>(i)] ? 1 : shape[i]);
  std::vector<double> out(static_cast<size_t>(kept.num_elements()), 0);
  for (size_t flat = 0; flat < x.size(); ++flat) {
    size_t left = flat, at = 0, scale = 1;
    for (int i = shape.rank() - 1; i >= 0; --i) {
      const size_t dim = static_cast<size_t>(shape[i]), coordinate = left % dim;
      left /= dim;
      if (!reduced[static_cast<size_t>(i)]) {
        at += coordinate * scale;
        scale *= dim;
      }
    }
    out[at] += static_cast<double>(x[flat]);
  }
  return out;
}

template <typename T>
void CompareRandomSums(unsigned seed) {
  std::mt19937 random(seed);
  for (int n = 0; n < 60; ++n) {
    const int rank = static_cast<int>(random() % 7);
    Shape shape;
    std::vector<bool> reduced;
    std::vector<int32_t> axes;
    for (int i = 0; i < rank; ++i) {
      shape.push_back(1 + static_cast<int64_t>(random() % (i + 1 == rank ? 90 : 5)));
      reduced.push_back(random() % 2 == 0);
      if (reduced.back()) axes.push_back(random() % 2 == 0 ? i : i - rank);
    }
    std::vector<T> x(static_cast<size_t>(shape.num_elements()));
    for (T& value : x) value = static_cast<T>(static_cast<int>(random() % 17) - 8);
    const std::vector<double> want = SumByDefinition(x, shape, reduced);
    const Tensor axis_tensor = Tensor::Of<int32_t>({static_cast<int64_t>(axes.size())}, axes);
    const auto got = OpTester("Sum").Threads(1 + n % 3).Input(Tensor::Of<T>(shape, x)).Input(axis_tensor).Run();
    ASSERT_TRUE(got.ok()) << got.status().ToString();
    ASSERT_EQ((*got)[0].num_elements(), static_cast<int64_t>(want.size()));
    for (size_t i = 0; i < want.size(); ++i) {
      ASSERT_EQ(static_cast<double>((*got)[0].template data<T>()[i]), want[i]) << shape.ToString() << " element " << i;
    }
  }
}

TEST(ReductionTest, SumsOfRandomAxesAreThoseOfTheDefinition) {
  CompareRandomSums<float>(1);
  CompareRandomSums<double>(2);
  CompareRandomSums<int32_t>(3);
  CompareRandomSums<int64_t>(4);
}

}  // namespace
}  // namespace rivulet
