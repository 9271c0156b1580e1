#include <limits>

#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

TEST(ReduceOrderTest, NanSpreads) {
  for (const bool first : {false, true}) {
    const Tensor x = first ? F32({3}, {kNan, 1, 2}) : F32({3}, {1, 2, kNan});
    EXPECT_TRUE(Same(OpTester("Max").Input(x).Input(I32({1}, {0})).Run(), F32({}, {kNan})));
    EXPECT_TRUE(Same(OpTester("Min").Input(x).Input(I32({1}, {0})).Run(), F32({}, {kNan})));
  }
  EXPECT_TRUE(
      Same(OpTester("Max").Input(F64({2, 2}, {kNan, 1, 2, 3})).Input(I32({1}, {0})).Run(), F64({2}, {kNan, 3})));
}

TEST(ReduceOrderTest, OfNothing) {
  EXPECT_TRUE(Same(OpTester("Max").Input(BF16({0}, {})).Input(I32({1}, {0})).Run(), BF16({}, {-kInf})));
  EXPECT_TRUE(Same(OpTester("Min").Input(I8({0}, {})).Input(I32({1}, {0})).Run(), I8({}, {127})));
  EXPECT_TRUE(Same(OpTester("All").Input(Bools({2, 0}, {})).Input(I32({1}, {1})).Run(), Bools({2}, {true, true})));
  EXPECT_TRUE(Same(OpTester("Any").Input(Bools({2, 0}, {})).Input(I32({1}, {1})).Run(), Bools({2}, {false, false})));
}

TEST(ReduceOrderTest, ManyElements) {
  std::vector<uint8_t> bools(200000, 1);
  bools[150000] = 0;
  const Tensor x = Tensor::Of<uint8_t>({200000}, bools).Retyped(DType::kBool);
  EXPECT_TRUE(Same(OpTester("All").Input(x).Input(I32({1}, {0})).Run(), Bools({}, {false})));
  EXPECT_TRUE(Same(OpTester("Any").Input(x).Input(I32({1}, {0})).Run(), Bools({}, {true})));
}

TEST(ReduceOrderTest, WrongTypes) {
  EXPECT_TRUE(Fails(OpTester("Max").Input(C64({1}, {1})).Input(I32({1}, {0})).Run(), "want one of"));
  EXPECT_TRUE(Fails(OpTester("All").Input(F32({1}, {1})).Input(I32({1}, {0})).Run(), "bool"));
}

}  // namespace
}  // namespace rivulet
