// ReverseSequence: along axis seq_dim the first seq_lengths[b] places of slice b of axis batch_dim are turned round,
// the others stay.
#include "engine/graph/shape_math.h"
#include "engine/ops/dims.h"
#include "engine/ops/indices.h"
#include "engine/ops/axis_copy.h"

namespace rivulet {
namespace {

struct State : OpState {
  int64_t seq_dim = 0;
  int64_t batch_dim = 0;
};

Status CheckAxes(const Shape& in, int64_t seq_dim, int64_t batch_dim) {
  if (!InRange(seq_dim, in.rank())) return InvalidArgument("attr 'seq_dim': want [0, ", in.rank(), "), got ", seq_dim);
  if (!InRange(batch_dim, in.rank()))
    return InvalidArgument("attr 'batch_dim': want [0, ", in.rank(), "), got ", batch_dim);
  if (seq_dim == batch_dim)
    return InvalidArgument("attrs 'seq_dim' and 'batch_dim': want different ones, got ", seq_dim, " twice");
  return Status();
}

Status CheckLengths(const Tensor& lengths, int64_t places) {
  const Indices values(lengths);
  for (int64_t i = 0; i < lengths.num_elements(); ++i) {
    if (values[i] < 0 || (places >= 0 && values[i] > places)) {
      return InvalidArgument("seq_lengths[", i, "]: want [0, ", places >= 0 ? Cat(places) : "?", "], got ", values[i]);
    }
  }
  return Status();
}

Status Infer(InferContext& c) {
  const Shape& in = c.shape(0);
  RIVULET_ASSIGN_OR_RETURN(const int64_t length, VectorLength(c, 1, "seq_lengths"));
  if (in.has_rank()) {
    const int64_t seq_dim = c.attrs().Int("seq_dim"), batch_dim = c.attrs().Int("batch_dim");
    RIVULET_RETURN_IF_ERROR(CheckAxes(in, seq_dim, batch_dim));
    const int64_t batch = in[static_cast<int>(batch_dim)];
    if (batch >= 0 && length >= 0 && batch != length) {
      return InvalidArgument("seq_lengths: want ", batch, " elements, got ", length);
    }
    if (c.known(1)) RIVULET_RETURN_IF_ERROR(CheckLengths(*c.value(1), in[static_cast<int>(seq_dim)]));
  }
  c.set_output(0, in);
  return Status();
}

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c) {
  auto state = std::make_unique<State>();
  state->seq_dim = c.attrs().Int("seq_dim");
  state->batch_dim = c.attrs().Int("batch_dim");
  return std::unique_ptr<OpState>(std::move(state));
}

Status Run(RunContext& c) {
  const Tensor& input = c.input(0);
  const Tensor& lengths = c.input(1);
  RIVULET_RETURN_IF_ERROR(WantOutputShape(c, 0, input.shape()));
  RIVULET_RETURN_IF_ERROR(CheckAxes(input.shape(), c.state<State>().seq_dim, c.state<State>().batch_dim));
  const auto seq_dim = static_cast<int>(c.state<State>().seq_dim),
             batch_dim = static_cast<int>(c.state<State>().batch_dim);
  const int64_t places = input.dim(seq_dim), batch = input.dim(batch_dim);
  if (lengths.rank() != 1 || lengths.num_elements() != batch) {
    return InvalidArgument("seq_lengths: want ", batch, " elements, got shape ", lengths.shape());
  }
  RIVULET_RETURN_IF_ERROR(CheckLengths(lengths, places));
  RIVULET_RETURN_IF_ERROR(CopyTensor(c, input, c.output(0)));
  if (input.num_elements() == 0) return Status();
  const std::vector<int64_t> steps = RowMajorStrides(input.shape());
  const int64_t seq_step = steps[static_cast<size_t>(seq_dim)], batch_step = steps[static_cast<size_t>(batch_dim)];
  const Indices values(lengths);
  for (int64_t b = 0; b < batch; ++b) {
    if (values[b] < 2) continue;
    RIVULET_RETURN_IF_ERROR(c.stop().Why());
    AxisCopy copy(input.dtype());
    for (int i = 0; i < input.rank(); ++i) {
      const int64_t step = steps[static_cast<size_t>(i)];
      if (i == seq_dim) {
        copy.Axis(values[b], -step, step);
      } else if (i != batch_dim) {
        copy.Axis(input.dim(i), step, step);
      }
    }
    const int64_t at = b * batch_step;
    RIVULET_RETURN_IF_ERROR(copy.Run(c, input.raw(), at + (values[b] - 1) * seq_step, c.output(0).raw(), at));
  }
  return Status();
}

constexpr OpDef kDefs[] = {
    {.name = "ReverseSequence",
     .inputs = "input:T, seq_lengths:Tlen",
     .outputs = "output:T",
     .attrs = "seq_dim:int; batch_dim:int=0; Tlen:type=i64 in {i32,i64}; "
              "T:type in {bf16,f16,f32,f64,i8,i16,i32,i64,u8,u16,u32,u64,bool,str,c64,c128}",
     .infer = Infer,
     .prepare = Prepare,
     .run = Run},
};

}  // namespace

RIVULET_OP_LIST(ReverseSequence, kDefs);

}  // namespace rivulet
