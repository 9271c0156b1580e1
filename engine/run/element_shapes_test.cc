#include <gtest/gtest.h>

#include "engine/graph/text_form.h"
#include "engine/run/lower.h"

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

}  // namespace
}  // namespace rivulet
