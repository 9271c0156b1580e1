#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

TEST(UnsortedSegmentJoin, Ids) {
  const auto run = [](int32_t id, int32_t segments) {
    return OpTester("UnsortedSegmentJoin")
        .Input(Strings({2}, {"a", "b"}))
        .Input(I32({2}, {0, id}))
        .ConstInput(I32({}, {segments}))
        .Run();
  };
  EXPECT_TRUE(Same(run(0, 2), Strings({2}, {"ab", ""})));
  EXPECT_TRUE(Fails(run(2, 2), "segment_ids[1] = 2 is not in [0, 2)"));
  EXPECT_TRUE(Fails(run(-1, 2), "segment_ids[1] = -1"));
  EXPECT_TRUE(Fails(run(0, -1), "num_segments: want >= 0, got -1"));
}

}  // namespace
}  // namespace rivulet
