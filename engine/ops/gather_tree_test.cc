#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

TEST(GatherTree, ABeamOfItsOwnParentIsItself) {
  EXPECT_TRUE(Same(OpTester("GatherTree")
                       .Input(I32({3, 1, 2}, {1, 2, 3, 4, 5, 6}))
                       .Input(I32({3, 1, 2}, {0, 1, 0, 1, 0, 1}))
                       .Input(I32({1}, {3}))
                       .Input(I32({}, {9}))
                       .Run(),
                   I32({3, 1, 2}, {1, 2, 3, 4, 5, 6})));
}

TEST(GatherTree, RefusesParentsThatAreNone) {
  const auto run = [](int32_t parent, const Tensor& lengths) {
    return OpTester("GatherTree")
        .Input(I32({2, 1, 2}, {1, 2, 3, 4}))
        .Input(I32({2, 1, 2}, {0, 0, 0, parent}))
        .Input(lengths)
        .Input(I32({}, {9}))
        .Run();
  };
  EXPECT_TRUE(Fails(run(2, I32({1}, {2})), "parent_ids[1,0]: want [0, 2), got 2"));
  EXPECT_TRUE(Fails(run(-1, I32({1}, {2})), "got -1"));
  EXPECT_TRUE(Same(run(2, I32({1}, {1})), I32({2, 1, 2}, {1, 2, 9, 9})));  // behind the length
  EXPECT_TRUE(Fails(run(0, I32({2}, {2, 2})), "max_sequence_lengths"));
}

}  // namespace
}  // namespace rivulet
