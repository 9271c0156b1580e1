#include "engine/ops/op_test_kit.h"

#include "engine/ops/infer.h"

namespace rivulet {
namespace {

using std::string_literals::operator""s;

// What the goldens do not show: messages and bytes that are broken.
OpTester Parser(const std::string& message) {
  OpTester tester("ParseExampleV2");
  tester.Attr("num_sparse", 1).Attr("sparse_types", std::vector<DType>{DType::kFloat});
  tester.Attr("Tdense", std::vector<DType>{}).Attr("dense_shapes", std::vector<Shape>{});
  tester.Attr("ragged_value_types", std::vector<DType>{}).Attr("ragged_split_types", std::vector<DType>{});
  const std::string messages[] = {message};
  tester.Input(Tensor::Of<std::string>({1}, messages)).Input(Strings({0}, {}));
  tester.ConstInput(Strings({1}, {"x"})).ConstInput(Strings({0}, {})).ConstInput(Strings({0}, {}));
  return tester;
}

std::string Nested(int field, const std::string& bytes) {
  return std::string{static_cast<char>(field << 3 | 2), static_cast<char>(bytes.size())} + bytes;
}
// An example with one feature "x" of the given list message, field `kind` of Feature.
std::string OneFeature(int kind, const std::string& list) {
  return Nested(1, Nested(1, Nested(1, "x") + Nested(2, Nested(kind, list))));
}

TEST(ParseExample, BrokenBytesAreAnError) {
  EXPECT_TRUE(Parser(OneFeature(2, Nested(1, "\0\0\x80\x3f"s))).Run().ok());
  for (const std::string& bytes : {"\xff"s, "\x0a\x7f"s, "\x0a\x02\x0a\x7f"s, OneFeature(2, "\x0a\x7f"s), "\x0f"s}) {
    EXPECT_TRUE(Fails(Parser(bytes).Run(), "example 0: ")) << bytes.size();
  }
  EXPECT_TRUE(Fails(Parser(OneFeature(2, Nested(1, "abc"))).Run(), "not whole"));
  EXPECT_TRUE(Fails(Parser(OneFeature(3, Nested(1, "a"))).Run(), "feature 'x': want float32, got int64"));
}

TEST(ParseExample, EveryCutOfAMessage) {
  const std::string whole = OneFeature(2, Nested(1, "\0\0\x80\x3f\0\0\0\x40"s));
  int good = 0;
  for (size_t cut = 0; cut < whole.size(); ++cut) good += Parser(whole.substr(0, cut)).Run().ok();
  EXPECT_EQ(good, 1);  // nothing is an example without features
}

TEST(ParseExample, NumbersOfTooManyBits) {
  OpTester tester = Parser(OneFeature(3, Nested(1, std::string(11, '\x80'))));
  tester.Attr("sparse_types", std::vector<DType>{DType::kInt64});
  EXPECT_TRUE(Fails(tester.Run(), "64 bits"));
  OpTester cut = Parser(OneFeature(3, Nested(1, "\x80"s)));
  cut.Attr("sparse_types", std::vector<DType>{DType::kInt64});
  EXPECT_TRUE(Fails(cut.Run(), "end inside a number"));
}

TEST(ParseExample, AttributesMustAgree) {
  OpTester tester = Parser("");
  tester.Attr("num_sparse", 2);
  EXPECT_TRUE(Fails(tester.Infer(), ""));
  OpTester shapes = Parser("");
  shapes.Attr("dense_shapes", std::vector<Shape>{Shape{1}});
  EXPECT_TRUE(Fails(shapes.Infer(), "dense_shapes: want 0"));
}

// A filler that repeats: the budget counts what comes out, before it is made.
TEST(ParseExample, WithinTheBudget) {
  OpTester tester("ParseSingleExample");
  tester.Attr("num_sparse", 0).Attr("sparse_keys", std::vector<std::string>{});
  tester.Attr("sparse_types", std::vector<DType>{}).Attr("dense_keys", std::vector<std::string>{"x"});
  tester.Attr("Tdense", std::vector<DType>{DType::kFloat});
  tester.Attr("dense_shapes", std::vector<Shape>{Shape{int64_t{1} << 40}});
  tester.Input(Strings({}, {""})).Input(F32({0}, {})).Budget(1 << 20);
  EXPECT_TRUE(Fails(tester.Run(), ""));
}

}  // namespace
}  // namespace rivulet
