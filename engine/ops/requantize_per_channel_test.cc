#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

OpTester Requantize(const Shape& shape, std::initializer_list<int32_t> codes, float low, float high) {
  OpTester tester("RequantizePerChannel");
  tester.Input(I32(shape, codes).Retyped(DType::kQint32)).Input(F32({2}, {-1, -2})).Input(F32({2}, {1, 4}));
  tester.Input(F32({}, {low})).Input(F32({}, {high})).Attr("out_type", DType::kQuint8);
  return tester;
}

TEST(RequantizePerChannel, ChannelsHaveScales) {
  EXPECT_TRUE(Same(Requantize({1, 1, 1, 2}, {1 << 30, 1 << 29}, -1, 2).Run(),
                   U8({1, 1, 1, 2}, {64, 128}).Retyped(DType::kQuint8)));
}

TEST(RequantizePerChannel, NothingIsNothing) {
  EXPECT_TRUE(Same(Requantize({0, 1, 1, 2}, {}, -1, 2).Run(), U8({0, 1, 1, 2}, {}).Retyped(DType::kQuint8)));
}

TEST(RequantizePerChannel, Refuses) {
  EXPECT_TRUE(Fails(Requantize({1, 1, 1, 2}, {1, 2}, 0, 0).Run(), "want one that is not 0"));
  EXPECT_TRUE(Fails(Requantize({1, 2}, {1, 2}, -1, 1).Run(), "rank"));
  EXPECT_TRUE(
      Fails(Requantize({1, 1, 1, 3}, {1, 2, 3}, -1, 1).Run(), "want one element for each of 3 channels, got 2"));
}

TEST(RequantizationRangePerChannel, WantsElements) {
  OpTester tester("RequantizationRangePerChannel");
  tester.Input(I32({0, 1, 1, 1}, {}).Retyped(DType::kQint32)).Input(F32({1}, {-1})).Input(F32({1}, {1}));
  EXPECT_TRUE(Fails(tester.Attr("clip_value_max", 1.0f).Run(), "want elements"));
}

}  // namespace
}  // namespace rivulet
