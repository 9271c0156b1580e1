// Attention whose batch and heads were made one axis, or whose softmax sees a matrix, gets its axes back, so that
// fuse_attention finds nothing between its parts:
//
//   Reshape(BatchMatMul(a, b), [2,4,9,9])             becomes   BatchMatMul(Reshape(a, [2,4,9,5]), Reshape(b, ..))
//   BatchMatMul(Reshape(p [2,4,9,9], [8,9,9]), v)     becomes   Reshape(BatchMatMul(p, Reshape(v, ..)), [8,9,3])
//   Softmax(Reshape(x [2,4,9,9], [72,9]))             becomes   Reshape(Softmax(x), [72,9])
//   Reshape(x) * 0.5                                  becomes   Reshape(x * 0.5)
//   Reshape(Reshape(x))                               becomes   Reshape(x), or x
//
// A product's matrices stay the last two axes. Reshapes are other names for the same bytes and cost nothing.
#include <algorithm>

#include "engine/passes/labelled_product.h"
#include "engine/passes/match.h"

namespace rivulet {
namespace {

class Splitter {
 public:
  Splitter(const PassContext& context, PatchSink& sink) : graph_(context.graph), sole_(context), sink_(sink) {}

  void Look(int32_t index) {
    const Node& node = graph_.node(index);
    if (!IsPlain(node)) return;
    if (node.op == "Reshape") {
      if (!JoinReshapes(index)) SplitProduct(index);
    } else if (node.op == "Softmax") {
      MoveBehind(index);
    } else if (node.op == "Mul" || node.op == "RealDiv") {
      const Node* reshape = ReshapeOf(node.inputs[0]);
      const bool is_batch = reshape != nullptr && SameMatrices(node.outputs[0].shape, ShapeOf(reshape->inputs[0]));
      if (is_batch && ShapeOf(node.inputs[1]).num_elements() == 1) MoveBehind(index);
    } else if (IsProduct(node)) {
      TakeApart(index);
    }
  }

 private:
  bool IsPlain(const Node& node) const {
    return node.control_inputs.empty() && node.outputs.size() == 1 && node.outputs[0].dtype == DType::kFloat &&
           node.outputs[0].shape.complete() && node.outputs[0].shape.num_elements() > 0;
  }

  static bool IsProduct(const Node& node) { return node.op.starts_with("BatchMatMul") && node.inputs.size() == 2; }

  const Shape& ShapeOf(Edge edge) const { return graph_.fact(edge).shape; }

  // The node of a plain Reshape that makes the edge, or null.
  const Node* ReshapeOf(Edge edge) const {
    const Node& node = graph_.node(edge.node);
    const bool is_one = edge.slot == 0 && node.op == "Reshape" && IsPlain(node) && ShapeOf(node.inputs[0]).complete();
    return is_one ? &node : nullptr;
  }

  static int64_t FromEnd(const Shape& shape, int axis) { return shape[shape.rank() - axis]; }

  // Whether both are batches of as large matrices.
  static bool SameMatrices(const Shape& a, const Shape& b) {
    return a.rank() >= 2 && b.rank() >= 2 && FromEnd(a, 1) == FromEnd(b, 1) && FromEnd(a, 2) == FromEnd(b, 2);
  }

  // Whether no operand broadcasts, and none is known: those are packed as they are.
  bool IsEven(const Node& product) const {
    const Shape& out = product.outputs[0].shape;
    return std::all_of(product.inputs.begin(), product.inputs.end(), [&](Edge edge) {
      const Shape& shape = ShapeOf(edge);
      return !graph_.fact(edge).value.valid() && shape.complete() && shape.rank() == out.rank() &&
             std::equal(out.dims().begin(), out.dims().end() - 2, shape.dims().begin());
    });
  }

  // The matrices of an operand under the batch of another shape.
  Edge Under(const Shape& batch, Edge operand, const std::string& name) {
    Shape shape = batch;
    for (const int axis : {1, 2}) shape.set_dim(shape.rank() - axis, FromEnd(ShapeOf(operand), axis));
    return AddReshape(sink_, name, operand, shape);
  }

