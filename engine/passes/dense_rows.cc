// A product with known weights that sums over an operand's last axes is a product of matrices, whatever else the axes
// are, and a bias of its columns goes to it before they are taken apart:
//
//   y = BatchMatMulV2(x [2,9,4], w [4,6])             becomes  y = Reshape(MatMul(Reshape(x, [18,4]), w), [2,9,6])
//
//   p = Einsum(x, w [4,2,3]) {"abc,cde->abde"}                 y = Reshape(BiasAdd(MatMul(Reshape(x, [18,4]),
//   y = AddV2(p, b [2,3])                             becomes      Reshape(w, [4,6])), Reshape(b, [6])), [2,9,2,3])
//
// Also where a Reshape stands between a product and its bias. MatMul has the tails that fuse_conv_bias_act fuses.
#include <algorithm>
#include <optional>

#include "engine/base/built.h"
#include "engine/passes/labelled_product.h"
#include "engine/passes/match.h"

namespace rivulet {
namespace {

struct Dense {
  Edge x;
  int64_t rows = 1;
  int64_t depth = 1;
  Tensor weights;  // [depth, columns], or the other way round if turned
  int64_t columns = 1;
  bool turned = false;
  int32_t last = -1;           // the node that the whole stands for
  std::optional<Tensor> bias;  // [columns]
};

class Matcher {
 public:
  explicit Matcher(const PassContext& context) : graph_(context.graph), sole_(context) {}

  std::optional<Dense> Match(int32_t index) const {
    const Node& node = graph_.node(index);
    if (std::string_view(node.op) == "MatMul" && !MayHaveBias(index)) return std::nullopt;
    const auto product = ReadProduct(graph_, node);
    if (!product || !graph_.fact(product->a).shape.complete() || !node.outputs[0].shape.complete()) return std::nullopt;
    auto dense = AsMatrices(*product);
    if (!dense) return std::nullopt;
    dense->last = index;
    TakeBias(&*dense);
    if (node.op == "MatMul" && !dense->bias) return std::nullopt;
    return dense;
  }

 private:
  // x [rows.., summed..] * w [summed.., columns..] or w [columns.., summed..], to [rows.., columns..].
  std::optional<Dense> AsMatrices(const LabelledProduct& product) const {
    const Tensor& w = graph_.fact(product.b).value;
    if (!w.valid() || w.num_elements() == 0) return std::nullopt;
    const auto is_column = [&](char letter) { return !HasLetter(product.a_axes, letter); };
    std::string columns, summed;
    Dense dense;
    for (size_t i = 0; i < product.b_axes.size(); ++i) {
      const char letter = product.b_axes[i];
      (is_column(letter) ? columns : summed) += letter;
      (is_column(letter) ? dense.columns : dense.depth) *= w.dim(static_cast<int>(i));
    }
    if (summed.empty() || columns.empty()) return std::nullopt;
    dense.turned = product.b_axes == columns + summed;
    if (!dense.turned && product.b_axes != summed + columns) return std::nullopt;
    if (product.a_axes.size() < summed.size()) return std::nullopt;
    const size_t rows = product.a_axes.size() - summed.size();
    const std::string kept = product.a_axes.substr(0, rows);
    if (product.a_axes != kept + summed || product.out_axes != kept + columns) return std::nullopt;
    dense.x = product.a;
    const Shape& x = graph_.fact(product.a).shape;
    for (size_t i = 0; i < rows; ++i) dense.rows *= x[static_cast<int>(i)];
    dense.weights = w.Reshaped(dense.turned ? Shape{dense.columns, dense.depth} : Shape{dense.depth, dense.columns});
    if (dense.rows == 0) return std::nullopt;
    return dense;
  }

  // Whether something follows that TakeBias looks at.
  bool MayHaveBias(int32_t index) const {
    const int32_t next = Next(index);
    if (next < 0) return false;
    const std::string_view op = graph_.node(next).op;
    return op == "Reshape" || op == "AddV2" || op == "Add";
  }

