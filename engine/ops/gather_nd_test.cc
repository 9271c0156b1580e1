#include <limits>

#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

TEST(GatherNdTest, NamesTheIndexThatIsWrong) {
  const Tensor params = Zeros(DType::kFloat, {2, 3});
  EXPECT_TRUE(Fails(OpTester("GatherNd").Input(params).Input(I32({2, 1, 2}, {1, 2, 2, 0})).Run(),
                    "indices[1,0] = [2,0] does not index into shape [2,3]"));
  for (const int64_t index :
       {std::numeric_limits<int64_t>::min(), std::numeric_limits<int64_t>::max(), int64_t{1} << 33}) {
    EXPECT_TRUE(Fails(OpTester("GatherNd").Input(params).Input(I64({1}, {index})).Run(), "does not index"));
    EXPECT_TRUE(Same(OpTester("GatherNd")
                         .Attr("bad_indices_policy", "IGNORE")
                         .Input(F32({2}, {5, 6}))
                         .Input(I64({2, 1}, {index, 1}))
                         .Run(),
                     F32({2}, {0, 6})));
  }
  EXPECT_TRUE(
      Fails(OpTester("GatherNd").Attr("bad_indices_policy", "WHATEVER").Input(params).Input(I32({1}, {1})).Run(),
            "bad_indices_policy"));
}

TEST(GatherNdTest, ShapesThatAreWrong) {
  EXPECT_TRUE(Fails(OpTester("GatherNd").Input(Zeros(DType::kFloat, {2})).Input(Zeros(DType::kInt32, {1, 2})).Run(),
                    "coordinates"));
  EXPECT_TRUE(Fails(
      OpTester("GatherNd").Input(Zeros(DType::kFloat, {2})).Input(Zeros(DType::kInt32, {0, int64_t{1} << 40})).Run(),
      "coordinates"));
  EXPECT_TRUE(Fails(OpTester("GatherNd").Input(Zeros(DType::kFloat, {})).Input(I32({1}, {0})).Run()));
  EXPECT_TRUE(Fails(OpTester("GatherNd").Input(Zeros(DType::kFloat, {2})).Input(I32({}, {0})).Run()));
  // More places than there can be, of slices without elements.
  const Tensor places = Zeros(DType::kInt32, {int64_t{1} << 40, int64_t{1} << 40, 0});
  EXPECT_TRUE(Fails(OpTester("GatherNd").Budget(1 << 20).Input(Zeros(DType::kFloat, {0, 2})).Input(places).Run()));
  EXPECT_TRUE(Fails(OpTester("GatherNd").Budget(1 << 20).Input(Zeros(DType::kFloat, {1, 2})).Input(places).Run()));
}

TEST(GatherNdTest, UnknownShapes) {
  const auto shape = [](const Shape& params, const Shape& indices) {
    return OpTester("GatherNd").Unknown(DType::kFloat, params).Unknown(DType::kInt32, indices).InferShape();
  };
  EXPECT_EQ(shape({2, -1, 4}, {-1, 1}), "[?,?,4]");
  EXPECT_EQ(shape({2, -1, 4}, {7, -1}), "?");
  EXPECT_EQ(shape(Shape::UnknownRank(), {7, 2}), "?");
}

}  // namespace
}  // namespace rivulet
