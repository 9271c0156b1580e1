#include <limits>

#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

OpTester Pool(const char* op) {
  OpTester tester(op);
  tester.Attr("ksize", {1, 1, 2, 1}).Attr("strides", {1, 1, 2, 1}).Attr("padding", "SAME");
  return tester;
}

TEST(AvgPool, CountsOnlyWhatIsInside) {
  EXPECT_TRUE(Same(Pool("AvgPool").Input(F32({1, 1, 3, 1}, {1, 3, 5})).Run(), F32({1, 1, 2, 1}, {2, 5})));
  EXPECT_TRUE(Same(Pool("AvgPool").Input(F64({1, 1, 3, 1}, {1, 3, 5})).Run(), F64({1, 1, 2, 1}, {2, 5})));
  EXPECT_TRUE(Same(Pool("AvgPoolGrad").Input(I32({4}, {1, 1, 3, 1})).Input(F32({1, 1, 2, 1}, {2, 5})).Run(),
                   F32({1, 1, 3, 1}, {1, 1, 5})));
}

TEST(AvgPool, HostileShapes) {
  const Tensor g = F32({1, 1, 2, 1}, {2, 5});
  for (const auto& shape : {I32({4}, {1, 1, -3, 1}), I32({4}, {1, 1, 5, 1}), I32({4}, {2, 1, 3, 1}),
                            I32({3}, {1, 1, 3}), I32({4}, {1, std::numeric_limits<int32_t>::max(), 3, 1}),
                            I32({4}, {1, std::numeric_limits<int32_t>::min(), 3, 1})}) {
    EXPECT_TRUE(Fails(Pool("AvgPoolGrad").Input(shape).Input(g).Run()));
    EXPECT_TRUE(Fails(Pool("AvgPoolGrad").ConstInput(shape).Input(g).Run()));
  }
  EXPECT_TRUE(Fails(Pool("AvgPool").Attr("ksize", {1, 1, 1, 2}).Input(g).Run(), "channels"));
  EXPECT_TRUE(Fails(Pool("AvgPoolGrad")
                        .Attr("strides", {1, 1, 0x7fffffff, 1})
                        .Budget(1 << 20)
                        .Input(I32({4}, {1, 1, 0x7fffffff, 1}))
                        .Input(F32({1, 1, 1, 1}, {1}))
                        .Run()));
}

TEST(AvgPool, ShapesWithUnknownParts) {
  EXPECT_EQ(Pool("AvgPool").Unknown(DType::kFloat).InferShape(), "[?,?,?,?]");
  EXPECT_EQ(Pool("AvgPoolGrad").Unknown(DType::kInt32).Unknown(DType::kFloat, {7, -1, -1, 2}).InferShape(),
            "[7,?,?,?]");
}

}  // namespace
}  // namespace rivulet
