#include "engine/ops/op_test_kit.h"

#include <cmath>
#include <cstdint>

#include "engine/ops/infer.h"

namespace rivulet {
namespace {

constexpr int64_t kHuge = int64_t{1} << 62;
constexpr int64_t kLowest = INT64_MIN;

TEST(Range, Counts) {
  const auto shape = [](int64_t start, int64_t limit, int64_t delta) {
    return OpTester("Range")
        .ConstInput(I64({}, {start}))
        .ConstInput(I64({}, {limit}))
        .ConstInput(I64({}, {delta}))
        .InferShape();
  };
  EXPECT_EQ(shape(0, 7, 3), "[3]");
  EXPECT_EQ(shape(kLowest, INT64_MAX, INT64_MAX), "[3]");
  EXPECT_EQ(shape(INT64_MAX, kLowest, kLowest), "[2]");
  EXPECT_EQ(OpTester("Range").Unknown(DType::kFloat).Unknown(DType::kFloat, {}).Unknown(DType::kFloat, {}).InferShape(),
            "[?]");
  const auto huge = OpTester("Range")
                        .ConstInput(I64({}, {kLowest}))
                        .ConstInput(I64({}, {INT64_MAX}))
                        .ConstInput(I64({}, {1}))
                        .Infer();
  EXPECT_TRUE(Fails(huge, "int64"));
}

TEST(Range, Refuses) {
  const auto range = [](float start, float limit, float delta) {
    return OpTester("Range").Input(F32({}, {start})).Input(F32({}, {limit})).Input(F32({}, {delta})).Run();
  };
  EXPECT_TRUE(Same(range(0, 1, 0.5f), F32({2}, {0, 0.5f})));
  EXPECT_TRUE(Fails(range(0, 1, 0), "delta"));
  EXPECT_TRUE(Fails(range(0, 1, -1), "not reached"));
  EXPECT_TRUE(Fails(range(0, NAN, 1), "not a number"));
  EXPECT_TRUE(Fails(range(0, 1, NAN), "not a number"));
  EXPECT_TRUE(Fails(range(0, INFINITY, 1), "too large"));
  EXPECT_TRUE(Fails(range(0, 1e30f, 1), "too large"));
  const auto run =
      OpTester("Range").Budget(1 << 20).Input(I64({}, {0})).Input(I64({}, {kHuge})).Input(I64({}, {1})).Run();
  ASSERT_FALSE(run.ok());
  EXPECT_EQ(run.status().code(), Code::kResourceExhausted);
}

TEST(LinSpace, Refuses) {
  const auto space = [](int64_t num) {
    return OpTester("LinSpace").Budget(1 << 20).Input(F32({}, {0})).Input(F32({}, {3})).Input(I64({}, {num})).Run();
  };
  EXPECT_TRUE(Same(space(4), F32({4}, {0, 1, 2, 3})));
  EXPECT_TRUE(Same(space(1), F32({1}, {0})));
  EXPECT_TRUE(Fails(space(0), "num"));
  EXPECT_TRUE(Fails(space(kLowest), "num"));
  EXPECT_FALSE(space(kHuge).ok());
  EXPECT_EQ(OpTester("LinSpace").Unknown(DType::kFloat).Unknown(DType::kFloat).Unknown(DType::kInt32).InferShape(),
            "[?]");
}

}  // namespace
}  // namespace rivulet
