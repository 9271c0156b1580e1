#include <gtest/gtest.h>

#include <vector>

#include "engine/graph/text_form.h"
#include "engine/run/lower.h"
#include "engine/run/model_of.h"
#include "rivulet/session.h"

namespace rivulet {
namespace {

constexpr char kArray[] = R"(
two = Const() {dtype=int32, value=int32[]{2}}
i = Const() {dtype=int32, value=int32[]{0}}
x = Placeholder() {dtype=float32, shape=shape[?]}
a = TensorArrayV3(two) {dtype=float32, element_shape=shape[3]}
u = TensorArrayV3(two) {dtype=float32, element_shape=shape[?]}
h = Enter(a) {T=resource, frame_name="f", is_constant=true}
g = Identity(h) {T=resource}
r = TensorArrayReadV3(g, i, a:1) {dtype=float32}
s = TensorArrayReadV3(u, i, u:1) {dtype=float32}
w = TensorArrayWriteV3(a, i, x, a:1) {T=float32}
)";

const Shape* ShapeSaid(const Graph& graph, std::string_view name) {
  for (const Node& node : graph.nodes()) {
    if (node.name == name) return node.attrs.Get<Shape>("_element_shape");
  }
  return nullptr;
}

TEST(ElementShapes, AreSaidToReadersThroughWhatHandsTheArrayOn) {
  Result<Graph> graph = ParseGraph(kArray);
  ASSERT_TRUE(graph.ok()) << graph.status().ToString();
  NameElementShapes(&*graph);
  ASSERT_NE(ShapeSaid(*graph, "r"), nullptr);
  EXPECT_EQ(*ShapeSaid(*graph, "r"), (Shape{3}));
  EXPECT_EQ(ShapeSaid(*graph, "s"), nullptr);  // the array takes any number of columns
}

// A file can say what it likes; the array's element is looked at when it is read.
TEST(ElementShapes, OneThatIsNotTrueIsAnError) {
  constexpr char kLie[] = R"(
two = Const() {dtype=int32, value=int32[]{2}}
i = Const() {dtype=int32, value=int32[]{0}}
x = Placeholder() {dtype=float32, shape=shape[?]}
u = TensorArrayV3(two) {dtype=float32}
w = TensorArrayWriteV3(u, i, x, u:1) {T=float32}
r = TensorArrayReadV3(u, i, w) {dtype=float32, _element_shape=shape[5]}
y = Neg(r) {T=float32}
)";
  auto session = Session::Create(ModelOf(kLie));
  ASSERT_TRUE(session.ok());
  const auto run = [&](int64_t size) {
    const std::vector<float> ones(static_cast<size_t>(size), 1.0f);
    return (*session)->Run({{"x", Tensor::Of<float>({size}, ones)}}, {"y"});
  };
  EXPECT_TRUE(run(5).ok());
  const auto result = run(4);
  ASSERT_FALSE(result.ok());
  EXPECT_NE(result.status().ToString().find("want float32[5], got float32[4]"), std::string::npos)
      << result.status().ToString();
}

}  // namespace
}  // namespace rivulet
