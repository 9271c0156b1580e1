// insert_logging and freeze_requantization_ranges, which reads what it prints.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>

#include "engine/base/file.h"
#include "prepare/constants.h"
#include "prepare/graph_test_kit.h"

namespace rivulet::prepare {
namespace {

const std::string kChain = Input("x", "2") + Node("a/y", "Relu", {"x"}) + Node("b/y", "Relu", {"a/y", "^x"}) +
                           Node("z", "Neg", {"b/y", "^b/y"}) + Node("end", "Relu", {"z"});

TEST(InsertLogging, WhatIsReadIsPrinted) {
  const GraphDef graph =
      After(kChain, "insert_logging(op=Relu, prefix=b, show_op=true, show_name=true, message=\"m:\")");
  EXPECT_EQ(Lines(graph),
            "x = Placeholder()\na/y = Relu(x)\nb/y = Relu(a/y, ^x)\nz = Neg(b/y__print__, ^b/y)\nend = Relu(z)\n"
            "b/y__print__ = Print(b/y, b/y)\n");
  const NodeDef print = graph.nodes.back();
  EXPECT_EQ(print.Find("message")->AsString(), ";Relu;;b/y__print__;m:");
  EXPECT_EQ(print.Find("T")->AsType(), DType::kFloat);
  EXPECT_EQ(print.Find("U")->bytes(), Attr::OfTypes({DType::kFloat}).bytes());
  EXPECT_EQ(print.Find("summarize")->AsInt(), 1024);
  EXPECT_EQ(print.Find("first_n")->AsInt(), -1);
  // Nobody reads `end`; `x` and `z` are of other operators.
  EXPECT_EQ(After(kChain, "insert_logging(op=Relu)").nodes.size(), 7u);
  EXPECT_EQ(After(kChain, "insert_logging").nodes.size(), 9u);
}

TEST(InsertLogging, EveryOutputThatIsReadIsData) {
  const std::string graph = Input("x", "4") + Ints("axis", "", "0") +
                            Node("s", "Split", {"axis", "x"}, "attr { key: 'num_split' value { i: 4 } }") +
                            Node("y", "Add", {"s", "s:2"}) + Node("w", "Neg", {"s:2"});
  EXPECT_EQ(Lines(After(graph, "insert_logging(op=Split)")),
            "x = Placeholder()\naxis = Const()\ns = Split(axis, x)\ny = Add(s__print__, s:2)\nw = Neg(s:2)\n"
            "s__print__ = Print(s, s, s:2)\n");
}

std::string TemporaryFile(std::string_view text) {
  const std::string path = testing::TempDir() + "/requantization_" + std::to_string(getpid()) + ".log";
  EXPECT_TRUE(SaveFile(path, {reinterpret_cast<const uint8_t*>(text.data()), text.size()}).ok());
  return path;
}

const std::string kRange = Input("q", "2") + Const("lo", "", "0") + Const("hi", "", "1") +
                           Node("r", "RequantizationRange", {"q", "lo", "hi"}) +
                           Node("y", "Requantize", {"q", "lo", "hi", "r", "r:1"}) + Node("z", "NoOp", {"^r"});

TEST(FreezeRequantizationRanges, MeasuredRangesBecomeConstants) {
  std::string log = "other words\n";
  for (int i = 0; i < 20; ++i) {
    const std::string number = std::to_string(i);
    log += "I tensorflow] ;r__print__;__requant_min_max:[-" + number + ".5][" + number + "]\n";
  }
  const std::string path = TemporaryFile(log);
  const GraphDef graph = After(kRange, "freeze_requantization_ranges(min_max_log_file=\"" + path + "\")");
  EXPECT_EQ(Lines(graph),
            "q = Placeholder()\nlo = Const()\nhi = Const()\nr/frozen_min = Const()\nr/frozen_max = Const()\n"
            "y = Requantize(q, lo, hi, r/frozen_min, r/frozen_max)\nz = NoOp(^r/frozen_min, ^r/frozen_max)\n");
  EXPECT_EQ(ValueOf(graph.nodes[3])->data<float>()[0], -18.5f);  // the second lowest of 20
  EXPECT_EQ(ValueOf(graph.nodes[4])->data<float>()[0], 19);      // round(20 * 0.95) = 19
  const GraphDef whole = After(
      kRange, "freeze_requantization_ranges(min_percentile=0, max_percentile=0, min_max_log_file=\"" + path + "\")");
  EXPECT_EQ(ValueOf(whole.nodes[3])->data<float>()[0], -19.5f);
  EXPECT_EQ(ValueOf(whole.nodes[4])->data<float>()[0], 19);
  std::remove(path.c_str());
}

TEST(FreezeRequantizationRanges, SaysWhatIsWrongWithTheLog) {
  const auto said = [](std::string_view log, std::string_view graph = kRange) {
    const std::string path = TemporaryFile(log);
    const std::string text = Transformed(graph, "freeze_requantization_ranges(min_max_log_file=\"" + path + "\")");
    std::remove(path.c_str());
    return text;
  };
  EXPECT_NE(said("nothing\n").find("it has no line with"), std::string::npos);
  EXPECT_NE(said(";s__print__;__requant_min_max:[0][1]").find("no node is called 's'; nearest: 'r'"),
            std::string::npos);
  EXPECT_NE(said(";y__print__;__requant_min_max:[0][1]").find("'y' is a Requantize"), std::string::npos);
  for (const std::string_view numbers : {"[0]", "[0][x]", "[][1]", "[0][inf]", "[0] [1]", ""}) {
    EXPECT_NE(said(";r__print__;__requant_min_max:" + std::string(numbers)).find("line 1: want [min][max] after 'r'"),
              std::string::npos)
        << numbers;
  }
  EXPECT_NE(Transformed(kRange, "freeze_requantization_ranges(min_max_log_file=none.log)").find("none.log"),
            std::string::npos);
  EXPECT_NE(Transformed(kRange, "freeze_requantization_ranges").find("'min_max_log_file' is missing"),
            std::string::npos);
}

}  // namespace
}  // namespace rivulet::prepare
