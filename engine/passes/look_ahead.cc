// What a loop multiplies of a list that it only reads is multiplied for several steps at once.
//
//   r = TensorListGetItem(list, i, shape)            p = _LookAheadMatMul(r, W's first rows, b, i, list)
//   y = _FusedMatMul(ConcatV2(r, h), W, b)  becomes  y = _FusedMatMul(h, W's other rows, p) {fused_ops=[Add]}
//
//   y = MatMul(r, W)                        becomes  y = _LookAheadMatMul(r, W, 0, i, list)
//
// A bias that is not known may be another at each step (a cell of one row adds its state's product so): it is added
// behind. The same with TensorArrayReadV3. Recurrent networks do so at every step; what is left to be read of the
// weights at each is what the state is multiplied with. An index that is known is no loop's, and a list that is changed
// would have to be copied while this holds it.
#include <optional>

#include "engine/base/built.h"
#include "engine/ops/look_ahead_matmul.h"
#include "engine/passes/dense_product.h"

namespace rivulet {
namespace {

class LookAheadMaker {
 public:
  LookAheadMaker(const PassContext& context, PatchSink& sink) : graph_(context.graph), users_(context), sink_(sink) {
    only_read_.assign(static_cast<size_t>(graph_.size()), true);
    for (const Node& node : graph_.nodes()) {
      if (Reads(node)) continue;
      for (const Edge& edge : node.inputs) only_read_[static_cast<size_t>(edge.node)] = false;
    }
  }

  void Run() {
    for (int32_t i = 0; i < graph_.size(); ++i) {
      if (const auto product = MatchDenseProduct(graph_, graph_.node(i))) Emit(i, *product);
    }
  }

 private:
  struct Read {
    Edge now;
    Edge index;
    Edge source;
  };

  static bool Reads(const Node& node) {
    return node.op == "TensorListGetItem" || node.op == "TensorArrayReadV3" || node.op == kLookAheadMatMul.name;
  }

  // What reads an element of a list that nothing changes, at an index that is not known.
  std::optional<Read> ReadOf(Edge edge) const {
    const Node& node = graph_.node(edge.node);
    if ((node.op != "TensorListGetItem" && node.op != "TensorArrayReadV3") || edge.slot != 0) return std::nullopt;
    const Edge source = node.inputs[0];
    if (graph_.fact(node.inputs[1]).value.valid() || node.outputs[0].dtype != DType::kFloat) return std::nullopt;
    // A handle of an array may be read and written by others in any order; a list is a value.
    if (node.op == "TensorListGetItem" && !only_read_[static_cast<size_t>(source.node)]) return std::nullopt;
    return Read{edge, node.inputs[1], source};
  }

  void Emit(int32_t index, const DenseProduct& product) {
    const Node& node = graph_.node(index);
    const bool is_steady = !product.bias || graph_.fact(*product.bias).value.valid();
    if (const auto read = ReadOf(node.inputs[0])) {
      if (!product.rest.empty() || (!is_steady && !IsBuilt("BiasAdd"))) return;
      sink_.Begin();
      if (is_steady) return sink_.Replace({index, 0}, AddAhead(node.name, *read, product, product.weights));
      Node add;
      add.name = node.name;
      add.op = "BiasAdd";
      add.attrs.Set("T", DType::kFloat);
      add.inputs = {AddAhead(node.name + "/ahead", *read, {product.weights, {}, {}}, product.weights), *product.bias};
      return sink_.Replace({index, 0}, sink_.Add(std::move(add)));
    }
    if (!is_steady) return;
    const auto joined = MatchJoinedRows(graph_, users_, node.inputs[0], index);
    if (!joined) return;
    for (size_t side = 0; side < 2; ++side) {
      const auto read = ReadOf(joined->parts[side]);
      if (!read) continue;
      const Edge state = joined->parts[1 - side];
      const int64_t all = product.weights.dim(0);
      int64_t width = ColumnsOf(graph_, read->now);
      if (width < 0 && ColumnsOf(graph_, state) >= 0) width = all - ColumnsOf(graph_, state);
      if (width <= 0 || width >= all) continue;
      sink_.Begin();
      const Tensor weights = RowsOf(product.weights, side == 0 ? 0 : all - width, width);
      const Edge ahead = AddAhead(node.name + "/ahead", *read, product, weights);
      const Tensor others = RowsOf(product.weights, side == 0 ? width : 0, all - width);
      return sink_.Replace({index, 0}, AddStateProduct(sink_, node, product, state, others, ahead));
    }
  }

  Edge AddAhead(const std::string& name, const Read& read, const DenseProduct& product, const Tensor& weights) {
    Node node;
    node.name = name;
    node.op = kLookAheadMatMul.name;
    node.def = &kLookAheadMatMul;
    node.attrs.Set("S", graph_.fact(read.source).dtype);
    const Edge rows = sink_.Add(ConstNode(name + "/weights", weights));
    node.inputs = {read.now, rows, BiasOf(sink_, name, product), read.index, read.source};
    return sink_.Add(std::move(node));
  }

  const Graph& graph_;
  const SoleUsers users_;
  PatchSink& sink_;
  std::vector<bool> only_read_;
};

}  // namespace

Status LookAhead(const PassContext& context, PatchSink& sink) {
  if constexpr (!IsBuilt("MatMul") || !(IsBuilt("TensorListGetItem") || IsBuilt("TensorArrayReadV3"))) return Status();
  LookAheadMaker(context, sink).Run();
  return Status();
}

}  // namespace rivulet
