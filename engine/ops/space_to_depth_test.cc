#include "engine/ops/op_test_kit.h"

#include <cstdint>

#include "engine/ops/infer.h"

namespace rivulet {
namespace {

constexpr int64_t kHuge = int64_t{1} << 62;
constexpr int64_t kLowest = INT64_MIN;

OpTester Depth(const char* op, int64_t block, const char* format = "NHWC") {
  return OpTester(op).Attr("block_size", block).Attr("data_format", std::string(format));
}

TEST(SpaceToDepth, Shapes) {
  EXPECT_EQ(Depth("SpaceToDepth", 2).Unknown(DType::kFloat, {-1, 4, -1, 3}).InferShape(), "[?,2,?,12]");
  EXPECT_EQ(Depth("DepthToSpace", 2).Unknown(DType::kFloat, {1, 2, -1, 8}).InferShape(), "[1,4,?,2]");
  EXPECT_EQ(Depth("SpaceToDepth", 2, "NCHW").Unknown(DType::kFloat, {1, 3, 4, 6}).InferShape(), "[1,12,2,3]");
  EXPECT_EQ(Depth("SpaceToDepth", 2, "NCHW_VECT_C").Unknown(DType::kQint8, {1, 3, 4, 6, 4}).InferShape(),
            "[1,12,2,3,4]");
  EXPECT_EQ(Depth("DepthToSpace", 2, "NCHW_VECT_C").Unknown(DType::kQint8).InferShape(), "[?,?,?,?,?]");
}

TEST(SpaceToDepth, Refuses) {
  EXPECT_TRUE(Fails(Depth("SpaceToDepth", 2).Unknown(DType::kFloat, {1, 3, 4, 1}).Infer(), "not a multiple of 2"));
  EXPECT_TRUE(Fails(Depth("DepthToSpace", 2).Unknown(DType::kFloat, {1, 3, 4, 6}).Infer(), "not a multiple of 4"));
  EXPECT_TRUE(Fails(Depth("SpaceToDepth", 1).Unknown(DType::kFloat, {1, 3, 4, 6}).Infer(), "'block_size'"));
  EXPECT_TRUE(
      Fails(Depth("SpaceToDepth", int64_t{1} << 30).Unknown(DType::kFloat, {1, 0, 0, 16}).Infer(), "too large"));
  EXPECT_TRUE(
      Fails(Depth("DepthToSpace", int64_t{1} << 30).Unknown(DType::kFloat, {1, kHuge, 0, 0}).Infer(), "too large"));
  EXPECT_TRUE(Fails(Depth("SpaceToDepth", 2).Unknown(DType::kFloat, {1, 4, 4}).Infer(), "rank 4"));
  EXPECT_TRUE(
      Fails(Depth("SpaceToDepth", 2, "NCHW_VECT_C").Unknown(DType::kQint8, {1, 1, 4, 4, 3}).Infer(), "4 channels"));
  EXPECT_TRUE(Fails(Depth("SpaceToDepth", 2, "HWC").Unknown(DType::kFloat, {1, 4, 4, 1}).Infer(), "'data_format'"));
}

}  // namespace
}  // namespace rivulet
