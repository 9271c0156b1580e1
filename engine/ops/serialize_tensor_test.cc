#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

Result<std::vector<Tensor>> Parse(const std::string& message, DType dtype) {
  return OpTester("ParseTensor").Attr("out_type", dtype).Input(Tensor::Scalar(message)).Run();
}

TEST(SerializeTensor, ComesBack) {
  for (const Tensor& tensor : {F32({2, 2}, {1, 2, 3, 4}), Strings({3}, {"a", "", "b"}), Bools({2}, {true, false}),
                               C64({1}, {Complex64(1, -2)}), I64({}, {-7}), F16({0, 3}, {})}) {
    const auto written = OpTester("SerializeTensor").Input(tensor).Run();
    ASSERT_TRUE(written.ok());
    EXPECT_TRUE(Same(Parse(*(*written)[0].data<std::string>(), tensor.dtype()), tensor));
  }
}

TEST(SerializeTensor, Errors) {
  EXPECT_TRUE(Fails(Parse("\xFF", DType::kFloat), "serialized: this is no TensorProto"));
  EXPECT_TRUE(Fails(Parse("", DType::kFloat), "want a TensorProto of float32, got one of type number 0"));
  EXPECT_TRUE(Fails(Parse({"\x08\x01\x12\x04\x12\x02\x08\x02\x22\x01\x00", 11}, DType::kFloat),
                    "a float32 constant of shape [2] has 1 bytes of content, want 8"));
  EXPECT_TRUE(Fails(Parse("\x08\x03", DType::kFloat), "want a TensorProto of float32, got one of int32"));
  // 2^40 x 2^40 elements.
  EXPECT_TRUE(Fails(
      Parse("\x08\x01\x12\x12\x12\x07\x08\x80\x80\x80\x80\x80\x20\x12\x07\x08\x80\x80\x80\x80\x80\x20", DType::kFloat),
      "fewer than 2^63 elements, got [1099511627776,1099511627776]"));
}

}  // namespace
}  // namespace rivulet
