// SpaceToBatch(ND), BatchToSpace(ND): blocks of places along the axes 1..m, taken apart into the batch and put
// together.
//
//   input [n, s1.., sm.., rest..], padded with zeros by paddings [m, 2], blocks b1..bm ->
//   output [n * b1 * .. * bm, s1 / b1.., sm / bm.., rest..]
//   output[((k1 * b2 + k2) * .. * bm + km) * n + i, p1.., pm.., ..] = padded[i, p1 * b1 + k1.., pm * bm + km.., ..]
//
// BatchToSpace is the way back; `crops` are then cut off. The older two have one block size for axes 1 and 2.
#include <algorithm>

#include "engine/base/checked.h"
#include "engine/ops/dims.h"
#include "engine/ops/padding_input.h"
#include "engine/ops/axis_copy.h"
#include "engine/ops/with.h"

namespace rivulet {
namespace {

// What is known of the arguments.
struct Blocks {
  int count = -1;                 // m, or -1
  std::vector<int64_t> sizes;     // empty while unknown
  std::vector<AxisPadding> pads;  // paddings or crops; empty while unknown
};

Status CheckSizes(const std::vector<int64_t>& sizes) {
  for (size_t i = 0; i < sizes.size(); ++i) {
    if (sizes[i] < 1) return InvalidArgument("block_shape[", static_cast<int64_t>(i), "]: want >= 1, got ", sizes[i]);
  }
  return Status();
}

// ND: inputs are input, block_shape, paddings; else input, paddings and the attribute block_size.
Result<Blocks> BlocksFromFacts(const InferContext& c, bool is_nd) {
  Blocks blocks;
  const int pads_at = is_nd ? 2 : 1;
  if (is_nd) {
    RIVULET_ASSIGN_OR_RETURN(const int64_t length, VectorLength(c, 1, "block_shape"));
    if (length >= Shape::kMaxRank) return InvalidArgument("block_shape: want fewer than ", Shape::kMaxRank, " sizes");
    blocks.count = static_cast<int>(length);
    if (c.known(1)) blocks.sizes = ReadIntegers(*c.value(1));
  } else {
    blocks.count = 2;
    blocks.sizes.assign(2, c.attrs().Int("block_size"));
  }
  RIVULET_RETURN_IF_ERROR(CheckSizes(blocks.sizes));
  const Shape& pads = c.shape(pads_at);
  RIVULET_RETURN_IF_ERROR(c.WantRank(pads_at, 2));
  if (pads.has_rank()) {
    if (blocks.count < 0 && pads[0] >= 0 && pads[0] < Shape::kMaxRank) blocks.count = static_cast<int>(pads[0]);
    if ((pads[0] >= 0 && pads[0] != blocks.count) || (pads[1] >= 0 && pads[1] != 2)) {
      return InvalidArgument("paddings or crops: want shape [", blocks.count, ",2], got ", pads);
    }
  }
  if (c.known(pads_at)) {
    RIVULET_ASSIGN_OR_RETURN(blocks.pads, ReadPaddings(*c.value(pads_at), blocks.count));
  }
  return blocks;
}

struct State : OpState {
  int64_t block_size = 0;
};

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c) {
  auto state = std::make_unique<State>();
  state->block_size = c.attrs().Int("block_size");
  return std::unique_ptr<OpState>(std::move(state));
}

Result<Blocks> BlocksFromTensors(RunContext& c, bool is_nd) {
  Blocks blocks;
  if (is_nd) {
    if (c.input(1).rank() != 1) return InvalidArgument("block_shape: want a vector, got shape ", c.input(1).shape());
    blocks.sizes = ReadIntegers(c.input(1));
  } else {
    blocks.sizes.assign(2, c.state<State>().block_size);
  }
  RIVULET_RETURN_IF_ERROR(CheckSizes(blocks.sizes));
  blocks.count = static_cast<int>(blocks.sizes.size());
  RIVULET_ASSIGN_OR_RETURN(blocks.pads, ReadPaddings(c.input(is_nd ? 2 : 1), blocks.count));
  return blocks;
}

Status CheckRank(const Shape& in, const Blocks& blocks, bool exact) {
  if (blocks.count < 0 || !in.has_rank()) return Status();
  if (exact ? in.rank() == 4 : in.rank() > blocks.count) return Status();
  return InvalidArgument("input: want rank ", exact ? "" : ">= ", exact ? 4 : blocks.count + 1, ", got shape ", in);
}

Result<int64_t> BlockVolume(const Blocks& blocks) {
  CheckedSize volume = 1;
  for (const int64_t size : blocks.sizes) volume *= size;
  if (!volume.valid()) return InvalidArgument("block_shape: a block has too many places");
  return volume.value();
}

// The output's shape; the input has a rank, dims, sizes and pads may be unknown.
Result<Shape> BatchedShape(const Shape& in, const Blocks& blocks) {
  Shape out = in;
  const bool known = !blocks.sizes.empty() || blocks.count == 0;
  out.set_dim(0, Shape::kUnknownDim);
  if (known) {
    RIVULET_ASSIGN_OR_RETURN(const int64_t volume, BlockVolume(blocks));
    const CheckedSize batch = CheckedSize(std::max<int64_t>(in[0], 0)) * volume;
    if (!batch.valid()) return InvalidArgument("block_shape: the batch would be too large");
    if (in[0] >= 0) out.set_dim(0, batch.value());
  }
  for (int i = 0; i < blocks.count; ++i) {
    out.set_dim(i + 1, Shape::kUnknownDim);
    if (!known || blocks.pads.empty() || in[i + 1] < 0) continue;
    const AxisPadding& pad = blocks.pads[static_cast<size_t>(i)];
    const int64_t size = blocks.sizes[static_cast<size_t>(i)];
    const CheckedSize padded = CheckedSize(in[i + 1]) + pad.before + pad.after;
    if (!padded.valid()) return InvalidArgument("paddings[", i, "]: the padded dim is too large");
    if (padded.value() % size != 0) {
      return InvalidArgument("the padded dim ", i + 1, " of ", padded.value(), " is not a multiple of the block's ",
                             size);
    }
    out.set_dim(i + 1, padded.value() / size);
  }
  return out;
}

Result<Shape> SpacedShape(const Shape& in, const Blocks& blocks) {
  Shape out = in;
  const bool known = !blocks.sizes.empty() || blocks.count == 0;
  out.set_dim(0, Shape::kUnknownDim);
  if (known && in[0] >= 0) {
    RIVULET_ASSIGN_OR_RETURN(const int64_t volume, BlockVolume(blocks));
    if (in[0] % volume != 0) {
      return InvalidArgument("the batch of ", in[0], " is not a multiple of the block's ", volume, " places");
    }
    out.set_dim(0, in[0] / volume);
  }
  for (int i = 0; i < blocks.count; ++i) {
    out.set_dim(i + 1, Shape::kUnknownDim);
    if (!known || blocks.pads.empty() || in[i + 1] < 0) continue;
    const AxisPadding& crop = blocks.pads[static_cast<size_t>(i)];
    const CheckedSize whole = CheckedSize(in[i + 1]) * blocks.sizes[static_cast<size_t>(i)];
    if (!whole.valid()) return InvalidArgument("block_shape[", i, "]: dim ", i + 1, " would be too large");
    if (crop.before > whole.value() || crop.after > whole.value() - crop.before) {
      return InvalidArgument("crops[", i, "]: [", crop.before, ",", crop.after, "] is more than the dim of ",
                             whole.value());
    }
    out.set_dim(i + 1, whole.value() - crop.before - crop.after);
  }
  return out;
}

Result<Shape> MovedShape(const Shape& in, const Blocks& blocks, bool to_batch) {
  return to_batch ? BatchedShape(in, blocks) : SpacedShape(in, blocks);
}

Status Infer(InferContext& c, bool is_nd, bool to_batch) {
  RIVULET_ASSIGN_OR_RETURN(const Blocks blocks, BlocksFromFacts(c, is_nd));
  const Shape& in = c.shape(0);
  RIVULET_RETURN_IF_ERROR(CheckRank(in, blocks, !is_nd));
  if (!in.has_rank()) return Status();
  if (in.rank() == 0) return InvalidArgument("input: want rank >= 1, got a scalar");
  if (blocks.count < 0) {
    c.set_output(0, Shape::OfUnknownDims(in.rank()));
    return Status();
  }
  RIVULET_ASSIGN_OR_RETURN(Shape out, MovedShape(in, blocks, to_batch));
  c.set_output(0, std::move(out));
  return Status();
}

// Moves the places between the spaced and the batched array, one copy for each place of a block. Both have elements.
// Places of the spaced array outside of it (in the padding) are left out.
Status MovePlaces(RunContext& c, const Blocks& blocks, const Shape& spaced, const Shape& batched, bool to_batch) {
  const auto count = static_cast<size_t>(blocks.count);
  const void* from = c.input(0).raw();
  void* to = c.output(0).raw();
  std::vector<int64_t> place(count, 0);
  const int64_t n = spaced[0], volume = batched[0] / n;
  for (int64_t k = 0; k < volume; ++k) {
    RIVULET_RETURN_IF_ERROR(c.stop().Why());
    int64_t wide = spaced.num_elements(), narrow = batched.num_elements();
    AxisCopy copy(c.input(0).dtype());
    const auto axis = [&](int64_t size, int64_t spaced_step, int64_t batched_step) {
      copy.Axis(size, to_batch ? spaced_step : batched_step, to_batch ? batched_step : spaced_step);
    };
    wide /= n;
    narrow /= batched[0];
    axis(n, wide, narrow);
    int64_t spaced_at = 0, batched_at = k * n * narrow;
    for (int i = 0; i < spaced.rank() - 1; ++i) {
      const int d = i + 1;
      wide /= spaced[d];
      narrow /= batched[d];
      if (i >= blocks.count) {
        axis(spaced[d], wide, narrow);
        continue;
      }
      // Block p holds the spaced place p * size + shift; those in [0, dim) exist.
      const int64_t size = blocks.sizes[static_cast<size_t>(i)];
      const int64_t shift = place[static_cast<size_t>(i)] - blocks.pads[static_cast<size_t>(i)].before;
      const int64_t first = shift >= 0 ? 0 : (-shift + size - 1) / size;
      const int64_t after = spaced[d] - 1 - shift < 0 ? 0 : std::min((spaced[d] - 1 - shift) / size + 1, batched[d]);
      axis(std::max<int64_t>(after - first, 0), size * wide, narrow);
      spaced_at += (first * size + shift) * wide;
      batched_at += first * narrow;
    }
    RIVULET_RETURN_IF_ERROR(
        copy.Run(c, from, to_batch ? spaced_at : batched_at, to, to_batch ? batched_at : spaced_at));
    for (size_t i = count; i > 0 && ++place[i - 1] == blocks.sizes[i - 1]; --i) place[i - 1] = 0;
  }
  return Status();
}

Status Run(RunContext& c, bool is_nd, bool to_batch) {
  const Shape& in = c.input(0).shape();
  RIVULET_ASSIGN_OR_RETURN(const Blocks blocks, BlocksFromTensors(c, is_nd));
  RIVULET_RETURN_IF_ERROR(CheckRank(in, blocks, !is_nd));
  RIVULET_ASSIGN_OR_RETURN(const Shape want, MovedShape(in, blocks, to_batch));
  RIVULET_RETURN_IF_ERROR(WantOutputShape(c, 0, want));
  if (want.num_elements() == 0) return Status();
  if (!to_batch) return MovePlaces(c, blocks, want, in, false);
  if (in.num_elements() < want.num_elements()) RIVULET_RETURN_IF_ERROR(ClearTensor(c, c.output(0)));
  return in.num_elements() == 0 ? Status() : MovePlaces(c, blocks, in, want, true);
}

#define RIVULET_REAL "T:type in {bf16,f16,f32,f64,i8,i16,i32,i64,u8,u16,u32,u64}; "

constexpr OpDef kDefs[] = {
    {.name = "SpaceToBatch",
     .inputs = "input:T, paddings:Tpaddings",
     .outputs = "output:T",
     .attrs = RIVULET_REAL "Tpaddings:type=i32 in {i32,i64}; block_size:int >=2",
     .infer = With<Infer, false, true>,
     .prepare = Prepare,
     .run = With<Run, false, true>},
    {.name = "SpaceToBatchND",
     .inputs = "input:T, block_shape:Tblock_shape, paddings:Tpaddings",
     .outputs = "output:T",
     .attrs = RIVULET_REAL "Tblock_shape:type=i32 in {i32,i64}; Tpaddings:type=i32 in {i32,i64}",
     .infer = With<Infer, true, true>,
     .run = With<Run, true, true>},
    {.name = "BatchToSpace",
     .inputs = "input:T, crops:Tidx",
     .outputs = "output:T",
     .attrs = RIVULET_REAL "block_size:int >=2; Tidx:type=i32 in {i32,i64}",
     .infer = With<Infer, false, false>,
     .prepare = Prepare,
     .run = With<Run, false, false>},
    {.name = "BatchToSpaceND",
     .inputs = "input:T, block_shape:Tblock_shape, crops:Tcrops",
     .outputs = "output:T",
     .attrs = RIVULET_REAL "Tblock_shape:type=i32 in {i32,i64}; Tcrops:type=i32 in {i32,i64}",
     .infer = With<Infer, true, false>,
     .run = With<Run, true, false>},
};

}  // namespace

RIVULET_OP_LIST(SpaceToBatch, kDefs);

}  // namespace rivulet
