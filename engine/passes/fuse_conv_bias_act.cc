// A product, its bias, an addend of the same shape and an activation become one node.
//
//   c = Conv2D(x, w)
//   b = BiasAdd(c, bias)                  y = _FusedConv2D(x, w, bias, z) {fused_ops=[BiasAdd, Add, Relu]}
//   a = Add(b, z)              becomes
//   y = Relu(a)
//
// Each part after the product may be missing, but not all of them. Also for Conv3D, DepthwiseConv2dNative and MatMul,
// and for the fused products with FusedBatchNorm in place of the bias that fold_batch_norm makes. An activation may
// also be written out in parts (written_activation.h). The sum of two products goes to the one that is there later.
// Between a product or its bias and the rest its rows may be taken apart, as by a dense layer over a sequence or by the
// Squeeze behind a convolution over a line of values:
//
//   y = Relu(BiasAdd(Reshape(MatMul(x, w), [1, 9, 4]), bias))   becomes   y = Reshape(_FusedMatMul(x, w, bias), [1, 9,
//   4])
#include <algorithm>
#include <optional>

#include "engine/passes/levels.h"
#include "engine/passes/match.h"
#include "engine/passes/written_activation.h"

namespace rivulet {
namespace {

constexpr std::string_view kActivations[] = {"Relu", "Relu6", "LeakyRelu", "Elu", "Tanh", "Sigmoid"};

bool IsActivation(const Node& node) {
  for (const std::string_view op : kActivations) {
    if (node.op == op) return true;
  }
  return false;
}

// The chain after one product, as far as it can be taken in.
struct Chain {
  int32_t last;
  std::vector<std::string> ops;
  std::vector<Edge> args;
  float alpha = 0.2f;
  bool apart = false;  // behind a Reshape of the product
};

class Fuser {
 public:
  explicit Fuser(const PassContext& context) : context_(context), graph_(context.graph), users_(context) {}

  Status Run(PatchSink& sink) {
    for (int32_t i = 0; i < graph_.size(); ++i) {
      auto product = MatchProduct(graph_, i);
      if (!product) product = MatchScaledProduct(graph_, i);
      if (!product) continue;
      const Chain chain = Follow(*product);
      if (chain.last != i) Emit(*product, chain, sink);
    }
    return Status();
  }

 private:
  // The one reader of `node` if it can take part: pure data flow, no control inputs.
  int32_t Next(int32_t node) const {
    const int32_t user = users_.Of(node);
    return user >= 0 && graph_.node(user).control_inputs.empty() ? user : -1;
  }

  Chain Follow(const Product& product) {
    Chain chain{product.node, {}, {}};
    const Node& node = graph_.node(product.node);
    if (node.inputs.size() > 2) {
      chain.ops.push_back("FusedBatchNorm");
      chain.args.assign(node.inputs.begin() + 2, node.inputs.end());
    }
    int32_t next = Next(chain.last);
    int32_t whole = -1;  // what is taken apart
    const auto take_apart = [&] {
      if (chain.apart || next < 0 || product.channels_first || !TakesRowsApart(next)) return;
      chain.apart = true;
      whole = chain.last;
      chain.last = next;
      next = Next(next);
    };
    take_apart();
    if (next >= 0 && chain.ops.empty() && graph_.node(next).op == "BiasAdd" &&
        graph_.node(next).inputs[0].node == chain.last && FormatOf(graph_.node(next)) == product.channels_first) {
      chain.ops.push_back("BiasAdd");
      chain.args.push_back(graph_.node(next).inputs[1]);
      chain.last = next;
      next = Next(next);
      take_apart();
    }
    if (next >= 0 && (graph_.node(next).op == "Add" || graph_.node(next).op == "AddV2")) {
      const Node& add = graph_.node(next);
      const Edge other = add.inputs[0].node == chain.last ? add.inputs[1] : add.inputs[0];
      const Shape& shape = graph_.fact({chain.last, 0}).shape;
      const int32_t beside = ProductUnder(other.node, next);
      const bool is_later = beside < 0 || IsBefore(beside, product.node);
      // A product without a bias takes another, but none of the same weights: batch_products may have both at once.
      const bool takes = !chain.ops.empty() ||
                         (beside >= 0 && !(graph_.node(beside).inputs[1] == graph_.node(product.node).inputs[1]));
      // Known and equal, so that nothing is broadcast; both sides being the product itself is two uses.
      if (takes && is_later && shape.complete() && graph_.fact(other).shape == shape) {
        chain.ops.push_back("Add");
        chain.args.push_back(other);
        chain.last = next;
        next = Next(next);
      }
    }
    if (next >= 0 && IsActivation(graph_.node(next)) && graph_.node(next).outputs[0].dtype == DType::kFloat) {
      const Node& activation = graph_.node(next);
      chain.ops.push_back(activation.op);
      if (const float* alpha = activation.attrs.Get<float>("alpha")) chain.alpha = *alpha;
      chain.last = next;
    } else if (const auto* written = WrittenOf(chain.last)) {
      chain.ops.emplace_back(written->name);
      chain.last = written->last;
    }
    if (chain.apart && graph_.node(chain.last).inputs[0].node == whole) {
      chain.apart = false;
      chain.last = whole;
    }
    if (chain.ops.empty()) chain.last = product.node;
    return chain;
  }

