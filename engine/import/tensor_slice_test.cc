#include "engine/import/tensor_slice.h"

#include <gtest/gtest.h>

#include <numeric>

#include "engine/base/errors.h"

namespace rivulet {
namespace {

constexpr int64_t kFull = TensorSlice::kFull;

std::string Hex(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) {
    constexpr char kDigits[] = "0123456789abcdef";
    out += kDigits[static_cast<uint8_t>(c) >> 4];
    out += kDigits[static_cast<uint8_t>(c) & 15];
  }
  return out;
}

// Keys of TensorFlow 2.21's own index files (tests/import/make_checkpoints.py prints them).
TEST(TensorSlice, KeysAreTensorFlows) {
  EXPECT_EQ(Hex(SliceKey("v", {{{0, 2}, {0, kFull}}})),
            "00"
            "7600"
            "01"
            "0102"
            "8082"
            "807f");
  EXPECT_EQ(Hex(SliceKey("v", {})),
            "00"
            "7600"
            "01"
            "00");
  EXPECT_EQ(Hex(SliceKey(std::string("\0\xff", 2), {})),
            "00"
            "00ff"
            "ff00"
            "0001"
            "00");
  // 63 is the last number of one byte, 64 the first of two; 8191 and 8192 of two and three.
  EXPECT_EQ(Hex(SliceKey("", {{{63, 64}, {8191, 8192}}})),
            "00"
            "0001"
            "0102"
            "bf"
            "c040"
            "dfff"
            "e02000");
  EXPECT_EQ(Hex(SliceKey("", {{{INT64_MAX, 0}}})),
            "00"
            "0001"
            "0101"
            "ffc07fffffffffffffff"
            "80");
}

TEST(TensorSlice, SpecsParse) {
  const auto parse = [](std::string_view text) -> std::string {
    auto spec = ParseShapeAndSlice(text);
    return spec.ok() ? Cat(spec->full.ToString(), " ", spec->slice.ToString()) : std::string(spec.status().message());
  };
  EXPECT_EQ(parse("4 5 0,2:-"), "[4,5] 0,2:0,5");
  EXPECT_EQ(parse("3 1,2"), "[3] 1,2");
  EXPECT_EQ(parse(""), "[] ");
  for (const char* text : {"4 5 0,2", "4 0,2:-", "4 5 0,2:-:-", "x 0,1", "4 -1,2", "4 1,-2", "4 1", "4 ", "4 1,",
                           "99999999999999999999 -", "4 5 "}) {
    EXPECT_NE(parse(text).find("want sizes and a slice"), std::string::npos) << text << ": " << parse(text);
  }
  EXPECT_NE(parse("4 3,2").find("leaves shape [4]"), std::string::npos);
  EXPECT_NE(parse("4 1,9223372036854775807").find("leaves shape [4]"), std::string::npos);
}

TEST(TensorSlice, Intersect) {
  TensorSlice common;
  EXPECT_TRUE(Intersect({{{0, 3}, {2, 4}}}, {{{2, 5}, {0, 3}}}, &common));
  EXPECT_EQ(common, (TensorSlice{{{2, 1}, {2, 1}}}));
  EXPECT_FALSE(Intersect({{{0, 2}}}, {{{2, 2}}}, &common));
  EXPECT_FALSE(Intersect({{{0, 0}}}, {{{0, 2}}}, &common));
  EXPECT_TRUE(Intersect({}, {}, &common));
}

TEST(TensorSlice, CopyBoxMovesTheCommonPart) {
  // A 4x5 tensor of 0..19; its rows 1..3, columns 1..4 into a box at rows 2..4, columns 0..3.
  std::vector<int32_t> from;
  for (int r = 1; r < 3; ++r) {
    for (int c = 1; c < 4; ++c) from.push_back(r * 5 + c);
  }
  std::vector<int32_t> to(2 * 3, -1);
  const TensorSlice from_box{{{1, 2}, {1, 3}}}, to_box{{{2, 2}, {0, 3}}};
  TensorSlice common;
  ASSERT_TRUE(Intersect(from_box, to_box, &common));
  CopyBox(common, from_box, from.data(), to_box, to.data(), 4);
  EXPECT_EQ(to, (std::vector<int32_t>{-1, 11, 12, -1, -1, -1}));
}

TEST(TensorSlice, CopyBoxOfRankThree) {
  std::vector<int32_t> whole(2 * 3 * 4), out(1 * 2 * 2);
  std::iota(whole.begin(), whole.end(), 0);
  const TensorSlice all{{{0, 2}, {0, 3}, {0, 4}}}, part{{{1, 1}, {1, 2}, {2, 2}}};
  CopyBox(part, all, whole.data(), part, out.data(), 4);
  EXPECT_EQ(out, (std::vector<int32_t>{18, 19, 22, 23}));
  std::vector<std::string> texts = {"a", "b", "c"}, got(2);
  CopyBox({{{1, 2}}}, {{{0, 3}}}, texts.data(), {{{1, 2}}}, got.data(), 0);
  EXPECT_EQ(got, (std::vector<std::string>{"b", "c"}));
}

}  // namespace
}  // namespace rivulet
