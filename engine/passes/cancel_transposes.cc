// Transposes go towards the results, over what does not mind them, until they meet another one and cancel.
//
//   Transpose(Transpose(x, p), q)          becomes     Transpose(x, p of q), or x
//   Relu(Transpose(x, p))                              Transpose(Relu(x), p)
//   Add(Transpose(x, p), Transpose(y, p))              Transpose(Add(x, y), p)
//   Add(Transpose(x, p), constant)                     Transpose(Add(x, the constant turned back), p)
//   ConcatV2, Pad, and sums and means over axes likewise, with their axes turned back
//
// A transpose that others read, too, stays where it is.
#include <algorithm>
#include <optional>

#include "engine/base/built.h"
#include "engine/base/sort.h"
#include "engine/ops/op.h"
#include "engine/passes/match.h"
#include "engine/passes/permutation.h"

namespace rivulet {
namespace {

constexpr std::string_view kUnary[] = {"Relu",     "Relu6",  "LeakyRelu", "Elu",   "Selu", "Tanh",  "Sigmoid",
                                       "Softplus", "Abs",    "Softsign",  "Neg",   "Exp",  "Log",   "Sqrt",
                                       "Rsqrt",    "Square", "Erf",       "Floor", "Ceil", "Round", "Reciprocal"};
constexpr std::string_view kBinary[] = {"Add",     "AddV2",   "Sub",     "Mul",
                                        "RealDiv", "Maximum", "Minimum", "SquaredDifference"};
constexpr std::string_view kReductions[] = {"Mean", "Sum", "Max", "Min", "Prod"};

template <size_t kCount>
bool IsOneOf(const std::string& op, const std::string_view (&list)[kCount]) {
  return std::find(std::begin(list), std::end(list), op) != std::end(list);
}

class Canceller {
 public:
  Canceller(const PassContext& context, PatchSink& sink) : graph_(context.graph), users_(context), sink_(sink) {}

  Status Run() {
    for (int32_t i = 0; i < graph_.size(); ++i) {
      const Node& node = graph_.node(i);
      if (!node.control_inputs.empty() || node.inputs.empty()) continue;
      if (node.op == "Transpose") {
        Merge(i);
      } else if (IsOneOf(node.op, kUnary)) {
        if (const auto under = Under(node.inputs[0], i)) MoveBehind(i, under->p, {under->x});
      } else if (IsOneOf(node.op, kBinary)) {
        MoveBehindBinary(i);
      } else if (node.op == "ConcatV2") {
        MoveBehindConcat(i);
      } else if (node.op == "Pad" || node.op == "PadV2" || node.op == "MirrorPad") {
        MoveBehindPad(i);
      } else if (IsOneOf(node.op, kReductions)) {
        MoveBehindReduction(i);
      }
    }
    return Status();
  }

 private:
  struct Transposed {
    Edge x;
    Permutation p;
  };
  // What is under a transpose that `reader` alone reads.
  std::optional<Transposed> Under(Edge edge, int32_t reader) const {
    const Node& node = graph_.node(edge.node);
    Permutation p = PermutationOf(graph_, node);
    if (p.empty() || users_.Of(edge.node) != reader) return std::nullopt;
    return Transposed{node.inputs[0], std::move(p)};
  }

  void Merge(int32_t index) {
    const Node& node = graph_.node(index);
    const Permutation outer = PermutationOf(graph_, node);
    if (outer.empty()) return;
    const Node& below = graph_.node(node.inputs[0].node);
    const Permutation inner = PermutationOf(graph_, below);
    if (inner.size() != outer.size()) {
      if (!IsIdentity(outer)) return;
      sink_.Begin();
      return sink_.Replace({index, 0}, node.inputs[0]);
    }
    const Permutation both = Composed(inner, outer);
    sink_.Begin();
    sink_.Replace({index, 0}, IsIdentity(both)
                                  ? below.inputs[0]
                                  : AddTranspose(sink_, node.name, below.inputs[0], both, node.outputs[0].dtype));
  }

