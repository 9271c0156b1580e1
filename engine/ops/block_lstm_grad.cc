// LSTMBlockCellGrad, BlockLSTMGrad, BlockLSTMGradV2: gradients of the LSTM blocks (block_lstm.cc).
//
//   the forward operator's inputs and outputs, cs_grad, h_grad (shaped as cs and h)
//   LSTMBlockCellGrad -> cs_prev_grad [batch, cell], dicfo [batch, 4 cell]: the gradient of the gates before their
//     functions, wci_grad, wcf_grad, wco_grad: zero without use_peephole
//   BlockLSTMGrad, V2 -> x_grad, cs_prev_grad, h_prev_grad, w_grad, wci_grad, wcf_grad, wco_grad, b_grad
//
// Of seq_len_max steps: x_grad is zero after them. The sums over steps and rows of the batch are kept in float.
#include "engine/ops/lstm_cell.h"
#include "engine/ops/packed_operands.h"
#include "engine/ops/staging.h"
#include "engine/ops/widen.h"
#include "engine/ops/with.h"

namespace rivulet {
namespace {

struct State : OpState {
  LstmCell lstm;
};

// Of the inputs, without seq_len_max.
enum Input { kX, kCsPrev, kHPrev, kW, kWci, kWcf, kWco, kB, kI, kCs, kF, kO, kCi, kCo };

Status Infer(InferContext& c, bool has_time) {
  const int first = has_time ? 1 : 0;
  SharedSize time = Shape::kUnknownDim, batch = time, input = time, cell = time;
  const auto steps = [&](int i, const char* name, SharedSize* last) {
    return has_time ? MatchSizes(c, first + i, name, {&time, &batch, last}) : MatchSizes(c, i, name, {&batch, last});
  };
  if (has_time) RIVULET_RETURN_IF_ERROR(c.WantScalar(0));
  RIVULET_RETURN_IF_ERROR(steps(kX, "x", &input));
  RIVULET_RETURN_IF_ERROR(MatchSizes(c, first + kCsPrev, "cs_prev", {&batch, &cell}));
  RIVULET_RETURN_IF_ERROR(MatchSizes(c, first + kHPrev, "h_prev", {&batch, &cell}));
  SharedSize rows = SumOfSizes(input, cell), gates = SizeTimes(cell, 4);
  RIVULET_RETURN_IF_ERROR(MatchSizes(c, first + kW, "w", {&rows, &gates}));
  const char* const peepholes[] = {"wci", "wcf", "wco"};
  SharedSize peephole_sizes[3];
  for (int i = 0; i < 3; ++i) {
    peephole_sizes[i] = c.attrs().Bool("use_peephole") ? cell : Shape::kUnknownDim;
    RIVULET_RETURN_IF_ERROR(MatchSizes(c, first + kWci + i, peepholes[i], {&peephole_sizes[i]}));
  }
  RIVULET_RETURN_IF_ERROR(MatchSizes(c, first + kB, "b", {&gates}));
  const char* const values[] = {"i", "cs", "f", "o", "ci", "co", "h", "cs_grad", "h_grad"};
  int next = kI;
  for (const char* name : values) {
    if (!has_time && std::string_view(name) == "h") continue;  // that form does not take it
    RIVULET_RETURN_IF_ERROR(steps(next++, name, &cell));
  }
  int out = 0;
  if (has_time) {
    if (cell == 0) return InvalidArgument("w: want columns, got shape ", c.shape(first + kW));
    if (c.known(0) && (c.ints(0)[0] < 0 || (time >= 0 && c.ints(0)[0] > time))) {
      return InvalidArgument("seq_len_max: want [0, ", time, "], got ", c.ints(0)[0]);
    }
    c.set_output(out++, {time, batch, input});
    c.set_output(out++, {batch, cell});
    c.set_output(out++, {batch, cell});
    c.set_output(out++, {rows, gates});
  } else {
    c.set_output(out++, {batch, cell});
    c.set_output(out++, {batch, gates});
  }
  for (const SharedSize size : peephole_sizes) c.set_output(out++, {size});
  if (has_time) c.set_output(out, {gates});
  return Status();
}

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c) {
  auto state = std::make_unique<State>();
  state->lstm = LstmCell::Of(c.node());
  return std::unique_ptr<OpState>(std::move(state));
}

// What both forms read and write, and the sums over steps.
template <typename T>
struct Backward {
  RunContext& c;
  const int first;
  const LstmCell lstm = c.state<State>().lstm;
  const int64_t batch = In(kCsPrev).dim(0), cell = In(kCsPrev).dim(1);
  const Peepholes<T> peepholes{Data(kWci), Data(kWcf), Data(kWco)};
  Rounded<T>*dz = nullptr, *cs_grad = nullptr, *h_grad = nullptr;  // [batch, 4 cell], [batch, cell] of this step
  float* sums = nullptr;                                           // [3, cell]: of the peepholes' gradients

