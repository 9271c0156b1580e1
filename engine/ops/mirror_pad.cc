// MirrorPad: paddings[i] = [before, after] places around axis i, filled with what lies on the other side of the edge.
// REFLECT leaves out the element at the edge itself, SYMMETRIC repeats it. MirrorPadGrad: the sums that flow back.
#include <algorithm>

#include "engine/ops/dims.h"
#include "engine/ops/padding_input.h"
#include "engine/ops/axis_copy.h"

namespace rivulet {
namespace {

// 1 for REFLECT: how far the mirror lies behind the edge.
struct State : OpState {
  int64_t skip = 0;
};

int64_t SkipOf(const AttrReader& attrs) { return attrs.Str("mode") == "REFLECT" ? 1 : 0; }

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c) {
  auto state = std::make_unique<State>();
  state->skip = SkipOf(c.attrs());
  return std::unique_ptr<OpState>(std::move(state));
}

// Paddings must be found in the unpadded dims; of a dim without elements REFLECT makes nothing, not even without
// paddings.
Status CheckMirror(const Shape& unpadded, const std::vector<AxisPadding>& pads, int64_t skip) {
  for (int i = 0; i < unpadded.rank(); ++i) {
    const AxisPadding& pad = pads[static_cast<size_t>(i)];
    const int64_t most = unpadded[i] - skip;
    if (unpadded[i] >= 0 && (pad.before > most || pad.after > most)) {
      return InvalidArgument("paddings[", i, "]: want at most ", most, " for a dim of ", unpadded[i], ", got [",
                             pad.before, ",", pad.after, "]");
    }
  }
  return Status();
}

// Places along one axis: `count` padded ones from `padded` on, and the unpadded ones they mirror.
struct Stretch {
  int64_t count;
  int64_t padded;
  int64_t unpadded;
  int64_t step;
};

// Visits every box of the padded shape that maps to the unpadded one with steps of 1 or -1 along each axis.
// visit(stretches, rank). Each axis' kept part comes first.
template <typename Visit>
Status ForEachBox(const Shape& unpadded, const std::vector<AxisPadding>& pads, int64_t skip, const Visit& visit) {
  const auto rank = static_cast<size_t>(unpadded.rank());
  std::vector<std::vector<Stretch>> stretches(rank);
  for (size_t i = 0; i < rank; ++i) {
    const int64_t dim = unpadded[static_cast<int>(i)], before = pads[i].before, after = pads[i].after;
    stretches[i].push_back({dim, before, 0, 1});
    if (before > 0) stretches[i].push_back({before, 0, before - 1 + skip, -1});
    if (after > 0) stretches[i].push_back({after, before + dim, dim - 1 - skip, -1});
  }
  std::vector<size_t> at(rank, 0);
  std::vector<Stretch> box(rank);
  while (true) {
    for (size_t i = 0; i < rank; ++i) box[i] = stretches[i][at[i]];
    RIVULET_RETURN_IF_ERROR(visit(box));
    size_t i = rank;
    while (i > 0 && ++at[i - 1] == stretches[i - 1].size()) at[--i] = 0;
    if (i == 0) return Status();
  }
}

// ---- MirrorPad ----

Status InferPad(InferContext& c) {
  RIVULET_ASSIGN_OR_RETURN(Shape out, PaddedFromInputs(c));
  if (c.known(1) && c.shape(0).has_rank()) {
    RIVULET_ASSIGN_OR_RETURN(const std::vector<AxisPadding> pads, ReadPaddings(*c.value(1), out.rank()));
    RIVULET_RETURN_IF_ERROR(CheckMirror(c.shape(0), pads, SkipOf(c.attrs())));
  }
  c.set_output(0, std::move(out));
  return Status();
}

Status RunPad(RunContext& c) {
  const Tensor& input = c.input(0);
  Tensor& output = c.output(0);
  const int64_t skip = c.state<State>().skip;
  RIVULET_ASSIGN_OR_RETURN(const std::vector<AxisPadding> pads, ReadPaddings(c.input(1), input.rank()));
  RIVULET_RETURN_IF_ERROR(CheckMirror(input.shape(), pads, skip));
  RIVULET_ASSIGN_OR_RETURN(const Shape padded, PaddedShape(input.shape(), pads));
  RIVULET_RETURN_IF_ERROR(WantOutputShape(c, 0, padded));
  if (output.num_elements() == 0) return Status();
  // A padded axis has at least 3 places for its 3 stretches (2 for 2), so there are no more boxes than elements.
  return ForEachBox(input.shape(), pads, skip, [&](const std::vector<Stretch>& box) -> Status {
    AxisCopy copy(input.dtype());
    int64_t from_step = input.num_elements(), to_step = output.num_elements(), from = 0, to = 0;
    for (int i = 0; i < input.rank(); ++i) {
      const Stretch& stretch = box[static_cast<size_t>(i)];
      from_step /= input.dim(i);
      to_step /= output.dim(i);
      from += stretch.unpadded * from_step;
      to += stretch.padded * to_step;
      copy.Axis(stretch.count, stretch.step * from_step, to_step);
    }
    RIVULET_RETURN_IF_ERROR(c.stop().Why());
    return copy.Run(c, input.raw(), from, output.raw(), to);
  });
}

// ---- MirrorPadGrad ----

Result<Shape> Unpadded(const Shape& padded, const std::vector<AxisPadding>& pads) {
  Shape out = padded;
  for (int i = 0; i < padded.rank(); ++i) {
    const AxisPadding& pad = pads[static_cast<size_t>(i)];
    if (padded[i] < 0) continue;
    if (pad.before >= padded[i] || pad.after >= padded[i] - pad.before) {
      return InvalidArgument("paddings[", i, "]: want less than the dim of ", padded[i], " in all, got [", pad.before,
                             ",", pad.after, "]");
    }
    out.set_dim(i, padded[i] - pad.before - pad.after);
  }
  return out;
}

Status InferGrad(InferContext& c) {
  RIVULET_ASSIGN_OR_RETURN(const int rank, PaddedRank(c));
  if (rank < 0) return Status();
  Shape out = Shape::OfUnknownDims(rank);
  if (c.known(1) && c.shape(0).has_rank()) {
    RIVULET_ASSIGN_OR_RETURN(const std::vector<AxisPadding> pads, ReadPaddings(*c.value(1), rank));
    RIVULET_ASSIGN_OR_RETURN(out, Unpadded(c.shape(0), pads));
    RIVULET_RETURN_IF_ERROR(CheckMirror(out, pads, SkipOf(c.attrs())));
  }
  c.set_output(0, std::move(out));
  return Status();
}

Status RunGrad(RunContext& c) {
  const Tensor& input = c.input(0);
  Tensor& output = c.output(0);
  const int64_t skip = c.state<State>().skip;
  RIVULET_ASSIGN_OR_RETURN(const std::vector<AxisPadding> pads, ReadPaddings(c.input(1), input.rank()));
  RIVULET_ASSIGN_OR_RETURN(const Shape unpadded, Unpadded(input.shape(), pads));
  RIVULET_RETURN_IF_ERROR(CheckMirror(unpadded, pads, skip));
  RIVULET_RETURN_IF_ERROR(WantOutputShape(c, 0, unpadded));
  if (output.num_elements() == 0) return Status();
  bool first = true;
  return ForEachBox(unpadded, pads, skip, [&](const std::vector<Stretch>& box) -> Status {
    AxisCopy copy(input.dtype());
    int64_t from_step = input.num_elements(), to_step = output.num_elements(), from = 0, to = 0;
    for (int i = 0; i < input.rank(); ++i) {
      const Stretch& stretch = box[static_cast<size_t>(i)];
      from_step /= input.dim(i);
      to_step /= output.dim(i);
      from += stretch.padded * from_step;
      to += stretch.unpadded * to_step;
      copy.Axis(stretch.count, from_step, stretch.step * to_step);
    }
    RIVULET_RETURN_IF_ERROR(c.stop().Why());
    if (!first) return copy.RunAdd(c, input.raw(), from, output.raw(), to);
    first = false;
    return copy.Run(c, input.raw(), from, output.raw(), to);
  });
}

#define RIVULET_NUMBERS "bf16,f16,f32,f64,i8,i16,i32,i64,u8,u16,u32,u64,c64,c128"
#define RIVULET_REST "}; Tpaddings:type=i32 in {i32,i64}; mode:string in {REFLECT,SYMMETRIC}"

constexpr OpDef kDefs[] = {
    {.name = "MirrorPad",
     .inputs = "input:T, paddings:Tpaddings",
     .outputs = "output:T",
     .attrs = "T:type in {" RIVULET_NUMBERS ",bool,str,qi8,qu8,qi32" RIVULET_REST,
     .infer = InferPad,
     .prepare = Prepare,
     .run = RunPad},
    {.name = "MirrorPadGrad",
     .inputs = "input:T, paddings:Tpaddings",
     .outputs = "output:T",
     .attrs = "T:type in {" RIVULET_NUMBERS RIVULET_REST,
     .infer = InferGrad,
     .prepare = Prepare,
     .run = RunGrad},
};

}  // namespace

RIVULET_OP_LIST(MirrorPad, kDefs);

}  // namespace rivulet
