#include "engine/ops/op_test_kit.h"

#include <cstdint>

#include "engine/ops/infer.h"

namespace rivulet {
namespace {

constexpr int64_t kHuge = int64_t{1} << 62;
constexpr int64_t kLowest = INT64_MIN;

OpTester Hot(int64_t axis) { return OpTester("OneHot").Attr("axis", axis); }

TEST(OneHot, Shapes) {
  EXPECT_EQ(Hot(1)
                .Unknown(DType::kInt32, {-1, 3})
                .ConstInput(I32({}, {5}))
                .Unknown(DType::kFloat, {})
                .Unknown(DType::kFloat, {})
                .InferShape(),
            "[?,5,3]");
  EXPECT_EQ(Hot(-1)
                .Unknown(DType::kInt32, {2, 3})
                .Unknown(DType::kInt32, {})
                .Unknown(DType::kFloat, {})
                .Unknown(DType::kFloat, {})
                .InferShape(),
            "[2,3,?]");
  EXPECT_EQ(Hot(-1)
                .Unknown(DType::kInt32)
                .ConstInput(I32({}, {5}))
                .Unknown(DType::kFloat)
                .Unknown(DType::kFloat)
                .InferShape(),
            "?");
}

TEST(OneHot, Refuses) {
  const auto run = [](int64_t axis, int32_t depth) {
    return Hot(axis)
        .Budget(1 << 20)
        .Input(I64({2}, {1, kHuge}))
        .Input(I32({}, {depth}))
        .Input(F32({}, {1}))
        .Input(F32({}, {0}))
        .Run();
  };
  EXPECT_TRUE(Same(run(-1, 2), F32({2, 2}, {0, 1, 0, 0})));
  EXPECT_TRUE(Fails(run(2, 2), "'axis'"));
  EXPECT_TRUE(Fails(run(-2, 2), "'axis'"));
  EXPECT_TRUE(Fails(run(kLowest, 2), "'axis'"));
  EXPECT_TRUE(Fails(run(-1, -1), "depth"));
  const auto huge = run(-1, INT32_MAX);
  ASSERT_FALSE(huge.ok());
  EXPECT_EQ(huge.status().code(), Code::kResourceExhausted);
  EXPECT_TRUE(Fails(Hot(0)
                        .Unknown(DType::kInt32, Shape::OfUnknownDims(254))
                        .ConstInput(I32({}, {1}))
                        .Unknown(DType::kFloat)
                        .Unknown(DType::kFloat)
                        .Infer(),
                    "254"));
}

}  // namespace
}  // namespace rivulet
