// Concat, ConcatV2, ParallelConcat, Pack: tensors joined along an axis, which Pack makes new. ConcatOffset: where each
// of them begins in the result, as a vector with zeros but for the axis.
#include "engine/ops/concat.h"

#include <algorithm>

#include "engine/base/checked.h"
#include "engine/graph/shape_math.h"
#include "engine/ops/dims.h"
#include "engine/ops/indices.h"
#include "engine/ops/axis_copy.h"
#include "engine/ops/with.h"

namespace rivulet {
namespace {

// The shape of the inputs [first, first + count), joined; shape(i) is the shape of input i. Unknown dims stay unknown.
template <typename ShapeOfInput>
Result<Shape> Joined(int first, int count, const int64_t* axis_value, const ShapeOfInput& shape) {
  Shape out = Shape::UnknownRank();
  for (int i = first; i < first + count; ++i) {
    const Shape& next = shape(i);
    if (!next.has_rank()) continue;
    if (next.rank() == 0) return InvalidArgument("want rank >= 1, got scalars; Pack makes an axis of them");
    if (out.has_rank() && out.rank() != next.rank()) {
      return InvalidArgument("inputs of shapes ", out, " and ", next, " have different ranks");
    }
    if (!out.has_rank()) out = Shape::OfUnknownDims(next.rank());
  }
  if (!out.has_rank() || axis_value == nullptr) return out;
  auto axis = NormalizeAxis(*axis_value, out.rank());
  if (!axis.ok()) return std::move(axis).status().Framed("the axis to join");
  CheckedSize sum = 0;
  bool sum_known = true;
  for (int i = first; i < first + count; ++i) {
    const Shape& next = shape(i);
    if (!next.has_rank()) {
      sum_known = false;
      continue;
    }
    for (int d = 0; d < next.rank(); ++d) {
      if (d == *axis) {
        sum_known = sum_known && next[d] != Shape::kUnknownDim;
        if (next[d] != Shape::kUnknownDim) sum += next[d];
      } else if (out[d] == Shape::kUnknownDim) {
        out.set_dim(d, next[d]);
      } else if (next[d] != Shape::kUnknownDim && next[d] != out[d]) {
        return InvalidArgument("inputs differ in dim ", d, ", which is not joined: ", out[d], " and ", next[d],
                               ", want equal sizes");
      }
    }
  }
  if (!sum.valid()) return InvalidArgument("the joined dim is too large");
  out.set_dim(*axis, sum_known ? sum.value() : Shape::kUnknownDim);
  return out;
}

// Concat has the axis first, ConcatV2 last.
Status InferConcat(InferContext& c, bool axis_first) {
  const int at = axis_first ? 0 : c.num_inputs() - 1;
  RIVULET_RETURN_IF_ERROR(c.WantScalar(at));
  int64_t axis = 0;
  if (c.known(at)) axis = Indices(*c.value(at))[0];
  RIVULET_ASSIGN_OR_RETURN(Shape out, Joined(axis_first ? 1 : 0, c.num_inputs() - 1, c.known(at) ? &axis : nullptr,
                                             [&](int i) -> const Shape& { return c.shape(i); }));
  c.set_output(0, std::move(out));
  return Status();
}

struct JoinState : OpState {
  int64_t row_step = 0;  // 0 where the result's rows follow one another
};

Result<std::unique_ptr<OpState>> PrepareJoin(PrepareContext&) {
  return std::unique_ptr<OpState>(std::make_unique<JoinState>());
}

// Whether the input was made where it belongs, from element `at` of output 0 on: plans see to that where they can.
bool IsInPlace(RunContext& c, int input, int64_t at) {
  const auto bytes = at * static_cast<int64_t>(StoredBytes(c.output(0).dtype()));
  return c.input(input).raw() == static_cast<const char*>(c.output(0).raw()) + bytes;
}

Status Join(RunContext& c, int first, int count, int64_t axis_value, int64_t row_step) {
  Tensor& output = c.output(0);
  RIVULET_ASSIGN_OR_RETURN(
      const Shape want, Joined(first, count, &axis_value, [&](int i) -> const Shape& { return c.input(i).shape(); }));
  RIVULET_RETURN_IF_ERROR(WantOutputShape(c, 0, want));
  if (output.num_elements() == 0) return Status();
  RIVULET_ASSIGN_OR_RETURN(const int axis, NormalizeAxis(axis_value, want.rank()));
  int64_t outer = 1, inner = 1;
  for (int d = 0; d < axis; ++d) outer *= want[d];
  for (int d = axis + 1; d < want.rank(); ++d) inner *= want[d];
  const int64_t row = row_step > 0 ? row_step : want[axis] * inner;
  int64_t at = 0;
  for (int i = first; i < first + count; ++i) {
    const Tensor& input = c.input(i);
    const int64_t part = input.dim(axis) * inner;
    if (IsInPlace(c, i, at)) {
      at += part;
      continue;
    }
    AxisCopy copy(output.dtype());
    copy.Axis(outer, part, row);
    copy.Axis(part, 1, 1);
    RIVULET_RETURN_IF_ERROR(copy.Run(c, input.raw(), 0, output.raw(), at));
    at += part;
  }
  return Status();
}

Status RunConcat(RunContext& c, bool axis_first) {
  const Tensor& axis = c.input(axis_first ? 0 : c.num_inputs() - 1);
  if (axis.rank() != 0) return InvalidArgument("the axis to join: want a scalar, got shape ", axis.shape());
  return Join(c, axis_first ? 1 : 0, c.num_inputs() - 1, Indices(axis)[0], c.state<JoinState>().row_step);
}

Status InferParallelConcat(InferContext& c) {
  const Shape shape = c.attrs().ShapeAttr("shape");
  if (!shape.complete() || shape.rank() < 1) {
    return InvalidArgument("attr 'shape': want a complete shape of rank >= 1, got ", shape);
  }
  if (shape[0] != c.num_inputs()) {
    return InvalidArgument("attr 'shape': dim 0 is ", shape[0], ", but there are ", c.num_inputs(), " inputs");
  }
  Shape each = shape;
  each.set_dim(0, 1);
  for (int i = 0; i < c.num_inputs(); ++i) {
    if (!MergeShapes(c.shape(i), each).ok()) {
      return InvalidArgument("input ", i, ": want shape ", each, ", got ", c.shape(i));
    }
  }
  c.set_output(0, shape);
  return Status();
}

Status RunParallelConcat(RunContext& c) { return Join(c, 0, c.num_inputs(), 0, 0); }

// ---- Pack ----

template <typename ShapeOfInput>
Result<Shape> Packed(int count, int64_t axis_value, const ShapeOfInput& shape) {
  Shape merged = Shape::UnknownRank();
  for (int i = 0; i < count; ++i) {
    auto next = MergeShapes(merged, shape(i));
    if (!next.ok()) return std::move(next).status().Framed(Cat("input ", i));
    merged = *std::move(next);
  }
  if (!merged.has_rank()) return merged;
  if (merged.rank() == Shape::kMaxRank)
    return InvalidArgument("the output would have more than ", Shape::kMaxRank, " dims");
  auto axis = NormalizeInsertAxis(axis_value, merged.rank());
  if (!axis.ok()) return std::move(axis).status().Framed("attr 'axis'");
  Shape out;
  for (int d = 0; d <= merged.rank(); ++d) {
    if (d == *axis) out.push_back(count);
    if (d < merged.rank()) out.push_back(merged[d]);
  }
  return out;
}

Status InferPack(InferContext& c) {
  RIVULET_ASSIGN_OR_RETURN(
      Shape out, Packed(c.num_inputs(), c.attrs().Int("axis"), [&](int i) -> const Shape& { return c.shape(i); }));
  c.set_output(0, std::move(out));
  return Status();
}

struct PackState : OpState {
  int64_t axis = 0;
};

Result<std::unique_ptr<OpState>> PreparePack(PrepareContext& c) {
  auto state = std::make_unique<PackState>();
  state->axis = c.attrs().Int("axis");
  return std::unique_ptr<OpState>(std::move(state));
}

Status RunPack(RunContext& c) {
  const int64_t axis_value = c.state<PackState>().axis;
  RIVULET_ASSIGN_OR_RETURN(
      const Shape want, Packed(c.num_inputs(), axis_value, [&](int i) -> const Shape& { return c.input(i).shape(); }));
  RIVULET_RETURN_IF_ERROR(WantOutputShape(c, 0, want));
  RIVULET_ASSIGN_OR_RETURN(const int axis, NormalizeAxis(axis_value, want.rank()));
  int64_t outer = 1, inner = 1;
  for (int d = 0; d < axis; ++d) outer *= want[d];
  for (int d = axis + 1; d < want.rank(); ++d) inner *= want[d];
  for (int i = 0; i < c.num_inputs(); ++i) {
    if (IsInPlace(c, i, i * inner)) continue;
    AxisCopy copy(c.output(0).dtype());
    copy.Axis(outer, inner, c.num_inputs() * inner);
    copy.Axis(inner, 1, 1);
    RIVULET_RETURN_IF_ERROR(copy.Run(c, c.input(i).raw(), 0, c.output(0).raw(), i * inner));
  }
  return Status();
}

// ---- ConcatOffset ----

Status InferOffsets(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(c.WantScalar(0));
  int64_t length = Shape::kUnknownDim;
  for (int i = 1; i < c.num_inputs(); ++i) {
    RIVULET_ASSIGN_OR_RETURN(const int64_t next, VectorLength(c, i, "shape"));
    if (next >= 0 && length >= 0 && next != length)
      return InvalidArgument("shape: want vectors of one length, got ", length, " and ", next);
    if (next >= 0) length = next;
  }
  for (int i = 0; i < c.num_outputs(); ++i) c.set_output(i, {length});
  return Status();
}

Status RunOffsets(RunContext& c) {
  const Tensor& first = c.input(1);
  const int64_t rank = first.num_elements();
  if (c.input(0).rank() != 0) return InvalidArgument("concat_dim: want a scalar, got shape ", c.input(0).shape());
  const int64_t given = Indices(c.input(0))[0];
  if (given < -rank || given >= rank) return InvalidArgument("concat_dim: want [-", rank, ", ", rank, "), got ", given);
  const int64_t axis = given < 0 ? given + rank : given;
  const Indices dims(first);
  std::vector<int64_t> offset(static_cast<size_t>(rank), 0);
  for (int i = 0; i < c.num_outputs(); ++i) {
    const Tensor& shape = c.input(i + 1);
    if (shape.rank() != 1 || shape.num_elements() != rank) {
      return InvalidArgument("shape ", i, ": want ", rank, " dims, got shape ", shape.shape());
    }
    RIVULET_RETURN_IF_ERROR(WantOutputShape(c, i, {rank}));
    RIVULET_RETURN_IF_ERROR(WriteIntegers(offset, c.output(i)));
    const Indices next(shape);
    for (int64_t d = 0; d < rank; ++d) {
      if (d != axis && next[d] != dims[d]) {
        return InvalidArgument("shape ", i, " differs in dim ", d, ", which is not joined: ", dims[d], " and ",
                               next[d]);
      }
    }
    int64_t& at = offset[static_cast<size_t>(axis)];
    if (__builtin_add_overflow(at, next[axis], &at)) return InvalidArgument("the joined dim is too large");
  }
  return Status();
}

#define RIVULET_JOINED \
  "T:type in {bf16,f16,f32,f64,i8,i16,i32,i64,u8,u16,u32,u64,bool,str,c64,c128,qi8,qu8,qi16,qu16,qi32"
#define RIVULET_PLAIN "T:type in {bf16,f16,f32,f64,i8,i16,i32,i64,u8,u16,u32,u64,bool,str,c64,c128}"

constexpr OpDef kDefs[] = {
    {.name = "Concat",
     .inputs = "concat_dim:i32, values:N*T",
     .outputs = "output:T",
     .attrs = "N:int >=2; " RIVULET_JOINED "}",
     .infer = With<InferConcat, true>,
     .prepare = PrepareJoin,
     .run = With<RunConcat, true>},
    {.name = "ConcatV2",
     .inputs = "values:N*T, axis:Tidx",
     .outputs = "output:T",
     .attrs = "N:int >=2; " RIVULET_JOINED "}; Tidx:type=i32 in {i32,i64}",
     .infer = With<InferConcat, false>,
     .prepare = PrepareJoin,
     .run = With<RunConcat, false>},
    {.name = "ConcatOffset",
     .inputs = "concat_dim:i32, shape:N*shape_type",
     .outputs = "offset:N*shape_type",
     .attrs = "N:int >=2; shape_type:type=i32 in {i32,i64}",
     .infer = InferOffsets,
     .run = RunOffsets},
    {.name = "ParallelConcat",
     .inputs = "values:N*T",
     .outputs = "output:T",
     .attrs = "N:int >=1; shape:shape; " RIVULET_PLAIN,
     .infer = InferParallelConcat,
     .run = RunParallelConcat},
    {.name = "Pack",
     .inputs = "values:N*T",
     .outputs = "output:T",
     .attrs = "N:int >=1; axis:int=0; " RIVULET_JOINED ",resource,variant}",
     .infer = InferPack,
     .prepare = PreparePack,
     .run = RunPack},
};

}  // namespace

void SetJoinedRows(OpState& state, int64_t row_step) { static_cast<JoinState&>(state).row_step = row_step; }

RIVULET_OP_LIST(Concat, kDefs);

}  // namespace rivulet
