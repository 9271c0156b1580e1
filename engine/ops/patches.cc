// ExtractImagePatches, ExtractVolumePatches: the elements under a window that moves over an image or a volume, laid out
// as channels.
//
//   [n, h, w, c] -> [n, h', w', kh * kw * c], channel (y * kw + x) * c + k; places outside the image are zeros.
//   [n, d, h, w, c] likewise. Windows are spread by `rates` (images only).
#include <algorithm>

#include "engine/base/checked.h"
#include "engine/graph/shape_math.h"
#include "engine/ops/dims.h"
#include "engine/ops/axis_copy.h"
#include "engine/ops/with.h"

namespace rivulet {
namespace {

struct State : OpState {
  int spatial = 0;  // 2 or 3
  int64_t size[3] = {};
  int64_t stride[3] = {};
  int64_t rate[3] = {1, 1, 1};
  Padding padding = Padding::kValid;
};

Status ReadTriple(const AttrReader& attrs, const char* name, int spatial, int64_t* to) {
  const std::vector<int64_t> values = attrs.Ints(name);
  if (static_cast<int>(values.size()) != spatial + 2) {
    return InvalidArgument("attr '", name, "': want ", spatial + 2, " numbers, got ",
                           static_cast<int64_t>(values.size()));
  }
  if (values.front() != 1 || values.back() != 1) {
    return InvalidArgument("attr '", name, "': want 1 for batch and channels, got ", values.front(), " and ",
                           values.back());
  }
  for (int i = 0; i < spatial; ++i) {
    to[i] = values[static_cast<size_t>(i + 1)];
    if (to[i] < 1 || to[i] > INT32_MAX) return InvalidArgument("attr '", name, "': want [1, 2^31), got ", to[i]);
  }
  return Status();
}

Status ReadAttrs(const AttrReader& attrs, int spatial, State* state) {
  state->spatial = spatial;
  RIVULET_RETURN_IF_ERROR(ReadTriple(attrs, "ksizes", spatial, state->size));
  RIVULET_RETURN_IF_ERROR(ReadTriple(attrs, "strides", spatial, state->stride));
  if (spatial == 2) RIVULET_RETURN_IF_ERROR(ReadTriple(attrs, "rates", spatial, state->rate));
  RIVULET_ASSIGN_OR_RETURN(state->padding, ParsePadding(attrs.Str("padding")));
  return Status();
}

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c, int spatial) {
  auto state = std::make_unique<State>();
  RIVULET_RETURN_IF_ERROR(ReadAttrs(c.attrs(), spatial, state.get()));
  return std::unique_ptr<OpState>(std::move(state));
}

Result<Shape> PatchesOf(const Shape& in, const State& state, Window* windows) {
  const int rank = state.spatial + 2;
  if (!in.has_rank()) return Shape::OfUnknownDims(rank);
  if (in.rank() != rank) return InvalidArgument("input: want rank ", rank, ", got shape ", in);
  Shape out = in;
  CheckedSize depth = std::max<int64_t>(in[rank - 1], 0);
  for (int i = 0; i < state.spatial; ++i) {
    RIVULET_ASSIGN_OR_RETURN(windows[i],
                             ComputeWindow(in[i + 1], state.size[i], state.stride[i], state.rate[i], state.padding));
    if (state.spatial == 3 && state.padding == Padding::kSame && windows[i].output > 0) {
      // As TensorFlow has it for volumes: where windows with gaps between them leave places over, these are left out on
      // both sides. The window's reach fits: ComputeWindow has checked it.
      windows[i].pad_before = ((windows[i].output - 1) * state.stride[i] + state.size[i] - in[i + 1]) / 2;
    }
    out.set_dim(i + 1, windows[i].output);
    depth *= state.size[i];
  }
  if (!depth.valid()) return InvalidArgument("attr 'ksizes': a patch has too many elements");
  if (in[rank - 1] >= 0) out.set_dim(rank - 1, depth.value());
  return out;
}

Status Infer(InferContext& c, int spatial) {
  State state;
  RIVULET_RETURN_IF_ERROR(ReadAttrs(c.attrs(), spatial, &state));
  Window windows[3];
  RIVULET_ASSIGN_OR_RETURN(Shape out, PatchesOf(c.shape(0), state, windows));
  c.set_output(0, std::move(out));
  return Status();
}

Status Run(RunContext& c) {
  const State& state = c.state<State>();
  const Tensor& input = c.input(0);
  Window windows[3];
  RIVULET_ASSIGN_OR_RETURN(const Shape want, PatchesOf(input.shape(), state, windows));
  RIVULET_RETURN_IF_ERROR(WantOutputShape(c, 0, want));
  if (c.output(0).num_elements() == 0) return Status();
  RIVULET_RETURN_IF_ERROR(ClearTensor(c, c.output(0)));
  if (input.num_elements() == 0) return Status();
  const int64_t channels = input.dim(input.rank() - 1), depth = want[want.rank() - 1];
  const std::vector<int64_t> from_steps = RowMajorStrides(input.shape()), to_steps = RowMajorStrides(want);
  // One copy for each place of the window; there are depth / channels of them.
  for (int64_t place = 0; place < depth / channels; ++place) {
    RIVULET_RETURN_IF_ERROR(c.stop().Why());
    AxisCopy copy(input.dtype());
    copy.Axis(input.dim(0), from_steps[0], to_steps[0]);
    int64_t at[3];
    int64_t rest = place;
    for (int i = state.spatial - 1; i >= 0; --i) {
      at[i] = rest % state.size[i];
      rest /= state.size[i];
    }
    int64_t from = 0, to = place * channels;
    for (int i = 0; i < state.spatial; ++i) {
      const size_t axis = static_cast<size_t>(i) + 1;
      // Output p looks at input p * stride + shift; those in [0, dim) exist.
      const int64_t dim = input.dim(i + 1), stride = state.stride[i];
      const int64_t shift = at[i] * state.rate[i] - windows[i].pad_before;
      const int64_t first = shift >= 0 ? 0 : (-shift + stride - 1) / stride;
      const int64_t after = dim - 1 - shift < 0 ? 0 : std::min((dim - 1 - shift) / stride + 1, windows[i].output);
      const int64_t count = std::max<int64_t>(after - first, 0);
      // One place has no next one, which might be farther than any.
      copy.Axis(count, count > 1 ? stride * from_steps[axis] : 0, to_steps[axis]);
      if (count == 0) break;
      from += (first * stride + shift) * from_steps[axis];
      to += first * to_steps[axis];
    }
    copy.Axis(channels, 1, 1);
    RIVULET_RETURN_IF_ERROR(copy.Run(c, input.raw(), from, c.output(0).raw(), to));
  }
  return Status();
}

#define RIVULET_REAL "T:type in {bf16,f16,f32,f64,i8,i16,i32,i64,u8,u16,u32,u64"

constexpr OpDef kDefs[] = {
    {.name = "ExtractImagePatches",
     .inputs = "images:T",
     .outputs = "patches:T",
     .attrs = "ksizes:list(int) >=4; strides:list(int) >=4; rates:list(int) >=4; padding:string in "
              "{SAME,VALID}; " RIVULET_REAL ",c64,c128}",
     .infer = With<Infer, 2>,
     .prepare = With<Prepare, 2>,
     .run = Run},
    {.name = "ExtractVolumePatches",
     .inputs = "input:T",
     .outputs = "patches:T",
     .attrs = "ksizes:list(int) >=5; strides:list(int) >=5; padding:string in {SAME,VALID}; " RIVULET_REAL "}",
     .infer = With<Infer, 3>,
     .prepare = With<Prepare, 3>,
     .run = Run},
};

}  // namespace

RIVULET_OP_LIST(Patches, kDefs);

}  // namespace rivulet
