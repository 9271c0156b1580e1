#include "engine/import/meta_graph.h"

#include "engine/import/import_testing.h"

namespace rivulet {
namespace {

const std::string kGraph = "graph_def { node { name: 'n' op: 'NoOp' } } ";

Result<MetaGraph> Read(const std::string& text) {
  const std::vector<uint8_t> bytes = WireOf(text, TextRoot::kMetaGraphDef);
  return ReadMetaGraph(WireCursor(bytes, 0), nullptr, Limits(), *Allocator::Create());
}

std::string NodeList(const std::string& key, const std::string& values) {
  return "collection_def { key: '" + key + "' value { node_list { " + values + " } } } ";
}

std::string SignatureOf(const std::string& key, const std::string& output, const std::string& tensor) {
  return "signature_def { key: '" + key + "' value { outputs { key: '" + output + "' value { name: '" + tensor +
         "' dtype: DT_FLOAT } } method_name: 'm' } } ";
}

// The nodes that initialise the model, joined; or the error.
std::string InitOpsOf(const std::string& text) {
  const auto meta = Read(kGraph + text);
  if (!meta.ok()) return meta.status().ToString();
  const auto ops = meta->InitOps();
  if (!ops.ok()) return ops.status().ToString();
  std::string out;
  for (const std::string& op : *ops) out += op + ";";
  return out;
}

TEST(MetaGraph, WhatAGraphComesWith) {
  const auto meta = Read(
      "meta_info_def { tags: 'a' tags: 'b' tensorflow_version: '2.11' stripped_default_attrs: true } " + kGraph +
      "saver_def { filename_tensor_name: 'save/Const:0' save_tensor_name: 's' restore_op_name: 'save/restore_all' } " +
      NodeList("trainable", "value: ['x', 'y']") + SignatureOf("z", "o", "z:0") + SignatureOf("a", "o", "a:0") +
      "asset_file_def { tensor_info { name: 'vocabulary:0' } filename: 'words.txt' } "
      "object_graph_def { nodes { children { node_id: 1 local_name: 'v' } } nodes { variable { dtype: DT_FLOAT } } }");
  ASSERT_TRUE(meta.ok()) << meta.status().ToString();
  EXPECT_EQ(meta->tags, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(meta->tensorflow_version, "2.11");
  EXPECT_TRUE(meta->stripped_default_attrs);
  EXPECT_EQ(meta->graph.size(), 1);
  EXPECT_EQ(meta->filename_tensor, "save/Const:0");
  EXPECT_EQ(meta->save_tensor, "s");
  EXPECT_EQ(meta->restore_op, "save/restore_all");
  EXPECT_EQ(meta->node_lists.at("trainable"), (std::vector<std::string>{"x", "y"}));
  ASSERT_EQ(meta->signatures.size(), 2u);
  EXPECT_EQ(meta->signatures[0].key, "a");
  EXPECT_EQ(meta->signatures[1].FindOutput("o")->name, "z:0");
  ASSERT_EQ(meta->assets.size(), 1u);
  EXPECT_EQ(meta->assets[0].tensor, "vocabulary:0");
  EXPECT_EQ(meta->assets[0].filename, "words.txt");
  ASSERT_EQ(meta->objects.size(), 2u);
  EXPECT_EQ(meta->objects[1].path, "v");
}

TEST(MetaGraph, AssetsOfEarlyModelsLieInACollection) {
  const std::string collected =
      "collection_def { key: 'saved_model_assets' value { any_list { value { "
      "[type.googleapis.com/tensorflow.AssetFileDef] "
      "{ tensor_info { name: 'old:0' } filename: 'old.txt' } } } } } ";
  const auto old = Read(kGraph + collected);
  ASSERT_TRUE(old.ok()) << old.status().ToString();
  ASSERT_EQ(old->assets.size(), 1u);
  EXPECT_EQ(old->assets[0].tensor, "old:0");
  EXPECT_EQ(old->assets[0].filename, "old.txt");
  const auto both = Read(kGraph + collected + "asset_file_def { tensor_info { name: 'new:0' } filename: 'new.txt' }");
  ASSERT_TRUE(both.ok());
  ASSERT_EQ(both->assets.size(), 1u);
  EXPECT_EQ(both->assets[0].filename, "new.txt");
}

// The order of TensorFlow's loader.
TEST(MetaGraph, InitOps) {
  EXPECT_EQ(InitOpsOf(""), "");
  EXPECT_EQ(InitOpsOf(NodeList("legacy_init_op", "value: 'old'")), "old;");
  EXPECT_EQ(InitOpsOf(NodeList("legacy_init_op", "value: 'old'") + NodeList("saved_model_main_op", "value: 'main:0'")),
            "main;");
  EXPECT_EQ(InitOpsOf(SignatureOf("__saved_model_init_op", "__saved_model_init_op", "init") +
                      NodeList("saved_model_main_op", "value: 'main'")),
            "init;");
  EXPECT_NE(InitOpsOf(SignatureOf("__saved_model_init_op", "other", "init")).find("has no output of that name"),
            std::string::npos);
  EXPECT_NE(InitOpsOf(NodeList("saved_model_main_op", "value: ['a', 'b']")).find("want one node, got 2"),
            std::string::npos);
}

TEST(MetaGraphHostile, WhatComesTwice) {
  ExpectErrorWith(Read(kGraph + kGraph).status(), Code::kInvalidArgument, {"two graphs"});
  ExpectErrorWith(Read(kGraph + SignatureOf("s", "o", "a:0") + SignatureOf("s", "o", "b:0")).status(),
                  Code::kInvalidArgument, {"signature 's' is there twice"});
}

TEST(MetaGraphHostile, EveryCut) {
  const std::vector<uint8_t> bytes =
      WireOf(kGraph + SignatureOf("s", "o", "a:0") + NodeList("k", "value: 'v'"), TextRoot::kMetaGraphDef);
  int whole = 0;
  for (size_t cut = 0; cut < bytes.size(); ++cut) {
    // A block of exactly the size, so that a sanitizer sees a byte read too far.
    const std::vector<uint8_t> part(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(cut));
    whole += ReadMetaGraph(WireCursor(part, 0), nullptr, Limits(), *Allocator::Create()).ok() ? 1 : 0;
  }
  EXPECT_EQ(whole, 3) << "only between the fields of the outermost message is what is left whole";
}

TEST(MetaGraph, IsToldFromAGraph) {
  const auto looks = [](const std::vector<uint8_t>& bytes) { return LooksLikeMetaGraph(bytes); };
  EXPECT_TRUE(looks(WireOf("meta_info_def {} " + kGraph, TextRoot::kMetaGraphDef)));
  EXPECT_TRUE(looks(WireOf(kGraph, TextRoot::kMetaGraphDef)));
  EXPECT_TRUE(looks(WireOf("graph_def { versions { producer: 5 } }", TextRoot::kMetaGraphDef)));
  EXPECT_TRUE(looks(WireOf("saver_def { restore_op_name: 'r' }", TextRoot::kMetaGraphDef)));
  EXPECT_FALSE(looks(WireOf("node { name: 'n' op: 'NoOp' } versions { producer: 5 }", TextRoot::kGraphDef)));
  EXPECT_FALSE(looks(WireOf("version: 3", TextRoot::kGraphDef)));
  // Functions lie where a MetaGraphDef has its graph.
  EXPECT_FALSE(looks(WireOf("library { function { signature { name: 'f' } node_def { name: 'a' op: 'NoOp' } } }",
                            TextRoot::kGraphDef)));
  EXPECT_FALSE(looks({}));
}

}  // namespace
}  // namespace rivulet
