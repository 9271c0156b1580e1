#include "engine/ops/op_test_kit.h"

#include <cstdint>

#include "engine/ops/infer.h"

namespace rivulet {
namespace {

OpTester Format(const char* op, const char* from, const char* to) {
  return OpTester(op).Attr("src_format", std::string(from)).Attr("dst_format", std::string(to));
}

TEST(DataFormat, Words) {
  EXPECT_TRUE(
      Same(Format("DataFormatVecPermute", "NHWC", "NCHW").Input(I32({4}, {1, 2, 3, 4})).Run(), I32({4}, {1, 4, 2, 3})));
  EXPECT_TRUE(Same(Format("DataFormatVecPermute", "NHWC", "NCWH").Input(I32({2, 2}, {1, 2, 3, 4})).Run(),
                   I32({2, 2}, {3, 4, 1, 2})));
  EXPECT_TRUE(Same(Format("DataFormatDimMap", "NHWC", "NCHW").Input(I64({2}, {-1, 1})).Run(), I64({2}, {1, 2})));
  for (const char* op : {"DataFormatVecPermute", "DataFormatDimMap"}) {
    for (const char* wrong : {"", "NHW", "NHWX", "NNHW", "NDHWC", "NHWCNHWC"}) {
      EXPECT_TRUE(Fails(Format(op, "NHWC", wrong).Unknown(DType::kInt32).Infer(), "dst_format")) << wrong;
      EXPECT_TRUE(Fails(Format(op, wrong, "NHWC").Unknown(DType::kInt32).Infer(), "src_format")) << wrong;
    }
  }
}

TEST(DataFormat, Values) {
  for (const int64_t axis : {int64_t{4}, int64_t{-5}, INT64_MIN, INT64_MAX}) {
    EXPECT_TRUE(Fails(Format("DataFormatDimMap", "NHWC", "NCHW").Input(I64({1}, {axis})).Run(), "x[0]"));
  }
  EXPECT_TRUE(Fails(Format("DataFormatVecPermute", "NHWC", "NCHW").Unknown(DType::kInt32, {3}).Infer(), "4 or 2"));
  EXPECT_TRUE(Fails(Format("DataFormatVecPermute", "NHWC", "NCHW").Unknown(DType::kInt32, {4, 3}).Infer(), "[n,2]"));
  EXPECT_TRUE(Fails(Format("DataFormatVecPermute", "NHWC", "NCHW").Unknown(DType::kInt32, {}).Infer(), "[n,2]"));
}

}  // namespace
}  // namespace rivulet