  // A known addend that repeats along the rows.
  void TakeBias(Dense* dense) const {
    int32_t made = dense->last;
    int32_t next = Next(made);
    if (next >= 0 && graph_.node(next).op == "Reshape" && graph_.node(next).outputs[0].shape.complete()) {
      made = next;
      next = Next(made);
    }
    if (next < 0 || (graph_.node(next).op != "AddV2" && graph_.node(next).op != "Add")) return;
    const Node& sum = graph_.node(next);
    const Edge addend = sum.inputs[0].node == made ? sum.inputs[1] : sum.inputs[0];
    const Tensor& bias = graph_.fact(addend).value;
    const Shape& shape = graph_.node(made).outputs[0].shape;
    if (!bias.valid() || bias.dtype() != DType::kFloat || bias.num_elements() != dense->columns) return;
    if (bias.rank() > shape.rank() || !(sum.outputs[0].shape == shape)) return;
    // Its axes are the last ones of the sum, under ones.
    int64_t repeated = 1;
    for (int axis = 1; axis <= bias.rank() && repeated < dense->columns; ++axis) {
      if (bias.dim(bias.rank() - axis) != shape[shape.rank() - axis]) return;
      repeated *= shape[shape.rank() - axis];
    }
    dense->bias = bias.Reshaped({dense->columns});
    dense->last = next;
  }

  int32_t Next(int32_t node) const {
    const int32_t user = sole_.Of(node);
    return user >= 0 && graph_.node(user).control_inputs.empty() && graph_.node(user).outputs.size() == 1 ? user : -1;
  }

  const Graph& graph_;
  const SoleUsers sole_;
};

class Writer {
 public:
  Writer(const Graph& graph, PatchSink& sink) : graph_(graph), sink_(sink) {}

  void Emit(const Dense& dense) {
    sink_.Begin();
    const Node& last = graph_.node(dense.last);
    Node product;
    product.name = last.name + "/product";
    product.op = "MatMul";
    product.attrs.Set("T", DType::kFloat);
    product.attrs.Set("transpose_a", false);
    product.attrs.Set("transpose_b", dense.turned);
    product.inputs = {AddReshape(sink_, last.name + "/x", dense.x, {dense.rows, dense.depth}),
                      sink_.Add(ConstNode(last.name + "/weights", dense.weights))};
    Edge result = sink_.Add(std::move(product));
    // A bias of the last axis comes behind the Reshape, as dense layers have it: fusion then goes on behind it.
    const Shape& shape = last.outputs[0].shape;
    const bool is_last_axis = dense.bias && shape[shape.rank() - 1] == dense.columns;
    if (dense.bias && !is_last_axis) result = Biased(last.name + "/sum", result, *dense.bias);
    result = AddReshape(sink_, is_last_axis ? last.name + "/rows" : last.name, result, shape);
    if (is_last_axis) result = Biased(last.name, result, *dense.bias);
    sink_.Replace({dense.last, 0}, result);
  }

 private:
  Edge Biased(const std::string& name, Edge edge, const Tensor& bias) {
    Node node;
    node.name = name;
    node.op = "BiasAdd";
    node.attrs.Set("T", DType::kFloat);
    node.inputs = {edge, sink_.Add(ConstNode(name + "/bias", bias))};
    return sink_.Add(std::move(node));
  }

  const Graph& graph_;
  PatchSink& sink_;
};

}  // namespace

Status DenseRows(const PassContext& context, PatchSink& sink) {
  if constexpr (!kHasProducts || !IsBuilt("MatMul") || !IsBuilt("Reshape") || !IsBuilt("BiasAdd")) return Status();
  const Matcher matcher(context);
  Writer writer(context.graph, sink);
  for (int32_t i = 0; i < context.graph.size(); ++i) {
    if (const auto dense = matcher.Match(i)) writer.Emit(*dense);
  }
  return Status();
}

}  // namespace rivulet
