// After a plan is made the process holds the packed weights and little else: the file's bytes are read in place, by the
// packers, and its pages are let go.
#include <gtest/gtest.h>

#if defined(__linux__) && defined(__GLIBC__)
#include <malloc.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

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
  // Counted page by page; what /proc/self/status says may be hundreds of KiB behind.
  std::ifstream pages("/proc/self/smaps_rollup");
  std::string line;
  while (std::getline(pages, line)) {
    if (line.starts_with("Anonymous:")) return std::stoll(line.substr(10));
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
  // A little more than 1 / 16, in all the bits of a float: numbers that need fewer would be kept in fewer bytes.
  const auto octal = [](int64_t byte) {
    return std::string{'\\', static_cast<char>('0' + byte / 64), static_cast<char>('0' + byte / 8 % 8),
                       static_cast<char>('0' + byte % 8)};
  };
  for (int64_t i = 0; i < count; ++i) text += octal(1 + i % 251) + octal(i / 251 % 253) + "\\200=";
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

std::string Enter(const std::string& name, const std::string& input, const std::string& type, bool is_constant) {
  return "node { name: \"" + name + "\" op: \"Enter\" input: \"" + input +
         "\" attr { key: \"T\" value { type: " + type +
         " } } attr { key: \"frame_name\" value { s: \"f\" } } attr { key: \"is_constant\" value { b: " +
         (is_constant ? "true" : "false") + " } } }\n";
}

std::string IntNode(const std::string& name, const std::string& op, const std::string& inputs) {
  return "node { name: \"" + name + "\" op: \"" + op + "\" " + inputs +
         " attr { key: \"T\" value { type: DT_INT32 } } }\n";
}

std::string IntConst(const std::string& name, int value) {
  return "node { name: \"" + name + "\" op: \"Const\" attr { key: \"dtype\" value { type: DT_INT32 } } attr { key: " +
         "\"value\" value { tensor { dtype: DT_INT32 tensor_shape { } int_val: " + std::to_string(value) + " } } } }\n";
}

constexpr int64_t kRecurrentBytes = 4 * 512 * 512;

std::string RecurrentInput() {
  return "versions { producer: 100 }\nnode { name: \"x\" op: \"Placeholder\" attr { key: \"dtype\" value { type: "
         "DT_FLOAT "
         "} } attr { key: \"shape\" value { shape { dim { size: -1 } dim { size: 512 } } } } }\n" +
         Const("w", {512, 512});
}

// x times one matrix again and again, written out.
std::string UnrolledText() {
  std::string text = RecurrentInput();
  for (int i = 0; i < 20; ++i) {
    const std::string from = i == 0 ? "x" : "t" + std::to_string(i - 1);
    text += Node("m" + std::to_string(i), "MatMul", {from, "w"}, "") +
            Node("t" + std::to_string(i), "Tanh", {"m" + std::to_string(i)}, "");
  }
  return text + Node("y", "Identity", {"t19"}, "");
}

// The same as a loop.
std::string LoopText() {
  return RecurrentInput() + IntConst("zero", 0) + IntConst("one", 1) + IntConst("limit", 20) +
         Enter("i_in", "zero", "DT_INT32", false) + Enter("x_in", "x", "DT_FLOAT", false) +
         Enter("w_in", "w", "DT_FLOAT", true) + Enter("one_in", "one", "DT_INT32", true) +
         Enter("limit_in", "limit", "DT_INT32", true) +
         IntNode("i", "Merge", "input: \"i_in\" input: \"i_next\" attr { key: \"N\" value { i: 2 } }") +
         Node("h", "Merge", {"x_in", "h_next"}, "attr { key: \"N\" value { i: 2 } }") +
         IntNode("less", "Less", "input: \"i\" input: \"limit_in\"") +
         "node { name: \"go_on\" op: \"LoopCond\" input: \"less\" }\n" +
         IntNode("i_switch", "Switch", "input: \"i\" input: \"go_on\"") +
         Node("h_switch", "Switch", {"h", "go_on"}, "") +
         IntNode("i_more", "AddV2", "input: \"i_switch:1\" input: \"one_in\"") +
         Node("m", "MatMul", {"h_switch:1", "w_in"}, "") + Node("t", "Tanh", {"m"}, "") +
         IntNode("i_next", "NextIteration", "input: \"i_more\"") + Node("h_next", "NextIteration", {"t"}, "") +
         Node("y", "Exit", {"h_switch"}, "");
}

class ModelInAFile {
 public:
  explicit ModelInAFile(const std::string& text)
      : path_(Cat(testing::TempDir(), "rivulet_memory_test_", static_cast<int64_t>(getpid()), ".pb")) {
    const auto wire = TextToWire(text, TextRoot::kGraphDef, Limits());
    EXPECT_TRUE(wire.ok()) << wire.status().ToString();
    EXPECT_TRUE(wire.ok() && SaveFile(path_, *wire).ok());
  }
  ~ModelInAFile() { std::remove(path_.c_str()); }
  std::unique_ptr<Session> MakeSession() const {
    auto model = Model::Load(path_);
    EXPECT_TRUE(model.ok()) << model.status().ToString();
    if (!model.ok()) return nullptr;
    auto session = Session::Create(*model);
    EXPECT_TRUE(session.ok());
    return session.ok() ? std::move(*session) : nullptr;
  }

 private:
  const std::string path_;
};

Feeds Rows(int64_t count) {
  const std::vector<float> values(static_cast<size_t>(count * 512), 0.01f);
  return {{"x", Tensor::Of<float>({count, 512}, values)}};
}

TEST(Memory, AfterThePlanItIsTheWeightsOnce) {
#ifdef RIVULET_SHADOWED
  GTEST_SKIP() << "a sanitizer's own memory counts too";
#endif
  int64_t weight_bytes = 0;
  const ModelInAFile file(ModelText(&weight_bytes));
  // What lies free in the heap would hide what is asked for now.
  malloc_trim(0);
  const int64_t before = AnonymousKiB();
  ASSERT_GT(before, 0);
  const auto session = file.MakeSession();
  ASSERT_NE(session, nullptr);
  const std::vector<float> pixels(4 * 4 * 256, 0.5f);
  const Feeds feeds = {{"x", Tensor::Of<float>({1, 4, 4, 256}, pixels)}};
  const auto stats = session->Prepare(feeds, {"y"});
  ASSERT_TRUE(stats.ok()) << stats.status().ToString();
  malloc_trim(0);
  const int64_t grown = AnonymousKiB() - before;
  constexpr int64_t kHugePageKiB = 2048;  // the last one, perhaps nearly empty
  EXPECT_LE(grown, weight_bytes * 11 / 10 / 1024 + kHugePageKiB) << "for weights of " << weight_bytes / 1024 << " KiB";
  EXPECT_GE(grown, weight_bytes * 9 / 10 / 1024) << "the packed weights are somewhere";
  // They stay so: what a run needs besides is the arena and scratch memory.
  ASSERT_TRUE(session->Run(feeds, {"y"}).ok());
  EXPECT_EQ(session->Prepare(feeds, {"y"})->constant_bytes, stats->constant_bytes);
  EXPECT_NEAR(static_cast<double>(stats->constant_bytes), static_cast<double>(weight_bytes), 0.05 * weight_bytes);
}

// By the session's own count, which is the same in every run.
void ExpectRecurrentWeightsOnce(const std::string& text) {
  const ModelInAFile file(text);
  const auto session = file.MakeSession();
  ASSERT_NE(session, nullptr);
  const auto stats = session->Prepare(Rows(1), {"y"});
  ASSERT_TRUE(stats.ok()) << stats.status().ToString();
  const auto used = static_cast<int64_t>(session->allocator()->used_bytes());
  EXPECT_LE(used, kRecurrentBytes * 11 / 10);
  EXPECT_GE(used, kRecurrentBytes);
  ASSERT_TRUE(session->Run(Rows(1), {"y"}).ok());
  EXPECT_LE(static_cast<int64_t>(session->allocator()->used_bytes()), kRecurrentBytes * 11 / 10);
}

TEST(Memory, StepsOfARecurrentNetworkShareItsWeights) { ExpectRecurrentWeightsOnce(UnrolledText()); }

TEST(Memory, ALoopHasItsWeightsOnce) { ExpectRecurrentWeightsOnce(LoopText()); }

TEST(Memory, PlansOfASessionShareTheirWeights) {
  for (const std::string& text : {UnrolledText(), LoopText()}) {
    const ModelInAFile file(text);
    const auto session = file.MakeSession();
    ASSERT_NE(session, nullptr);
    const auto first = session->Run(Rows(1), {"y"});
    ASSERT_TRUE(first.ok()) << first.status().ToString();
    EXPECT_GE(session->allocator()->used_bytes(), static_cast<size_t>(kRecurrentBytes));
    const auto second = session->Prepare(Rows(2), {"y"});
    ASSERT_TRUE(second.ok()) << second.status().ToString();
    EXPECT_LE(second->constant_bytes, kRecurrentBytes / 20);
    const auto both = session->Run(Rows(2), {"y"});
    ASSERT_TRUE(both.ok());
    EXPECT_EQ((*both)[0].data<float>()[512 + 7], (*first)[0].data<float>()[7]);
  }
}

}  // namespace
}  // namespace rivulet
#endif  // Linux
