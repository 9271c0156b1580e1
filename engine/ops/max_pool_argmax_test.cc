#include <limits>

#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

OpTester Pool(const char* op) {
  OpTester tester(op);
  tester.Attr("ksize", {1, 1, 2, 1}).Attr("strides", {1, 1, 2, 1}).Attr("padding", "VALID");
  return tester;
}

TEST(MaxPoolArgmax, FirstMaximumAndBatchInIndex) {
  const Tensor x = F32({2, 1, 2, 1}, {3, 3, 1, 2});
  EXPECT_TRUE(Same(Pool("MaxPoolWithArgmax").Input(x).Run(), I64({2, 1, 1, 1}, {0, 1}), 1));
  EXPECT_TRUE(
      Same(Pool("MaxPoolWithArgmax").Attr("include_batch_in_index", true).Attr("Targmax", DType::kInt32).Input(x).Run(),
           I32({2, 1, 1, 1}, {0, 3}), 1));
}

TEST(MaxPoolArgmax, GradientIndicesAreChecked) {
  const Tensor x = F32({2, 1, 2, 1}, {0, 0, 0, 0}), g = F32({2, 1, 1, 1}, {5, 7});
  EXPECT_TRUE(Same(Pool("MaxPoolGradWithArgmax").Input(x).Input(g).Input(I64({2, 1, 1, 1}, {1, 1})).Run(),
                   F32({2, 1, 2, 1}, {0, 5, 0, 7})));
  EXPECT_TRUE(Same(Pool("MaxPoolGradWithArgmax")
                       .Attr("include_batch_in_index", true)
                       .Input(x)
                       .Input(g)
                       .Input(I64({2, 1, 1, 1}, {3, 3}))
                       .Run(),
                   F32({2, 1, 2, 1}, {0, 0, 0, 12})));
  for (const int64_t bad :
       {int64_t{-1}, int64_t{2}, std::numeric_limits<int64_t>::min(), std::numeric_limits<int64_t>::max()}) {
    EXPECT_TRUE(
        Fails(Pool("MaxPoolGradWithArgmax").Input(x).Input(g).Input(I64({2, 1, 1, 1}, {0, bad})).Run(), "argmax"));
  }
  EXPECT_TRUE(Fails(Pool("MaxPoolGradWithArgmax")
                        .Attr("include_batch_in_index", true)
                        .Input(x)
                        .Input(g)
                        .Input(I32({2, 1, 1, 1}, {0, 4}))
                        .Run(),
                    "argmax"));
  EXPECT_TRUE(
      Fails(Pool("MaxPoolGradWithArgmax").Input(x).Input(F32({1, 1, 1, 1}, {5})).Input(I64({2, 1, 1, 1}, {1, 1})).Run(),
            "grad"));
}

TEST(MaxPoolArgmax, EmptyInputs) {
  EXPECT_TRUE(Fails(Pool("MaxPoolWithArgmax").Input(Zeros(DType::kFloat, {0, 1, 2, 1})).Run(), "with elements"));
  EXPECT_TRUE(
      Fails(Pool("MaxPoolWithArgmax").Attr("ksize", {1, 1, 1, 2}).Input(F32({1, 1, 1, 2}, {1, 2})).Run(), "channels"));
}

}  // namespace
}  // namespace rivulet
