#include "engine/ops/op_test_kit.h"

#include <cstdint>

namespace rivulet {
namespace {

OpTester Pool(const char* op) {
  OpTester tester(op);
  tester.Attr("pooling_ratio", {1.0f, 1.5f, 2.0f, 1.0f}).Attr("deterministic", true).Attr("seed", 3).Attr("seed2", 5);
  return tester;
}

// Columns need no choice with a ratio of 2; the rows 0 to 2 become two windows, of one and of two rows.
TEST(FractionalPool, OneOfTwoNeighbouringSizes) {
  const Tensor x = F32({1, 3, 2, 1}, {1, 2, 3, 4, 5, 6});
  for (const bool pseudo_random : {false, true}) {
    auto out = Pool("FractionalMaxPool").Attr("pseudo_random", pseudo_random).Input(x).Run();
    ASSERT_TRUE(out.ok()) << out.status().ToString();
    EXPECT_EQ((*out)[1].data<int64_t>()[0], 0);
    EXPECT_EQ((*out)[1].data<int64_t>()[2], 3);
    const bool narrow_first = (*out)[1].data<int64_t>()[1] == 1;
    EXPECT_EQ((*out)[0].data<float>()[0], narrow_first ? 2 : 4);
    EXPECT_EQ((*out)[0].data<float>()[1], 6);
  }
}

TEST(FractionalPool, Refuses) {
  const Tensor x = F32({1, 3, 2, 1}, {1, 2, 3, 4, 5, 6});
  EXPECT_TRUE(Fails(Pool("FractionalAvgPool").Attr("pooling_ratio", {1.0f, 1.0f, 1.0f}).Input(x).Run(), "4 numbers"));
  EXPECT_TRUE(
      Fails(Pool("FractionalAvgPool").Attr("pooling_ratio", {1.0f, .5f, 1.0f, 1.0f}).Input(x).Run(), "want [1,"));
  EXPECT_TRUE(Fails(Pool("FractionalAvgPool").Attr("pooling_ratio", {1.0f, 4.0f, 1.0f, 1.0f}).Input(x).Run(), "dim 1"));
  EXPECT_TRUE(
      Fails(Pool("FractionalAvgPool").Attr("pooling_ratio", {1.0f, 1.0f, 1.0f, 2.0f}).Input(x).Run(), "channels"));
  EXPECT_TRUE(Fails(Pool("FractionalMaxPool").Attr("deterministic", false).Input(x).Run(), "deterministic"));
}

TEST(FractionalPoolGrad, GoesToTheMaximumOrToAll) {
  const Tensor x = F32({1, 4, 1, 1}, {1, 7, 7, 0}), y = F32({1, 1, 1, 1}, {7}), g = F32({1, 1, 1, 1}, {6});
  const Tensor rows = I64({2}, {0, 3}), columns = I64({2}, {0, 1});
  const auto of_max = [&](const Tensor& maxima, const Tensor& starts) {
    return OpTester("FractionalMaxPoolGrad").Input(x).Input(maxima).Input(g).Input(starts).Input(columns).Run();
  };
  EXPECT_TRUE(Same(of_max(y, rows), F32({1, 4, 1, 1}, {0, 6, 0, 0})));
  EXPECT_TRUE(Fails(of_max(F32({1, 1, 1, 1}, {1}), rows), "orig_output: want the maxima"));
  EXPECT_TRUE(Fails(of_max(y, I64({3}, {0, 3, 4})), "want at most 4 pairs"));
  EXPECT_TRUE(
      Same(OpTester("FractionalAvgPoolGrad").Input(I64({4}, {1, 3, 1, 1})).Input(g).Input(rows).Input(columns).Run(),
           F32({1, 3, 1, 1}, {2, 2, 2})));
}

TEST(FractionalPoolGrad, HostileStarts) {
  const Tensor shape = I64({4}, {1, 3, 1, 1}), g = F32({1, 1, 1, 1}, {6}), columns = I64({2}, {0, 1});
  for (const auto& rows : {I64({2}, {0, 0}), I64({2}, {-1, 3}), I64({2}, {3, 4}), I64({2}, {2, 1}), I64({1}, {0}),
                           I64({2}, {0, INT64_MIN}), I64({2}, {INT64_MAX, INT64_MAX})}) {
    EXPECT_TRUE(Fails(OpTester("FractionalAvgPoolGrad").Input(shape).Input(g).Input(rows).Input(columns).Run()));
  }
  EXPECT_TRUE(Fails(OpTester("FractionalAvgPoolGrad")
                        .Input(I64({4}, {2, 3, 1, 1}))
                        .Input(g)
                        .Input(I64({2}, {0, 3}))
                        .Input(columns)
                        .Run()));
}

}  // namespace
}  // namespace rivulet
