// What holds for the attributes of all operators.
#include "engine/ops/infer.h"

#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

constexpr int64_t kBeyond = int64_t{1} << 31;

TEST(Attributes, ThoseOf32BitsAreRefusedBeyondThem) {
  const auto top = [](int64_t k) {
    return OpTester("InTopK").Attr("k", k).Input(F32({1, 2}, {1, 2})).Input(I32({1}, {1})).Run();
  };
  EXPECT_TRUE(Same(top(1), Bools({1}, {true})));
  EXPECT_TRUE(Same(top(kBeyond - 1), Bools({1}, {true})));
  EXPECT_TRUE(Fails(top(kBeyond), "attr 'k': want a number of 32 bits, got 2147483648"));
  EXPECT_TRUE(Fails(top(-kBeyond - 1), "attr 'k': want a number of 32 bits"));
}

TEST(Attributes, SeedsHave64Bits) {
  EXPECT_TRUE(OpTester("RandomUniform")
                  .Attr("seed", kBeyond << 9)
                  .Attr("dtype", DType::kFloat)
                  .Input(I32({1}, {2}))
                  .Run()
                  .ok());
}

}  // namespace
}  // namespace rivulet
