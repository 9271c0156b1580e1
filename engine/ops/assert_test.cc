#include "engine/ops/op_test_kit.h"

#include <cstdint>

namespace rivulet {
namespace {

Result<std::vector<Tensor>> Assert(bool condition, const Tensor& data, int64_t summarize) {
  return OpTester("Assert")
      .Attr("T", std::vector<DType>{data.dtype()})
      .Attr("summarize", summarize)
      .Input(Bools({}, {condition}))
      .Input(data)
      .Run();
}

TEST(AssertTest, ShowsTheData) {
  EXPECT_TRUE(Assert(true, I32({1}, {1}), 3).ok());
  EXPECT_TRUE(Fails(Assert(false, I32({5}, {1, 2, 3, 4, 5}), 3), "assertion failed: [1 2 3...]"));
  EXPECT_TRUE(Fails(Assert(false, I32({5}, {1, 2, 3, 4, 5}), -1), "assertion failed: [1 2 3 4 5]"));
  EXPECT_TRUE(Fails(Assert(false, I32({2}, {1, 2}), 0), "assertion failed: [...]"));
  EXPECT_TRUE(Fails(Assert(false, Strings({}, {"x must be > 0"}), 3), "assertion failed: [x must be > 0]"));
  EXPECT_TRUE(Fails(Assert(false, F16({1}, {0.5f}), 3), "[0.5]"));
  EXPECT_TRUE(Fails(Assert(false, Bools({1}, {true}), 3), "[true]"));
}

TEST(AssertTest, LongDataIsCut) {
  const auto got = Assert(false, Zeros(DType::kInt64, {100000}), INT64_MAX);
  ASSERT_FALSE(got.ok());
  EXPECT_LT(got.status().message().size(), 3000u);
}

TEST(AssertTest, WantsAScalar) {
  EXPECT_TRUE(Fails(OpTester("Assert")
                        .Attr("T", std::vector<DType>{DType::kBool})
                        .Input(Bools({1}, {true}))
                        .Input(Bools({}, {true}))
                        .Run(),
                    "rank 0"));
}

}  // namespace
}  // namespace rivulet
