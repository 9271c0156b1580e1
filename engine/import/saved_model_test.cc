#include "engine/import/saved_model.h"

#include "engine/import/import_testing.h"

namespace rivulet {
namespace {

// A graph that tells itself from others by the writer's version.
std::string GraphWith(const std::string& tags, const std::string& version) {
  return "meta_graphs { meta_info_def { " + tags + " tensorflow_version: '" + version +
         "' } graph_def { node { name: 'n' op: 'NoOp' } } } ";
}

const std::string kVersion = "saved_model_schema_version: 1 ";

Result<MetaGraph> Read(const std::string& text, const std::vector<std::string>& tags = {}) {
  const std::vector<uint8_t> bytes = WireOf(text, TextRoot::kSavedModel);
  return ReadSavedModel(bytes, nullptr, tags, Limits(), *Allocator::Create());
}

// The version of the graph that is chosen, or the error.
std::string Chosen(const std::string& text, const std::vector<std::string>& tags = {}) {
  const auto meta = Read(text, tags);
  return meta.ok() ? meta->tensorflow_version : meta.status().ToString();
}

TEST(SavedModel, TheGraphWithExactlyTheTags) {
  const std::string three = kVersion + GraphWith("tags: 'serve' tags: 'gpu'", "both") +
                            GraphWith("tags: 'serve'", "plain") + GraphWith("", "none");
  EXPECT_EQ(Chosen(three), "plain");
  EXPECT_EQ(Chosen(three, {"serve"}), "plain");
  EXPECT_EQ(Chosen(three, {"gpu", "serve"}), "both");
  EXPECT_EQ(Chosen(three, {"serve", "gpu", "serve"}), "both");
  ExpectErrorWith(Read(three, {"gpu"}).status(), Code::kNotFound,
                  {"['gpu']", "there are: ['gpu', 'serve'], ['serve'], []"});
}

TEST(SavedModel, WithoutTagsTheOnlyGraphWillDo) {
  const std::string training = GraphWith("tags: 'train'", "training");
  const std::string phones = GraphWith("tags: 'serve' tags: 'mobile'", "phones");
  EXPECT_EQ(Chosen(kVersion + training + phones), "phones");
  ExpectErrorWith(Read(kVersion + training + phones, {"serve"}).status(), Code::kNotFound, {"['mobile', 'serve']"});
  ExpectErrorWith(Read(kVersion + phones + GraphWith("tags: 'serve' tags: 'gpu'", "2")).status(), Code::kNotFound,
                  {"['mobile', 'serve'], ['gpu', 'serve']"});
  EXPECT_EQ(Chosen(kVersion + GraphWith("tags: 'train'", "only")), "only");
  ExpectErrorWith(Read(kVersion + GraphWith("tags: 'train'", "only"), {"serve"}).status(), Code::kNotFound,
                  {"['serve']", "['train']"});
  ExpectErrorWith(Read(kVersion + GraphWith("tags: 'a'", "1") + GraphWith("tags: 'b'", "2")).status(), Code::kNotFound,
                  {"['serve']", "['a'], ['b']"});
  // As modules of TensorFlow Hub are.
  EXPECT_EQ(Chosen(kVersion + training + GraphWith("", "use")), "use");
  EXPECT_EQ(Chosen(kVersion + GraphWith("", "use") + phones), "phones");
  ExpectErrorWith(Read(kVersion + phones + GraphWith("", "use") + GraphWith("tags: 'serve' tags: 'gpu'", "2")).status(),
                  Code::kNotFound, {"['serve']"});
}

// A17: neither graph is taken by chance.
TEST(SavedModelHostile, A17_TwoGraphsWithTheSameTags) {
  const std::string twice = kVersion + GraphWith("tags: 'serve'", "1") + GraphWith("tags: 'serve'", "2");
  ExpectErrorWith(Read(twice).status(), Code::kInvalidArgument, {"2 graphs have the tags ['serve']"});
}

TEST(SavedModelHostile, A17_ManySetsOfTagsAreListedShort) {
  std::string many = kVersion;
  for (int i = 0; i < 1000; ++i) many += GraphWith(Cat("tags: 't", i, "'"), "1");
  const Status status = Read(many, {"serve"}).status();
  ExpectErrorWith(status, Code::kNotFound, {"['t0']", "['t9']", "…"});
  EXPECT_LT(status.message().size(), 300u);
}

TEST(SavedModelHostile, SchemaAndGraphsThatAreMissing) {
  ExpectErrorWith(Read("saved_model_schema_version: 2 " + GraphWith("", "1")).status(), Code::kFailedPrecondition,
                  {"saved_model_schema_version", "want 1", "got 2"});
  ExpectErrorWith(Read(GraphWith("", "1")).status(), Code::kFailedPrecondition, {"want 1", "got 0"});
  ExpectErrorWith(Read(kVersion).status(), Code::kInvalidArgument, {"no graph"});
}

// The other graphs are not read: what is broken in them does no harm, and an error names the graph that has it.
TEST(SavedModelHostile, AnErrorNamesTheGraph) {
  const std::string twice = "graph_def { node { name: 'n' op: 'NoOp' } node { name: 'n' op: 'NoOp' } }";
  const std::string bad = "meta_graphs { meta_info_def { tags: 'bad' } " + twice + " } ";
  const std::string both = kVersion + bad + GraphWith("tags: 'serve'", "good");
  EXPECT_EQ(Chosen(both), "good");
  ExpectErrorWith(Read(both, {"bad"}).status(), Code::kInvalidArgument, {"['bad']", "two nodes are called 'n'"});
}

TEST(SavedModel, IsToldFromOtherFiles) {
  const auto looks = [](std::span<const uint8_t> bytes) { return LooksLikeSavedModel(bytes); };
  EXPECT_TRUE(looks(WireOf(kVersion + GraphWith("", "1"), TextRoot::kSavedModel)));
  EXPECT_FALSE(looks(WireOf("node { name: 'n' op: 'NoOp' } library {}", TextRoot::kGraphDef)));
  EXPECT_FALSE(looks({}));
  EXPECT_FALSE(looks(AsBytes(WireField(1, 1))));
  // An ONNX model: its version, then the name of its producer.
  EXPECT_FALSE(looks(AsBytes(WireField(1, 8) + WireNested(2, "pytorch"))));
}

}  // namespace
}  // namespace rivulet