  // A copy of the node that reads `inputs` from under the transposes, and a transpose behind it.
  void MoveBehind(int32_t index, const Permutation& p, std::vector<Edge> inputs) {
    const Node& node = graph_.node(index);
    Node moved = Copy(node);
    moved.inputs = std::move(inputs);
    sink_.Begin();
    const Edge result = sink_.Add(std::move(moved));
    sink_.Replace({index, 0}, AddTranspose(sink_, node.name + "/transposed", result, p, node.outputs[0].dtype));
  }

  static Node Copy(const Node& node) {
    Node copy;
    copy.name = node.name;
    copy.op = node.op;
    copy.attrs = node.attrs;
    copy.inputs = node.inputs;
    return copy;
  }

  void MoveBehindBinary(int32_t index) {
    const Node& node = graph_.node(index);
    for (size_t side = 0; side < 2; ++side) {
      const auto one = Under(node.inputs[side], index);
      if (!one || !HasRank(one->x, one->p.size())) continue;
      const Edge beside = node.inputs[1 - side];
      const auto other = Under(beside, index);
      if (other && other->p == one->p && HasRank(other->x, one->p.size())) {
        return MoveBehind(index, one->p, {side == 0 ? one->x : other->x, side == 0 ? other->x : one->x});
      }
      const auto constant = TurnedBack(beside, one->p);
      if (!constant) continue;
      sink_.Begin();
      Node moved = Copy(node);
      moved.inputs[side] = one->x;
      if (constant->valid()) {
        moved.inputs[1 - side] = sink_.Add(ConstNode(graph_.node(beside.node).name + "/turned", *constant));
      }
      const Edge result = sink_.Add(std::move(moved));
      return sink_.Replace({index, 0},
                           AddTranspose(sink_, node.name + "/transposed", result, one->p, node.outputs[0].dtype));
    }
  }

  bool HasRank(Edge edge, size_t rank) const {
    const Shape& shape = graph_.fact(edge).shape;
    return shape.has_rank() && static_cast<size_t>(shape.rank()) == rank;
  }

  // A known value that is broadcast against what is transposed by p, as it is broadcast against what lies under: with
  // at most one axis of more than one element, so that its bytes stay in order. An invalid tensor: as it is.
  std::optional<Tensor> TurnedBack(Edge edge, const Permutation& p) const {
    const Tensor& value = graph_.fact(edge).value;
    if (!value.valid() || ElementBytes(value.dtype()) == 0) return std::nullopt;
    const Shape& shape = value.shape();
    if (shape.rank() == 0) return Tensor();
    const auto rank = static_cast<int64_t>(p.size());
    if (shape.rank() > rank) return std::nullopt;
    std::vector<int64_t> dims(p.size(), 1);
    int wide = 0;
    for (int64_t i = 0; i < shape.rank(); ++i) {
      const int64_t axis = rank - shape.rank() + i;
      dims[static_cast<size_t>(p[static_cast<size_t>(axis)])] = shape[static_cast<int>(i)];
      wide += shape[static_cast<int>(i)] != 1;
    }
    if (wide > 1) return std::nullopt;
    return Tensor::View(value.dtype(), Shape(dims), const_cast<void*>(value.raw()), value.owner());
  }

  void MoveBehindConcat(int32_t index) {
    const Node& node = graph_.node(index);
    const auto axis = Axes(node.inputs.back());
    if (!axis || axis->size() != 1) return;
    std::vector<Edge> inputs;
    Permutation p;
    for (size_t i = 0; i + 1 < node.inputs.size(); ++i) {
      const auto under = Under(node.inputs[i], index);
      if (!under || (i > 0 && under->p != p)) return;
      p = under->p;
      inputs.push_back(under->x);
    }
    const auto turned = TurnedBack(*axis, p);
    if (turned.empty()) return;
    sink_.Begin();
    Node moved = Copy(node);
    moved.attrs.Set("Tidx", DType::kInt32);
    moved.inputs = std::move(inputs);
    const auto axis_below = static_cast<int32_t>(turned[0]);
    moved.inputs.push_back(sink_.Add(ConstNode(node.name + "/axis", Tensor::Of<int32_t>({}, {&axis_below, 1}))));
    const Edge result = sink_.Add(std::move(moved));
    sink_.Replace({index, 0}, AddTranspose(sink_, node.name + "/transposed", result, p, node.outputs[0].dtype));
  }

