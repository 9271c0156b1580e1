// SpaceToDepth, DepthToSpace: blocks of block_size x block_size places become channels, and back.
//
//   NHWC         [n, h * b, w * b, c]        <-> [n, h, w, b * b * c]; channel (y * b + x) * c + k
//   NCHW         [n, c, h * b, w * b]        <-> [n, b * b * c, h, w]
//   NCHW_VECT_C  [n, c / 4, h * b, w * b, 4] <-> [n, b * b * c / 4, h, w, 4]
//
// All of them move axes of the array in which every block is two axes of its own: a transposition.
#include <algorithm>

#include "engine/base/checked.h"
#include "engine/kernels/transpose.h"
#include "engine/ops/dims.h"
#include "engine/ops/axis_copy.h"
#include "engine/ops/with.h"

namespace rivulet {
namespace {

struct State : OpState {
  int64_t block = 0;
  bool channels_last = true;
  bool has_vectors = false;  // of 4 channels, as the last axis
};

State Read(const AttrReader& attrs) {
  State state;
  const std::string format = attrs.Str("data_format");
  state.block = attrs.Int("block_size");
  state.channels_last = format == "NHWC";
  state.has_vectors = format == "NCHW_VECT_C";
  return state;
}

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c) {
  return std::unique_ptr<OpState>(std::make_unique<State>(Read(c.attrs())));
}

Result<Shape> Moved(const Shape& in, const State& state, bool to_depth) {
  const int rank = state.has_vectors ? 5 : 4;
  if (!in.has_rank()) return Shape::OfUnknownDims(rank);
  if (in.rank() != rank) return InvalidArgument("input: want rank ", rank, ", got shape ", in);
  if (state.has_vectors && in[4] >= 0 && in[4] != 4)
    return InvalidArgument("input: want 4 channels in the last axis, got ", in[4]);
  const int height = state.channels_last ? 1 : 2, channels = state.channels_last ? 3 : 1;
  const CheckedSize area = CheckedSize(state.block) * state.block;
  if (!area.valid()) return InvalidArgument("attr 'block_size': ", state.block, " is too large");
  Shape out = in;
  if (state.has_vectors) out.set_dim(4, 4);
  for (int axis = 1; axis < 4; ++axis) {
    const bool divides = to_depth ? axis != channels : axis == channels;
    const int64_t size = axis == channels ? area.value() : state.block;
    if (axis != channels && axis != height && axis != height + 1) continue;
    if (in[axis] < 0) continue;
    if (divides) {
      if (in[axis] % size != 0) return InvalidArgument("dim ", axis, " of ", in, " is not a multiple of ", size);
      out.set_dim(axis, in[axis] / size);
    } else {
      const CheckedSize product = CheckedSize(in[axis]) * size;
      if (!product.valid()) return InvalidArgument("dim ", axis, " of ", in, " would become too large");
      out.set_dim(axis, product.value());
    }
  }
  return out;
}

Status Infer(InferContext& c, bool to_depth) {
  RIVULET_ASSIGN_OR_RETURN(Shape out, Moved(c.shape(0), Read(c.attrs()), to_depth));
  c.set_output(0, std::move(out));
  return Status();
}

Status Run(RunContext& c, bool to_depth) {
  const State& state = c.state<State>();
  const Tensor& input = c.input(0);
  RIVULET_ASSIGN_OR_RETURN(const Shape want, Moved(input.shape(), state, to_depth));
  RIVULET_RETURN_IF_ERROR(WantOutputShape(c, 0, want));
  if (input.num_elements() == 0) return Status();
  const Shape& deep = to_depth ? want : input.shape();
  const int64_t b = state.block, n = deep[0];
  // Axes by which the input is seen, and which of them comes where in the output.
  int64_t dims[7];
  int perm[7];
  int rank = 0;
  const auto see = [&](std::initializer_list<int64_t> sizes, std::initializer_list<int> order) {
    rank = static_cast<int>(sizes.size());
    std::copy(sizes.begin(), sizes.end(), dims);
    std::copy(order.begin(), order.end(), perm);
  };
  const int64_t last = state.has_vectors ? 4 : 1;
  if (state.channels_last) {
    const int64_t h = deep[1], w = deep[2], channels = deep[3] / (b * b);
    if (to_depth) {
      see({n, h, b, w, b, channels}, {0, 1, 3, 2, 4, 5});
    } else {
      see({n, h, w, b, b, channels}, {0, 1, 3, 2, 4, 5});
    }
  } else {
    const int64_t h = deep[2], w = deep[3], channels = deep[1] / (b * b);
    if (to_depth) {
      see({n, channels, h, b, w, b, last}, {0, 3, 5, 1, 2, 4, 6});
    } else {
      see({n, b, b, channels, h, w, last}, {0, 3, 4, 1, 5, 2, 6});
    }
  }
  if (ElementBytes(input.dtype()) > 0) {
    Transpose(input.raw(), rank, dims, perm, ElementBytes(input.dtype()), c.output(0).raw(), c.pool(), c.stop());
    return Status();
  }
  int64_t steps[7];
  int64_t step = 1;
  for (int i = rank - 1; i >= 0; --i) {
    steps[i] = step;
    step *= dims[i];
  }
  AxisCopy copy(input.dtype());
  for (int i = 0; i < rank; ++i) {
    step /= dims[perm[i]];
    copy.Axis(dims[perm[i]], steps[perm[i]], step);
  }
  return copy.Run(c, input.raw(), 0, c.output(0).raw(), 0);
}

#define RIVULET_FORMAT "block_size:int >=2; data_format:string=\"NHWC\" in {NHWC,NCHW,NCHW_VECT_C}"
#define RIVULET_PLAIN "bf16,f16,f32,f64,i8,i16,i32,i64,u8,u16,u32,u64,bool,str,c64,c128"

constexpr OpDef kDefs[] = {
    {.name = "SpaceToDepth",
     .inputs = "input:T",
     .outputs = "output:T",
     .attrs = "T:type in {" RIVULET_PLAIN ",qi8,resource,variant}; " RIVULET_FORMAT,
     .infer = With<Infer, true>,
     .prepare = Prepare,
     .run = With<Run, true>},
    {.name = "DepthToSpace",
     .inputs = "input:T",
     .outputs = "output:T",
     .attrs = "T:type in {" RIVULET_PLAIN ",qi8,resource,variant}; " RIVULET_FORMAT,
     .infer = With<Infer, false>,
     .prepare = Prepare,
     .run = With<Run, false>},
};

}  // namespace

RIVULET_OP_LIST(SpaceToDepth, kDefs);

}  // namespace rivulet
