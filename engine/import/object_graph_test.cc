#include "engine/import/object_graph.h"

#include "engine/import/import_testing.h"

namespace rivulet {
namespace {

Result<std::vector<SavedObject>> Read(const std::string& nodes, const Limits& limits = {}) {
  const std::vector<uint8_t> meta = WireOf("object_graph_def { " + nodes + " }", TextRoot::kMetaGraphDef);
  WireCursor cursor(meta, 0);
  EXPECT_TRUE(cursor.Next());
  return ReadSavedObjects(cursor.Message(), limits);
}

std::string Child(int64_t node, const std::string& name) {
  return Cat("children { node_id: ", node, " local_name: '", name, "' } ");
}

// The paths of the objects, joined.
std::string PathsOf(const std::string& nodes, const Limits& limits = {}) {
  const auto objects = Read(nodes, limits);
  if (!objects.ok()) return objects.status().ToString();
  std::string out;
  for (const SavedObject& object : *objects) out += Cat("[", object.path, "]");
  return out;
}

TEST(ObjectGraph, KindsOfObjects) {
  const auto objects =
      Read("nodes { " + Child(1, "v") + Child(2, "f") + Child(3, "a") + Child(4, "c") + Child(5, "r") + Child(6, "g") +
           "user_object { identifier: 'Net' } } "
           "nodes { variable { dtype: DT_INT64 shape { dim { size: 3 } } trainable: true name: 'step' } } "
           "nodes { function { concrete_functions: ['f1', 'f2'] } } nodes { asset { asset_file_def_index: 0 } } "
           "nodes { constant { operation: 'c' } } nodes { resource {} } "
           "nodes { bare_concrete_function { concrete_function_name: 'g1' } }");
  ASSERT_TRUE(objects.ok()) << objects.status().ToString();
  ASSERT_EQ(objects->size(), 7u);
  using Kind = SavedObject::Kind;
  const Kind kinds[] = {Kind::kOther,    Kind::kVariable, Kind::kFunction, Kind::kAsset,
                        Kind::kConstant, Kind::kResource, Kind::kFunction};
  for (size_t i = 0; i < objects->size(); ++i) EXPECT_EQ((*objects)[i].kind, kinds[i]) << i;
  EXPECT_EQ((*objects)[0].name, "Net");
  const SavedObject& variable = (*objects)[1];
  EXPECT_EQ(variable.name, "step");
  EXPECT_EQ(variable.dtype, DType::kInt64);
  EXPECT_EQ(variable.shape.ToString(), "[3]");
  EXPECT_TRUE(variable.trainable);
  EXPECT_EQ((*objects)[2].functions, (std::vector<std::string>{"f1", "f2"}));
  EXPECT_EQ((*objects)[6].functions, (std::vector<std::string>{"g1"}));
}

TEST(ObjectGraph, TheShortestPathIsTaken) {
  EXPECT_EQ(PathsOf("nodes { " + Child(1, "long") + Child(2, "short") + "} nodes { " + Child(2, "way") + "} nodes {}"),
            "[][long][short]");
  EXPECT_EQ(PathsOf("nodes { " + Child(1, "a") + "} nodes { " + Child(2, "b") + "} nodes {}"), "[][a][a/b]");
  EXPECT_EQ(PathsOf("nodes {} nodes {}"), "[][]") << "nothing leads to the second";
}

TEST(ObjectGraphHostile, ChildrenThatAreNotThereAndCircles) {
  EXPECT_EQ(PathsOf("nodes { " + Child(-1, "a") + Child(2, "b") + Child(2147483647, "c") + Child(-2147483648, "d") +
                    Child(1, "e") + "} nodes { " + Child(0, "up") + Child(1, "self") + "}"),
            "[][e]");
  EXPECT_EQ(PathsOf(""), "");
}

// A chain of objects: the sum of its paths would be the square of the file.
TEST(ObjectGraphHostile, LongChainsCostNoMoreThanTheLimit) {
  std::string chain;
  constexpr int kNodes = 5000;
  for (int i = 0; i < kNodes; ++i) chain += "nodes { " + Child(i + 1, "n") + "} ";
  const auto deep = Read(chain);
  ASSERT_TRUE(deep.ok()) << deep.status().ToString();
  EXPECT_EQ((*deep)[3].path, "n/n/n");
  EXPECT_TRUE((*deep)[kNodes - 1].path.starts_with("…/n/n"));
  EXPECT_LT((*deep)[kNodes - 1].path.size(), 600u);
  Limits limits;
  limits.index_bytes = 1000;
  const auto bounded = Read(chain, limits);
  ASSERT_TRUE(bounded.ok());
  size_t bytes = 0;
  for (const SavedObject& object : *bounded) bytes += object.path.size();
  EXPECT_LT(bytes, 1000u + 600);
}

TEST(ObjectGraph, ValuesOfACheckpoint) {
  const auto child = [](uint64_t node, const std::string& name) {
    return WireNested(1, WireField(1, node) + WireNested(2, name));
  };
  const auto value = [](const std::string& attribute, const std::string& name, const std::string& key) {
    return WireNested(2, WireNested(1, attribute) + WireNested(2, name) + WireNested(3, key));
  };
  const std::string bytes = WireNested(1, child(1, "net") + child(9, "gone")) +
                            WireNested(1, child(2, "kernel") + value("VARIABLE_VALUE", "bias", "net/bias/key")) +
                            WireNested(1, value("VARIABLE_VALUE", "dense/kernel", "net/kernel/key"));
  const auto values = ReadTrackedValues(AsBytes(bytes), Limits());
  ASSERT_TRUE(values.ok()) << values.status().ToString();
  ASSERT_EQ(values->size(), 2u);
  EXPECT_EQ((*values)[0].path, "net");
  EXPECT_EQ((*values)[1].path, "net/kernel");
  EXPECT_EQ((*values)[1].attribute, "VARIABLE_VALUE");
  EXPECT_EQ((*values)[1].full_name, "dense/kernel");
  EXPECT_EQ((*values)[1].key, "net/kernel/key");
  for (size_t cut = 1; cut < bytes.size(); ++cut) {
    const std::string part = bytes.substr(0, cut);
    (void)ReadTrackedValues(AsBytes(part), Limits()).ok();
  }
  ExpectErrorWith(ReadTrackedValues(AsBytes(bytes.substr(0, bytes.size() - 1)), Limits()).status(), Code::kDataLoss,
                  {"offset"});
}

}  // namespace
}  // namespace rivulet
