#include <cstdint>
#include <limits>

#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

TEST(ActivationTest, NanStays) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  for (const char* op : {"Relu", "Relu6", "LeakyRelu", "Elu", "Selu", "Softplus", "Softsign"}) {
    EXPECT_TRUE(Same(OpTester(op).Input(F32({1}, {nan})).Run(), F32({1}, {nan}))) << op;
    EXPECT_TRUE(Same(OpTester(op).Input(F64({1}, {nan})).Run(), F64({1}, {nan}))) << op;
    EXPECT_TRUE(Same(OpTester(op).Input(F16({1}, {nan})).Run(), F16({1}, {nan}))) << op;
  }
}

TEST(ActivationTest, Slopes) {
  EXPECT_TRUE(Near(OpTester("LeakyRelu").Attr("alpha", 2.0f).Input(F32({2}, {-1, 3})).Run(), F32({2}, {-2, 3})));
  EXPECT_TRUE(Near(OpTester("LeakyRelu").Attr("alpha", 2.0f).Input(F64({2}, {-1, 3})).Run(), F64({2}, {-2, 3})));
  EXPECT_TRUE(Near(OpTester("LeakyRelu").Input(BF16({2}, {-1, 3})).Run(), BF16({2}, {-0.2f, 3})));
}

TEST(ActivationTest, FarSides) {
  const double inf = std::numeric_limits<double>::infinity();
  EXPECT_TRUE(Near(OpTester("Softplus").Input(F64({4}, {1000, -1000, inf, -inf})).Run(), F64({4}, {1000, 0, inf, 0})));
  EXPECT_TRUE(Near(OpTester("Elu").Input(F64({3}, {-1000, 5, -inf})).Run(), F64({3}, {-1, 5, -1})));
  EXPECT_TRUE(Same(OpTester("Relu6").Input(U8({3}, {0, 6, 200})).Run(), U8({3}, {0, 6, 6})));
  EXPECT_TRUE(Same(OpTester("Relu").Input(I64({2}, {INT64_MIN, INT64_MAX})).Run(), I64({2}, {0, INT64_MAX})));
}

}  // namespace
}  // namespace rivulet
