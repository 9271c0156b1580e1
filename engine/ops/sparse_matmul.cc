// SparseMatMul: product [m, n] = a [m, k] * b [k, n] in float, of float and bfloat16 operands that may hold many zeros.
//
// Zeros of an operand that is declared sparse are skipped, so that they make no NaN with an infinity; of two sparse
// ones it is a's. Without a declaration it is a MatMul.
#include <algorithm>

#include "engine/ops/product.h"

namespace rivulet {
namespace {

struct State : OpState {
  bool transpose_a = false;
  bool transpose_b = false;
  bool a_sparse = false;
  bool b_sparse = false;
};

Status Infer(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(c.WantRank(0, 2));
  RIVULET_RETURN_IF_ERROR(c.WantRank(1, 2));
  const Shape a = c.shape(0).has_rank() ? c.shape(0) : Shape::OfUnknownDims(2);
  const Shape b = c.shape(1).has_rank() ? c.shape(1) : Shape::OfUnknownDims(2);
  const int row = c.attrs().Bool("transpose_a") ? 1 : 0;
  const int column = c.attrs().Bool("transpose_b") ? 0 : 1;
  if (a[1 - row] >= 0 && b[1 - column] >= 0 && a[1 - row] != b[1 - column]) {
    return InvalidArgument("the inner sizes differ: ", a[1 - row], " of a ", a, ", ", b[1 - column], " of b ", b);
  }
  c.set_output(0, {a[row], b[column]});
  return Status();
}

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c) {
  auto state = std::make_unique<State>();
  state->transpose_a = c.attrs().Bool("transpose_a");
  state->transpose_b = c.attrs().Bool("transpose_b");
  state->a_sparse = c.attrs().Bool("a_is_sparse");
  state->b_sparse = c.attrs().Bool("b_is_sparse");
  return std::unique_ptr<OpState>(std::move(state));
}

void Multiply(RunContext& c, const State& state, const ProductShape& s, const float* a, const float* b, float* out) {
  const double work = static_cast<double>(s.n) * static_cast<double>(std::max<int64_t>(s.k, 1));
  const auto grain = static_cast<int64_t>(std::max((1 << 17) / std::max(work, 1.0), 1.0));
  const int64_t b_row = s.transpose_b ? 1 : s.n;
  const int64_t b_column = s.transpose_b ? s.k : 1;
  c.ParallelFor(s.m, grain, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      float* to = out + i * s.n;
      std::fill_n(to, s.n, 0.0f);
      for (int64_t p = 0; p < s.k; ++p) {
        const float value = s.transpose_a ? a[p * s.m + i] : a[i * s.k + p];
        if (state.a_sparse && value == 0) continue;
        const float* from = b + p * b_row;
        for (int64_t j = 0; j < s.n; ++j) {
          const float other = from[j * b_column];
          if (state.a_sparse || other != 0) to[j] += value * other;
        }
      }
    }
  });
}

Status Run(RunContext& c) {
  const auto& state = c.state<State>();
  Tensor& product = c.output(0);
  if (product.num_elements() == 0) return Status();
  ProductShape shape;
  shape.m = product.dim(0);
  shape.n = product.dim(1);
  shape.k = c.input(0).dim(state.transpose_a ? 0 : 1);
  shape.transpose_a = state.transpose_a;
  shape.transpose_b = state.transpose_b;
  ScratchPieces pieces;
  const ProductOperand left(c.input(0), DType::kFloat, pieces);
  const ProductOperand right(c.input(1), DType::kFloat, pieces);
  const ProductRun run(DType::kFloat, shape, pieces);
  RIVULET_RETURN_IF_ERROR(pieces.Allocate(c));
  const void* a = left.Fill(c, pieces);
  const void* b = right.Fill(c, pieces);
  if (state.a_sparse || state.b_sparse) {
    Multiply(c, state, shape, static_cast<const float*>(a), static_cast<const float*>(b), product.data<float>());
  } else {
    run.Run(c, pieces, a, nullptr, b, nullptr, product.raw());
  }
  return Status();
}

constexpr OpDef kDefs[] = {
    {.name = "SparseMatMul",
     .inputs = "a:Ta, b:Tb",
     .outputs = "product:f32",
     .attrs = "transpose_a:bool=false; transpose_b:bool=false; a_is_sparse:bool=false; b_is_sparse:bool=false; "
              "Ta:type=f32 in {f32,bf16}; Tb:type=f32 in {f32,bf16}",
     .infer = Infer,
     .prepare = Prepare,
     .run = Run},
};

}  // namespace

RIVULET_OP_LIST(SparseMatMul, kDefs);

}  // namespace rivulet
