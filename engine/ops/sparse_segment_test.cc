#include <limits>

#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

TEST(SparseSegmentTest, IndicesAndIdsThatAreWrong) {
  constexpr int64_t kMin = std::numeric_limits<int64_t>::min(), kMax = std::numeric_limits<int64_t>::max();
  const Tensor data = F32({3, 2}, {1, 2, 3, 4, 5, 6});
  for (const std::string kind : {"Sum", "Mean", "SqrtN"}) {
    const auto run = [&](int64_t index, int64_t id) {
      return OpTester("SparseSegment" + kind)
          .Budget(1 << 20)
          .Input(data)
          .Input(I64({2}, {0, index}))
          .Input(I64({2}, {0, id}))
          .Run();
    };
    EXPECT_TRUE(run(2, 1).ok());
    for (const int64_t index : {int64_t{3}, int64_t{-1}, kMin, kMax}) EXPECT_TRUE(Fails(run(index, 1), "indices[1]"));
    for (const int64_t id : {int64_t{-1}, kMin, kMax, int64_t{1} << 60}) EXPECT_TRUE(Fails(run(1, id)));
    EXPECT_TRUE(
        Fails(OpTester("SparseSegment" + kind).Input(data).Input(I32({2}, {0, 1})).Input(I32({2}, {1, 0})).Run(),
              "decrease"));
    const auto counted = [&](int64_t id, int64_t count) {
      return OpTester("SparseSegment" + kind + "WithNumSegments")
          .Budget(1 << 20)
          .Input(data)
          .Input(I64({1}, {0}))
          .Input(I64({1}, {id}))
          .Input(I64({}, {count}))
          .Run();
    };
    EXPECT_TRUE(Fails(counted(2, 2), "segment_ids[0] = 2 is not in [0, 2)"));
    EXPECT_TRUE(Fails(counted(kMin, 2)));
    EXPECT_TRUE(Fails(counted(0, kMin)));
    EXPECT_TRUE(Fails(counted(0, kMax)));
    const auto grad = [&](int64_t index, int64_t id, int32_t rows) {
      return OpTester("SparseSegment" + kind + "Grad")
          .Budget(1 << 20)
          .Input(data)
          .Input(I64({1}, {index}))
          .Input(I64({1}, {id}))
          .Input(I32({}, {rows}))
          .Run();
    };
    EXPECT_TRUE(grad(3, 2, 4).ok());
    EXPECT_TRUE(Fails(grad(4, 2, 4), "indices[0]"));
    EXPECT_TRUE(Fails(grad(3, 3, 4), "segment_ids[0]"));
    EXPECT_TRUE(Fails(grad(3, -1, 4), "segment_ids[0]"));
    EXPECT_TRUE(Fails(grad(3, 0, -4)));
    EXPECT_TRUE(Fails(grad(3, 0, std::numeric_limits<int32_t>::max())));
  }
}

TEST(SparseSegmentTest, ManyColumns) {
  std::vector<double> x(2 * 300, 4);
  const auto got = OpTester("SparseSegmentSqrtN")
                       .Threads(3)
                       .Input(Tensor::Of<double>({2, 300}, x))
                       .Input(I32({4}, {1, 1, 0, 1}))
                       .Input(Zeros(DType::kInt32, {4}))
                       .Run();
  ASSERT_TRUE(got.ok());
  for (int i = 0; i < 300; ++i) EXPECT_EQ((*got)[0].data<double>()[i], 8);
}

TEST(SparseSegmentTest, UnknownShapes) {
  EXPECT_EQ(OpTester("SparseSegmentSum")
                .Unknown(DType::kFloat, {4, -1})
                .Unknown(DType::kInt32)
                .Unknown(DType::kInt32)
                .InferShape(),
            "[?,?]");
  EXPECT_EQ(OpTester("SparseSegmentSum")
                .Unknown(DType::kFloat)
                .Unknown(DType::kInt32, {2})
                .ConstInput(I32({2}, {0, 1}))
                .InferShape(),
            "?");
}

}  // namespace
}  // namespace rivulet
