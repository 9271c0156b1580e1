#include "engine/passes/turned_node.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "engine/base/sort.h"
#include "engine/ops/op.h"
#include "engine/passes/match.h"

namespace rivulet {
namespace {

enum class Kind { kOther, kUnary, kBinary, kConcat, kPad, kReduction };

constexpr std::pair<std::string_view, Kind> kKnown[] = {
    {"Relu", Kind::kUnary},
    {"Relu6", Kind::kUnary},
    {"LeakyRelu", Kind::kUnary},
    {"Elu", Kind::kUnary},
    {"Selu", Kind::kUnary},
    {"Tanh", Kind::kUnary},
    {"Sigmoid", Kind::kUnary},
    {"Softplus", Kind::kUnary},
    {"Abs", Kind::kUnary},
    {"Softsign", Kind::kUnary},
    {"Neg", Kind::kUnary},
    {"Exp", Kind::kUnary},
    {"Log", Kind::kUnary},
    {"Sqrt", Kind::kUnary},
    {"Rsqrt", Kind::kUnary},
    {"Square", Kind::kUnary},
    {"Erf", Kind::kUnary},
    {"Floor", Kind::kUnary},
    {"Ceil", Kind::kUnary},
    {"Round", Kind::kUnary},
    {"Reciprocal", Kind::kUnary},
    {"Add", Kind::kBinary},
    {"AddV2", Kind::kBinary},
    {"Sub", Kind::kBinary},
    {"Mul", Kind::kBinary},
    {"RealDiv", Kind::kBinary},
    {"Maximum", Kind::kBinary},
    {"Minimum", Kind::kBinary},
    {"SquaredDifference", Kind::kBinary},
    {"ConcatV2", Kind::kConcat},
    {"Pad", Kind::kPad},
    {"PadV2", Kind::kPad},
    {"MirrorPad", Kind::kPad},
    {"Mean", Kind::kReduction},
    {"Sum", Kind::kReduction},
    {"Max", Kind::kReduction},
    {"Min", Kind::kReduction},
    {"Prod", Kind::kReduction},
};

Kind KindOf(const Node& node) {
  const std::string_view op = node.op;
  for (const auto& [name, kind] : kKnown) {
    if (name == op) return kind;
  }
  return Kind::kOther;
}

bool HasRank(const Graph& graph, Edge edge, size_t rank) {
  const Shape& shape = graph.fact(edge).shape;
  return shape.has_rank() && static_cast<size_t>(shape.rank()) == rank;
}

// A known value that is broadcast against what is transposed by p, as it is broadcast against what lies under: with
// at most one axis of more than one element, so that its bytes stay in order. An invalid tensor: as it is.
std::optional<Tensor> TurnedBack(const Tensor& value, const Permutation& p) {
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

// A known list of int32 or int64.
std::optional<std::vector<int64_t>> Axes(const Graph& graph, Edge edge) {
  const Tensor& value = graph.fact(edge).value;
  if (!value.valid() || !value.is_aligned()) return std::nullopt;
  if (value.dtype() != DType::kInt32 && value.dtype() != DType::kInt64) return std::nullopt;
  return ToInt64s(value);
}

// The axes of what lies under a transpose by p, or nothing where one is out of range.
std::optional<std::vector<int64_t>> TurnedBack(const std::vector<int64_t>& axes, const Permutation& p) {
  const auto rank = static_cast<int64_t>(p.size());
  std::vector<int64_t> turned;
  for (const int64_t axis : axes) {
    const int64_t at = axis < 0 ? axis + rank : axis;
    if (at < 0 || at >= rank) return std::nullopt;
    turned.push_back(p[static_cast<size_t>(at)]);
  }
  return turned;
}

// What p does to the axes that are left of its input when `gone` are taken away.
Permutation WithoutAxes(const Permutation& p, std::vector<int64_t> gone) {
  Sort(gone.begin(), gone.end());
  gone.erase(std::unique(gone.begin(), gone.end()), gone.end());
  Permutation left;
  for (const int64_t axis : p) {
    if (std::binary_search(gone.begin(), gone.end(), axis)) continue;
    left.push_back(axis - (std::lower_bound(gone.begin(), gone.end(), axis) - gone.begin()));
  }
  return left;
}

std::optional<std::vector<int64_t>> TurnedPads(const Graph& graph, const Node& node, const Permutation& p) {
  const auto pads = Axes(graph, node.inputs[1]);
  if (!pads || pads->size() != 2 * p.size()) return std::nullopt;
  std::vector<int64_t> turned;
  for (const int64_t axis : Inverse(p)) {
    for (const int64_t side : {0, 1}) {
      const int64_t pad = (*pads)[static_cast<size_t>(2 * axis + side)];
      if (pad != static_cast<int32_t>(pad)) return std::nullopt;
      turned.push_back(pad);
    }
  }
  return turned;
}

std::optional<Turning> TurningOfBinary(const Graph& graph, const Node& node, const Permutation& p) {
  Turning turning{{}, p};
  for (size_t side = 0; side < 2; ++side) {
    const Tensor& value = graph.fact(node.inputs[side]).value;
    if (value.valid() ? !TurnedBack(value, p) : !HasRank(graph, node.inputs[side], p.size())) return std::nullopt;
    if (!value.valid()) turning.inputs.push_back(side);
  }
  if (turning.inputs.empty()) return std::nullopt;
  return turning;
}

std::optional<Turning> TurningOfReduction(const Graph& graph, const Node& node, const Permutation& p) {
  const auto axes = Axes(graph, node.inputs[1]);
  const auto turned = axes ? TurnedBack(*axes, p) : std::nullopt;
  if (!turned) return std::nullopt;
  const bool* keeps = node.attrs.Get<bool>("keep_dims");
  return Turning{{0}, keeps != nullptr && *keeps ? p : WithoutAxes(p, *turned)};
}

std::optional<Turning> TurningOfConcat(const Graph& graph, const Node& node, const Permutation& p) {
  const auto axis = Axes(graph, node.inputs.back());
  if (!axis || axis->size() != 1 || !TurnedBack(*axis, p)) return std::nullopt;
  Turning turning{{}, p};
  for (size_t i = 0; i + 1 < node.inputs.size(); ++i) {
    if (!HasRank(graph, node.inputs[i], p.size())) return std::nullopt;
    turning.inputs.push_back(i);
  }
  return turning;
}

}  // namespace

std::optional<Turning> TurningOf(const Graph& graph, const Node& node, const Permutation& p) {
  const Kind kind = KindOf(node);
  if (kind == Kind::kOther || !node.control_inputs.empty() || node.inputs.empty()) return std::nullopt;
  if (kind == Kind::kBinary) return TurningOfBinary(graph, node, p);
  if (kind == Kind::kConcat) return TurningOfConcat(graph, node, p);
  if (!HasRank(graph, node.inputs[0], p.size())) return std::nullopt;
  if (kind == Kind::kReduction) return TurningOfReduction(graph, node, p);
  if (kind == Kind::kPad && !TurnedPads(graph, node, p)) return std::nullopt;
  return Turning{{0}, p};
}

Edge AddTurned(PatchSink& sink, const Graph& graph, const Node& node, const Permutation& p,
               const std::function<Edge(size_t input)>& under) {
  Node turned;
  turned.name = node.name;
  turned.op = node.op;
  turned.attrs = node.attrs;
  turned.inputs = node.inputs;
  const auto turning = TurningOf(graph, node, p);
  if (turning) {
    for (const size_t input : turning->inputs) turned.inputs[input] = under(input);
  }
  switch (KindOf(node)) {
    case Kind::kBinary:
      for (size_t side = 0; side < 2; ++side) {
        const auto value = TurnedBack(graph.fact(node.inputs[side]).value, p);
        if (!value || !value->valid()) continue;
        turned.inputs[side] = sink.Add(ConstNode(graph.node(node.inputs[side].node).name + "/turned", *value));
      }
      break;
    case Kind::kConcat: {
      const auto axis = static_cast<int32_t>((*TurnedBack(*Axes(graph, node.inputs.back()), p))[0]);
      turned.attrs.Set("Tidx", DType::kInt32);
      turned.inputs.back() = sink.Add(ConstNode(node.name + "/axis", Tensor::Of<int32_t>({}, {&axis, 1})));
      break;
    }
    case Kind::kPad: {
      const std::vector<int64_t> wide = *TurnedPads(graph, node, p);
      const std::vector<int32_t> pads(wide.begin(), wide.end());
      turned.attrs.Set("Tpaddings", DType::kInt32);
      turned.inputs[1] =
          sink.Add(ConstNode(node.name + "/paddings", Tensor::Of<int32_t>({static_cast<int64_t>(p.size()), 2}, pads)));
      break;
    }
    case Kind::kReduction:
      turned.attrs.Set("Tidx", DType::kInt32);
      turned.inputs[1] = AddInts(sink, node.name + "/axes", *TurnedBack(*Axes(graph, node.inputs[1]), p));
      break;
    case Kind::kUnary:
    case Kind::kOther: break;
  }
  return sink.Add(std::move(turned));
}

}  // namespace rivulet
