#include "engine/base/small.h"
#include "engine/ops/op_test_kit.h"
#include "engine/ops/tensor_text.h"
#include "engine/run/model_of.h"

namespace rivulet {
namespace {

Tensor Counting(const Shape& shape) {
  std::vector<int32_t> values(static_cast<size_t>(shape.num_elements()));
  for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<int32_t>(i);
  return Tensor::Of<int32_t>(shape, values);
}

std::string TextOf(const Tensor& tensor, int64_t most) {
  std::string text;
  AppendPrintedTensor(tensor, most, &text);
  return text;
}

// What TensorFlow 2.21 printed.
TEST(PrintTest, TextsOfTensors) {
  EXPECT_EQ(TextOf(F32({}, {-1.25f}), 1024), "-1.25");
  EXPECT_EQ(TextOf(F32({}, {3.1415926535f}), 1024), "3.14159274");
  EXPECT_EQ(TextOf(F32({5}, {0, 1 / 3.f, 2 / 3.f, 1, 2}), 3), "0 0.333333343 0.666666687...");
  EXPECT_EQ(TextOf(F32({2, 2}, {0, 1 / 3.f, 2 / 3.f, 1}), 1), "[0...]...");
  EXPECT_EQ(TextOf(F32({4}, {NAN, INFINITY, 1e10f, 123456789.0f}), -1), "nan inf 1e+10 123456792");
  EXPECT_EQ(TextOf(Counting({2, 3, 4}), 7), "[[0 1 2 3][4 5 6...]]...");
  EXPECT_EQ(TextOf(Counting({2, 3, 4}), 4), "[[0 1 2 3]]...");
  EXPECT_EQ(TextOf(Counting({2, 3, 4}), 12), "[[0 1 2 3][4 5 6 7][8 9 10 11]]...");
  EXPECT_EQ(TextOf(Counting({2, 3, 4}), 0), "...");
  EXPECT_EQ(TextOf(Counting({2, 3, 2}), -1), "[[0 1][2 3][4 5]][[6 7][8 9][10 11]]");
  EXPECT_EQ(TextOf(Counting({6, 1}), 2), "[0][1]...");
  EXPECT_EQ(TextOf(F32({0, 3}, {}), 3), "");
  EXPECT_EQ(TextOf(F32({2, 0}, {}), 3), "");
  EXPECT_EQ(TextOf(Strings({2}, {"a\"b\n", ""}), 5), "a\\\"b\\n ");
  EXPECT_EQ(TextOf(Bools({2}, {true, false}), 5), "1 0");
  EXPECT_EQ(TextOf(Zeros(DType::kComplex64, {2}), 5), "? ?");
}

constexpr char kGraph[] = R"(
x = Placeholder() {dtype=float32, shape=shape[2]}
n = Placeholder() {dtype=int32, shape=shape[]}
p = Print(x, x, n) {T=float32, U=types[float32, int32], message="m:", first_n=FIRST, summarize=3}
y = Neg(p) {T=float32}
s = Placeholder() {dtype=string, shape=shape[]}
q = PrintV2(s) {output_stream="STREAM", end="!"}
)";

std::string GraphOf(const std::string& first, const std::string& stream = "stdout") {
  std::string text = kGraph;
  text.replace(text.find("FIRST"), 5, first);
  return text.replace(text.find("STREAM"), 6, stream);
}

std::string Printed(const std::string& graph, int runs, bool passes = true) {
  std::string heard;
  SessionOptions options;
  options.passes = passes;
  options.printer = [&](std::string_view text) { heard += text; };
  auto session = Session::Create(ModelOf(graph), options);
  EXPECT_TRUE(session.ok());
  for (int i = 0; i < runs; ++i) {
    const auto got = (*session)->Run({{"x", F32({2}, {1, 2})}, {"n", I32({}, {i})}}, {"y"});
    EXPECT_TRUE(got.ok()) << got.status().ToString();
    if (got.ok()) EXPECT_EQ((*got)[0].data<float>()[1], -2);
  }
  return heard;
}

TEST(PrintTest, ThePrinterHearsEachRun) {
  if (kIsSmall) GTEST_SKIP();
  for (const bool passes : {true, false}) {
    EXPECT_EQ(Printed(GraphOf("-1"), 3, passes), "m:[1 2][0]\nm:[1 2][1]\nm:[1 2][2]\n");
    EXPECT_EQ(Printed(GraphOf("2"), 3, passes), "m:[1 2][0]\nm:[1 2][1]\n");
    EXPECT_EQ(Printed(GraphOf("0"), 3, passes), "");
  }
}

TEST(PrintTest, NobodyNeedsToListen) {
  auto session = Session::Create(ModelOf(GraphOf("-1")));
  ASSERT_TRUE(session.ok());
  const Feeds feeds = {{"x", F32({2}, {1, 2})}, {"n", I32({}, {1})}};
  const auto got = (*session)->Run(feeds, {"y"});
  ASSERT_TRUE(got.ok()) << got.status().ToString();
  EXPECT_EQ((*got)[0].data<float>()[0], -1);
  EXPECT_EQ((*session)->Prepare(feeds, {"y"})->num_steps, 1);
}

TEST(PrintTest, LinesOfPrintV2) {
  if (kIsSmall) GTEST_SKIP();
  for (const char* stream : {"stdout", "log(error)", "file:///nowhere/at/all"}) {
    std::string heard;
    SessionOptions options;
    options.printer = [&](std::string_view text) { heard += text; };
    auto session = Session::Create(ModelOf(GraphOf("0", stream)), options);
    ASSERT_TRUE(session.ok());
    ASSERT_TRUE((*session)->Run({{"s", Strings({}, {"text"})}}, {}, {"q"}).ok());
    EXPECT_EQ(heard, std::string_view(stream).starts_with("file") ? "" : "text!") << stream;
  }
}

}  // namespace
}  // namespace rivulet
