// Section Z: files that look hostile but are legal, and must give the right result.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <cstdlib>
#include <limits>
#include <vector>

#include "rivulet/session.h"
#include "tests/hostile/wire_builder.h"

namespace rivulet {
namespace {

Result<std::vector<Tensor>> RunGraph(const std::string& bytes, const std::vector<std::string>& fetches,
                                     const Feeds& feeds = {}) {
  auto model = Model::LoadBytes({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()}, nullptr, "legal.pb");
  if (!model.ok()) return model.status();
  RIVULET_ASSIGN_OR_RETURN(auto session, Session::Create(*model));
  return session->Run(feeds, fetches);
}

std::vector<float> Floats(const Result<std::vector<Tensor>>& result) {
  if (!result.ok()) {
    ADD_FAILURE() << result.status().ToString();
    return {};
  }
  const auto values = (*result)[0].values<float>();
  return {values.begin(), values.end()};
}

std::string Splat(std::string_view name, std::initializer_list<int64_t> dims, float value) {
  return ConstNode32(name, Wire().Bytes(2, Shape32(dims)).Float(5, value).str());
}

std::string Add(std::string_view name, std::string_view a, std::string_view b) {
  return Node32(name, "Add", {a, b}, TypeAttr("T", 1));
}

std::string IntConst(std::string_view name, std::initializer_list<int64_t> dims, const std::string& values) {
  return Node32(name, "Const", {},
                TypeAttr("dtype", 3) +
                    Attr("value", Wire().Bytes(8, Wire().Int(1, 3).Bytes(2, Shape32(dims)).Raw(values).str()).str()));
}
std::string IntVector(std::string_view name, std::initializer_list<uint64_t> values) {
  Wire packed;
  for (const uint64_t value : values) packed.Varint(value);
  return IntConst(name, {static_cast<int64_t>(values.size())}, Wire().Bytes(7, packed.str()).str());
}

std::string StringConst(std::string_view name, std::string_view value) {
  return Node32(
      name, "Const", {},
      TypeAttr("dtype", 7) + Attr("value", Wire().Bytes(8, Wire().Int(1, 7).Bytes(2, "").Bytes(8, value).str()).str()));
}

// x[begin:end] of a float vector, by three constants named after `name`.
std::string SliceNodes(const std::string& name, std::string_view x, uint64_t begin, uint64_t end) {
  return IntVector(name + "/begin", {begin}) + IntVector(name + "/end", {end}) + IntVector(name + "/step", {1}) +
         Node32(name, "StridedSlice", {x, name + "/begin", name + "/end", name + "/step"},
                TypeAttr("T", 1) + TypeAttr("Index", 3));
}

TEST(Legal, Z1_NodesInAnyOrder) {
  EXPECT_EQ(Floats(RunGraph(Add("y", "a", "b") + Splat("b", {2}, 2) + Splat("a", {2}, 1), {"y"})),
            (std::vector<float>{3, 3}));
}

TEST(Legal, Z3_Splats) {
  EXPECT_EQ(Floats(RunGraph(Splat("a", {3, 2}, 1.5f), {"a"})), (std::vector<float>(6, 1.5f)));
  // Some values, of which the last is repeated; no value at all is zero.
  EXPECT_EQ(Floats(RunGraph(ConstNode32("a", Wire().Bytes(2, Shape32({5})).Float(5, 1).Float(5, 2).str()), {"a"})),
            (std::vector<float>{1, 2, 2, 2, 2}));
  EXPECT_EQ(Floats(RunGraph(ConstNode32("a", Wire().Bytes(2, Shape32({2})).str()), {"a"})), (std::vector<float>{0, 0}));
}

TEST(Legal, Z3_SurplusValues) {
  const std::string one_by_one = Wire().Bytes(2, Shape32({2})).Float(5, 1).Float(5, 2).Float(5, 3).str();
  EXPECT_EQ(Floats(RunGraph(ConstNode32("a", one_by_one) + Add("y", "a", "a"), {"y"})), (std::vector<float>{2, 4}));
  const float values[3] = {1, 2, 3};
  const std::string packed(reinterpret_cast<const char*>(values), 12);
  EXPECT_EQ(Floats(RunGraph(ConstNode32("a", Wire().Bytes(2, Shape32({2})).Bytes(5, packed).str()), {"a"})),
            (std::vector<float>{1, 2}));
}

TEST(Legal, Z4_EmptyTensors) {
  auto result = RunGraph(Splat("a", {0, 3}, 1) + Splat("b", {3}, 1) + Add("y", "a", "b"), {"y"});
  ASSERT_TRUE(result.ok()) << result.status().ToString();
  EXPECT_EQ((*result)[0].shape().ToString(), "[0,3]");
}

TEST(Legal, Z5_UnknownFieldsAndAttributes) {
  const std::string node =
      Node32("y", "Add", {"a", "a"},
             TypeAttr("T", 1) + Attr("_class", Wire().Bytes(2, "loc:@a").str()) +
                 Attr("_output_shapes", Wire().Bytes(1, "").str()) + Wire().Bytes(77, "new").str());
  EXPECT_EQ(Floats(RunGraph(Wire().Int(88, 1).str() + node + Splat("a", {1}, 2), {"y"})), (std::vector<float>{4}));
}

TEST(Legal, Z6_PackedAndSingleNumbersMixed) {
  const std::string values = Wire().Int(7, 1).Bytes(7, Wire().Varint(2).Varint(300).str()).Int(7, 4).str();
  const auto result = RunGraph(IntConst("a", {4}, values), {"a"});
  ASSERT_TRUE(result.ok()) << result.status().ToString();
  const auto got = (*result)[0].values<int32_t>();
  EXPECT_EQ(std::vector<int32_t>(got.begin(), got.end()), (std::vector<int32_t>{1, 2, 300, 4}));
}

TEST(Legal, Z7_RepeatedControlInputs) {
  const std::string node = Node32("y", "Add", {"a", "a", "^n", "^n", "^a"}, TypeAttr("T", 1));
  EXPECT_EQ(Floats(RunGraph(Node32("n", "NoOp", {}) + node + Splat("a", {1}, 2), {"y"})), (std::vector<float>{4}));
}

TEST(Legal, Z8_UnknownOperatorsThatNothingNeeds) {
  const std::string graph = Splat("a", {1}, 2) + Node32("strange", "NoSuchOperator", {"a"}, "") +
                            Node32("more", "Add", {"strange:3", "a"}, TypeAttr("T", 1)) + Add("y", "a", "a");
  EXPECT_EQ(Floats(RunGraph(graph, {"y"})), (std::vector<float>{4}));
  const Status status = RunGraph(graph, {"more"}).status();
  EXPECT_EQ(status.code(), Code::kUnimplemented);
  EXPECT_NE(status.message().find("node 'strange' (NoSuchOperator)"), std::string_view::npos) << status.ToString();
}

TEST(Legal, Z8_BrokenConstantThatNothingNeeds) {
  // 2^62 elements promised: refused only when it is wanted.
  const std::string graph =
      Splat("a", {1}, 2) + Splat("bomb", {int64_t{1} << 31, int64_t{1} << 31}, 1) + Add("y", "a", "a");
  EXPECT_EQ(Floats(RunGraph(graph, {"y"})), (std::vector<float>{4}));
  EXPECT_EQ(RunGraph(graph, {"bomb"}).status().code(), Code::kResourceExhausted);
}

TEST(Legal, Z9_SlicesPastTheEndAreClamped) {
  const std::string a = ConstNode32("a", Wire().Bytes(2, Shape32({3})).Float(5, 1).Float(5, 2).Float(5, 3).str());
  EXPECT_EQ(Floats(RunGraph(a + SliceNodes("y", "a", 1, 100), {"y"})), (std::vector<float>{2, 3}));
  EXPECT_EQ(Floats(RunGraph(a + SliceNodes("y", "a", 7, 100), {"y"})), (std::vector<float>{}));
}

std::string Chunk(std::string_view kind, std::string_view bytes) {
  const auto size = static_cast<uint32_t>(bytes.size());
  const char raw[4] = {static_cast<char>(size), static_cast<char>(size >> 8), static_cast<char>(size >> 16),
                       static_cast<char>(size >> 24)};
  return std::string(kind) + std::string(raw, 4) + std::string(bytes);
}

TEST(Legal, Z10_EmptySoundsAndExtraBytes) {
  using std::string_literals::operator""s;
  const std::string format = Chunk("fmt ", "\1\0\1\0\x80\x3e\0\0\0\x7d\0\0\2\0\x10\0"s);
  const auto decode = [&](const std::string& chunks) {
    const std::string wav = Chunk("RIFF", "WAVE" + chunks) + "\0\0\0"s;
    return RunGraph(StringConst("wav", wav) + Node32("y", "DecodeWav", {"wav"}), {"y:0", "y:1"});
  };
  const auto empty = decode(Chunk("LIST", "INFO") + format + Chunk("data", ""));
  ASSERT_TRUE(empty.ok()) << empty.status().ToString();
  EXPECT_EQ((*empty)[0].shape().ToString(), "[0,1]");
  EXPECT_EQ((*empty)[1].data<int32_t>()[0], 16000);
  EXPECT_EQ(Floats(decode(format + Chunk("fact", "\1\0\0\0"s) + Chunk("data", "\0\x40"s) + Chunk("LIST", ""))),
            (std::vector<float>{0.5f}));
  // A BMP of one pixel, and what follows it.
  const std::string bmp = "BM\x3a\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0\1\0\0\0\1\0\0\0\1\0\x18\0\0\0\0\0\4\0\0\0"s +
                          std::string(16, '\0') + "\1\2\3\0"s + "trailing";
  const auto picture = RunGraph(StringConst("bmp", bmp) + Node32("y", "DecodeBmp", {"bmp"}), {"y"});
  ASSERT_TRUE(picture.ok()) << picture.status().ToString();
  EXPECT_EQ((*picture)[0].shape().ToString(), "[1,1,3]");
  EXPECT_EQ((*picture)[0].data<uint8_t>()[0], 3);
}

TEST(Legal, Z11_MegabytesInOneConstant) {
  constexpr int64_t kCount = int64_t{2} << 20;
  std::string content(kCount * 4, '\0');
  const float last = 7;
  std::memcpy(content.data() + content.size() - 4, &last, 4);
  const std::string a = ConstNode32("a", Wire().Bytes(2, Shape32({kCount})).Bytes(4, content).str());
  EXPECT_EQ(Floats(RunGraph(a + SliceNodes("y", "a", kCount - 2, kCount), {"y"})), (std::vector<float>{0, 7}));
}

TEST(Legal, Z12_NamesWithPunctuation) {
  EXPECT_EQ(
      Floats(RunGraph(Splat("scope/a.b-c>d", {1}, 2) + Add("y/z", "scope/a.b-c>d", "scope/a.b-c>d:0"), {"y/z:0"})),
      (std::vector<float>{4}));
}

TEST(Legal, Z13_NanWeights) {
  const std::vector<float> got = Floats(RunGraph(
      Splat("a", {2}, std::numeric_limits<float>::quiet_NaN()) + Splat("b", {2}, 1) + Add("y", "a", "b"), {"y"}));
  ASSERT_EQ(got.size(), 2u);
  EXPECT_TRUE(std::isnan(got[0]));
}

TEST(Legal, Z14_UnusedFunctions) {
  const std::string signature = Wire().Bytes(1, Wire().Bytes(1, "Unused").str()).str();
  const std::string library = Wire().Bytes(2, Wire().Bytes(1, signature).str()).str();
  EXPECT_EQ(Floats(RunGraph(library + Splat("a", {1}, 2), {"a"})), (std::vector<float>{2}));
}

// A file of 1.9 GiB, nearly all of it one constant; the file is sparse, and only the pages that are read take memory.
TEST(Legal, Z16_LargeModel) {
  constexpr uint64_t kBytes = uint64_t{2040109465} / 4 * 4;
  // The constant's bytes are the last thing of the file, so that they can be left out here and be a hole there. They
  // start at a multiple of 64, so that they are used in place.
  const auto head = [&](size_t padding) {
    const std::string before_content = Wire()
                                           .Int(1, 1)
                                           .Bytes(2, Shape32({static_cast<int64_t>(kBytes / 4)}))
                                           .Bytes(99, std::string(padding, 'p'))
                                           .Tag(4, 2)
                                           .Varint(kBytes)
                                           .str();
    const auto open = [](uint32_t field, const std::string& start, uint64_t rest) {
      return Wire().Tag(field, 2).Varint(start.size() + rest).Raw(start).str();
    };
    const std::string value = open(8, before_content, kBytes);
    const std::string entry = Wire().Bytes(1, "value").str() + open(2, value, kBytes);
    const std::string node =
        Wire().Bytes(1, "a").Bytes(2, "Const").str() + TypeAttr("dtype", 1) + open(5, entry, kBytes);
    return SliceNodes("y", "a", kBytes / 4 - 2, kBytes / 4) + open(1, node, kBytes);
  };
  std::string start = head(0);
  start = head(64 - start.size() % 64);
  ASSERT_EQ(start.size() % 64, 0u);

  char path[] = "/tmp/rivulet-large-XXXXXX";
  const int fd = mkstemp(path);
  ASSERT_GE(fd, 0);
  const float last = 7;
  EXPECT_EQ(write(fd, start.data(), start.size()), static_cast<ssize_t>(start.size()));
  EXPECT_EQ(pwrite(fd, &last, 4, static_cast<off_t>(start.size() + kBytes - 4)), 4);
  close(fd);
  auto model = Model::Load(path);
  ASSERT_TRUE(model.ok()) << model.status().ToString();
  EXPECT_GT((*model)->file_bytes(), int64_t{1900} << 20);
  SessionOptions options;
  options.memory_budget_bytes = 1 << 20;
  auto session = Session::Create(*model, options);
  ASSERT_TRUE(session.ok());
  EXPECT_EQ(Floats((*session)->Run({}, {"y"})), (std::vector<float>{0, 7}));
  unlink(path);
}

TEST(Legal, AnyEdgeCanBeFed) {
  const std::string graph = FloatPlaceholder("x") + Add("y", "x", "x") + Add("z", "y", "y");
  const float value = 5;
  EXPECT_EQ(Floats(RunGraph(graph, {"z"}, {{"y:0", Tensor::Scalar(value)}})), (std::vector<float>{10}));
}

TEST(Legal, InputsOfOldModelsMayHaveAnyShape) {
  const std::string input =
      Node32("x", "Placeholder", {}, TypeAttr("dtype", 1) + Attr("shape", Wire().Bytes(7, "").str()));
  const auto shape_of = [](const std::string& bytes) {
    auto model = Model::LoadBytes({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()}, nullptr, "old.pb");
    return model.ok() && (*model)->Inputs().size() == 1 ? (*model)->Inputs()[0].shape.ToString() : "no input";
  };
  EXPECT_EQ(shape_of(input), "?");  // without versions an empty shape is what was written for "unknown"
  EXPECT_EQ(shape_of(input + Versions32(24)), "[]");
}

}  // namespace
}  // namespace rivulet
