#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

TEST(FakeQuant, RoundsToSteps) {
  EXPECT_TRUE(Same(OpTester("FakeQuantWithMinMaxArgs")
                       .Attr("min", 0.0f)
                       .Attr("max", 3.0f)
                       .Attr("num_bits", 2)
                       .Input(F32({4}, {-1, 0.4f, 1.6f, 9}))
                       .Run(),
                   F32({4}, {0, 0, 2, 3})));
}

TEST(FakeQuant, RefusesBadRanges) {
  EXPECT_TRUE(
      Fails(OpTester("FakeQuantWithMinMaxArgs").Attr("min", 1.0f).Attr("max", 1.0f).Input(F32({1}, {0})).Run(), "min"));
  EXPECT_TRUE(Fails(OpTester("FakeQuantWithMinMaxArgs").Attr("num_bits", 64).Input(F32({1}, {0})).Run(), "num_bits"));
  EXPECT_TRUE(Fails(OpTester("FakeQuantWithMinMaxVarsPerChannel")
                        .Input(F32({1, 2}, {0, 0}))
                        .Input(F32({1}, {0}))
                        .Input(F32({1}, {1}))
                        .Run(),
                    "last dim"));
}

TEST(FakeQuant, InfersUnknownShapes) {
  EXPECT_EQ(OpTester("FakeQuantWithMinMaxVars")
                .Unknown(DType::kFloat)
                .Unknown(DType::kFloat)
                .Unknown(DType::kFloat)
                .InferShape(),
            "?");
  EXPECT_EQ(OpTester("FakeQuantWithMinMaxVarsPerChannel")
                .Unknown(DType::kFloat, {-1, -1})
                .Unknown(DType::kFloat, {3})
                .Unknown(DType::kFloat)
                .InferShape(),
            "[?,3]");
}

}  // namespace
}  // namespace rivulet
