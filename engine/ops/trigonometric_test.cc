#include <cmath>
#include <utility>

#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

TEST(TrigonometricTest, InversesOfEachOther) {
  const Tensor x = F64({4}, {-0.75, 0, 0.3, 0.9});
  for (const auto& [forward, back] :
       {std::pair("Sin", "Asin"), {"Tan", "Atan"}, {"Sinh", "Asinh"}, {"Atanh", "Tanh"}}) {
    const auto y = OpTester(forward).Input(x).Run();
    ASSERT_TRUE(y.ok());
    EXPECT_TRUE(Near(OpTester(back).Input((*y)[0]).Run(), x, 0, 1e-12f, 1e-12f)) << forward;
  }
}

TEST(TrigonometricTest, ComplexBranches) {
  EXPECT_TRUE(Near(OpTester("Acosh").Input(C128({1}, {{-3, 0}})).Run(), C128({1}, {{1.7627471740390859, M_PI}})));
  EXPECT_TRUE(Near(OpTester("Asin").Input(C64({1}, {{0, 2}})).Run(), C64({1}, {{0, 1.4436355f}})));
}

TEST(TrigonometricTest, HalvesOfTan) {
  EXPECT_TRUE(Near(OpTester("Tan").Input(F16({2}, {1, -0.5f})).Run(), F16({2}, {1.5574077f, -0.54630249f})));
}

}  // namespace
}  // namespace rivulet
