#include <limits>

#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

OpTester Conv() {
  OpTester op("Conv");
  op.Attr("strides", {1, 1, 1, 1}).Attr("padding", "SAME");
  return op;
}

TEST(ConvAny, BatchAxes) {
  const Tensor twice = F32({1, 1, 1, 1}, {2});
  EXPECT_TRUE(
      Same(Conv().Attr("batch_dims", 0).Input(F32({1, 2, 1}, {1, 2})).ConstInput(twice).Run(), F32({1, 2, 1}, {2, 4})));
  EXPECT_TRUE(Same(Conv().Attr("batch_dims", 3).Input(F32({1, 2, 1, 1, 1, 1}, {1, 2})).ConstInput(twice).Run(),
                   F32({1, 2, 1, 1, 1, 1}, {2, 4})));
  EXPECT_EQ(Conv()
                .Attr("batch_dims", 2)
                .Unknown(DType::kFloat, {-1, 3, 4, -1, 1})
                .Unknown(DType::kFloat, {3, 3, 1, 7})
                .InferShape(),
            "[?,3,4,?,7]");
  EXPECT_EQ(Conv().Unknown(DType::kFloat).Unknown(DType::kFloat, {3, 3, 1, 7}).InferShape(), "?");
}

TEST(ConvAny, HostileAttributes) {
  const Tensor x = F32({1, 1, 2, 1}, {1, 2}), filter = F32({1, 1, 1, 1}, {2});
  for (const int64_t bad : {int64_t{-1}, int64_t{4}, int64_t{200}, std::numeric_limits<int64_t>::min(),
                            std::numeric_limits<int64_t>::max()}) {
    EXPECT_TRUE(Fails(Conv().Attr("batch_dims", bad).Input(x).Input(filter).Run()));
  }
  for (const int64_t bad : {int64_t{0}, int64_t{-1}, int64_t{2}, std::numeric_limits<int64_t>::max()}) {
    EXPECT_TRUE(Fails(Conv().Attr("groups", bad).Input(x).Input(filter).Run(), "groups"));
  }
  const int64_t huge = int64_t{1} << 40;
  EXPECT_TRUE(
      Fails(Conv().Attr("batch_dims", 2).Input(Zeros(DType::kFloat, {huge, huge, 0, 1, 1})).Input(filter).Run()));
}

}  // namespace
}  // namespace rivulet
