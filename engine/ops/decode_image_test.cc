#include "engine/media/image.h"
#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

// A BMP, which every build reads: two rows of one pixel, bottom-up.
Tensor TwoPixels() {
  std::string file = "BM";
  const auto put = [&file](uint32_t value) {
    for (int i = 0; i < 4; ++i) file += static_cast<char>(value >> (8 * i) & 0xff);
  };
  for (const uint32_t value : {0u, 0u, 54u, 40u, 1u, 2u, 1u | 24u << 16, 0u, 0u, 0u, 0u, 0u, 0u}) put(value);
  for (const char value : {3, 2, 1, 0, 6, 5, 4, 0}) file += value;
  return Tensor::Of<std::string>({}, std::span<const std::string>(&file, 1));
}

TEST(DecodeBmpOp, Pixels) {
  EXPECT_TRUE(Same(OpTester("DecodeBmp").Input(TwoPixels()).Run(), U8({2, 1, 3}, {4, 5, 6, 1, 2, 3})));
  EXPECT_TRUE(Same(OpTester("DecodeBmp").Attr("channels", 4).ConstInput(TwoPixels()).Run(),
                   U8({2, 1, 4}, {4, 5, 6, 255, 1, 2, 3, 255})));
  EXPECT_TRUE(Fails(OpTester("DecodeBmp").Input(Strings({}, {"GIF89a"})).Run(), "reads BMP only, found GIF"));
  EXPECT_TRUE(Fails(OpTester("DecodeBmp").Input(Strings({}, {"<html>"})).Run(), "found an HTML page"));
  EXPECT_TRUE(Fails(OpTester("DecodeBmp").Input(Strings({1}, {"BM"})).Run()));
}

TEST(DecodeImageOp, Dtypes) {
  const auto with = [](DType dtype) { return OpTester("DecodeImage").Attr("dtype", dtype).Input(TwoPixels()).Run(); };
  EXPECT_TRUE(Same(with(DType::kUint8), U8({2, 1, 3}, {4, 5, 6, 1, 2, 3})));
  EXPECT_TRUE(Same(with(DType::kUint16), U16({2, 1, 3}, {1024, 1280, 1536, 256, 512, 768})));
  EXPECT_TRUE(
      Near(with(DType::kFloat), F32({2, 1, 3}, {4 / 255.f, 5 / 255.f, 6 / 255.f, 1 / 255.f, 2 / 255.f, 3 / 255.f})));
}

TEST(DecodeImageOp, Shapes) {
  const Tensor file = TwoPixels();
  EXPECT_EQ(OpTester("DecodeJpeg").Input(file).InferShape(), "[?,?,?]");
  EXPECT_EQ(OpTester("DecodeJpeg").Attr("channels", 3).Input(file).InferShape(), "[?,?,3]");
  EXPECT_EQ(OpTester("DecodeAndCropJpeg").Input(file).ConstInput(I32({4}, {0, 0, 5, 6})).InferShape(), "[?,?,?]");
  EXPECT_EQ(OpTester("DecodeGif").Input(file).InferShape(), "[?,?,?,3]");
  EXPECT_EQ(OpTester("DecodeImage").Input(file).InferShape(), "?");
  EXPECT_EQ(OpTester("DecodeImage").Attr("expand_animations", false).Input(file).InferShape(), "[?,?,?]");
  EXPECT_EQ(OpTester("ExtractJpegShape").Unknown(DType::kString).InferShape(), "[3]");
  EXPECT_EQ(OpTester("EncodePng").Unknown(DType::kUint8, {5, -1, -1, -1, 3}).InferShape(), "[5,?]");
  EXPECT_EQ(OpTester("EncodeJpeg").Unknown(DType::kUint8).InferShape(), "[]");
  EXPECT_TRUE(
      Fails(OpTester("DecodeJpeg").Attr("channels", 2).Input(file).Run(), "channels: want 0, 1, 3 or 4, got 2"));
  EXPECT_TRUE(Fails(OpTester("DecodeJpeg").Attr("ratio", int64_t{1} << 40).Input(file).Run(), "ratio"));
  EXPECT_TRUE(Fails(OpTester("DecodeJpeg").Input(file).Run(), "found BMP, which only DecodeBmp and DecodeImage read"));
}

TEST(DecodeImageOp, StaysInItsBudget) {
  EXPECT_TRUE(Fails(OpTester("DecodeBmp").Budget(3).Input(TwoPixels()).Run(), ""));
}

}  // namespace
}  // namespace rivulet
