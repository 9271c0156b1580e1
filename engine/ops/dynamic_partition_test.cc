#include <limits>

#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

TEST(DynamicPartitionTest, IdsThatAreWrong) {
  for (const int32_t id : {2, -1, std::numeric_limits<int32_t>::min(), std::numeric_limits<int32_t>::max()}) {
    EXPECT_TRUE(Fails(
        OpTester("DynamicPartition").Attr("num_partitions", 2).Input(F32({2}, {1, 2})).Input(I32({2}, {0, id})).Run(),
        "partitions[1] = "));
  }
  EXPECT_TRUE(Fails(
      OpTester("DynamicPartition").Attr("num_partitions", 0).Input(F32({2}, {1, 2})).Input(I32({2}, {0, 0})).Run()));
  EXPECT_TRUE(Fails(OpTester("DynamicPartition")
                        .Attr("num_partitions", int64_t{1} << 40)
                        .Input(F32({2}, {1, 2}))
                        .Input(I32({2}, {0, 0}))
                        .Run()));
  EXPECT_TRUE(Fails(
      OpTester("DynamicPartition").Attr("num_partitions", 2).Input(F32({2}, {1, 2})).Input(I32({3}, {0, 0, 0})).Run(),
      "must start"));
  EXPECT_TRUE(
      Fails(OpTester("DynamicPartition").Attr("num_partitions", 2).Input(F32({}, {1})).Input(I32({1}, {0})).Run(),
            "must start"));
}

TEST(DynamicPartitionTest, Strings) {
  const auto got = OpTester("DynamicPartition")
                       .Attr("num_partitions", 3)
                       .Input(Strings({3}, {"a", "b", "c"}))
                       .Input(I32({3}, {2, 0, 2}))
                       .Run();
  EXPECT_TRUE(Same(got, Strings({1}, {"b"}), 0));
  EXPECT_TRUE(Same(got, Strings({0}, {}), 1));
  EXPECT_TRUE(Same(got, Strings({2}, {"a", "c"}), 2));
}

TEST(DynamicPartitionTest, UnknownShapes) {
  const auto tester = OpTester("DynamicPartition")
                          .Attr("num_partitions", 2)
                          .Unknown(DType::kFloat, {-1, 3})
                          .Unknown(DType::kInt32, {-1});
  EXPECT_EQ(tester.InferShape(1), "[?,3]");
  EXPECT_EQ(OpTester("DynamicPartition")
                .Attr("num_partitions", 2)
                .Unknown(DType::kFloat, {-1, 3})
                .ConstInput(I32({3}, {1, 0, 1}))
                .InferShape(1),
            "[2,3]");
}

}  // namespace
}  // namespace rivulet