  Edge AddLike(const Node& node, std::vector<Edge> inputs) {
    Node copy;
    copy.name = node.name + "/apart";
    copy.op = node.op;
    copy.attrs = node.attrs;
    copy.inputs = std::move(inputs);
    return sink_.Add(std::move(copy));
  }

  bool JoinReshapes(int32_t index) {
    const Node& node = graph_.node(index);
    const Edge from = node.inputs[0];
    const Node* first = ReshapeOf(from);
    const Shape& shape = node.outputs[0].shape;
    const Edge source = first != nullptr ? first->inputs[0] : from;
    const bool is_same = ShapeOf(source).complete() && ShapeOf(source) == shape;
    if (first == nullptr && !is_same) return false;
    sink_.Begin();
    sink_.Replace({index, 0}, is_same ? source : AddReshape(sink_, node.name, source, shape));
    return true;
  }

  void SplitProduct(int32_t index) {
    const Node& node = graph_.node(index);
    const int32_t from = node.inputs[0].node;
    const Node& product = graph_.node(from);
    if (!IsProduct(product) || !IsPlain(product) || sole_.Of(from) != index || !IsEven(product)) return;
    const Shape& shape = node.outputs[0].shape;
    if (shape.rank() <= product.outputs[0].shape.rank() || !SameMatrices(shape, product.outputs[0].shape)) return;
    sink_.Begin();
    const Edge a = Under(shape, product.inputs[0], product.name + "/a");
    const Edge b = Under(shape, product.inputs[1], product.name + "/b");
    sink_.Replace({index, 0}, AddLike(product, {a, b}));
  }

  // The left operand is taken before its batch became fewer axes.
  void TakeApart(int32_t index) {
    const Node& product = graph_.node(index);
    const Node* merge = ReshapeOf(product.inputs[0]);
    if (merge == nullptr || !IsEven(product)) return;
    const Edge a = merge->inputs[0];
    if (ShapeOf(a).rank() <= product.outputs[0].shape.rank()) return;
    if (!SameMatrices(ShapeOf(a), ShapeOf(product.inputs[0]))) return;
    sink_.Begin();
    const Edge b = Under(ShapeOf(a), product.inputs[1], product.name + "/b");
    const Edge result = AddLike(product, {a, b});
    sink_.Replace({index, 0}, AddReshape(sink_, product.name, result, product.outputs[0].shape));
  }

  // What works on each value, or along the last axis, comes before the Reshape of its input.
  void MoveBehind(int32_t index) {
    const Node& node = graph_.node(index);
    const Node* reshape = ReshapeOf(node.inputs[0]);
    if (reshape == nullptr || sole_.Of(node.inputs[0].node) != index) return;
    const Edge from = reshape->inputs[0];
    const Shape& shape = node.outputs[0].shape;
    if (ShapeOf(from).rank() == 0 || shape.rank() == 0 || FromEnd(ShapeOf(from), 1) != FromEnd(shape, 1)) return;
    if (!(shape == reshape->outputs[0].shape)) return;
    sink_.Begin();
    std::vector<Edge> inputs = node.inputs;
    inputs[0] = from;
    sink_.Replace({index, 0}, AddReshape(sink_, node.name, AddLike(node, std::move(inputs)), shape));
  }

  const Graph& graph_;
  const SoleUsers sole_;
  PatchSink& sink_;
};

}  // namespace

Status SplitBatches(const PassContext& context, PatchSink& sink) {
  if constexpr (!kHasProducts || !IsBuilt("Softmax") || !IsBuilt("Reshape")) return Status();
  const auto is_softmax = [](const Node& node) { return node.op == "Softmax"; };
  const auto& nodes = context.graph.nodes();
  if (std::none_of(nodes.begin(), nodes.end(), is_softmax)) return Status();
  Splitter splitter(context, sink);
  for (int32_t i = 0; i < context.graph.size(); ++i) splitter.Look(i);
  return Status();
}

}  // namespace rivulet
