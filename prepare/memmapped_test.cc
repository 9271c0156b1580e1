#include "prepare/memmapped.h"

#include <cstring>

#include "engine/import/memmapped_package.h"
#include "prepare/constants.h"
#include "prepare/graph_test_kit.h"

namespace rivulet::prepare {
namespace {

GraphDef GraphWith(std::initializer_list<const char*> names) {
  GraphDef graph;
  float next = 1;
  for (const char* name : names) {
    const float values[] = {next, next + 0.5f};
    graph.nodes.push_back(MakeConst(name, Tensor::Of<float>({2}, values)));
    next += 1;
  }
  return graph;
}

TEST(Memmapped, TheReaderFindsWhatWasWritten) {
  const Result<MemmappedFile> file = ToMemmapped(GraphWith({"a/b", "a_b", "a.b", "."}), 8);
  ASSERT_TRUE(file.ok()) << file.status().ToString();
  EXPECT_EQ(file->converted, 4u);
  auto owner = std::make_shared<std::string>(file->bytes);
  const auto package = MemmappedPackage::Read({reinterpret_cast<const uint8_t*>(owner->data()), owner->size()}, owner);
  ASSERT_TRUE(package.ok()) << package.status().ToString();
  float want = 1;
  for (const char* name : {"a_b", "a_b_", "a.b", "._"}) {
    const auto* region = package->Find(std::string(MemmappedPackage::kPrefix) + name);
    ASSERT_NE(region, nullptr) << name;
    EXPECT_EQ(region->offset % 64, 0u);
    ASSERT_EQ(region->bytes.size(), 8u);
    float value = 0;
    std::memcpy(&value, region->bytes.data(), sizeof(value));
    EXPECT_EQ(value, want);
    want += 1;
  }
  const Result<GraphDef> graph = ParseGraphDef(package->graph().bytes, owner);
  ASSERT_TRUE(graph.ok());
  EXPECT_EQ(Lines(*graph),
            "a/b = ImmutableConst()\na_b = ImmutableConst()\na.b = ImmutableConst()\n. = ImmutableConst()\n");
}

TEST(Memmapped, TheBoundIsInBytesAndCounts) {
  EXPECT_EQ(ToMemmapped(GraphWith({"a"}), 8)->converted, 1u);
  EXPECT_EQ(ToMemmapped(GraphWith({"a"}), 9)->converted, 0u);
}

}  // namespace
}  // namespace rivulet::prepare
