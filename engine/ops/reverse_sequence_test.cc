#include "engine/ops/op_test_kit.h"

#include <cstdint>

namespace rivulet {
namespace {

constexpr int64_t kHuge = int64_t{1} << 62;
constexpr int64_t kLowest = INT64_MIN;

TEST(ReverseSequence, Refuses) {
  const auto run = [](int64_t seq_dim, int64_t batch_dim, int64_t length) {
    return OpTester("ReverseSequence")
        .Attr("seq_dim", seq_dim)
        .Attr("batch_dim", batch_dim)
        .Input(F32({2, 3}, {1, 2, 3, 4, 5, 6}))
        .Input(I64({2}, {2, length}))
        .Run();
  };
  EXPECT_TRUE(Same(run(1, 0, 3), F32({2, 3}, {2, 1, 3, 6, 5, 4})));
  EXPECT_TRUE(Fails(run(1, 0, 4), "seq_lengths[1]"));
  EXPECT_TRUE(Fails(run(1, 0, kLowest), "seq_lengths[1]"));
  EXPECT_TRUE(Fails(run(kLowest, 0, 1), "seq_dim"));
  EXPECT_TRUE(Fails(run(1, kLowest, 1), "batch_dim"));
  EXPECT_TRUE(Fails(run(1, 2, 1), "batch_dim"));
  EXPECT_TRUE(Fails(run(1, 1, 1), "got 1 twice"));
  EXPECT_TRUE(Fails(run(0, 1, 1), "3 elements"));
}

TEST(ReverseSequence, KeepsTheShape) {
  EXPECT_EQ(OpTester("ReverseSequence")
                .Attr("seq_dim", 1)
                .Unknown(DType::kFloat, {-1, 3})
                .Unknown(DType::kInt64)
                .InferShape(),
            "[?,3]");
  EXPECT_EQ(OpTester("ReverseSequence").Attr("seq_dim", 1).Unknown(DType::kFloat).Unknown(DType::kInt64).InferShape(),
            "?");
}

}  // namespace
}  // namespace rivulet
