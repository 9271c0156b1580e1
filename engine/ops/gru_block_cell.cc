// GRUBlockCell, GRUBlockCellGrad: one step of a GRU and its gradient, in float32.
//
//   x [batch, input], h_prev [batch, cell], w_ru [input + cell, 2 cell], w_c [input + cell, cell], b_ru [2 cell],
//   b_c [cell] -> r, u, c, h [batch, cell]
//
//   [r, u] = sigmoid([x, h_prev] w_ru + b_ru), c = tanh([x, h_prev r] w_c + b_c), h = u (h_prev - c) + c
//
//   and with r, u, c, d_h -> d_x, d_h_prev, d_c_bar [batch, cell] and d_r_bar_u_bar [batch, 2 cell]: the gradients of
//   the inputs, and of what the functions were taken of.
#include <cmath>

#include "engine/ops/matched_sizes.h"
#include "engine/ops/packed_operands.h"
#include "engine/ops/staging.h"
#include "engine/ops/with.h"

namespace rivulet {
namespace {

Status Infer(InferContext& c, bool grad) {
  SharedSize batch = Shape::kUnknownDim, input = batch, cell = batch;
  RIVULET_RETURN_IF_ERROR(MatchSizes(c, 0, "x", {&batch, &input}));
  RIVULET_RETURN_IF_ERROR(MatchSizes(c, 1, "h_prev", {&batch, &cell}));
  SharedSize rows = SumOfSizes(input, cell), gates = SizeTimes(cell, 2);
  RIVULET_RETURN_IF_ERROR(MatchSizes(c, 2, "w_ru", {&rows, &gates}));
  RIVULET_RETURN_IF_ERROR(MatchSizes(c, 3, "w_c", {&rows, &cell}));
  RIVULET_RETURN_IF_ERROR(MatchSizes(c, 4, "b_ru", {&gates}));
  RIVULET_RETURN_IF_ERROR(MatchSizes(c, 5, "b_c", {&cell}));
  const char* const values[] = {"r", "u", "c", "d_h"};
  for (int i = 0; grad && i < 4; ++i) RIVULET_RETURN_IF_ERROR(MatchSizes(c, 6 + i, values[i], {&batch, &cell}));
  for (int i = 0; i < 4; ++i) c.set_output(i, {batch, cell});
  if (grad) {
    c.set_output(0, {batch, input});
    c.set_output(3, {batch, gates});
  }
  return Status();
}

// w_ru and w_c, where they are constant.
struct Weights {
  std::shared_ptr<const PackedMatrix> ru, c;
};

struct State : OpState {
  Weights weights;
};

Result<std::shared_ptr<const PackedMatrix>> Packed(const Tensor& w, bool turned, Allocator& allocator) {
  return PackMatrixOnce(w, w.dim(turned ? 1 : 0), w.dim(turned ? 0 : 1), turned, allocator);
}

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c, bool grad) {
  auto state = std::make_unique<State>();
  for (const int i : {2, 3}) {
    if (c.constant(i) == nullptr) continue;
    RIVULET_ASSIGN_OR_RETURN((i == 2 ? state->weights.ru : state->weights.c),
                             Packed(*c.constant(i), grad, c.allocator()));
    c.Consume(i);
  }
  return std::unique_ptr<OpState>(std::move(state));
}

Result<Weights> WeightsOf(RunContext& c, bool turned) {
  Weights w = c.state<State>().weights;
  if (w.ru == nullptr) {
    RIVULET_ASSIGN_OR_RETURN(w.ru, Packed(c.input(2), turned, c.allocator()));
  }
  if (w.c == nullptr) {
    RIVULET_ASSIGN_OR_RETURN(w.c, Packed(c.input(3), turned, c.allocator()));
  }
  return w;
}

constexpr auto kFloat = static_cast<int64_t>(sizeof(float));

Status Run(RunContext& c) {
  if (c.output(0).num_elements() == 0) return Status();
  RIVULET_ASSIGN_OR_RETURN(const Weights w, WeightsOf(c, false));
  const int64_t batch = c.input(1).dim(0), input = c.input(0).dim(1), cell = c.input(1).dim(1), width = input + cell;
  const float *x = c.input(0).data<float>(), *h_prev = c.input(1).data<float>();
  const auto out = [&](int i) { return c.output(i).data<float>(); };
  ScratchPieces pieces;
  const int64_t xh_piece = pieces.Add(CheckedSize(batch) * width * kFloat);
  const int64_t gates_piece = pieces.Add(CheckedSize(batch) * cell * 2 * kFloat);
  RIVULET_RETURN_IF_ERROR(pieces.Allocate(c));
  float *xh = pieces.At<float>(xh_piece), *gates = pieces.At<float>(gates_piece);
  for (int64_t n = 0; n < batch; ++n) {
    std::copy_n(x + n * input, input, xh + n * width);
    std::copy_n(h_prev + n * cell, cell, xh + n * width + input);
  }
  Epilogue bias;
  bias.bias = c.input(4).data<float>();
  MatMul(xh, width, batch, *w.ru, gates, 2 * cell, bias, c.pool(), c.stop());
  const auto sigmoid = [](float v) { return 1.0f / (1.0f + std::exp(-v)); };
  for (int64_t n = 0; n < batch && !c.stop().stopped(); ++n) {
    for (int64_t j = 0; j < cell; ++j) {
      const float r = sigmoid(gates[n * 2 * cell + j]);
      out(0)[n * cell + j] = r;
      out(1)[n * cell + j] = sigmoid(gates[n * 2 * cell + cell + j]);
      xh[n * width + input + j] = h_prev[n * cell + j] * r;
    }
  }
  bias.bias = c.input(5).data<float>();
  MatMul(xh, width, batch, *w.c, out(2), cell, bias, c.pool(), c.stop());
  for (int64_t i = 0; i < batch * cell; ++i) {
    const float value = std::tanh(out(2)[i]);
    out(2)[i] = value;
    out(3)[i] = out(1)[i] * (h_prev[i] - value) + value;
  }
  return Status();
}

Status RunGrad(RunContext& c) {
  const int64_t batch = c.input(1).dim(0), input = c.input(0).dim(1), cell = c.input(1).dim(1), width = input + cell;
  if (batch == 0) return Status();
  RIVULET_ASSIGN_OR_RETURN(const Weights w, WeightsOf(c, true));
  const auto in = [&](int i) { return c.input(i).data<float>(); };
  const float *h_prev = in(1), *r = in(6), *u = in(7), *value = in(8), *d_h = in(9);
  float *d_x = c.output(0).data<float>(), *d_h_prev = c.output(1).data<float>();
  float *d_c = c.output(2).data<float>(), *d_ru = c.output(3).data<float>();
  ScratchPieces pieces;
  const int64_t of_ru = pieces.Add(CheckedSize(batch) * width * kFloat);
  const int64_t of_c = pieces.Add(CheckedSize(batch) * width * kFloat);
  RIVULET_RETURN_IF_ERROR(pieces.Allocate(c));
  float *by_ru = pieces.At<float>(of_ru), *by_c = pieces.At<float>(of_c);
  for (int64_t i = 0; i < batch * cell; ++i) d_c[i] = d_h[i] * (1 - u[i]) * (1 - value[i] * value[i]);
  MatMul(d_c, cell, batch, *w.c, by_c, width, {}, c.pool(), c.stop());
  for (int64_t n = 0; n < batch; ++n) {
    for (int64_t j = 0; j < cell; ++j) {
      const int64_t i = n * cell + j;
      d_ru[2 * n * cell + j] = by_c[n * width + input + j] * h_prev[i] * r[i] * (1 - r[i]);
      d_ru[2 * n * cell + cell + j] = d_h[i] * (h_prev[i] - value[i]) * u[i] * (1 - u[i]);
    }
  }
  MatMul(d_ru, 2 * cell, batch, *w.ru, by_ru, width, {}, c.pool(), c.stop());
  for (int64_t n = 0; n < batch && !c.stop().stopped(); ++n) {
    const float *a = by_ru + n * width, *b = by_c + n * width;
    for (int64_t j = 0; j < input; ++j) d_x[n * input + j] = a[j] + b[j];
    for (int64_t j = 0; j < cell; ++j) {
      const int64_t i = n * cell + j;
      d_h_prev[i] = a[input + j] + b[input + j] * r[i] + d_h[i] * u[i];
    }
  }
  return Status();
}

#define RIVULET_GRU "x:T, h_prev:T, w_ru:T, w_c:T, b_ru:T, b_c:T"
constexpr OpDef kDefs[] = {
    {.name = "GRUBlockCell",
     .inputs = RIVULET_GRU,
     .outputs = "r:T, u:T, c:T, h:T",
     .attrs = "T:type in {f32}",
     .infer = With<Infer, false>,
     .prepare = With<Prepare, false>,
     .run = Run},
    {.name = "GRUBlockCellGrad",
     .inputs = RIVULET_GRU ", r:T, u:T, c:T, d_h:T",
     .outputs = "d_x:T, d_h_prev:T, d_c_bar:T, d_r_bar_u_bar:T",
     .attrs = "T:type in {f32}",
     .infer = With<Infer, true>,
     .prepare = With<Prepare, true>,
     .run = RunGrad},
};
#undef RIVULET_GRU

}  // namespace

RIVULET_OP_LIST(GruBlockCell, kDefs);

}  // namespace rivulet
