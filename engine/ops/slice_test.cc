#include "engine/ops/op_test_kit.h"

#include <cstdint>

namespace rivulet {
namespace {

constexpr int64_t kHuge = int64_t{1} << 62;
constexpr int64_t kLowest = INT64_MIN;

TEST(Slice, ShapesThatArePartlyKnown) {
  const auto shape = [](const Shape& in, const Tensor& size) {
    return OpTester("Slice").Unknown(DType::kFloat, in).Unknown(DType::kInt32, {2}).ConstInput(size).InferShape();
  };
  EXPECT_EQ(shape({5, 5}, I32({2}, {2, -1})), "[2,?]");
  EXPECT_EQ(shape(Shape::UnknownRank(), I32({2}, {2, 3})), "[2,3]");
  EXPECT_EQ(OpTester("Slice")
                .Unknown(DType::kFloat, {-1, 5})
                .ConstInput(I32({2}, {1, 1}))
                .ConstInput(I32({2}, {-1, -1}))
                .InferShape(),
            "[?,4]");
  EXPECT_EQ(OpTester("Slice").Unknown(DType::kFloat, {4, 5}).Unknown(DType::kInt32).Unknown(DType::kInt32).InferShape(),
            "[?,?]");
  EXPECT_EQ(OpTester("Slice").Unknown(DType::kFloat).Unknown(DType::kInt32, {-1}).Unknown(DType::kInt32).InferShape(),
            "?");
}

TEST(Slice, Refuses) {
  const auto slice = [](int64_t begin, int64_t size) {
    return OpTester("Slice").Input(F32({3}, {1, 2, 3})).Input(I64({1}, {begin})).Input(I64({1}, {size})).Run();
  };
  EXPECT_TRUE(Same(slice(1, -1), F32({2}, {2, 3})));
  EXPECT_TRUE(Fails(slice(4, 0), "begin[0]"));
  EXPECT_TRUE(Fails(slice(-1, 1), "begin[0]"));
  EXPECT_TRUE(Fails(slice(2, 2), "size[0]"));
  EXPECT_TRUE(Fails(slice(3, kHuge), "size[0]"));
  EXPECT_TRUE(Fails(slice(kHuge, kHuge), "begin[0]"));
  EXPECT_TRUE(Fails(slice(kLowest, kLowest), "begin[0]"));
  EXPECT_TRUE(Fails(slice(0, -2), "size[0]"));
}

// The output's shape is known before begin is: the run checks begin itself.
TEST(Slice, BeginFoundOnlyWhenRun) {
  const auto slice = [](int32_t begin) {
    return OpTester("Slice").Input(F32({3}, {1, 2, 3})).Input(I32({1}, {begin})).ConstInput(I32({1}, {2})).Run();
  };
  EXPECT_TRUE(Same(slice(1), F32({2}, {2, 3})));
  EXPECT_TRUE(Fails(slice(2), "size[0]"));
}

}  // namespace
}  // namespace rivulet
