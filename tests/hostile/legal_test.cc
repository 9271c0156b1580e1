// Section Z: files that look hostile but are legal, and must give the right result.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

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

TEST(Legal, AnyEdgeCanBeFed) {
  const std::string graph = FloatPlaceholder("x") + Add("y", "x", "x") + Add("z", "y", "y");
  const float value = 5;
  EXPECT_EQ(Floats(RunGraph(graph, {"z"}, {{"y:0", Tensor::Scalar(value)}})), (std::vector<float>{10}));
}

}  // namespace
}  // namespace rivulet