  const Tensor& In(int i) const { return c.input(first + i); }
  const T* Data(int i) const { return In(i).template data<T>(); }
  LstmRow<const T> Values() const { return {Data(kI), Data(kCs), Data(kF), Data(kO), Data(kCi), Data(kCo), nullptr}; }

  // One step: from cs_grad and h_grad to dz and the gradient of the state before.
  void Step(int64_t offset, const T* cs_prev, T* cs_prev_grad) {
    const LstmRow<const T> values = Values();
    c.ParallelFor(batch, std::max<int64_t>(1024 / cell, 1), [&](int64_t begin, int64_t end) {
      for (int64_t n = begin; n < end; ++n) {
        const int64_t row = n * cell, at = offset + row;
        const LstmRow<const T> now{values.i + at,  values.cs + at, values.f + at, values.o + at,
                                   values.ci + at, values.co + at, nullptr};
        LstmBackward(lstm, cell, peepholes, cs_prev + row, now, cs_grad + row, h_grad + row, dz + 4 * row,
                     cs_prev_grad + row);
      }
    });
    if (!lstm.peephole) return;
    const T* cs = Data(kCs) + offset;
    c.ParallelFor(cell, std::max<int64_t>(4096 / batch, 1), [&](int64_t begin, int64_t end) {
      for (int64_t n = 0; n < batch; ++n) {
        const Rounded<T>* z = dz + n * 4 * cell;
        for (int64_t j = begin; j < end; ++j) {
          const float before = static_cast<float>(cs_prev[n * cell + j]), after = static_cast<float>(cs[n * cell + j]);
          sums[j] += z[j].value * before;
          sums[cell + j] += z[lstm.f_at(cell) + j].value * before;
          sums[2 * cell + j] += z[3 * cell + j].value * after;
        }
      }
    });
  }

