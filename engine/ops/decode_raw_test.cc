#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

TEST(DecodeRaw, Errors) {
  const auto raw = [](const Tensor& x) { return OpTester("DecodeRaw").Attr("out_type", DType::kInt16).Input(x).Run(); };
  EXPECT_TRUE(Fails(raw(Strings({2}, {"ab", "abcd"})), "got 2 bytes and 4 at element 1"));
  EXPECT_TRUE(Fails(raw(Strings({1}, {"abc"})), "want a multiple of 2, the bytes of int16, got 3"));
  EXPECT_TRUE(Fails(OpTester("DecodePaddedRaw")
                        .Attr("out_type", DType::kInt16)
                        .Input(Strings({1}, {"abc"}))
                        .ConstInput(I32({}, {3}))
                        .Run(),
                    "want a positive multiple of 2"));
}

// TensorFlow keeps a bool's byte; one of 2 would be neither true nor false.
TEST(DecodeRaw, BoolsAreZeroOrOne) {
  const auto run = OpTester("DecodeRaw").Attr("out_type", DType::kBool).Input(Strings({1}, {"\x02\xFF"})).Run();
  EXPECT_TRUE(Same(run, Bools({1, 2}, {true, true})));
}

}  // namespace
}  // namespace rivulet