  // Whether a Reshape or a Squeeze leaves the last axis, and so what a bias is added to.
  bool TakesRowsApart(int32_t index) const {
    const Node& node = graph_.node(index);
    if ((node.op != "Reshape" && node.op != "Squeeze") || node.outputs.size() != 1) return false;
    const Shape& from = graph_.fact(node.inputs[0]).shape;
    const Shape& to = node.outputs[0].shape;
    return from.complete() && to.complete() && from.rank() > 1 && to.rank() > 0 &&
           to[to.rank() - 1] == from[from.rank() - 1];
  }

  // The product that `reader` alone reads at `node`, or through its bias; -1 where there is none.
  int32_t ProductUnder(int32_t node, int32_t reader) const {
    if (Next(node) != reader) return -1;
    const Node& bias = graph_.node(node);
    if (bias.op == "BiasAdd" && Next(bias.inputs[0].node) == node) node = bias.inputs[0].node;
    return MatchProduct(graph_, node) || MatchScaledProduct(graph_, node) ? node : -1;
  }

  bool IsBefore(int32_t a, int32_t b) {
    if (!levels_) levels_.emplace(graph_);
    return levels_->Of(a) != levels_->Of(b) ? levels_->Of(a) < levels_->Of(b) : a > b;
  }

  const WrittenActivations::Found* WrittenOf(int32_t node) {
    if (!written_) written_.emplace(context_);
    return written_->Of(node);
  }

  static bool FormatOf(const Node& node) {
    const std::string* format = node.attrs.Get<std::string>("data_format");
    return format != nullptr && *format == "NCHW";
  }

  void Emit(const Product& product, const Chain& chain, PatchSink& sink) const {
    const Node& node = graph_.node(product.node);
    sink.Begin();
    Node fused;
    const std::string& name = graph_.node(chain.last).name;
    fused.name = chain.apart ? name + "/rows" : name;
    fused.op = FusedOpOf(node.op);
    fused.attrs = node.attrs;
    SetFusedOps(fused, chain.ops, static_cast<int64_t>(chain.args.size()));
    fused.attrs.Set("leakyrelu_alpha", chain.alpha);
    fused.inputs = {node.inputs[0], node.inputs[1]};
    fused.inputs.insert(fused.inputs.end(), chain.args.begin(), chain.args.end());
    if (!chain.apart) return sink.Replace({chain.last, 0}, sink.Add(std::move(fused)));
    // The addend is the last of the args.
    const bool adds = std::find(chain.ops.begin(), chain.ops.end(), "Add") != chain.ops.end();
    if (adds) fused.inputs.back() = AddReshape(sink, name + "/addend", chain.args.back(), node.outputs[0].shape);
    const Edge rows = sink.Add(std::move(fused));
    sink.Replace({chain.last, 0}, AddReshape(sink, name, rows, graph_.node(chain.last).outputs[0].shape));
  }

  const PassContext& context_;
  const Graph& graph_;
  const SoleUsers users_;
  // Made for the first chain that asks.
  std::optional<Levels> levels_;
  std::optional<WrittenActivations> written_;
};

}  // namespace

Status FuseConvBiasAct(const PassContext& context, PatchSink& sink) { return Fuser(context).Run(sink); }

}  // namespace rivulet
