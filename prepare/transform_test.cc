#include "prepare/transform.h"

#include <gtest/gtest.h>

#include "prepare/graph_test_kit.h"

namespace rivulet::prepare {
namespace {

std::string Said(std::string_view transforms) {
  const auto calls = ParseTransforms(transforms);
  if (!calls.ok()) return calls.status().ToString();
  std::string text;
  for (const TransformCall& call : *calls) {
    text += std::string(call.transform->name) + ";";
    for (const auto& [name, values] : call.arguments.values()) {
      for (const std::string& value : values) text += name + "=" + value + ";";
    }
  }
  return text;
}

TEST(ParseTransforms, TakesTheWholeGrammar) {
  EXPECT_EQ(Said(""), "");
  EXPECT_EQ(Said(" remove_device \\\n round_weights(num_steps=8)"), "remove_device;round_weights;num_steps=8;");
  EXPECT_EQ(Said("remove_nodes(op=Identity, op=\"Check Numerics\" max_inputs=2,)"),
            "remove_nodes;max_inputs=2;op=Identity;op=Check Numerics;");
  EXPECT_EQ(Said(R"(set_device(device="a \"b\\c"))"), "set_device;device=a \"b\\c;");
  EXPECT_EQ(Said("strip_unused_nodes(shape=\"1,2\", type=float\")"), "strip_unused_nodes;shape=1,2;type=float;");
  EXPECT_EQ(Said("remove_device(ignore_errors=true)"), "remove_device;ignore_errors=true;");
}

TEST(ParseTransforms, SaysWhatIsWrong) {
  const auto has = [](std::string_view transforms, std::string_view word) {
    return Said(transforms).find(word) != std::string::npos;
  };
  EXPECT_TRUE(has("remove_devise", "no transform is called 'remove_devise'; nearest: 'remove_device'"));
  EXPECT_TRUE(has("round_weights(steps=3)", "has no argument 'steps'; it takes: num_steps"));
  EXPECT_TRUE(has("round_weights(num_steps 3)", "character 25: want '='"));
  EXPECT_TRUE(has("round_weights(num_steps=", "want a value, got its end"));
  EXPECT_TRUE(has("round_weights(num_steps=\"3", "got its end"));
  EXPECT_TRUE(has("round_weights(", "or ')', got its end"));
  EXPECT_TRUE(has("+", "want a transform's name, got '+'"));
}

constexpr char kGraph[] = R"(node { name: "a" op: "A" } node { name: "b" op: "B" input: "a" })";

TEST(ApplyTransforms, AnErrorLeavesTheGraphOrIsIgnored) {
  EXPECT_NE(Transformed(kGraph, "round_weights(num_steps=0)")
                .find("transform 'round_weights': argument 'num_steps': want 1 to"),
            std::string::npos);
  EXPECT_EQ(Transformed(kGraph, "round_weights(num_steps=0, ignore_errors=true) set_device(device=d)"),
            "a = A() @d\nb = B(a) @d\n");
  EXPECT_NE(Transformed(kGraph, "round_weights(num_steps=few)").find("want a whole number, got 'few'"),
            std::string::npos);
  EXPECT_NE(Transformed(kGraph, "round_weights(num_steps=1, num_steps=2)").find("want it once"), std::string::npos);
  EXPECT_NE(Transformed(kGraph, "rename_op(old_op_name=A)").find("argument 'new_op_name' is missing"),
            std::string::npos);
  EXPECT_NE(Transformed(kGraph, "set_device(if_default=perhaps)").find("want true or false"), std::string::npos);
}

// Each caller is told of its own call alone, also within another's.
TEST(ApplyTransforms, ReportsToWhoeverCalls) {
  const auto inner = ParseTransforms("remove_device"),
             outer = ParseTransforms("remove_device remove_attribute(attribute_name=a)");
  std::vector<std::string> said, said_within;
  GraphDef graph = GraphOf("node { name: 'a' op: 'NoOp' }");
  TransformOptions options;
  options.report = [&](std::string_view line) {
    said.emplace_back(line);
    GraphDef other = graph;
    const ReportLine within = [&](std::string_view text) { said_within.emplace_back(text); };
    EXPECT_TRUE(ApplyTransforms(*inner, {.report = within}, other).ok());
  };
  ASSERT_TRUE(ApplyTransforms(*outer, options, graph).ok());
  EXPECT_EQ(said, (std::vector<std::string>{"Applying remove_device", "Applying remove_attribute"}));
  EXPECT_EQ(said_within, (std::vector<std::string>{"Applying remove_device", "Applying remove_device"}));
}

TEST(ApplyTransforms, APlaceGoesWithItsNode) {
  const std::string graph =
      Input("x", "2") + Node("i", "Identity", {"x"}) +
      Node("y", "Neg", {"i"}, "attr { key: '_class' value { list { s: ['loc:@i'] } } }") +
      Node("z", "Neg", {"i"}, "attr { key: '_class' value { list { s: ['loc:@x', 'loc:@i'] } } }");
  const GraphDef after = After(graph, "remove_nodes(op=Identity)");
  EXPECT_EQ(NodeIn(after, "y").Find("_class"), nullptr);
  EXPECT_EQ(NodeIn(after, "z").Find("_class")->AsStrings(), std::vector<std::string>{"loc:@x"});
}

}  // namespace
}  // namespace rivulet::prepare
