#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

OpTester Encode(const Tensor& sizes, const Tensor& values) {
  OpTester tester("EncodeProto");
  tester.Attr("message_type", "tensorflow.Int64List").Attr("field_names", std::vector<std::string>{"value"});
  tester.Attr("Tinput_types", std::vector<DType>{values.dtype()}).Input(sizes).Input(values);
  return tester;
}

TEST(EncodeProto, WritesAndRefuses) {
  EXPECT_TRUE(
      Same(Encode(I32({2, 1}, {2, 0}), I64({2, 2}, {5, 6, 7, 8})).Run(), Strings({2}, {"\x0A\x02\x05\x06", ""})));
  EXPECT_TRUE(Fails(Encode(I32({1, 1}, {3}), I64({1, 2}, {5, 6})).Run(),
                    "sizes: message 0, field 'value': want 2 at most, as many as there are values, got 3"));
  EXPECT_TRUE(Fails(Encode(I32({1, 1}, {1}), I32({1, 1}, {5})).Run(),
                    "field 'value' is of type int64, which is not taken from int32"));
  EXPECT_TRUE(Fails(Encode(I32({1, 2}, {1, 1}), I64({1, 1}, {5})).Run(), "sizes: want 1 in the last dim"));
  EXPECT_TRUE(Fails(Encode(I32({2, 1}, {1, 1}), I64({1, 1}, {5})).Run(), "values of field 'value': want all dims"));
  EXPECT_TRUE(Fails(Encode(I32({1}, {1}), I64({1}, {5})).Run(), "want a matrix at least"));
  EXPECT_TRUE(
      Fails(Encode(I32({1, 1}, {1}), I64({1, 1}, {5})).Attr("descriptor_source", "x.pb").Run(), "may not read"));
}

TEST(EncodeProto, ShapesThatAreNotKnown) {
  OpTester tester("EncodeProto");
  tester.Attr("message_type", "tensorflow.Int64List").Attr("field_names", std::vector<std::string>{"value"});
  tester.Attr("Tinput_types", std::vector<DType>{DType::kInt64});
  EXPECT_EQ(OpTester(tester).Unknown(DType::kInt32).Unknown(DType::kInt64).InferShape(), "?");
  EXPECT_EQ(OpTester(tester).Unknown(DType::kInt32, {-1, 4, 1}).Unknown(DType::kInt64, {3, -1, -1}).InferShape(),
            "[3,4]");
}

}  // namespace
}  // namespace rivulet
