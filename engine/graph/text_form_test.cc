#include "engine/graph/text_form.h"

#include <gtest/gtest.h>

namespace rivulet {
namespace {

constexpr char kAllKinds[] =
    "\"odd name\" = \"_Op:x\"()\n"
    "c = Const() {dtype=float32, value=float32[2,2]{0.0126623325, -0.5, inf, nan}}\n"
    "h = Const() {dtype=float16, value=float16[3]{0.5}}\n"
    "s = Const() {dtype=string, value=string[2]{\"a\\\"b\", \"\\x00\\xff\"}}\n"
    "z = Const() {dtype=complex64, value=complex64[1]{1 -2}}\n"
    "u = Const() {dtype=uint64, value=uint64[]{18446744073709551615}}\n"
    "y = Op(c, \"odd name\":3, ^s) {b=true, f=0.1f, fn=@body{T=int32}, i=-7, inf=inff, l=ints[1, 2], none=list[], "
    "p=$T, "
    "shape=shape[?,3], shapes=shapes[shape?, shape[]], str=\"text\", strings=strings[\"a\", \"b\"], t=int64, "
    "ts=types[bool, string]}\n";

TEST(TextForm, PrintsWhatItParses) {
  auto graph = ParseGraph(kAllKinds);
  ASSERT_TRUE(graph.ok()) << graph.status().ToString();
  EXPECT_EQ(PrintGraph(*graph), kAllKinds);
  EXPECT_EQ(graph->node(graph->Find("y")).inputs[1].slot, 3);
  EXPECT_EQ(graph->node(graph->Find("y")).control_inputs.size(), 1u);
}

TEST(TextForm, InputsMayComeLater) {
  auto graph = ParseGraph("# a comment\n\ny = Neg(x) {T=float32} -> float32[2]   \nx = Placeholder() # another\n");
  ASSERT_TRUE(graph.ok()) << graph.status().ToString();
  EXPECT_EQ(graph->node(0).inputs[0].node, 1);
}

TEST(TextForm, MessagesNameTheLine) {
  for (const char* text :
       {"x = \ny", "x = Op(", "x = Op(y)", "x = Op() {a=}", "x = Op() {a=\"b}", "x = Op()\nx = Op()",
        "x = Op() {v=float32[1]{1, 2}}", "x = Op() {v=float32[?]{}}", "x = Op() {a=12monkeys}", "x = Op() y"}) {
    auto graph = ParseGraph(text);
    ASSERT_FALSE(graph.ok()) << text;
    EXPECT_NE(graph.status().message().find("line "), std::string_view::npos) << graph.status().ToString();
  }
}

}  // namespace
}  // namespace rivulet
