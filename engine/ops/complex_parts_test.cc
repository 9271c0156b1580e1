#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

TEST(ComplexPartsTest, PartsAndBack) {
  const Tensor x = C64({2}, {{3, -4}, {0, 1}});
  EXPECT_TRUE(Same(OpTester("Real").Input(x).Run(), F32({2}, {3, 0})));
  EXPECT_TRUE(Same(OpTester("Imag").Input(x).Run(), F32({2}, {-4, 1})));
  EXPECT_TRUE(Near(OpTester("ComplexAbs").Input(x).Run(), F32({2}, {5, 1})));
  EXPECT_TRUE(Same(OpTester("Conj").Input(x).Run(), C64({2}, {{3, 4}, {0, -1}})));
  EXPECT_TRUE(Same(OpTester("Complex").Input(F32({2, 1}, {1, 2})).Input(F32({2}, {3, 4})).Run(),
                   C64({2, 2}, {{1, 3}, {1, 4}, {2, 3}, {2, 4}})));
}

TEST(ComplexPartsTest, PrecisionsMustAgree) {
  const Tensor x = C64({1}, {{1, 2}});
  for (const char* op : {"Real", "Imag", "Angle", "ComplexAbs"}) {
    EXPECT_TRUE(Fails(OpTester(op).Attr("Tout", DType::kDouble).Input(x).Run(), "got float64 and complex64")) << op;
  }
  EXPECT_TRUE(Fails(OpTester("Complex").Input(F64({1}, {1})).Input(F64({1}, {1})).Run(), "want real numbers"));
}

}  // namespace
}  // namespace rivulet
