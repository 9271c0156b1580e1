// MatMul and _FusedMatMul: product [m, n] = a [m, k] * b [k, n], either operand transposed in memory if told to.
//
// Integers wrap around; k = 0 gives zeros. half and bfloat16 are summed in float. The fused form goes on as
// fused_tail.h says. A constant b of floats is packed once.
#include <optional>

#include "engine/kernels/transpose.h"
#include "engine/ops/fused_tail.h"
#include "engine/ops/packed_operands.h"
#include "engine/ops/product.h"

namespace rivulet {
namespace {

struct State : OpState {
  bool transpose_a = false;
  bool transpose_b = false;
  FusedTail tail;
  std::shared_ptr<const PackedMatrix> packed;  // a constant b; null when it is none
  std::shared_ptr<const PackedHalf> fast;      // the same where speed goes before accuracy
  std::shared_ptr<const NarrowMatrix> narrow;  // the same of few rows, where it needs no floats

  bool prepared() const { return packed != nullptr || fast != nullptr || narrow != nullptr; }
};

Status Infer(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(c.WantRank(0, 2));
  RIVULET_RETURN_IF_ERROR(c.WantRank(1, 2));
  const Shape a = c.shape(0).has_rank() ? c.shape(0) : Shape::OfUnknownDims(2);
  const Shape b = c.shape(1).has_rank() ? c.shape(1) : Shape::OfUnknownDims(2);
  const int row = c.attrs().Bool("transpose_a") ? 1 : 0;
  const int column = c.attrs().Bool("transpose_b") ? 0 : 1;
  const int64_t ka = a[1 - row];
  const int64_t kb = b[1 - column];
  if (ka >= 0 && kb >= 0 && ka != kb) {
    return InvalidArgument("the inner sizes differ: ", ka, " of a ", a, ", ", kb, " of b ", b, ", want equal sizes");
  }
  c.set_output(0, {a[row], b[column]});
  return Status();
}

Status InferFused(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(Infer(c));
  RIVULET_ASSIGN_OR_RETURN(const FusedTail tail, ParseFusedTail(c.attrs()));
  const int row = c.attrs().Bool("transpose_a") ? 1 : 0;
  const int column = c.attrs().Bool("transpose_b") ? 0 : 1;
  const Shape output = {c.shape(0).has_rank() ? c.shape(0)[row] : -1, c.shape(1).has_rank() ? c.shape(1)[column] : -1};
  return CheckTailArgs(c, tail, output, 1);
}

Result<std::unique_ptr<OpState>> PrepareWithTail(PrepareContext& c, FusedTail tail) {
  auto state = std::make_unique<State>();
  state->transpose_a = c.attrs().Bool("transpose_a");
  state->transpose_b = c.attrs().Bool("transpose_b");
  state->tail = std::move(tail);
  const Tensor* b = c.constant(1);
  if (b != nullptr && ComputeType(b->dtype()) == DType::kFloat) {
    const bool t = state->transpose_b;
    const std::vector<float> factors = TakeBatchNorm(c, &state->tail);
    // A product of one row is as fast as its weights come, which has a kernel of its own.
    const bool one_row = c.shape(0).complete() && c.shape(0).rank() == 2 && c.shape(0)[state->transpose_a ? 1 : 0] < 4;
    if (kHalfProductsBuilt && PackedOperands::WantsFast() && !t && !one_row && b->rank() == 2 &&
        HalfPays(b->dim(1), b->dim(0)) && state->tail.activation != TailActivation::kLeakyRelu) {
      RIVULET_ASSIGN_OR_RETURN(state->fast, PackHalfOnce(*b, b->dim(0), b->dim(1), c.allocator(), factors));
      c.Consume(1);
      return std::unique_ptr<OpState>(std::move(state));
    }
    const int64_t k = b->dim(t ? 1 : 0);
    const int64_t n = b->dim(t ? 0 : 1);
    if (one_row && factors.empty()) {
      RIVULET_ASSIGN_OR_RETURN(state->narrow, PackNarrowOnce(*b, k, n, t, c.allocator()));
    }
    if (state->narrow == nullptr) {
      RIVULET_ASSIGN_OR_RETURN(state->packed, PackMatrixOnce(*b, k, n, t, c.allocator(), factors));
    }
    c.Consume(1);
  }
  return std::unique_ptr<OpState>(std::move(state));
}

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c) { return PrepareWithTail(c, FusedTail()); }

Result<std::unique_ptr<OpState>> PrepareFused(PrepareContext& c) {
  RIVULET_ASSIGN_OR_RETURN(FusedTail tail, ParseFusedTail(c.attrs()));
  return PrepareWithTail(c, std::move(tail));
}

Status Run(RunContext& c) {
  const auto& state = c.state<State>();
  Tensor& product = c.output(0);
  if (product.num_elements() == 0) return Status();
  const Tensor& a = c.input(0);
  const DType compute = ComputeType(product.dtype());
  ProductShape shape;
  shape.m = product.dim(0);
  shape.n = product.dim(1);
  shape.k = a.dim(state.transpose_a ? 0 : 1);
  shape.transpose_a = state.transpose_a;
  shape.transpose_b = state.transpose_b;

  ScratchPieces pieces;
  const StagedInput left(a, true, pieces);
  const StagedOutput output(product, true, pieces);
  std::optional<FloatTail> tail;
  if (compute == DType::kFloat) tail.emplace(c, state.tail, true, pieces);
  std::optional<StagedInput> right;
  std::optional<ProductRun> run;
  int64_t turned = 0;
  if (!state.prepared()) {
    right.emplace(c.input(1), true, pieces);
    run.emplace(compute, shape, pieces);
  } else if (state.transpose_a) {
    turned = pieces.Add(CheckedSize(a.num_elements()) * static_cast<int64_t>(sizeof(float)));
  }
  RIVULET_RETURN_IF_ERROR(pieces.Allocate(c));

  const void* x = left.Fill(c, pieces);
  void* out = output.data(pieces);
  const Epilogue epilogue = tail ? tail->MakeEpilogue(c, pieces) : Epilogue();
  if (state.prepared()) {
    if (state.transpose_a) {
      const int perm[] = {1, 0};
      Transpose(x, 2, a.shape().dims().data(), perm, sizeof(float), pieces.At<void>(turned), c.pool(), c.stop());
      x = pieces.At<void>(turned);
    }
    if (kHalfProductsBuilt && state.fast != nullptr) {
      const GemmTask task = TaskOfRows(static_cast<const float*>(x), shape.k, shape.m, shape.k, shape.n,
                                       static_cast<float*>(out), shape.n, epilogue);
      RunGemmHalf(task, *state.fast, c.pool(), c.stop());
    } else if (state.narrow != nullptr) {
      MatMul(static_cast<const float*>(x), shape.k, shape.m, *state.narrow, static_cast<float*>(out), shape.n, epilogue,
             c.pool(), c.stop());
    } else {
      MatMul(static_cast<const float*>(x), shape.k, shape.m, *state.packed, static_cast<float*>(out), shape.n, epilogue,
             c.pool(), c.stop());
    }
  } else {
    run->Run(c, pieces, x, nullptr, right->Fill(c, pieces), nullptr, out, epilogue);
  }
  if (tail) tail->Finish(c, shape.m, shape.n, static_cast<float*>(out));
  output.Finish(c, pieces);
  return Status();
}

constexpr OpDef kDefs[] = {
    {.name = "MatMul",
     .inputs = "a:T, b:T",
     .outputs = "product:T",
     .attrs = "transpose_a:bool=false; transpose_b:bool=false; T:type in {bf16,f16,f32,f64,i32,i64,c64,c128}; "
              "grad_a:bool=false; grad_b:bool=false",
     .infer = Infer,
     .prepare = Prepare,
     .run = Run},
    {.name = "_FusedMatMul",
     .inputs = "a:T, b:T, args:num_args*T",
     .outputs = "product:T",
     .attrs = "transpose_a:bool=false; transpose_b:bool=false; T:type in {bf16,f16,f32}; num_args:int; "
              "fused_ops:list(string)=[]; epsilon:float=0.0001; leakyrelu_alpha:float=0.2",
     .infer = InferFused,
     .prepare = PrepareFused,
     .run = Run},
};

}  // namespace

RIVULET_OP_LIST(MatMul, kDefs);

}  // namespace rivulet
