#include <limits>

#include "engine/ops/infer.h"
#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

TEST(SpecialOpsTest, BetaincShapes) {
  const Tensor two = F32({2}, {1, 2}), x = F32({2}, {0.5f, 0.25f});
  EXPECT_TRUE(
      Near(OpTester("Betainc").Input(F32({}, {2})).Input(F32({}, {2})).Input(x).Run(), F32({2}, {0.5f, 0.15625f})));
  EXPECT_TRUE(Near(OpTester("Betainc").Input(two).Input(F32({}, {3})).Input(F32({}, {0.5f})).Run(),
                   F32({2}, {0.875f, 0.6875f})));
  EXPECT_TRUE(Fails(OpTester("Betainc").Input(F32({1}, {1})).Input(two).Input(x).Run(), "differ"));
  EXPECT_TRUE(Fails(OpTester("Betainc").Input(F32({1, 2}, {1, 1})).Input(two).Input(x).Run(), "ranks"));
  EXPECT_EQ(
      OpTester("Betainc").Unknown(DType::kFloat).Unknown(DType::kFloat, {}).Unknown(DType::kFloat, {}).InferShape(),
      "?");
  EXPECT_EQ(
      OpTester("Betainc").Unknown(DType::kFloat).Unknown(DType::kFloat, {-1}).Unknown(DType::kFloat, {3}).InferShape(),
      "[3]");
}

TEST(SpecialOpsTest, NoArgumentRunsForever) {
  const double inf = std::numeric_limits<double>::infinity(), nan = std::numeric_limits<double>::quiet_NaN();
  const Tensor all = F64(
      {16}, {0, -0.0, 1, -1, 0.5, -0.5, 1e-308, -1e-308, 1e308, -1e308, 1e15 + 0.5, -1e15 - 0.5, 1e5, inf, -inf, nan});
  const Tensor column = all.Reshaped({16, 1});
  for (const OpDef* def : AllOps()) {
    const std::string name = def->name;
    if (name.find("Bessel") == 0 || name == "Lgamma" || name == "Digamma" || name == "Ndtri" || name == "Erfinv" ||
        name == "Dawsn" || name == "Expint" || name == "FresnelCos" || name == "FresnelSin" || name == "Spence") {
      EXPECT_TRUE(OpTester(name).Input(all).Run().ok()) << name;
    }
  }
  for (const char* op : {"Zeta", "Polygamma", "Igamma", "Igammac", "IgammaGradA"}) {
    EXPECT_TRUE(OpTester(op).Input(all).Input(column).Run().ok()) << op;
  }
  for (const double x : {0.0, 1e-300, 0.3, 0.999999, 1.0}) {
    const auto sum = OpTester("AddV2").Input(all).Input(column).Run();
    ASSERT_TRUE(sum.ok());
    EXPECT_TRUE(OpTester("Betainc").Input((*sum)[0]).Input(F64({}, {1e300})).Input(F64({}, {x})).Run().ok());
  }
}

}  // namespace
}  // namespace rivulet
