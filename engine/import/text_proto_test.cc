#include "engine/import/text_proto.h"

#include <gtest/gtest.h>

#include <limits>

#include "engine/import/graphdef.h"
#include "engine/import/text_fields.h"

namespace rivulet {
namespace {

// The node n of a graph of one node, whose other fields are `fields`.
Result<Node> Parse(const std::string& fields) {
  RIVULET_ASSIGN_OR_RETURN(const auto wire,
                           TextToWire("node { name: \"n\" op: \"NoOp\" " + fields + " }", TextRoot::kGraphDef, {}));
  RIVULET_ASSIGN_OR_RETURN(Graph graph, ImportGraphDef(wire, nullptr, {}));
  return std::move(graph.node(0));
}

std::string ReadString(const std::string& literal) {
  const auto node = Parse("attr { key: 's' value { s: " + literal + " } }");
  return node.ok() ? *node->attrs.Get<std::string>("s") : node.status().ToString();
}

std::string ReadInt(const std::string& word) {
  const auto node = Parse("attr { key: 'i' value { i: " + word + " } }");
  return node.ok() ? std::to_string(*node->attrs.Get<int64_t>("i")) : "error";
}

TEST(TextProto, Strings) {
  EXPECT_EQ(ReadString("'a' \"b\"\n 'c'"), "abc");
  EXPECT_EQ(ReadString(R"("\n\t\\\"\'")"), "\n\t\\\"'");
  EXPECT_EQ(ReadString(R"("\0011\3778\18")"),
            "\x01"
            "1\xff"
            "8\x01"
            "8");
  EXPECT_EQ(ReadString(R"("\x41B\xfg")"), "AB\x0fg");
  EXPECT_NE(ReadString(R"("\q")").find("escape"), std::string::npos);
  EXPECT_NE(ReadString(R"("\xg")").find("hexadecimal"), std::string::npos);
}

TEST(TextProto, Integers) {
  EXPECT_EQ(ReadInt("-9223372036854775808"), std::to_string(std::numeric_limits<int64_t>::min()));
  EXPECT_EQ(ReadInt("9223372036854775807"), std::to_string(std::numeric_limits<int64_t>::max()));
  EXPECT_EQ(ReadInt("-9223372036854775809"), "error");
  EXPECT_EQ(ReadInt("18446744073709551616"), "error");
  EXPECT_EQ(ReadInt("0x1F"), "31");
  EXPECT_EQ(ReadInt("-017"), "-15");
  EXPECT_EQ(ReadInt("018"), "error");
  EXPECT_EQ(ReadInt("-"), "error");
}

TEST(TextProto, ListsAndBrackets) {
  const auto node = Parse("attr < key: 'l' value < list { i: [1, 2], i: 3; } > > # a comment\n");
  ASSERT_TRUE(node.ok()) << node.status().ToString();
  EXPECT_EQ((*node->attrs.Get<std::shared_ptr<const AttrList>>("l"))->ints, (std::vector<int64_t>{1, 2, 3}));
  EXPECT_FALSE(Parse("attr { key: 'l' value { list { i: [1, 2 } } }").ok());
  EXPECT_FALSE(Parse("attr < key: 'l' }").ok());
}

TEST(TextProto, Types) {
  EXPECT_EQ(text_format::TypeNumber("DT_FLOAT"), 1);
  EXPECT_EQ(text_format::TypeNumber("DT_UINT64"), 23);
  EXPECT_EQ(text_format::TypeNumber("DT_RESOURCE_REF"), 120);
  EXPECT_EQ(text_format::TypeNumber("DT_FLOATS"), -1);
  EXPECT_EQ(text_format::TypeNumber(""), -1);
}

TEST(TextProto, WhichMessageTheTextIs) {
  EXPECT_EQ(TextRootOf("# saved_model_schema_version\nnode {}"), TextRoot::kGraphDef);
  EXPECT_EQ(TextRootOf(" saved_model_schema_version: 1"), TextRoot::kSavedModel);
  EXPECT_EQ(TextRootOf("meta_info_def {}"), TextRoot::kMetaGraphDef);
  EXPECT_EQ(TextRootOf(""), TextRoot::kGraphDef);
}

// What nobody needs is read over, whatever it holds, and is still bounded in depth.
TEST(TextProto, OpaqueFields) {
  EXPECT_TRUE(Parse("experimental_debug_info { a: 1 b { c: [1, 'x', { d: <> }] } [some.Ext]: { e: TRUE } }").ok());
  EXPECT_FALSE(Parse("experimental_debug_info { a: [1, 2").ok());
  EXPECT_FALSE(Parse("experimental_debug_info { a }").ok());
  std::string deep = "experimental_debug_info ";
  for (int i = 0; i < 100'000; ++i) deep += "{ a ";
  EXPECT_NE(Parse(deep).status().message().find("nested deeper than"), std::string_view::npos);
}

}  // namespace
}  // namespace rivulet
