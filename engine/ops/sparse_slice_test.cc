#include <limits>

#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

Result<std::vector<Tensor>> Slice(int64_t dim, int64_t start, int64_t size) {
  return OpTester("SparseSlice")
      .Input(I64({1, 1}, {1}))
      .Input(F32({1}, {5}))
      .Input(I64({1}, {dim}))
      .Input(I64({1}, {start}))
      .Input(I64({1}, {size}))
      .Run();
}

// Sums of start and size beyond 64 bits are no smaller for it.
TEST(SparseSliceTest, BoxesBeyondAllNumbers) {
  constexpr int64_t kMost = std::numeric_limits<int64_t>::max();
  EXPECT_TRUE(Same(Slice(3, 1, kMost), F32({1}, {5}), 1));
  EXPECT_TRUE(Same(Slice(3, 1, kMost), I64({1}, {2}), 2));
  EXPECT_TRUE(Same(Slice(3, kMost, kMost), Zeros(DType::kFloat, {0}), 1));
  EXPECT_TRUE(Same(Slice(3, kMost, kMost), I64({1}, {0}), 2));
  EXPECT_TRUE(Same(Slice(3, std::numeric_limits<int64_t>::min(), 1), I64({1}, {1}), 2));
  EXPECT_TRUE(Same(Slice(3, -1, kMost), I64({1}, {4}), 2));
  EXPECT_TRUE(Fails(Slice(3, 0, -1), "size[0]: want at least 0, got -1"));
  EXPECT_TRUE(Fails(Slice(-1, 0, 1), "dims"));
}

TEST(SparseSplitTest, IndicesOutside) {
  for (const int64_t at : {int64_t{-1}, int64_t{3}, std::numeric_limits<int64_t>::min()}) {
    EXPECT_TRUE(Fails(OpTester("SparseSplit")
                          .Attr("num_split", 2)
                          .Input(I64({}, {0}))
                          .Input(I64({1, 1}, {at}))
                          .Input(F32({1}, {5}))
                          .Input(I64({1}, {3}))
                          .Run(),
                      "indices[0]"));
  }
}

}  // namespace
}  // namespace rivulet
