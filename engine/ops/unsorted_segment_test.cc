#include <limits>

#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

TEST(UnsortedSegmentTest, IdsAndCountsThatAreWrong) {
  constexpr int64_t kMin = std::numeric_limits<int64_t>::min(), kMax = std::numeric_limits<int64_t>::max();
  for (const char* op : {"UnsortedSegmentSum", "UnsortedSegmentProd", "UnsortedSegmentMax", "UnsortedSegmentMin"}) {
    const auto run = [&](int64_t id, int64_t count) {
      return OpTester(op)
          .Budget(1 << 20)
          .Input(F32({2, 1}, {1, 2}))
          .Input(I64({2, 1}, {0, id}))
          .Input(I64({}, {count}))
          .Run();
    };
    EXPECT_TRUE(run(kMin, 1).ok());
    EXPECT_TRUE(Fails(run(3, 3), "segment_ids[1,0] = 3 is not in [0, 3)"));
    EXPECT_TRUE(Fails(run(kMax, 3)));
    EXPECT_TRUE(Fails(run(0, 0)));
    EXPECT_TRUE(Fails(run(0, -1)));
    EXPECT_TRUE(Fails(run(0, kMin)));
    EXPECT_TRUE(Fails(run(0, kMax)));
    EXPECT_TRUE(Fails(run(0, int64_t{1} << 61)));
  }
}

TEST(UnsortedSegmentTest, ManyColumns) {
  std::vector<int32_t> x(5 * 700, 3);
  const auto got = OpTester("UnsortedSegmentProd")
                       .Threads(3)
                       .Input(Tensor::Of<int32_t>({5, 700}, x))
                       .Input(I32({5}, {1, 0, 1, -7, 1}))
                       .Input(I32({}, {3}))
                       .Run();
  ASSERT_TRUE(got.ok());
  for (int i = 0; i < 700; ++i) {
    EXPECT_EQ((*got)[0].data<int32_t>()[i], 3);
    EXPECT_EQ((*got)[0].data<int32_t>()[700 + i], 27);
    EXPECT_EQ((*got)[0].data<int32_t>()[1400 + i], 1);
  }
}

TEST(UnsortedSegmentTest, UnknownShapes) {
  const auto shape = [](const Shape& data, const Shape& ids) {
    return OpTester("UnsortedSegmentSum")
        .Unknown(DType::kFloat, data)
        .Unknown(DType::kInt32, ids)
        .ConstInput(I32({}, {7}))
        .InferShape();
  };
  EXPECT_EQ(shape({-1, 3}, {-1}), "[7,3]");
  EXPECT_EQ(shape({-1, 3}, Shape::UnknownRank()), "?");
  EXPECT_EQ(shape({4, 3}, {}), "[7,4,3]");
  EXPECT_NE(shape({4, 3}, {5}).find("must start with"), std::string::npos);
  EXPECT_NE(shape({4}, {4, 1}).find("must start with"), std::string::npos);
}

}  // namespace
}  // namespace rivulet
