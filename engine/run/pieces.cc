#include "engine/run/pieces.h"

#include <span>

#include "engine/base/built.h"
#include "engine/graph/shape_math.h"
#include "engine/ops/dims.h"
#include "engine/ops/strided_slice_spec.h"

namespace rivulet {
namespace {

bool IsComplete(const Fact& fact) { return fact.shape.complete() && fact.shape.num_elements() > 0; }

// A small constant, or what was computed like one; none where it is unknown.
std::optional<std::vector<int64_t>> Integers(const Graph& graph, Edge edge) {
  const Tensor& value = graph.fact(edge).value;
  if (!value.valid() || !value.is_aligned()) return std::nullopt;
  return ReadIntegers(value);
}

std::optional<int> AxisAt(const Graph& graph, Edge edge, int rank) {
  const auto value = Integers(graph, edge);
  if (!value || value->size() != 1) return std::nullopt;
  const auto axis = NormalizeAxis(value->front(), rank);
  return axis.ok() ? std::optional<int>(*axis) : std::nullopt;
}

// Where the block of `shape` that these ranges take begins, if it is one stretch: whole axes at the end, before them
// places that follow one another, before those one place of each axis.
std::optional<int64_t> StretchAt(const Shape& shape, std::span<const SliceRange> ranges) {
  int64_t at = 0, step = 1;
  bool is_whole = true;
  for (int d = shape.rank() - 1; d >= 0; --d) {
    const SliceRange& range = ranges[static_cast<size_t>(d)];
    if (range.count < 1 || (range.count > 1 && (!is_whole || range.stride != 1))) return std::nullopt;
    is_whole = is_whole && range.count == shape[d];
    at += range.begin * step;
    step *= shape[d];
  }
  return at;
}

// Where pieces of these sizes along `axis` of `shape` begin.
std::optional<std::vector<int64_t>> AlongAxis(const Shape& shape, int axis, std::span<const int64_t> sizes) {
  int64_t inner = 1;
  for (int d = 0; d < axis; ++d) {
    if (shape[d] != 1) return std::nullopt;
  }
  for (int d = axis + 1; d < shape.rank(); ++d) inner *= shape[d];
  std::vector<int64_t> at;
  int64_t next = 0;
  for (const int64_t size : sizes) {
    at.push_back(next * inner);
    next += size;
  }
  if (next != shape[axis]) return std::nullopt;
  return at;
}

// Pack and Unpack have the axis as an attribute, and drop it from the pieces.
std::optional<std::vector<int64_t>> AlongNewAxis(const Node& node, const Shape& whole, size_t count) {
  const auto* value = node.attrs.Get<int64_t>("axis");
  const auto axis = NormalizeAxis(value == nullptr ? 0 : *value, whole.rank());
  if (!axis.ok()) return std::nullopt;
  return AlongAxis(whole, *axis, std::vector<int64_t>(count, 1));
}

std::optional<Pieces> Joined(const Graph& graph, const Node& node) {
  const bool axis_first = node.op == "Concat", is_pack = node.op == "Pack";
  const size_t count = node.inputs.size() - (is_pack ? 0 : 1);
  Pieces pieces{true, axis_first ? 1 : 0, {}};
  const Shape& whole = node.outputs[0].shape;
  for (size_t i = 0; i < count; ++i) {
    if (!graph.fact(node.inputs[static_cast<size_t>(pieces.first) + i]).shape.complete()) return std::nullopt;
  }
  std::optional<std::vector<int64_t>> at;
  if (is_pack) {
    at = AlongNewAxis(node, whole, count);
  } else if (const auto axis = AxisAt(graph, node.inputs[axis_first ? 0 : count], whole.rank())) {
    std::vector<int64_t> sizes;
    for (size_t i = 0; i < count; ++i) {
      sizes.push_back(graph.fact(node.inputs[static_cast<size_t>(pieces.first) + i]).shape[*axis]);
    }
    at = AlongAxis(whole, *axis, sizes);
  }
  if (!at) return std::nullopt;
  pieces.at = *std::move(at);
  return pieces;
}

std::optional<Pieces> Split(const Graph& graph, const Node& node) {
  const bool axis_first = node.op == "Split", is_unpack = node.op == "Unpack";
  Pieces pieces{false, axis_first ? 1 : 0, {}};
  const Shape& whole = graph.fact(node.inputs[static_cast<size_t>(pieces.first)]).shape;
  std::optional<std::vector<int64_t>> at;
  if (is_unpack) {
    at = AlongNewAxis(node, whole, node.outputs.size());
  } else if (const auto axis = AxisAt(graph, node.inputs[axis_first ? 0 : 2], whole.rank())) {
    std::vector<int64_t> sizes;
    for (const Fact& fact : node.outputs) sizes.push_back(fact.shape[*axis]);
    at = AlongAxis(whole, *axis, sizes);
  }
  if (!at) return std::nullopt;
  pieces.at = *std::move(at);
  return pieces;
}

std::optional<std::vector<SliceRange>> RangesOfSlice(const Graph& graph, const Node& node, const Shape& whole) {
  const auto begin = Integers(graph, node.inputs[1]);
  if (!begin || begin->size() != static_cast<size_t>(whole.rank())) return std::nullopt;
  std::vector<SliceRange> ranges;
  for (int d = 0; d < whole.rank(); ++d) {
    ranges.push_back({(*begin)[static_cast<size_t>(d)], 1, node.outputs[0].shape[d], d});
  }
  return ranges;
}

std::optional<std::vector<SliceRange>> RangesOfStridedSlice(const Graph& graph, const Node& node, const Shape& whole) {
  if constexpr (!IsBuilt("StridedSlice")) return std::nullopt;
  const Tensor* values[3];
  for (size_t i = 0; i < 3; ++i) {
    values[i] = &graph.fact(node.inputs[i + 1]).value;
    if (!values[i]->valid() || !values[i]->is_aligned()) return std::nullopt;
  }
  const auto entries = ReadSliceEntries(values[0]->num_elements(), values[0], values[1], values[2]);
  if (!entries.ok()) return std::nullopt;
  auto spec = ResolveSlice(whole, *entries, SliceMasks(AttrReader(node)));
  if (!spec.ok() || !spec->result.complete()) return std::nullopt;
  return std::move(spec->ranges);
}

std::optional<Pieces> Sliced(const Graph& graph, const Node& node) {
  const Shape& whole = graph.fact(node.inputs[0]).shape;
  const auto ranges = node.op == "Slice" ? RangesOfSlice(graph, node, whole) : RangesOfStridedSlice(graph, node, whole);
  if (!ranges) return std::nullopt;
  const auto at = StretchAt(whole, *ranges);
  if (!at) return std::nullopt;
  return Pieces{false, 0, {*at}};
}

}  // namespace

std::optional<ConcatRows> ConcatRowsOf(const Graph& graph, const Node& node) {
  const bool axis_first = node.op == "Concat";
  if ((!axis_first && node.op != "ConcatV2") || !IsComplete(node.outputs[0])) return std::nullopt;
  const Shape& whole = node.outputs[0].shape;
  const size_t count = node.inputs.size() - 1;
  const auto axis = AxisAt(graph, node.inputs[axis_first ? 0 : count], whole.rank());
  if (!axis) return std::nullopt;
  ConcatRows joined{axis_first ? 1 : 0, 1, whole[*axis], {}};
  int64_t inner = 1;
  for (int d = 0; d < *axis; ++d) joined.rows *= whole[d];
  for (int d = *axis + 1; d < whole.rank(); ++d) inner *= whole[d];
  joined.columns *= inner;
  for (size_t i = 0; i < count; ++i) {
    const Fact& fact = graph.fact(node.inputs[static_cast<size_t>(joined.first) + i]);
    if (!fact.shape.complete()) return std::nullopt;
    joined.sizes.push_back(fact.shape[*axis] * inner);
  }
  return joined;
}

std::optional<Pieces> PiecesOf(const Graph& graph, const Node& node) {
  for (const Fact& fact : node.outputs) {
    if (!IsComplete(fact)) return std::nullopt;
  }
  const std::string_view op = node.op;
  if (op == "Concat" || op == "ConcatV2" || op == "Pack") return Joined(graph, node);
  const bool is_slice = op == "Slice" || op == "StridedSlice";
  if (!is_slice && op != "Split" && op != "SplitV" && op != "Unpack") return std::nullopt;
  if (node.outputs.empty() || !IsComplete(graph.fact(node.inputs[op == "Split" ? 1 : 0]))) return std::nullopt;
  return is_slice ? Sliced(graph, node) : Split(graph, node);
}

}  // namespace rivulet
