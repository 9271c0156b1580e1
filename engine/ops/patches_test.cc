#include "engine/ops/op_test_kit.h"

#include <cstdint>

#include "engine/ops/infer.h"

namespace rivulet {
namespace {

constexpr int64_t kHuge = int64_t{1} << 62;
constexpr int64_t kLowest = INT64_MIN;

OpTester Image(int64_t size, int64_t stride, int64_t rate, const char* padding) {
  const auto list = [](int64_t n) { return std::vector<int64_t>{1, n, n, 1}; };
  return OpTester("ExtractImagePatches")
      .Attr("ksizes", list(size))
      .Attr("strides", list(stride))
      .Attr("rates", list(rate))
      .Attr("padding", std::string(padding));
}

TEST(Patches, Shapes) {
  EXPECT_EQ(Image(3, 2, 1, "SAME").Unknown(DType::kFloat, {-1, 5, -1, 2}).InferShape(), "[?,3,?,18]");
  EXPECT_EQ(Image(2, 1, 3, "VALID").Unknown(DType::kFloat, {1, 5, 6, -1}).InferShape(), "[1,2,3,?]");
  EXPECT_EQ(Image(2, 1, 1, "VALID").Unknown(DType::kFloat).InferShape(), "[?,?,?,?]");
}

TEST(Patches, Refuses) {
  const auto infer = [](int64_t size, int64_t stride, int64_t rate) {
    return Image(size, stride, rate, "SAME").Unknown(DType::kFloat, {1, 4, 4, 1}).Infer();
  };
  for (const int64_t bad : {int64_t{0}, int64_t{-1}, kLowest, kHuge}) {
    EXPECT_TRUE(Fails(infer(bad, 1, 1), "'ksizes'"));
    EXPECT_TRUE(Fails(infer(1, bad, 1), "'strides'"));
    EXPECT_TRUE(Fails(infer(1, 1, bad), "'rates'"));
  }
  EXPECT_TRUE(Fails(Image(2, 1, 1, "SAME").Attr("ksizes", {1, 2, 2, 2}).Unknown(DType::kFloat, {1, 4, 4, 1}).Infer(),
                    "batch and channels"));
  EXPECT_TRUE(Fails(Image(2, 1, 1, "SAME").Attr("ksizes", {1, 2, 2, 1, 1}).Unknown(DType::kFloat, {1, 4, 4, 1}).Infer(),
                    "4 numbers"));
  EXPECT_TRUE(Fails(Image(2, 1, 1, "SAME").Unknown(DType::kFloat, {4, 4, 1}).Infer(), "rank 4"));
}

TEST(Patches, HugeWindowsAreRefusedByTheBudget) {
  for (const int64_t size : {1 << 20, INT32_MAX}) {
    const auto run = Image(size, 1, INT32_MAX, "SAME").Budget(1 << 20).Input(F32({1, 1, 1, 1}, {1})).Run();
    ASSERT_FALSE(run.ok());
    EXPECT_EQ(run.status().code(), Code::kResourceExhausted);
  }
}

// Strides and rates so large that a second place would lie beyond any memory.
TEST(Patches, OnePlaceOnly) {
  EXPECT_TRUE(Same(Image(2, INT32_MAX, INT32_MAX, "SAME").Input(F32({1, 1, 1, 1}, {7})).Run(),
                   F32({1, 1, 1, 4}, {0, 0, 0, 0})));
  EXPECT_TRUE(Same(Image(1, INT32_MAX, INT32_MAX, "SAME").Input(F32({1, 1, 1, 1}, {7})).Run(), F32({1, 1, 1, 1}, {7})));
}

}  // namespace
}  // namespace rivulet
