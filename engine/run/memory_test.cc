// After a plan is made the process holds the packed weights and little else: the file's bytes are read in place, by the
// packers, and its pages are let go.
#include <gtest/gtest.h>

#if defined(__linux__) && defined(__GLIBC__)
#include <malloc.h>

#include <cstdio>
#include <fstream>
#include <string>

#include "engine/base/file.h"
#include "engine/import/text_proto.h"
#include "rivulet/session.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define RIVULET_SHADOWED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define RIVULET_SHADOWED 1
#endif
#endif

namespace rivulet {
namespace {

// Anonymous memory of this process, in KiB.
int64_t AnonymousKiB() {
  std::ifstream status("/proc/self/status");
  std::string line;
  while (std::getline(status, line)) {
    if (line.starts_with("RssAnon:")) return std::stoll(line.substr(8));
  }
  return -1;
}

std::string Const(const std::string& name, const std::vector<int64_t>& dims) {
  int64_t count = 1;
  std::string shape;
  for (const int64_t dim : dims) {
    count *= dim;
    shape += "dim { size: " + std::to_string(dim) + " } ";
  }
  std::string text = "node { name: \"" + name + "\" op: \"Const\" attr { key: \"dtype\" value { type: DT_FLOAT } } " +
                     "attr { key: \"value\" value { tensor { dtype: DT_FLOAT tensor_shape { " + shape +
                     "} tensor_content: \"";
  for (int64_t i = 0; i < count; ++i) text += "\\000\\000\\200=";  // 1 / 16
  return text + "\" } } } }\n";
}

std::string Node(const std::string& name, const std::string& op, const std::vector<std::string>& inputs,
                 const std::string& attrs) {
  std::string text = "node { name: \"" + name + "\" op: \"" + op + "\" ";
  for (const std::string& input : inputs) text += "input: \"" + input + "\" ";
  return text + "attr { key: \"T\" value { type: DT_FLOAT } } " + attrs + " }\n";
}

// A convolution under batch norm, one of 1x1, a depthwise one and a dense layer; their weights are returned in bytes.
// Packed columns come in panels of 16: the dense layer fills its panels, as in a large network nearly all do.
std::string ModelText(int64_t* weight_bytes) {
  const std::string window =
      "attr { key: \"strides\" value { list { i: 1 i: 1 i: 1 i: 1 } } } attr { key: \"padding\" value { s: \"SAME\" } "
      "}";
  const std::string norm =
      "attr { key: \"U\" value { type: DT_FLOAT } } attr { key: \"is_training\" value { b: false } }";
  *weight_bytes = 4 * (9 * 256 * 256 + 256 * 1024 + 9 * 1024 + 4 * 4 * 1024 * 96);
  return "versions { producer: 100 }\n"
         "node { name: \"x\" op: \"Placeholder\" attr { key: \"dtype\" value { type: DT_FLOAT } } attr { key: "
         "\"shape\" "
         "value { shape { dim { size: 1 } dim { size: 4 } dim { size: 4 } dim { size: 256 } } } } }\n" +
         Const("w1", {3, 3, 256, 256}) + Const("k", {256}) + Const("w2", {1, 1, 256, 1024}) + Const("k2", {1024}) +
         Const("w3", {3, 3, 1024, 1}) + Const("w4", {16384, 96}) +
         "node { name: \"flat\" op: \"Const\" attr { key: \"dtype\" value { type: DT_INT32 } } attr { key: \"value\" "
         "value { "
         "tensor { dtype: DT_INT32 tensor_shape { dim { size: 2 } } int_val: -1 int_val: 16384 } } } }\n" +
         Node("c1", "Conv2D", {"x", "w1"}, window) + Node("n1", "FusedBatchNormV3", {"c1", "k", "k", "k", "k"}, norm) +
         Node("r1", "Relu", {"n1"}, "") + Node("c2", "Conv2D", {"r1", "w2"}, window) +
         Node("b2", "BiasAdd", {"c2", "k2"}, "") + Node("m2", "Mul", {"b2", "k2"}, "") +
         Node("c3", "DepthwiseConv2dNative", {"m2", "w3"}, window) +
         Node("n3", "FusedBatchNormV3", {"c3", "k2", "k2", "k2", "k2"}, norm) +
         Node("f", "Reshape", {"n3", "flat"}, "attr { key: \"Tshape\" value { type: DT_INT32 } }") +
         Node("y", "MatMul", {"f", "w4"}, "");
}

TEST(Memory, AfterThePlanItIsTheWeightsOnce) {
#ifdef RIVULET_SHADOWED
  GTEST_SKIP() << "a sanitizer's own memory counts too";
#endif
  const std::string path = testing::TempDir() + "rivulet_memory_test.pb";
  int64_t weight_bytes = 0;
  {
    const auto wire = TextToWire(ModelText(&weight_bytes), TextRoot::kGraphDef, Limits());
    ASSERT_TRUE(wire.ok()) << wire.status().ToString();
    ASSERT_TRUE(SaveFile(path, *wire).ok());
  }
  // What lies free in the heap would hide what is asked for now.
  malloc_trim(0);
  const int64_t before = AnonymousKiB();
  ASSERT_GT(before, 0);
  auto model = Model::Load(path);
  ASSERT_TRUE(model.ok()) << model.status().ToString();
  auto session = Session::Create(*model);
  ASSERT_TRUE(session.ok());
  const std::vector<float> pixels(4 * 4 * 256, 0.5f);
  const Feeds feeds = {{"x", Tensor::Of<float>({1, 4, 4, 256}, pixels)}};
  const auto stats = (*session)->Prepare(feeds, {"y"});
  ASSERT_TRUE(stats.ok()) << stats.status().ToString();
  const int64_t grown = AnonymousKiB() - before;
  EXPECT_LE(grown, weight_bytes * 11 / 10 / 1024) << "for weights of " << weight_bytes / 1024 << " KiB";
  EXPECT_GE(grown, weight_bytes * 9 / 10 / 1024) << "the packed weights are somewhere";
  // They stay so: what a run needs besides is the arena and scratch memory.
  ASSERT_TRUE((*session)->Run(feeds, {"y"}).ok());
  EXPECT_EQ((*session)->Prepare(feeds, {"y"})->constant_bytes, stats->constant_bytes);
  EXPECT_NEAR(static_cast<double>(stats->constant_bytes), static_cast<double>(weight_bytes), 0.05 * weight_bytes);
  std::remove(path.c_str());
}

}  // namespace
}  // namespace rivulet
#endif  // Linux
