#include "prepare/graph_text.h"

#include "prepare/graph_difference.h"
#include "prepare/graph_test_kit.h"

namespace rivulet::prepare {
namespace {

constexpr char kNode[] = R"(node {
  name: "n\n\"\\\001\377"
  op: "Op"
  input: "a:1"
  input: "^b"
  device: "/cpu:0"
  attr {
    key: "all"
    value {
      list {
        s: "text"
        i: -1
        f: 0.1
        b: true
        type: DT_FLOAT
        shape {
          dim {
            size: -1
          }
        }
      }
    }
  }
  attr {
    key: "odd"
    value {
      f: inf
    }
  }
}
versions {
  producer: 24
}
)";

TEST(GraphText, PrintsWhatItReads) {
  const Result<std::string> text = ToGraphText(GraphOf(kNode));
  ASSERT_TRUE(text.ok()) << text.status().ToString();
  EXPECT_EQ(*text, kNode);
}

TEST(GraphText, FloatsReadBackAsTheSame) {
  for (const float value : {0.1f, 1e-45f, 3.4028235e38f, -0.0f, 16777217.0f, 1.0f / 3}) {
    GraphDef graph;
    graph.nodes.push_back({.name = "n", .op = "O"});
    graph.nodes[0].attrs["f"] = Attr::OfFloat(value);
    const Result<std::string> text = ToGraphText(graph);
    ASSERT_TRUE(text.ok());
    EXPECT_EQ(GraphOf(*text).nodes[0].Find("f")->AsFloat(), value) << *text;
  }
}

TEST(GraphText, PackedNumbersAndReferencesOfTypes) {
  GraphDef graph;
  graph.nodes.push_back({.name = "n", .op = "O"});
  graph.nodes[0].attrs["i"] = Attr::OfInts({1, 300, -2});
  graph.nodes[0].attrs["t"] = Attr(std::string_view("\x30\x65", 2), nullptr);  // type: 101, DT_FLOAT_REF
  const Result<std::string> text = ToGraphText(graph);
  ASSERT_TRUE(text.ok());
  EXPECT_NE(text->find("i: 1\n        i: 300\n        i: -2\n"), std::string::npos) << *text;
  EXPECT_NE(text->find("type: 101\n"), std::string::npos) << *text;
  EXPECT_EQ(FirstDifference(graph, GraphOf(*text)), "");
}

TEST(GraphText, BrokenAttributesAreErrors) {
  for (const std::string_view bytes :
       {std::string_view("\x0a\x05\x1a\x01", 4), std::string_view("\x0a\x03\x1a\x01\x80", 5)}) {
    GraphDef graph;
    graph.nodes.push_back({.name = "n", .op = "O"});
    graph.nodes[0].attrs["a"] = Attr(bytes, nullptr);
    EXPECT_EQ(ToGraphText(graph).status().code(), Code::kDataLoss);
  }
}

TEST(GraphText, DeepNestingEnds) {
  std::string value;
  for (int i = 0; i < 400; ++i) {  // func { attr { value { func { ...
    std::string entry, function;
    for (const auto& [tag, out] : {std::pair(char{0x12}, &entry), std::pair(char{0x12}, &function)}) {
      const std::string& inner = out == &entry ? value : entry;
      *out += tag;
      for (size_t size = inner.size();; size >>= 7) {
        *out += static_cast<char>(size > 127 ? (size & 127) | 128 : size);
        if (size <= 127) break;
      }
      *out += inner;
    }
    value = "\x52";
    for (size_t size = function.size();; size >>= 7) {
      value += static_cast<char>(size > 127 ? (size & 127) | 128 : size);
      if (size <= 127) break;
    }
    value += function;
  }
  GraphDef graph;
  graph.nodes.push_back({.name = "n", .op = "O"});
  graph.nodes[0].attrs["a"] = Attr(value, nullptr);
  EXPECT_EQ(ToGraphText(graph).status().code(), Code::kInvalidArgument);
}

}  // namespace
}  // namespace rivulet::prepare
