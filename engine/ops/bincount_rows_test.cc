#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

Result<std::vector<Tensor>> Sparse(const Tensor& indices, const Tensor& values, const Tensor& shape, int32_t size,
                                   const Tensor& weights, bool binary = false) {
  return OpTester("SparseBincount")
      .Input(indices)
      .Input(values)
      .Input(shape)
      .Input(I32({}, {size}))
      .Input(weights)
      .Attr("binary_output", binary)
      .Run();
}

Result<std::vector<Tensor>> Ragged(const Tensor& splits, const Tensor& values, int32_t size, const Tensor& weights,
                                   bool binary = false) {
  return OpTester("RaggedBincount")
      .Input(splits)
      .Input(values)
      .Input(I32({}, {size}))
      .Input(weights)
      .Attr("binary_output", binary)
      .Run();
}

const Tensor kNone = F32({0}, {});

TEST(BincountRows, CountsRowByRow) {
  const Tensor cells = I64({4, 2}, {0, 0, 0, 2, 2, 0, 2, 1}), numbers = I32({4}, {1, 1, 2, 0});
  EXPECT_TRUE(Same(Sparse(cells, numbers, I64({2}, {3, 3}), 3, kNone), F32({3, 3}, {0, 2, 0, 0, 0, 0, 1, 0, 1})));
  EXPECT_TRUE(Same(Sparse(cells, numbers, I64({2}, {3, 3}), 3, kNone, true), F32({3, 3}, {0, 1, 0, 0, 0, 0, 1, 0, 1})));
  EXPECT_TRUE(Same(Ragged(I64({4}, {0, 2, 2, 4}), numbers, 3, F32({4}, {1, 2, 4, 8})),
                   F32({3, 3}, {0, 3, 0, 0, 0, 0, 8, 0, 4})));
}

TEST(BincountRows, AVectorHasOneRow) {
  EXPECT_TRUE(Same(Sparse(I64({3, 1}, {0, 4, 2}), I32({3}, {1, 1, 0}), I64({1}, {5}), 2, kNone), F32({2}, {1, 2})));
}

TEST(BincountRows, NumbersFromSizeAreLeftOut) {
  EXPECT_TRUE(Same(Ragged(I64({2}, {0, 3}), I32({3}, {1, 2, 3}), 2, kNone), F32({1, 2}, {0, 1})));
  EXPECT_TRUE(Same(Ragged(I64({2}, {0, 1}), I32({1}, {1}), 0, kNone), F32({1, 0}, {})));
}

TEST(BincountRows, SaysWhatIsWrong) {
  EXPECT_TRUE(Fails(Ragged(I64({2}, {0, 1}), I32({1}, {-1}), 2, kNone), "values[0]: want >= 0, got -1"));
  EXPECT_TRUE(Fails(Ragged(I64({2}, {0, 1}), I32({1}, {1}), -1, kNone), "size: want >= 0, got -1"));
  EXPECT_TRUE(Fails(Ragged(I64({2}, {0, 1}), I32({1}, {1}), 2, F32({2}, {1, 2})), "weights: want none or 1, got 2"));
  EXPECT_TRUE(Fails(Ragged(I64({0}, {}), I32({1}, {1}), 2, kNone), "splits"));
  EXPECT_TRUE(Fails(Ragged(I64({2}, {0, 2}), I32({1}, {1}), 2, kNone)));
  EXPECT_TRUE(Fails(Ragged(I64({2}, {1, 1}), I32({1}, {1}), 2, kNone)));
  EXPECT_TRUE(Fails(Sparse(I64({1, 2}, {2, 0}), I32({1}, {1}), I64({2}, {2, 2}), 2, kNone)));
  EXPECT_TRUE(Fails(Sparse(I64({1, 2}, {0, -1}), I32({1}, {1}), I64({2}, {2, 2}), 2, kNone)));
}

}  // namespace
}  // namespace rivulet
