// The sum of two products, as recurrent cells have it, is put in the order in which its parts are there.
//
//   y = BiasAdd(x [1, n], Squeeze(z [1, n]))         becomes   y = AddV2(x, z)
//
//   y = BiasAdd(AddV2(MatMul(x, W), MatMul(h, U)), b)   becomes   y = AddV2(BiasAdd(MatMul(x, W), b), MatMul(h, U))
//
// where x is there before h. The first is what Keras writes where there is one row. Fusion then adds all to the product
// of the state, and what is known without the state stays a product with a bias, which look_ahead and batch_products
// take for many steps at once.
#include <optional>

#include "engine/base/built.h"
#include "engine/passes/levels.h"
#include "engine/passes/match.h"

namespace rivulet {
namespace {

class Sorter {
 public:
  Sorter(const PassContext& context, PatchSink& sink) : graph_(context.graph), users_(context), sink_(sink) {}

  void Run() {
    for (int32_t i = 0; i < graph_.size(); ++i) {
      const Node& node = graph_.node(i);
      if (node.op != "BiasAdd" || node.outputs[0].dtype != DType::kFloat || !node.control_inputs.empty()) continue;
      if (!AddsRow(i)) MovesBias(i);
    }
  }

 private:
  const Shape& ShapeOf(Edge edge) const { return graph_.fact(edge).shape; }

  bool IsPlainProduct(Edge edge, int32_t reader) const {
    const Node& node = graph_.node(edge.node);
    return node.op == "MatMul" && MatchProduct(graph_, edge.node) && users_.Of(edge.node) == reader;
  }

  Node Added(const Node& like, Edge a, Edge b) const {
    Node add;
    add.name = like.name;
    add.op = "AddV2";
    add.attrs.Set("T", DType::kFloat);
    add.inputs = {a, b};
    return add;
  }

  bool AddsRow(int32_t index) {
    const Node& node = graph_.node(index);
    const Shape& shape = ShapeOf(node.inputs[0]);
    const Node& bias = graph_.node(node.inputs[1].node);
    if ((bias.op != "Squeeze" && bias.op != "Reshape") || !bias.control_inputs.empty()) return false;
    if (!shape.complete() || shape.rank() != 2 || shape[0] != 1 || !(ShapeOf(bias.inputs[0]) == shape)) return false;
    sink_.Begin();
    sink_.Replace({index, 0}, sink_.Add(Added(node, node.inputs[0], bias.inputs[0])));
    return true;
  }

  void MovesBias(int32_t index) {
    const Node& node = graph_.node(index);
    const int32_t sum_index = node.inputs[0].node;
    const Node& sum = graph_.node(sum_index);
    if ((sum.op != "AddV2" && sum.op != "Add") || !sum.control_inputs.empty() || users_.Of(sum_index) != index) return;
    const Shape& shape = ShapeOf({sum_index, 0});
    const bool is_same =
        shape.complete() && shape.rank() == 2 && ShapeOf(sum.inputs[0]) == shape && ShapeOf(sum.inputs[1]) == shape;
    if (!is_same || !IsPlainProduct(sum.inputs[0], sum_index) || !IsPlainProduct(sum.inputs[1], sum_index)) return;
    if (!levels_) levels_.emplace(graph_);
    const size_t early = levels_->Of(sum.inputs[1].node) < levels_->Of(sum.inputs[0].node) ? 1 : 0;
    sink_.Begin();
    Node bias;
    bias.name = node.name + "/early";
    bias.op = "BiasAdd";
    bias.attrs = node.attrs;
    bias.inputs = {sum.inputs[early], node.inputs[1]};
    const Edge biased = sink_.Add(std::move(bias));
    sink_.Replace({index, 0}, sink_.Add(Added(node, biased, sum.inputs[1 - early])));
  }

  const Graph& graph_;
  const SoleUsers users_;
  std::optional<Levels> levels_;  // made for the first sum
  PatchSink& sink_;
};

}  // namespace

Status SortSums(const PassContext& context, PatchSink& sink) {
  if constexpr (!IsBuilt("MatMul") || !IsBuilt("AddV2") || !IsBuilt("BiasAdd")) return Status();
  Sorter(context, sink).Run();
  return Status();
}

}  // namespace rivulet