  void MoveBehindPad(int32_t index) {
    const Node& node = graph_.node(index);
    const auto under = Under(node.inputs[0], index);
    if (!under) return;
    const auto pads = Axes(node.inputs[1]);
    if (!pads || pads->size() != 2 * under->p.size()) return;
    const Permutation back = Inverse(under->p);
    std::vector<int32_t> turned;
    for (const int64_t axis : back) {
      for (const int64_t side : {0, 1}) {
        const int64_t pad = (*pads)[static_cast<size_t>(2 * axis + side)];
        if (pad != static_cast<int32_t>(pad)) return;
        turned.push_back(static_cast<int32_t>(pad));
      }
    }
    sink_.Begin();
    Node moved = Copy(node);
    moved.attrs.Set("Tpaddings", DType::kInt32);
    moved.inputs[0] = under->x;
    moved.inputs[1] = sink_.Add(
        ConstNode(node.name + "/paddings", Tensor::Of<int32_t>({static_cast<int64_t>(back.size()), 2}, turned)));
    const Edge result = sink_.Add(std::move(moved));
    sink_.Replace({index, 0}, AddTranspose(sink_, node.name + "/transposed", result, under->p, node.outputs[0].dtype));
  }

  void MoveBehindReduction(int32_t index) {
    const Node& node = graph_.node(index);
    const auto under = Under(node.inputs[0], index);
    if (!under) return;
    const auto axes = Axes(node.inputs[1]);
    if (!axes) return;
    const std::vector<int64_t> turned = TurnedBack(*axes, under->p);
    if (turned.size() != axes->size()) return;
    const bool* keeps = node.attrs.Get<bool>("keep_dims");
    Permutation p = under->p;
    if (keeps == nullptr || !*keeps) p = WithoutAxes(p, turned);
    sink_.Begin();
    Node moved = Copy(node);
    moved.attrs.Set("Tidx", DType::kInt32);
    moved.inputs = {under->x, AddInts(sink_, node.name + "/axes", turned)};
    const Edge result = sink_.Add(std::move(moved));
    const Edge behind =
        IsIdentity(p) ? result : AddTranspose(sink_, node.name + "/transposed", result, p, node.outputs[0].dtype);
    sink_.Replace({index, 0}, behind);
  }

  // What p does to the axes that are left of its input when `gone` are taken away.
  static Permutation WithoutAxes(const Permutation& p, const std::vector<int64_t>& gone) {
    Permutation left;
    for (const int64_t axis : p) {
      if (std::find(gone.begin(), gone.end(), axis) != gone.end()) continue;
      const auto before = [&](int64_t other) { return other < axis; };
      std::vector<int64_t> once(gone);
      Sort(once.begin(), once.end());
      once.erase(std::unique(once.begin(), once.end()), once.end());
      left.push_back(axis - std::count_if(once.begin(), once.end(), before));
    }
    return left;
  }

  // A known list of int32 or int64.
  std::optional<std::vector<int64_t>> Axes(Edge edge) const {
    const Tensor& value = graph_.fact(edge).value;
    if (!value.valid() || !value.is_aligned()) return std::nullopt;
    if (value.dtype() != DType::kInt32 && value.dtype() != DType::kInt64) return std::nullopt;
    return ToInt64s(value);
  }

  // The axes of what lies under a transpose by p, or nothing where one is out of range.
  static std::vector<int64_t> TurnedBack(const std::vector<int64_t>& axes, const Permutation& p) {
    const auto rank = static_cast<int64_t>(p.size());
    std::vector<int64_t> turned;
    for (const int64_t axis : axes) {
      const int64_t at = axis < 0 ? axis + rank : axis;
      if (at < 0 || at >= rank) return {};
      turned.push_back(p[static_cast<size_t>(at)]);
    }
    return turned;
  }

  const Graph& graph_;
  const SoleUsers users_;
  PatchSink& sink_;
};

}  // namespace

Status CancelTransposes(const PassContext& context, PatchSink& sink) {
  if constexpr (!IsBuilt("Transpose")) return Status();
  return Canceller(context, sink).Run();
}

}  // namespace rivulet
