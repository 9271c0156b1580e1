// ReduceJoin: strings joined over the axes in reduction_indices, with a separator between. The first axis named goes
// fastest. Nothing to join gives an empty string; no axes give x itself.
//   x [..] -> y without those axes, or with 1 in their place (keep_dims)
#include <algorithm>
#include <string>
#include <vector>

#include "engine/graph/shape_math.h"
#include "engine/ops/dims.h"
#include "engine/ops/text_bytes.h"

namespace rivulet {
namespace {

struct State : OpState {
  std::string separator;
  bool keep_dims = false;
};

Result<Shape> OutputShape(const Shape& input, const std::vector<int64_t>& axes, bool keep_dims) {
  auto reduced = NormalizeAxes(axes, input.rank());
  if (!reduced.ok()) return std::move(reduced).status().Framed("reduction_indices");
  Shape out;
  for (int i = 0; i < input.rank(); ++i) {
    if (!(*reduced)[static_cast<size_t>(i)]) {
      out.push_back(input[i]);
    } else if (keep_dims) {
      out.push_back(1);
    }
  }
  return out;
}

Status Infer(InferContext& c) {
  const bool keep_dims = c.attrs().Bool("keep_dims");
  if (c.shape(1).has_rank() && c.shape(1).rank() > 1) {
    return InvalidArgument("reduction_indices: want a scalar or a vector, got shape ", c.shape(1));
  }
  const Shape& input = c.shape(0);
  if (input.has_rank() && c.known(1)) {
    RIVULET_ASSIGN_OR_RETURN(Shape out, OutputShape(input, c.ints(1), keep_dims));
    c.set_output(0, std::move(out));
  } else if (input.has_rank() && keep_dims) {
    c.set_output(0, Shape::OfUnknownDims(input.rank()));
  } else {
    c.set_output(0, Shape::UnknownRank());
  }
  return Status();
}

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c) {
  auto state = std::make_unique<State>();
  state->separator = c.attrs().Str("separator");
  state->keep_dims = c.attrs().Bool("keep_dims");
  return std::unique_ptr<OpState>(std::move(state));
}

// The offsets of all places in the dims `sizes`, of which the first goes fastest.
std::vector<int64_t> Offsets(const std::vector<int64_t>& sizes, const std::vector<int64_t>& strides) {
  std::vector<int64_t> offsets = {0};
  for (size_t axis = 0; axis < sizes.size(); ++axis) {
    const size_t before = offsets.size();
    if (sizes[axis] == 0) return {};
    for (int64_t i = 1; i < sizes[axis]; ++i) {
      for (size_t k = 0; k < before; ++k) offsets.push_back(offsets[k] + i * strides[axis]);
    }
  }
  return offsets;
}

Status Run(RunContext& c) {
  const State& state = c.state<State>();
  const Tensor& input = c.input(0);
  const std::vector<int64_t> axes = ToInt64s(c.input(1));
  RIVULET_ASSIGN_OR_RETURN(const Shape shape, OutputShape(input.shape(), axes, state.keep_dims));
  RIVULET_RETURN_IF_ERROR(WantOutputShape(c, 0, shape));
  const int64_t count = c.output(0).num_elements();
  if (count == 0) return Status();
  // Every element of the input is in one offset of each kind.
  TextBytes bytes(c.allocator());
  RIVULET_RETURN_IF_ERROR(bytes.Charge(CheckedSize(input.num_elements()) * 16));
  const std::vector<int64_t> strides = RowMajorStrides(input.shape());
  RIVULET_ASSIGN_OR_RETURN(const std::vector<bool> reduced, NormalizeAxes(axes, input.rank()));
  std::vector<int64_t> joined_sizes, joined_strides, kept_sizes, kept_strides;
  for (const int64_t axis : axes) {
    RIVULET_ASSIGN_OR_RETURN(const int at, NormalizeAxis(axis, input.rank()));
    joined_sizes.push_back(input.dim(at));
    joined_strides.push_back(strides[static_cast<size_t>(at)]);
  }
  for (int axis = input.rank() - 1; axis >= 0; --axis) {
    if (reduced[static_cast<size_t>(axis)]) continue;
    kept_sizes.push_back(input.dim(axis));
    kept_strides.push_back(strides[static_cast<size_t>(axis)]);
  }
  const std::vector<int64_t> joined = Offsets(joined_sizes, joined_strides);
  CheckedSize text = 0;
  for (const std::string& one : input.values<std::string>()) text += static_cast<int64_t>(one.size());
  text += CheckedSize(static_cast<int64_t>(state.separator.size())) * input.num_elements();
  RIVULET_RETURN_IF_ERROR(bytes.Charge(text));
  std::string* out = c.output(0).data<std::string>();
  if (joined.empty()) {
    for (int64_t i = 0; i < count; ++i) out[i].clear();
    return Status();
  }
  const std::vector<int64_t> kept = Offsets(kept_sizes, kept_strides);
  for (size_t i = 0; i < kept.size(); ++i) {
    if (c.stop().stopped()) return Status();
    out[i].clear();
    for (size_t k = 0; k < joined.size(); ++k) {
      if (k > 0) out[i] += state.separator;
      out[i] += input.data<std::string>()[kept[i] + joined[k]];
    }
  }
  return Status();
}

constexpr OpDef kDefs[] = {
    {.name = "ReduceJoin",
     .inputs = "inputs:str, reduction_indices:i32",
     .outputs = "output:str",
     .attrs = "keep_dims:bool=false; separator:string=\"\"",
     .infer = Infer,
     .prepare = Prepare,
     .run = Run},
};

}  // namespace

RIVULET_OP_LIST(ReduceJoin, kDefs);

}  // namespace rivulet
