// StridedSlice: every strides[i]-th place from begin[i] to before end[i], as Python's x[b:e:s, ..., newaxis, i].
// StridedSliceGrad: zeros of the given shape with dy at those places.
// TensorStridedSliceUpdate: a copy of the input with `value`, which may be broadcast, at those places.
// StridedSliceAssign, ResourceStridedSliceAssign: the same done to a variable.
#include <algorithm>

#include "engine/graph/shape_math.h"
#include "engine/ops/dims.h"
#include "engine/ops/strided_slice_spec.h"
#include "engine/ops/variable.h"

namespace rivulet {
namespace {

// The spec from begin, end and strides in inputs first, first + 1, first + 2; their values may be unknown. A spec with
// a result of unknown rank when not even that can be told.
Result<SliceSpec> SpecFromFacts(const InferContext& c, const Shape& input, int first) {
  SliceSpec unknown;
  unknown.result = Shape::UnknownRank();
  int64_t count = -1;
  for (int i = first; i < first + 3; ++i) {
    RIVULET_ASSIGN_OR_RETURN(const int64_t length, VectorLength(c, i, "begin, end and strides"));
    if (length >= 0 && count >= 0 && length != count) {
      return InvalidArgument("begin, end and strides: want one length, got ", count, " and ", length);
    }
    if (length >= 0) count = length;
  }
  if (count < 0 || !input.has_rank()) return unknown;
  RIVULET_ASSIGN_OR_RETURN(const std::vector<SliceEntry> entries,
                           ReadSliceEntries(count, c.value(first), c.value(first + 1), c.value(first + 2)));
  return ResolveSlice(input, entries, SliceMasks(c.attrs()));
}

struct State : OpState {
  SliceMasks masks;
};

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c) {
  auto state = std::make_unique<State>();
  state->masks = SliceMasks(c.attrs());
  return std::unique_ptr<OpState>(std::move(state));
}

Result<SliceSpec> SpecFromTensors(RunContext& c, const Shape& input, int first) {
  const Tensor* begin = &c.input(first);
  if (begin->rank() != 1) return InvalidArgument("begin: want a vector, got shape ", begin->shape());
  RIVULET_ASSIGN_OR_RETURN(const std::vector<SliceEntry> entries,
                           ReadSliceEntries(begin->num_elements(), begin, &c.input(first + 1), &c.input(first + 2)));
  return ResolveSlice(input, entries, c.state<State>().masks);
}

// ---- StridedSlice ----

Status InferSlice(InferContext& c) {
  RIVULET_ASSIGN_OR_RETURN(SliceSpec spec, SpecFromFacts(c, c.shape(0), 1));
  c.set_output(0, std::move(spec.result));
  return Status();
}

Status RunSlice(RunContext& c) {
  const Tensor& input = c.input(0);
  RIVULET_ASSIGN_OR_RETURN(const SliceSpec spec, SpecFromTensors(c, input.shape(), 1));
  RIVULET_RETURN_IF_ERROR(WantOutputShape(c, 0, spec.result));
  AxisCopy copy(input.dtype());
  const int64_t first = spec.AxesFromSlice(input.shape(), copy);
  return copy.Run(c, input.raw(), first, c.output(0).raw(), 0);
}

// ---- StridedSliceGrad ----

Status InferGrad(InferContext& c) {
  RIVULET_ASSIGN_OR_RETURN(Shape out, ShapeFromInput(c, 0, "shape"));
  RIVULET_ASSIGN_OR_RETURN(const SliceSpec spec, SpecFromFacts(c, out, 1));
  auto merged = MergeShapes(spec.result, c.shape(4));
  if (!merged.ok()) {
    return InvalidArgument("dy: want shape ", spec.result, ", got ", c.shape(4));
  }
  c.set_output(0, std::move(out));
  return Status();
}

Status RunGrad(RunContext& c) {
  RIVULET_ASSIGN_OR_RETURN(const Shape shape, ShapeOf(ReadIntegers(c.input(0)), "shape"));
  RIVULET_RETURN_IF_ERROR(WantOutputShape(c, 0, shape));
  RIVULET_ASSIGN_OR_RETURN(const SliceSpec spec, SpecFromTensors(c, shape, 1));
  const Tensor& dy = c.input(4);
  if (dy.shape() != spec.result) {
    return InvalidArgument("dy: want shape ", spec.result, ", got ", dy.shape());
  }
  RIVULET_RETURN_IF_ERROR(ClearTensor(c, c.output(0)));
  AxisCopy copy(dy.dtype());
  const int64_t first = spec.AxesToSlice(shape, dy.shape(), copy);
  return copy.Run(c, dy.raw(), 0, c.output(0).raw(), first);
}

// ---- TensorStridedSliceUpdate ----

// As TensorFlow, takes a value with more axes than the slice where the first ones are 1, and any for an empty slice.
Status CheckValue(const Shape& value, const Shape& slice) {
  if (!value.has_rank() || !slice.complete() || slice.num_elements() == 0) return Status();
  const int extra = std::max(value.rank() - slice.rank(), 0);
  bool fits = true;
  for (int i = 0; i < value.rank(); ++i) {
    const int64_t want = i < extra ? 1 : slice[i - value.rank() + slice.rank()];
    fits = fits && (value[i] == 1 || value[i] < 0 || value[i] == want);
  }
  if (fits) return Status();
  return InvalidArgument("value: shape ", value, " does not broadcast to the slice's ", slice);
}

Status InferUpdate(InferContext& c) {
  RIVULET_ASSIGN_OR_RETURN(const SliceSpec spec, SpecFromFacts(c, c.shape(0), 1));
  RIVULET_RETURN_IF_ERROR(CheckValue(c.shape(4), spec.result));
  c.set_output(0, c.shape(0));
  return Status();
}

Status RunUpdate(RunContext& c) {
  const Tensor& input = c.input(0);
  const Tensor& value = c.input(4);
  RIVULET_RETURN_IF_ERROR(WantOutputShape(c, 0, input.shape()));
  RIVULET_ASSIGN_OR_RETURN(const SliceSpec spec, SpecFromTensors(c, input.shape(), 1));
  RIVULET_RETURN_IF_ERROR(CheckValue(value.shape(), spec.result));
  RIVULET_RETURN_IF_ERROR(CopyTensor(c, input, c.output(0)));
  AxisCopy copy(input.dtype());
  const int64_t first = spec.AxesToSlice(input.shape(), value.shape(), copy);
  return copy.Run(c, value.raw(), 0, c.output(0).raw(), first);
}

// ---- StridedSliceAssign ----

Status InferAssign(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(SpecFromFacts(c, Shape::UnknownRank(), 1).status());
  if (c.num_outputs() > 0) c.set_output(0, {});
  return Status();
}

Status RunAssign(RunContext& c) {
  const Tensor handle = c.input(0);
  const Tensor& value = c.input(4);
  RIVULET_ASSIGN_OR_RETURN(const std::shared_ptr<Variable> variable, ObjectIn<Variable>(handle));
  Status status = variable->Modify(c.allocator(), [&](Tensor& held) -> Status {
    if (held.dtype() != value.dtype()) {
      return InvalidArgument("the variable is ", held.dtype(), ", the value ", value.dtype());
    }
    RIVULET_ASSIGN_OR_RETURN(const SliceSpec spec, SpecFromTensors(c, held.shape(), 1));
    RIVULET_RETURN_IF_ERROR(CheckValue(value.shape(), spec.result));
    AxisCopy copy(held.dtype());
    const int64_t first = spec.AxesToSlice(held.shape(), value.shape(), copy);
    return copy.Run(c, value.raw(), 0, held.raw(), first);
  });
  if (status.ok() && c.num_outputs() > 0) c.SetOutput(0, handle);
  return status;
}

#define RIVULET_PLAIN "T:type in {bf16,f16,f32,f64,i8,i16,i32,i64,u8,u16,u32,u64,bool,str,c64,c128"
#define RIVULET_ANY RIVULET_PLAIN ",qi8,qu8,qi32"
#define RIVULET_MASKS \
  "begin_mask:int=0; end_mask:int=0; ellipsis_mask:int=0; new_axis_mask:int=0; shrink_axis_mask:int=0"

constexpr OpDef kDefs[] = {
    {.name = "StridedSlice",
     .inputs = "input:T, begin:Index, end:Index, strides:Index",
     .outputs = "output:T",
     .attrs = RIVULET_ANY ",resource,variant}; Index:type in {i16,i32,i64}; " RIVULET_MASKS,
     .infer = InferSlice,
     .prepare = Prepare,
     .run = RunSlice},
    {.name = "StridedSliceGrad",
     .inputs = "shape:Index, begin:Index, end:Index, strides:Index, dy:T",
     .outputs = "output:T",
     .attrs = RIVULET_ANY ",resource,variant}; Index:type in {i32,i64}; " RIVULET_MASKS,
     .infer = InferGrad,
     .prepare = Prepare,
     .run = RunGrad},
    {.name = "TensorStridedSliceUpdate",
     .inputs = "input:T, begin:Index, end:Index, strides:Index, value:T",
     .outputs = "output:T",
     .attrs = RIVULET_PLAIN ",resource,variant}; Index:type in {i32,i64}; " RIVULET_MASKS,
     .infer = InferUpdate,
     .prepare = Prepare,
     .run = RunUpdate},
    {.name = "StridedSliceAssign",
     .inputs = "ref:ref T, begin:Index, end:Index, strides:Index, value:T",
     .outputs = "output_ref:ref T",
     .attrs = RIVULET_ANY ",resource,variant}; Index:type in {i32,i64}; " RIVULET_MASKS,
     .infer = InferAssign,
     .prepare = Prepare,
     .run = RunAssign,
     .flags = kEffect | kMakesOutputs},
    {.name = "ResourceStridedSliceAssign",
     .inputs = "ref:resource, begin:Index, end:Index, strides:Index, value:T",
     .outputs = "",
     .attrs = RIVULET_PLAIN ",resource,variant}; Index:type in {i32,i64}; " RIVULET_MASKS,
     .infer = InferAssign,
     .prepare = Prepare,
     .run = RunAssign,
     .flags = kEffect},
};

}  // namespace

RIVULET_OP_LIST(StridedSlice, kDefs);

}  // namespace rivulet
