// Hostile files, section A: what is wrong with the bytes before any node is looked at. Each case asserts the code and
// parts of the message, and that the process goes on. What is wrong with the file itself is in file_test.cc.
#include <gtest/gtest.h>
#include <pthread.h>

#include <clocale>
#include <cmath>
#include <functional>

#include "tests/hostile/loading.h"

namespace rivulet {
namespace {

TEST(HostileBytes, A2_CutAtEveryByte) {
  const std::string whole = SmallModel();
  int loaded = 0;
  for (size_t cut = 1; cut < whole.size(); ++cut) {
    auto model = LoadText(whole.substr(0, cut));
    if (!model.ok()) {
      EXPECT_TRUE(model.status().code() == Code::kDataLoss || model.status().code() == Code::kInvalidArgument)
          << model.status().ToString();
      if (model.status().code() == Code::kDataLoss) {
        EXPECT_NE(model.status().message().find("offset"), std::string_view::npos);
      }
      continue;
    }
    ++loaded;  // a cut at a node's border is a smaller graph: the missing node is missed by name
    auto session = Session::Create(*model);
    ASSERT_TRUE(session.ok());
    if ((*model)->Describe("y").ok()) continue;
    ExpectError((*session)->Run({}, {"y"}).status(), Code::kNotFound, {"'y'"});
  }
  EXPECT_GE(loaded, 2);
  EXPECT_LE(loaded, 4);
}

// A large constant, cut every 4 KiB: never half of it.
TEST(HostileBytes, A2_LargeModelCut) {
  const std::string whole =
      Versions32(24) +
      ConstNode32("c", Wire().Bytes(2, Shape32({1 << 18})).Bytes(4, std::string(size_t{4} << 18, '\1')).str());
  ASSERT_TRUE(LoadText(whole).ok());
  for (size_t cut = 4096; cut < whole.size(); cut += 4096)
    ExpectError(LoadText(whole.substr(0, cut)).status(), Code::kDataLoss, {"test.pb", "offset", "are left"});
}

// Some 4 KiB: two layers with their weights, attributes of every kind, unknown operators, control inputs.
std::string BroadModel() {
  const auto constant = [](std::string_view name, std::initializer_list<int64_t> dims, int count) {
    Wire tensor;
    tensor.Bytes(2, Shape32(dims));
    for (int i = 0; i < count; ++i) tensor.Float(5, 0.125f * static_cast<float>(i % 9 - 4));
    return ConstNode32(name, tensor.str());
  };
  const std::string ones = Wire().Bytes(1, Wire().Bytes(3, std::string(4, '\1')).str()).str();
  const std::string convolution = TypeAttr("T", 1) + Attr("strides", ones) +
                                  Attr("padding", Wire().Bytes(2, "SAME").str()) +
                                  Attr("data_format", Wire().Bytes(2, "NHWC").str());
  const std::string placeholder = TypeAttr("dtype", 1) + Attr("shape", Wire().Bytes(7, Shape32({1, 4, 4, 3})).str());
  return Node32("image", "Placeholder", {}, placeholder) + constant("filter", {3, 3, 3, 4}, 108) +
         Node32("conv", "Conv2D", {"image", "filter"}, convolution) + constant("bias", {4}, 4) +
         Node32("add", "BiasAdd", {"conv", "bias"}, TypeAttr("T", 1)) +
         Node32("relu", "Relu", {"add"}, TypeAttr("T", 1)) + constant("shape", {104, 5}, 520) +
         Node32("strange", "NoSuchOperator", {"relu:0", "^bias"}, Attr("f", Wire().Float(4, 1).str())) +
         Node32("y", "Mul", {"relu", "bias", "^filter"}, TypeAttr("T", 1)) + Versions32(24);
}

TEST(HostileBytes, A3_EveryBitFlipped) {
  const std::string whole = BroadModel();
  EXPECT_GT(whole.size(), 3500u);
  const Feeds feeds = {{"image", Tensor::Of<float>({1, 4, 4, 3}, std::vector<float>(48, 0.5f))}};
  int num_results = 0;
  for (size_t bit = 0; bit < whole.size() * 8; ++bit) {
    std::string flipped = whole;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
    auto model = LoadText(flipped);
    if (!model.ok()) {
      EXPECT_FALSE(model.status().message().empty());
      continue;
    }
    SessionOptions options;
    options.memory_budget_bytes = 1 << 20;
    auto session = Session::Create(*model, options);
    ASSERT_TRUE(session.ok());
    auto result = (*session)->Run(feeds, {"y"});
    num_results += result.ok();
    if (!result.ok()) EXPECT_FALSE(result.status().message().empty());
  }
  EXPECT_GT(num_results, 10000);  // most bits are weights
}

TEST(HostileBytes, A4_NotAModel) {
  using std::string_literals::operator""s;
  const std::pair<std::string, std::string> files[] = {
      {"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"s, "PNG"},
      {"\x7f"
       "ELF\2\1\1\0"s,
       "ELF"},
      {"<!DOCTYPE html><html>not found</html>", "HTML"},
      {"{\"nodes\": [{\"name\": \"x\"}]}", "JSON"},
      {"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n", "Git LFS"},
      {"\x1f\x8b\x08\0\0\0\0\0"s, "gzip"},
      {"\x1c\0\0\0TFL3\0\0\0\0"s, "TensorFlow Lite"},
      {"\x08\x07\x12\x07pytorch\x1a\x03"
       "1.9"s,
       "ONNX"},
  };
  for (const auto& [bytes, what] : files)
    ExpectError(LoadText(bytes).status(), Code::kInvalidArgument, {"test.pb", what});
}

TEST(HostileBytes, A5_LengthsBeyondTheEnd) {
  for (const uint64_t length : {uint64_t{100}, uint64_t{1} << 31, uint64_t{1} << 63, ~uint64_t{0}}) {
    ExpectError(LoadText(Wire().Tag(1, 2).Varint(length).Raw("\x01\x02\x03").str()).status(), Code::kDataLoss,
                {"offset", "bytes", "left"});
  }
}

TEST(HostileBytes, A6_BrokenNumbers) {
  ExpectError(LoadText("\x18\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01").status(), Code::kDataLoss, {"64 bits"});
  ExpectError(LoadText("\x18\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02").status(), Code::kDataLoss, {"64 bits"});
  ExpectError(LoadText("\x18\xff\xff").status(), Code::kDataLoss, {"ends inside a number"});
}

TEST(HostileBytes, A7_BrokenTags) {
  ExpectError(LoadText(SmallModel() + Wire().Tag(3, 6).str()).status(), Code::kDataLoss, {"wire type 6"});
  ExpectError(LoadText(SmallModel() + Wire().Tag(3, 7).str()).status(), Code::kDataLoss, {"wire type 7"});
  ExpectError(LoadText(SmallModel() + std::string("\x02\x00", 2)).status(), Code::kDataLoss, {"field number 0"});
  ExpectError(LoadText(SmallModel() + Wire().Tag(9, 4).str()).status(), Code::kDataLoss, {"group ends"});
  ExpectError(LoadText(SmallModel() + Wire().Tag(9, 3).Tag(10, 4).str()).status(), Code::kDataLoss, {"group ends"});
}

// Runs `body` on a thread of 128 KiB, the stack that a deep recursion would overflow.
void OnSmallStack(const std::function<void()>& body) {
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) && !defined(__has_feature)
  pthread_attr_setstacksize(&attributes, 128 << 10);
#endif
  pthread_t thread;
  const auto run = [](void* b) -> void* {
    (*static_cast<const std::function<void()>*>(b))();
    return nullptr;
  };
  ASSERT_EQ(pthread_create(&thread, &attributes, run, const_cast<std::function<void()>*>(&body)), 0);
  pthread_join(thread, nullptr);
  pthread_attr_destroy(&attributes);
}

TEST(HostileBytes, A8_AttributesNestedTooDeep) {
  std::string value = Wire().Int(3, 1).str();
  for (int i = 0; i < 10000; ++i) {
    const std::string entry = Wire().Bytes(1, "f").Bytes(2, value).str();
    value = Wire().Bytes(10, Wire().Bytes(2, entry).str()).str();
  }
  const std::string model = Node32("n", "NoOp", {}, Attr("f", value));
  OnSmallStack([&] {
    ExpectError(LoadText(model).status(), Code::kInvalidArgument, {"node 'n'", "nested deeper than 100"});
  });
}

TEST(HostileBytes, A9_GroupsNestedTooDeep) {
  std::string groups = SmallModel();
  for (int i = 0; i < 100000; ++i) groups += Wire().Tag(9, 3).str();
  OnSmallStack([&] { ExpectError(LoadText(groups).status(), Code::kInvalidArgument, {"nested deeper than 100"}); });
}

TEST(HostileBytes, A12_RepeatedSingularFields) {
  // The last value counts, also of an attribute given many times; linear time.
  Wire node;
  for (int i = 0; i < 1000000; ++i) node.Bytes(1, "first");
  node.Bytes(1, "n").Bytes(2, "Placeholder");
  std::string attrs;
  for (int i = 0; i < 100000; ++i) attrs += TypeAttr("dtype", 3);
  auto model = LoadText(Wire().Bytes(1, node.str() + attrs + TypeAttr("dtype", 1)).str());
  ASSERT_TRUE(model.ok()) << model.status().ToString();
  ASSERT_EQ((*model)->Inputs().size(), 1u);
  EXPECT_EQ((*model)->Inputs()[0].name, "n");
  EXPECT_EQ((*model)->Inputs()[0].dtype, DType::kFloat);
}

Result<std::vector<Tensor>> RunConst(const std::string& tensor_fields) {
  RIVULET_ASSIGN_OR_RETURN(
      auto model, LoadText(ConstNode32("c", tensor_fields) + Node32("y", "Identity", {"c"}, TypeAttr("T", 1))));
  RIVULET_ASSIGN_OR_RETURN(auto session, Session::Create(model));
  return session->Run({}, {"y"});
}

TEST(HostileBytes, A13_PackedNumbers) {
  float values[2] = {1.5f, 2.5f};
  const std::string packed(reinterpret_cast<const char*>(values), 8);
  ExpectError(RunConst(Wire().Bytes(2, Shape32({2})).Bytes(5, packed.substr(0, 7)).str()).status(), Code::kDataLoss,
              {"node 'c'", "multiple of 4"});
  // Mixed packed and single values are legal.
  auto mixed = RunConst(Wire().Bytes(2, Shape32({4})).Float(5, 0.5f).Bytes(5, packed).Float(5, 3.5f).str());
  ASSERT_TRUE(mixed.ok()) << mixed.status().ToString();
  const auto got = (*mixed)[0].values<float>();
  EXPECT_EQ(std::vector<float>(got.begin(), got.end()), (std::vector<float>{0.5f, 1.5f, 2.5f, 3.5f}));
}

TEST(HostileBytes, A13_PackedListsAndContent) {
  const std::string list = Wire().Bytes(1, Wire().Bytes(4, "1234567").str()).str();
  ExpectError(LoadText(Node32("n", "NoOp", {}, Attr("l", list))).status(), Code::kDataLoss, {"node 'n'", "not whole"});
  for (const size_t bytes : {0, 4, 7, 8, 9, 12}) {
    auto result = RunConst(Wire().Bytes(2, Shape32({2})).Bytes(4, std::string(bytes, 'x')).str());
    if (bytes == 0 || bytes == 8) {
      EXPECT_TRUE(result.ok()) << result.status().ToString();  // no content at all is zeros
    } else {
      ExpectError(result.status(), Code::kInvalidArgument, {"node 'c'", "bytes of content, want 8"});
    }
  }
}

TEST(HostileBytes, A13_TwoNodesOfOneName) {
  ExpectError(LoadText(SmallModel() + FloatPlaceholder("y")).status(), Code::kInvalidArgument, {"two nodes", "'y'"});
}

TEST(HostileBytes, A14_NamesInMessages) {
  using std::string_literals::operator""s;
  for (const std::string& name :
       {"a\0b"s, "a\nb"s, "a\x1b[31mb"s, "a\xff\xfe"s, "../../etc/passwd"s, std::string(1 << 20, 'n')}) {
    auto model = LoadText(Node32("n", "Identity", {name}, TypeAttr("T", 1)));
    ASSERT_FALSE(model.ok());
    EXPECT_LT(model.status().message().size(), 600u);
    for (const char c : model.status().message()) EXPECT_GE(static_cast<unsigned char>(c), 0x20);
  }
}

TEST(HostileBytes, A15_Versions) {
  EXPECT_TRUE(LoadText(SmallModel() + Versions32(2500, 2500)).ok());
  ExpectError(LoadText(SmallModel() + Versions32(2501, 2501)).status(), Code::kFailedPrecondition, {"2501"});
  ExpectError(LoadText(SmallModel() + Versions32(99999, 99999)).status(), Code::kFailedPrecondition, {"99999", "2500"});
  const std::string bad = Wire().Bytes(4, Wire().Int(1, 24).Int(3, 2500).str()).str();
  ExpectError(LoadText(SmallModel() + bad).status(), Code::kFailedPrecondition, {"2500"});
  // As writers of the third version of the format pack them.
  const std::string packed = Wire().Bytes(4, Wire().Bytes(3, Wire().Varint(7).Varint(2500).str()).str()).str();
  ExpectError(LoadText(SmallModel() + packed).status(), Code::kFailedPrecondition, {"refuses", "2500"});
  const std::string cut = Wire().Bytes(4, Wire().Bytes(3, "\xff").str()).str();
  ExpectError(LoadText(SmallModel() + cut).status(), Code::kDataLoss, {"packed numbers"});
}

TEST(HostileBytes, A16_TextGraph) {
  ExpectError(LoadText(std::string(1000000, '{')).status(), Code::kInvalidArgument, {"line 1, column 1"});
  std::string deep = "node ";
  for (int i = 0; i < 1000; ++i) deep += "{ attr { value { func { attr ";
  ExpectError(LoadText(deep).status(), Code::kInvalidArgument, {"line 1"});
  ExpectError(LoadText("node {\n  name: \"x\n}").status(), Code::kInvalidArgument, {"line 2", "not closed"});
  ExpectError(LoadText("node {\n  nome: \"x\"\n}").status(), Code::kInvalidArgument, {"line 2", "'nome'"});
  ExpectError(LoadText("node { name: \"x\" ").status(), Code::kInvalidArgument, {"ends inside"});
  ExpectError(LoadText("versions { producer: 99999999999999999999 }").status(), Code::kInvalidArgument, {"64 bits"});
  // 1e999 is an infinity; the locale's comma changes nothing.
  const char* old = std::setlocale(LC_NUMERIC, "de_DE.UTF-8");
  auto model = LoadText(
      "node { name: 'c' op: 'Const' attr { key: 'dtype' value { type: DT_FLOAT } } attr { key: 'value' value { tensor "
      "{ "
      "dtype: DT_FLOAT tensor_shape { dim { size: 2 } } float_val: 1e999 float_val: 2.5 } } } }");
  if (old != nullptr) std::setlocale(LC_NUMERIC, "C");
  ASSERT_TRUE(model.ok()) << model.status().ToString();
  auto session = Session::Create(*model);
  auto result = (*session)->Run({}, {"c"});
  ASSERT_TRUE(result.ok()) << result.status().ToString();
  EXPECT_TRUE(std::isinf((*result)[0].data<float>()[0]));
  EXPECT_EQ((*result)[0].data<float>()[1], 2.5f);
}

}  // namespace
}  // namespace rivulet
