#include "engine/ops/op_test_kit.h"

#include <cstdint>

#include "engine/ops/infer.h"

namespace rivulet {
namespace {

constexpr int64_t kHuge = int64_t{1} << 62;
constexpr int64_t kLowest = INT64_MIN;

TEST(Roll, ShiftsOfAnySize) {
  const auto run = [](int64_t a, int64_t b) {
    return OpTester("Roll").Input(F32({5}, {0, 1, 2, 3, 4})).Input(I64({2}, {a, b})).Input(I32({2}, {0, -1})).Run();
  };
  EXPECT_TRUE(Same(run(INT64_MAX, 0), F32({5}, {3, 4, 0, 1, 2})));  // 2^63 - 1 is 2 of 5
  EXPECT_TRUE(Same(run(kLowest, 0), F32({5}, {3, 4, 0, 1, 2})));    // and -2^63 too
  EXPECT_TRUE(Same(run(4, 4), F32({5}, {2, 3, 4, 0, 1})));
}

TEST(Roll, Refuses) {
  const auto run = [](const Tensor& shift, const Tensor& axis) {
    return OpTester("Roll").Input(F32({2}, {1, 2})).Input(shift).Input(axis).Run();
  };
  EXPECT_TRUE(Fails(run(I32({}, {1}), I32({}, {1})), "axis"));
  EXPECT_TRUE(Fails(run(I32({}, {1}), I64({}, {kLowest})), "axis"));
  EXPECT_TRUE(Fails(run(I32({1}, {1}), I32({}, {0})), "one length"));
  EXPECT_TRUE(Fails(run(I32({1, 1}, {1}), I32({1, 1}, {0})), "shift"));
  EXPECT_TRUE(Fails(OpTester("Roll").Input(F32({}, {1})).Input(I32({}, {1})).Input(I32({}, {0})).Run(), "rank >= 1"));
}

TEST(Roll, HugeDimsOfAnEmptyTensor) {
  EXPECT_TRUE(OpTester("Roll")
                  .Unknown(DType::kFloat, {INT64_MAX, 0})
                  .ConstInput(I64({2}, {-1, -1}))
                  .ConstInput(I64({2}, {0, 0}))
                  .Infer()
                  .ok());
}

}  // namespace
}  // namespace rivulet
