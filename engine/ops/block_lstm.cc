// LSTMBlockCell: one step of an LSTM. BlockLSTM, BlockLSTMV2: all steps. The cell is told in lstm_cell.h.
//
//   x [batch, input], or [time, batch, input]; cs_prev, h_prev [batch, cell]; w [input + cell, 4 cell]; wci, wcf,
//   wco [cell], which are read with use_peephole only; b [4 cell] -> i, cs, f, o, ci, co, h [batch, cell], or with time
//
// Of seq_len_max steps; what comes after is zero, where TensorFlow leaves all but cs and h as they were.
#include "engine/ops/lstm_cell.h"
#include "engine/ops/packed_operands.h"
#include "engine/ops/staging.h"
#include "engine/ops/with.h"

namespace rivulet {
namespace {

struct State : OpState {
  LstmCell lstm;
  std::shared_ptr<const PackedMatrix> packed;  // a constant w
};

Status Infer(InferContext& c, bool has_time) {
  const int x = has_time ? 1 : 0;
  SharedSize time = Shape::kUnknownDim, batch = time, input = time, cell = time, any = time;
  if (has_time) {
    RIVULET_RETURN_IF_ERROR(c.WantScalar(0));
    RIVULET_RETURN_IF_ERROR(MatchSizes(c, x, "x", {&time, &batch, &input}));
  } else {
    RIVULET_RETURN_IF_ERROR(MatchSizes(c, x, "x", {&batch, &input}));
  }
  RIVULET_RETURN_IF_ERROR(MatchSizes(c, x + 1, "cs_prev", {&batch, &cell}));
  RIVULET_RETURN_IF_ERROR(MatchSizes(c, x + 2, "h_prev", {&batch, &cell}));
  SharedSize rows = SumOfSizes(input, cell), gates = SizeTimes(cell, 4);
  RIVULET_RETURN_IF_ERROR(MatchSizes(c, x + 3, "w", {&rows, &gates}));
  const char* const peepholes[] = {"wci", "wcf", "wco"};
  for (int i = 0; i < 3; ++i) {
    any = Shape::kUnknownDim;
    SharedSize* const size = has_time || c.attrs().Bool("use_peephole") ? &cell : &any;
    RIVULET_RETURN_IF_ERROR(MatchSizes(c, x + 4 + i, peepholes[i], {size}));
  }
  RIVULET_RETURN_IF_ERROR(MatchSizes(c, x + 7, "b", {&gates}));
  if (!has_time && (batch == 0 || cell == 0)) {
    return InvalidArgument("cs_prev: want elements, got shape ", c.shape(1));
  }
  if (has_time && c.known(0) && (c.ints(0)[0] < 0 || (time >= 0 && c.ints(0)[0] > time))) {
    return InvalidArgument("seq_len_max: want [0, ", time, "], got ", c.ints(0)[0]);
  }
  for (int i = 0; i < 7; ++i) c.set_output(i, has_time ? Shape{time, batch, cell} : Shape{batch, cell});
  return Status();
}

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c, bool has_time) {
  const int w_input = has_time ? 4 : 3;
  auto state = std::make_unique<State>();
  state->lstm = LstmCell::Of(c.node());
  if (const Tensor* w = c.constant(w_input); w != nullptr && w->dtype() == DType::kFloat) {
    RIVULET_ASSIGN_OR_RETURN(state->packed, PackMatrixOnce(*w, w->dim(0), w->dim(1), false, c.allocator()));
    c.Consume(w_input);
  }
  return std::unique_ptr<OpState>(std::move(state));
}

template <typename T>
Status Steps(RunContext& c, const PackedMatrix* w, int first, int64_t steps) {
  const LstmCell& lstm = c.state<State>().lstm;
  const auto in = [&](int i) { return c.input(first + i).data<T>(); };
  const Tensor& x = c.input(first);
  const int64_t batch = c.input(first + 1).dim(0), cell = c.input(first + 1).dim(1), input = x.dim(x.rank() - 1);
  const auto out = [&](int i) { return c.output(i).data<T>(); };
  const LstmRow<T> outs{out(0), out(1), out(2), out(3), out(4), out(5), out(6)};
  const Peepholes<T> peepholes{in(4), in(5), in(6)};

  ScratchPieces pieces;
  const auto floats = static_cast<int64_t>(sizeof(float));
  const int64_t xh_piece = pieces.Add(CheckedSize(batch) * (input + cell) * floats);
  const int64_t z_piece = pieces.Add(CheckedSize(batch) * cell * 4 * floats);
  RIVULET_RETURN_IF_ERROR(pieces.Allocate(c));
  float* xh = pieces.At<float>(xh_piece);
  float* z = pieces.At<float>(z_piece);
  const auto widen = [](const T* from, int64_t count, float* to) {
    for (int64_t i = 0; i < count; ++i) to[i] = static_cast<float>(from[i]);
  };
  for (int64_t t = 0; t < steps && !c.stop().stopped(); ++t) {
    const LstmRow<T> now = outs.At(t * batch * cell);
    const T* cs_prev = t == 0 ? in(1) : now.cs - batch * cell;
    const T* h_prev = t == 0 ? in(2) : now.h - batch * cell;
    for (int64_t n = 0; n < batch; ++n) {
      widen(in(0) + (t * batch + n) * input, input, xh + n * (input + cell));
      widen(h_prev + n * cell, cell, xh + n * (input + cell) + input);
    }
    if (w != nullptr) MatMul(xh, input + cell, batch, *w, z, 4 * cell, {}, c.pool(), c.stop());
    c.ParallelFor(batch, std::max<int64_t>(1024 / cell, 1), [&](int64_t begin, int64_t end) {
      for (int64_t n = begin; n < end; ++n) {
        if constexpr (sizeof(T) == sizeof(Half)) {
          RoundedProduct(xh + n * (input + cell), in(3), input + cell, 4 * cell, z + n * 4 * cell);
        }
        LstmForward(lstm, cell, z + n * 4 * cell, in(7), peepholes, cs_prev + n * cell, now.At(n * cell));
      }
    });
  }
  const int64_t done = steps * batch * cell, all = c.output(0).num_elements();
  for (int i = 0; i < 7; ++i) std::fill(out(i) + done, out(i) + all, T());
  return Status();
}

Status Run(RunContext& c, bool has_time) {
  const int first = has_time ? 1 : 0;
  int64_t steps = 1;
  if (has_time) {
    steps = *c.input(0).data<int64_t>();
    const int64_t time = c.input(1).dim(0);
    if (steps < 0 || steps > time) return InvalidArgument("seq_len_max: want [0, ", time, "], got ", steps);
  }
  if (c.output(0).num_elements() == 0) return Status();
  if (c.output(0).dtype() == DType::kHalf) return Steps<Half>(c, nullptr, first, steps);
  std::shared_ptr<const PackedMatrix> w = c.state<State>().packed;
  if (w == nullptr) {
    const Tensor& given = c.input(first + 3);
    RIVULET_ASSIGN_OR_RETURN(w, PackMatrixOnce(given, given.dim(0), given.dim(1), false, c.allocator()));
  }
  return Steps<float>(c, w.get(), first, steps);
}

#define RIVULET_CELL_INPUTS "x:T, cs_prev:T, h_prev:T, w:T, wci:T, wcf:T, wco:T, b:T"
#define RIVULET_CELL_OUTPUTS "i:T, cs:T, f:T, o:T, ci:T, co:T, h:T"
constexpr OpDef kDefs[] = {
    {.name = "LSTMBlockCell",
     .inputs = RIVULET_CELL_INPUTS,
     .outputs = RIVULET_CELL_OUTPUTS,
     .attrs = "forget_bias:float=1; cell_clip:float=3; use_peephole:bool=false; T:type in {f16,f32}",
     .infer = With<Infer, false>,
     .prepare = With<Prepare, false>,
     .run = With<Run, false>},
    {.name = "BlockLSTM",
     .inputs = "seq_len_max:i64, " RIVULET_CELL_INPUTS,
     .outputs = RIVULET_CELL_OUTPUTS,
     .attrs = "forget_bias:float=1; cell_clip:float=3; use_peephole:bool=false; T:type in {f16,f32}",
     .infer = With<Infer, true>,
     .prepare = With<Prepare, true>,
     .run = With<Run, true>},
    {.name = "BlockLSTMV2",
     .inputs = "seq_len_max:i64, " RIVULET_CELL_INPUTS,
     .outputs = RIVULET_CELL_OUTPUTS,
     .attrs = "cell_clip:float=0; use_peephole:bool=false; T:type in {f16,f32}",
     .infer = With<Infer, true>,
     .prepare = With<Prepare, true>,
     .run = With<Run, true>},
};
#undef RIVULET_CELL_INPUTS
#undef RIVULET_CELL_OUTPUTS

}  // namespace

RIVULET_OP_LIST(BlockLSTM, kDefs);

}  // namespace rivulet
