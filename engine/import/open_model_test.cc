// What a path or bytes are taken for, and sections A17 and A18 of the hostile inputs.
#include "engine/import/open_model.h"

#include <unistd.h>

#include "engine/import/import_testing.h"

namespace rivulet {
namespace {

const std::string kGraph = "node { name: 'n' op: 'NoOp' } ";
const std::string kSaver = "saver_def { filename_tensor_name: 'save/Const:0' restore_op_name: 'save/restore_all' } ";

std::string Saved(const std::string& meta = "") {
  return "saved_model_schema_version: 1 meta_graphs { meta_info_def { tags: 'serve' } graph_def { " + kGraph + " } " +
         meta + " }";
}

std::string BytesOf(const std::string& text, TextRoot root) {
  const std::vector<uint8_t> wire = WireOf(text, root);
  return {wire.begin(), wire.end()};
}

LoadOptions Options() {
  LoadOptions options;
  options.allocator = Allocator::Create();
  return options;
}

Result<ModelContent> Bytes(const std::string& bytes) {
  auto held = std::make_shared<std::string>(bytes);
  const std::span<const uint8_t> view = AsBytes(*held);
  return OpenModelBytes({view, std::move(held), false}, "name", Options());
}

std::string FormatOf(const std::string& bytes) {
  const auto content = Bytes(bytes);
  return content.ok() ? content->format : content.status().ToString();
}

TEST(OpenModel, FormatsAreToldByTheirContent) {
  const std::string meta = "graph_def { " + kGraph + "}";
  EXPECT_EQ(FormatOf(BytesOf(kGraph, TextRoot::kGraphDef)), "GraphDef");
  EXPECT_EQ(FormatOf(BytesOf(meta, TextRoot::kMetaGraphDef)), "MetaGraphDef");
  EXPECT_EQ(FormatOf(BytesOf(Saved(), TextRoot::kSavedModel)), "SavedModel");
  EXPECT_EQ(FormatOf(kGraph), "text GraphDef");
  EXPECT_EQ(FormatOf(meta), "text MetaGraphDef");
  EXPECT_EQ(FormatOf(Saved()), "text SavedModel");
  EXPECT_EQ(FormatOf("# a comment first\n" + kGraph), "text GraphDef");
}

TEST(OpenModelHostile, A4_WhatIsNoModelIsNamed) {
  ExpectErrorWith(Bytes("").status(), Code::kInvalidArgument, {"'name'", "empty"});
  ExpectErrorWith(Bytes(TableOf(Pairs{{"a", "b"}})).status(), Code::kInvalidArgument,
                  {"a checkpoint's table", "variables without a graph"});
  ExpectErrorWith(Bytes("{\"format\": \"layers-model\"}").status(), Code::kInvalidArgument, {"JSON"});
  ExpectErrorWith(Bytes(BytesOf("versions { producer: 1 }", TextRoot::kGraphDef)).status(), Code::kInvalidArgument,
                  {"without a node"});
}

TEST(OpenModel, AFolderIsASavedModel) {
  const TempFolder folder;
  folder.Write("saved_model.pb", BytesOf(Saved(kSaver), TextRoot::kSavedModel));
  folder.Write("variables/variables.index", "");
  const auto content = OpenModel(folder.path(), Options());
  ASSERT_TRUE(content.ok()) << content.status().ToString();
  EXPECT_EQ(content->format, "SavedModel");
  EXPECT_EQ(content->setup.tags, (std::vector<std::string>{"serve"}));
  EXPECT_EQ(content->setup.restore_op, "save/restore_all");
  EXPECT_EQ(content->setup.checkpoint_prefix, folder.path() + "/variables/variables");
  EXPECT_NE(content->files, nullptr);
  const TempFolder text;
  text.Write("saved_model.pbtxt", Saved());
  const auto read = OpenModel(text.path(), Options());
  ASSERT_TRUE(read.ok()) << read.status().ToString();
  EXPECT_EQ(read->format, "text SavedModel");
}

TEST(OpenModelHostile, A17_FilesThatAreMissingAndWhatIsThere) {
  const TempFolder empty;
  ExpectErrorWith(OpenModel(empty.path(), Options()).status(), Code::kNotFound,
                  {empty.path(), "no saved_model.pb", "it has nothing"});
  empty.Write("weights.h5", "");
  ExpectErrorWith(OpenModel(empty.path(), Options()).status(), Code::kNotFound, {"it has 'weights.h5'"});
  empty.Write("1/saved_model.pb", "");
  ExpectErrorWith(OpenModel(empty.path(), Options()).status(), Code::kNotFound, {"did you mean", "/1'"});
  const TempFolder chunks;
  chunks.Write("saved_model.cpb", "");
  ExpectErrorWith(OpenModel(chunks.path(), Options()).status(), Code::kUnimplemented, {"chunks"});
  const TempFolder checkpoints;
  checkpoints.Write("checkpoint", "");
  ExpectErrorWith(OpenModel(checkpoints.path(), Options()).status(), Code::kInvalidArgument,
                  {"a folder of checkpoints"});

  // A model that restores, without its variables: it loads, and says why once a value is missed.
  const TempFolder bare;
  bare.Write("saved_model.pb", BytesOf(Saved(kSaver), TextRoot::kSavedModel));
  auto content = OpenModel(bare.path(), Options());
  ASSERT_TRUE(content.ok()) << content.status().ToString();
  EXPECT_EQ(content->setup.checkpoint_prefix, "");
  EXPECT_NE(content->setup.no_checkpoint.find("variables.index' is not there"), std::string::npos);
  bare.Write("variables/other.index", "");
  content = OpenModel(bare.path(), Options());
  ASSERT_TRUE(content.ok());
  EXPECT_NE(content->setup.no_checkpoint.find("'other.index'"), std::string::npos) << content->setup.no_checkpoint;
}

std::string WithAsset(const std::string& name) {
  return Saved("asset_file_def { tensor_info { name: 'words:0' } filename: '" + name + "' }");
}

TEST(OpenModelHostile, A18_AssetsOutsideTheFolder) {
  const TempFolder folder;
  folder.Write("saved_model.pb", BytesOf(WithAsset("words.txt"), TextRoot::kSavedModel));
  const auto content = OpenModel(folder.path(), Options());
  ASSERT_TRUE(content.ok()) << content.status().ToString();
  ASSERT_EQ(content->setup.assets.size(), 1u);
  EXPECT_EQ(content->setup.assets[0].second, folder.path() + "/assets/words.txt");
  for (const char* name : {"/etc/passwd", "../../secret", "a/../../../secret", "", ".."}) {
    const std::string bytes = BytesOf(WithAsset(name), TextRoot::kSavedModel);
    folder.Write("saved_model.pb", bytes);
    ExpectErrorWith(OpenModel(folder.path(), Options()).status(), Code::kInvalidArgument,
                    {folder.path(), "asset of tensor 'words:0'"});
    ExpectErrorWith(Bytes(bytes).status(), Code::kInvalidArgument, {"'name'", "asset of tensor 'words:0'"});
  }
}

TEST(OpenModelHostile, A18_TheModelFileItselfMayBeNoLink) {
  const TempFolder folder, other;
  other.Write("real.pb", BytesOf(Saved(), TextRoot::kSavedModel));
  ASSERT_EQ(symlink((other.path() + "/real.pb").c_str(), folder.At("saved_model.pb").c_str()), 0);
  ExpectErrorWith(OpenModel(folder.path(), Options()).status(), Code::kInvalidArgument,
                  {"saved_model.pb", "leaves the model folder", "is a link"});
  LoadOptions trusting = Options();
  trusting.follow_links = true;
  EXPECT_TRUE(OpenModel(folder.path(), trusting).ok());
}

TEST(OpenModel, AMetaFileFindsItsCheckpoint) {
  const TempFolder folder;
  const std::string meta =
      BytesOf("graph_def { " + kGraph + "} " + kSaver +
                  "collection_def { key: 'table_initializer' value { node_list { value: 'fill' } } }",
              TextRoot::kMetaGraphDef);
  const std::string path = folder.Write("m-7.meta", meta);
  auto content = OpenModel(path, Options());
  ASSERT_TRUE(content.ok()) << content.status().ToString();
  EXPECT_EQ(content->setup.init_ops, (std::vector<std::string>{"fill"}));
  EXPECT_EQ(content->setup.checkpoint_prefix, "");
  EXPECT_NE(content->setup.no_checkpoint.find("no checkpoint"), std::string::npos);
  folder.Write("m-7.index", "");
  content = OpenModel(path, Options());
  ASSERT_TRUE(content.ok());
  EXPECT_EQ(content->setup.checkpoint_prefix, folder.path() + "/m-7");
  ExpectErrorWith(OpenModel(folder.path() + "/m-7", Options()).status(), Code::kInvalidArgument,
                  {"a checkpoint's prefix", "variables without a graph"});
  // Any file with a checkpoint that the caller names.
  LoadOptions named = Options();
  named.checkpoint = folder.path() + "/m-7";
  content = OpenModel(folder.Write("g.pb", BytesOf(kGraph + "node { name: 'save/Const' op: 'NoOp' } "
                                                            "node { name: 'save/restore_all' op: 'NoOp' }",
                                                   TextRoot::kGraphDef)),
                      named);
  ASSERT_TRUE(content.ok()) << content.status().ToString();
  EXPECT_EQ(content->setup.restore_op, "save/restore_all");
  EXPECT_EQ(content->setup.filename_tensor, "save/Const:0");
  named.checkpoint = folder.path() + "/none/m";
  ExpectErrorWith(OpenModel(folder.path() + "/g.pb", named).status(), Code::kNotFound, {"/none"});
}

}  // namespace
}  // namespace rivulet