  void WritePeepholes(int output) {
    for (int i = 0; i < 3; ++i) {
      Tensor& to = c.output(output + i);
      for (int64_t j = 0; j < to.num_elements(); ++j) to.data<T>()[j] = lstm.peephole ? T(sums[i * cell + j]) : T();
    }
  }
};

constexpr auto kFloat = static_cast<int64_t>(sizeof(float));

template <typename T>
Status RunCell(RunContext& c) {
  Backward<T> backward{c, 0};
  const int64_t cells = backward.batch * backward.cell;
  ScratchPieces pieces;
  const int64_t dz = pieces.Add(CheckedSize(cells) * 4 * kFloat);
  const int64_t cs_grad = pieces.Add(CheckedSize(cells) * kFloat), h_grad = pieces.Add(CheckedSize(cells) * kFloat);
  const int64_t sums = pieces.Add(CheckedSize(backward.cell) * 3 * kFloat);
  RIVULET_RETURN_IF_ERROR(pieces.Allocate(c));
  backward.dz = pieces.At<Rounded<T>>(dz);
  backward.cs_grad = pieces.At<Rounded<T>>(cs_grad);
  backward.h_grad = pieces.At<Rounded<T>>(h_grad);
  backward.sums = pieces.At<float>(sums);
  std::fill_n(backward.sums, 3 * backward.cell, 0.0f);
  if (cells > 0) {
    std::copy_n(backward.Data(kCo + 1), cells, backward.cs_grad);
    std::copy_n(backward.Data(kCo + 2), cells, backward.h_grad);
    backward.Step(0, backward.Data(kCsPrev), c.output(0).data<T>());
    for (int64_t i = 0; i < 4 * cells; ++i) c.output(1).data<T>()[i] = backward.dz[i].stored();
  }
  backward.WritePeepholes(2);
  return Status();
}

template <typename T>
Status RunBlock(RunContext& c) {
  Backward<T> backward{c, 1};
  const Tensor &x = backward.In(kX), &w = backward.In(kW);
  const int64_t time = x.dim(0), batch = backward.batch, input = x.dim(2), cell = backward.cell;
  const int64_t width = input + cell, cells = batch * cell, steps = *c.input(0).data<int64_t>();
  if (steps < 0 || steps > time) return InvalidArgument("seq_len_max: want [0, ", time, "], got ", steps);
  T *x_grad = c.output(0).data<T>(), *cs_carry = c.output(1).data<T>(), *h_carry = c.output(2).data<T>();

  RIVULET_ASSIGN_OR_RETURN(const auto turned, PackMatrixOnce(w, 4 * cell, width, true, c.allocator()));
  MatMulShape shape;
  shape.m = width;
  shape.n = 4 * cell;
  shape.k = batch;
  shape.transpose_a = true;
  ScratchPieces pieces;
  const int64_t dz = pieces.Add(CheckedSize(cells) * 4 * kFloat);
  const int64_t cs_grad = pieces.Add(CheckedSize(cells) * kFloat), h_grad = pieces.Add(CheckedSize(cells) * kFloat);
  const int64_t sums = pieces.Add(CheckedSize(cell) * 7 * kFloat);
  const int64_t xh_piece = pieces.Add(CheckedSize(batch) * width * kFloat);
  const int64_t dxh_piece = pieces.Add(CheckedSize(batch) * width * kFloat);
  const int64_t dw_piece = pieces.Add(CheckedSize(w.num_elements()) * kFloat);
  const int64_t product = pieces.Add(MatMulScratchBytes(shape));
  RIVULET_RETURN_IF_ERROR(pieces.Allocate(c));
  backward.dz = pieces.At<Rounded<T>>(dz);
  backward.cs_grad = pieces.At<Rounded<T>>(cs_grad);
  backward.h_grad = pieces.At<Rounded<T>>(h_grad);
  backward.sums = pieces.At<float>(sums);
  float *xh = pieces.At<float>(xh_piece), *dxh = pieces.At<float>(dxh_piece), *dw = pieces.At<float>(dw_piece);
  float* db = backward.sums + 3 * cell;
  const float* z = pieces.At<float>(dz);  // a Rounded is its float
  std::fill_n(backward.sums, 7 * cell, 0.0f);
  std::fill_n(dw, w.num_elements(), 0.0f);
  std::fill_n(x_grad, time * batch * input, T());
  std::fill_n(cs_carry, cells, T());
  std::fill_n(h_carry, cells, T());

  for (int64_t t = steps; t-- > 0 && cells > 0 && !c.stop().stopped();) {
    const T* cs_prev = t == 0 ? backward.Data(kCsPrev) : backward.Data(kCs) + (t - 1) * cells;
    const T* h_prev = t == 0 ? backward.Data(kHPrev) : backward.Data(kCo + 1) + (t - 1) * cells;
    const T *cs_above = backward.Data(kCo + 2) + t * cells, *h_above = backward.Data(kCo + 3) + t * cells;
    for (int64_t i = 0; i < cells; ++i) {
      backward.cs_grad[i] = Rounded<T>(cs_carry[i]) + Rounded<T>(cs_above[i]);
      backward.h_grad[i] = Rounded<T>(h_carry[i]) + Rounded<T>(h_above[i]);
    }
    backward.Step(t * cells, cs_prev, cs_carry);
    MatMul(z, 4 * cell, batch, *turned, dxh, width, {}, c.pool(), c.stop());
    for (int64_t n = 0; n < batch; ++n) {
      float *row = xh + n * width, *grads = dxh + n * width;
      for (int64_t j = 0; j < input; ++j) {
        row[j] = static_cast<float>(x.data<T>()[(t * batch + n) * input + j]);
        x_grad[(t * batch + n) * input + j] = T(grads[j]);
      }
      for (int64_t j = 0; j < cell; ++j) {
        row[input + j] = static_cast<float>(h_prev[n * cell + j]);
        h_carry[n * cell + j] = T(grads[input + j]);
      }
      for (int64_t j = 0; j < 4 * cell; ++j) db[j] += z[n * 4 * cell + j];
    }
    Epilogue add;
    add.addend = dw;
    MatMulDynamic(shape, xh, nullptr, z, nullptr, dw, add, pieces.At<void>(product), c.pool(), c.stop());
  }
  for (int64_t i = 0; i < w.num_elements(); ++i) c.output(3).data<T>()[i] = T(dw[i]);
  backward.WritePeepholes(4);
  for (int64_t j = 0; j < 4 * cell; ++j) c.output(7).data<T>()[j] = T(db[j]);
  return Status();
}

Status Run(RunContext& c, bool has_time) {
  if constexpr (kHasLoops<kWidenHalves, Half>) {
    if (c.input(1).dtype() == DType::kHalf) return has_time ? RunBlock<Half>(c) : RunCell<Half>(c);
  }
  return has_time ? RunBlock<float>(c) : RunCell<float>(c);
}

#define RIVULET_CELL "x:T, cs_prev:T, h_prev:T, w:T, wci:T, wcf:T, wco:T, b:T, i:T, cs:T, f:T, o:T, ci:T, co:T, "
#define RIVULET_BLOCK_GRAD \
  "x_grad:T, cs_prev_grad:T, h_prev_grad:T, w_grad:T, wci_grad:T, wcf_grad:T, wco_grad:T, b_grad:T"
constexpr OpDef kDefs[] = {
    {.name = "LSTMBlockCellGrad",
     .inputs = RIVULET_CELL "cs_grad:T, h_grad:T",
     .outputs = "cs_prev_grad:T, dicfo:T, wci_grad:T, wcf_grad:T, wco_grad:T",
     .attrs = "use_peephole:bool; T:type in {f16,f32}",
     .infer = With<Infer, false>,
     .prepare = Prepare,
     .run = kWidened<With<Run, false>, kWidenHalves, State>},
    {.name = "BlockLSTMGrad",
     .inputs = "seq_len_max:i64, " RIVULET_CELL "h:T, cs_grad:T, h_grad:T",
     .outputs = RIVULET_BLOCK_GRAD,
     .attrs = "use_peephole:bool; T:type in {f16,f32}",
     .infer = With<Infer, true>,
     .prepare = Prepare,
     .run = kWidened<With<Run, true>, kWidenHalves, State>},
    {.name = "BlockLSTMGradV2",
     .inputs = "seq_len_max:i64, " RIVULET_CELL "h:T, cs_grad:T, h_grad:T",
     .outputs = RIVULET_BLOCK_GRAD,
     .attrs = "use_peephole:bool; T:type in {f16,f32}",
     .infer = With<Infer, true>,
     .prepare = Prepare,
     .run = kWidened<With<Run, true>, kWidenHalves, State>},
};
#undef RIVULET_CELL
#undef RIVULET_BLOCK_GRAD

}  // namespace

RIVULET_OP_LIST(BlockLSTMGrad, kDefs);

}  // namespace rivulet
