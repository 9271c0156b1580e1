#include <limits>

#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

TEST(CheckNumericsTest, TellsWhatItFound) {
  const float inf = std::numeric_limits<float>::infinity(), nan = std::numeric_limits<float>::quiet_NaN();
  const auto check = [](const char* op, const Tensor& x) {
    return OpTester(op).Attr("message", "layer 3").Input(x).Run();
  };
  EXPECT_TRUE(Same(check("CheckNumerics", F32({2}, {1, 2})), F32({2}, {1, 2})));
  EXPECT_TRUE(Fails(check("CheckNumerics", F32({2}, {1, nan})), "'layer 3': the tensor has NaN values"));
  EXPECT_TRUE(Fails(check("CheckNumerics", BF16({2}, {nan, -inf})), "Inf and NaN"));
  EXPECT_TRUE(Fails(check("CheckNumericsV2", F16({3}, {inf, -inf, 1})), "-Inf and +Inf values"));
  EXPECT_TRUE(Fails(check("CheckNumericsV2", F64({1}, {inf})), "has +Inf"));
  EXPECT_TRUE(Fails(OpTester("CheckNumerics").Input(F32({1}, {1})).Run(), "message"));
}

}  // namespace
}  // namespace rivulet
