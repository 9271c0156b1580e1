// OneHot: a new axis of `depth` places; on_value at the place that the index names, off_value elsewhere, and everywhere
// where the index names none of them.
#include "engine/graph/shape_math.h"
#include "engine/ops/dims.h"
#include "engine/ops/indices.h"
#include "engine/ops/rows.h"
#include "engine/ops/axis_copy.h"

namespace rivulet {
namespace {

// Where the new axis goes; -1 is the last.
Result<int> NewAxis(int64_t axis, int rank) {
  if (axis < -1 || axis > rank) return InvalidArgument("attr 'axis': want [-1, ", rank, "], got ", axis);
  return axis == -1 ? rank : static_cast<int>(axis);
}

Result<int64_t> DepthOf(const Tensor& depth) {
  const int64_t value = ReadIntegers(depth)[0];
  if (value < 0) return InvalidArgument("depth: want >= 0, got ", value);
  return value;
}

Status Infer(InferContext& c) {
  for (int i = 1; i < 4; ++i) RIVULET_RETURN_IF_ERROR(c.WantScalar(i));
  int64_t depth = Shape::kUnknownDim;
  if (c.known(1)) {
    RIVULET_ASSIGN_OR_RETURN(depth, DepthOf(*c.value(1)));
  }
  const Shape& in = c.shape(0);
  if (!in.has_rank()) return Status();
  if (in.rank() == Shape::kMaxRank)
    return InvalidArgument("the output would have more than ", Shape::kMaxRank, " dims");
  RIVULET_ASSIGN_OR_RETURN(const int axis, NewAxis(c.attrs().Int("axis"), in.rank()));
  Shape out;
  for (int i = 0; i <= in.rank(); ++i) {
    if (i == axis) out.push_back(depth);
    if (i < in.rank()) out.push_back(in[i]);
  }
  c.set_output(0, std::move(out));
  return Status();
}

struct State : OpState {
  int64_t axis = 0;
};

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c) {
  auto state = std::make_unique<State>();
  state->axis = c.attrs().Int("axis");
  return std::unique_ptr<OpState>(std::move(state));
}

template <typename Index>
void SetOn(const Tensor& indices, int64_t outer, int64_t depth, int64_t inner, const void* on, Tensor& out) {
  const Index* index = indices.data<Index>();
  const DType dtype = out.dtype();
  for (int64_t o = 0; o < outer; ++o) {
    for (int64_t i = 0; i < inner; ++i) {
      const auto place = static_cast<int64_t>(index[o * inner + i]);
      if (!InRange(place, depth)) continue;
      CopyElements(dtype, ElementAt(out.raw(), dtype, (o * depth + place) * inner + i), on, 1);
    }
  }
}

Status Run(RunContext& c) {
  const Tensor& indices = c.input(0);
  Tensor& out = c.output(0);
  for (int i = 1; i < 4; ++i) {
    if (c.input(i).rank() != 0) return InvalidArgument("input ", i, ": want a scalar, got shape ", c.input(i).shape());
  }
  RIVULET_ASSIGN_OR_RETURN(const int64_t depth, DepthOf(c.input(1)));
  RIVULET_ASSIGN_OR_RETURN(const int axis, NewAxis(c.state<State>().axis, indices.rank()));
  Shape want;
  int64_t outer = 1, inner = 1;
  for (int i = 0; i <= indices.rank(); ++i) {
    if (i == axis) want.push_back(depth);
    if (i == indices.rank()) break;
    want.push_back(indices.dim(i));
    (i < axis ? outer : inner) *= indices.dim(i);
  }
  RIVULET_RETURN_IF_ERROR(WantOutputShape(c, 0, want));
  if (out.num_elements() == 0) return Status();
  RIVULET_RETURN_IF_ERROR(FillTensor(c, out, c.input(3).raw()));
  switch (indices.dtype()) {
    case DType::kUint8: SetOn<uint8_t>(indices, outer, depth, inner, c.input(2).raw(), out); break;
    case DType::kInt8: SetOn<int8_t>(indices, outer, depth, inner, c.input(2).raw(), out); break;
    case DType::kInt32: SetOn<int32_t>(indices, outer, depth, inner, c.input(2).raw(), out); break;
    default: SetOn<int64_t>(indices, outer, depth, inner, c.input(2).raw(), out); break;
  }
  return Status();
}

constexpr OpDef kDefs[] = {
    {.name = "OneHot",
     .inputs = "indices:TI, depth:i32, on_value:T, off_value:T",
     .outputs = "output:T",
     .attrs = "axis:int=-1; TI:type=i64 in {u8,i8,i32,i64}; "
              "T:type in {bf16,f16,f32,f64,i8,i16,i32,i64,u8,u16,u32,u64,bool,str,c64,c128,resource,variant}",
     .infer = Infer,
     .prepare = Prepare,
     .run = Run},
};

}  // namespace

RIVULET_OP_LIST(OneHot, kDefs);

}  // namespace rivulet
