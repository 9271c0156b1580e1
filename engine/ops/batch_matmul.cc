// BatchMatMul, V2 and V3: output [.., m, n] = x [.., m, k] * y [.., k, n], either operand adjoint (transposed, and
// conjugated when complex) if told to. The batch axes broadcast; V1 wants them equal. V3 also multiplies int8 and uint8
// into int32, and bfloat16 with int8 or uint8 into bfloat16.
//
// A y without batch (or of one entry) makes the batch of x so many more rows; if it is a constant of floats it is
// packed once.
#include <optional>

#include "engine/graph/shape_math.h"
#include "engine/kernels/half.h"
#include "engine/ops/packed_operands.h"
#include "engine/ops/product.h"
#include "engine/ops/with.h"

namespace rivulet {
namespace {

struct State : OpState {
  bool adj_x = false;
  bool adj_y = false;
  std::shared_ptr<const PackedMatrix> packed;  // a constant y; null when it is none
};

// A shape without its last two axes.
Shape BatchOf(const Shape& shape) { return Shape(shape.dims().first(static_cast<size_t>(shape.rank() - 2))); }

Status Infer(InferContext& c, bool broadcast) {
  const Shape& x = c.shape(0);
  const Shape& y = c.shape(1);
  RIVULET_RETURN_IF_ERROR(c.WantMinRank(0, 2));
  RIVULET_RETURN_IF_ERROR(c.WantMinRank(1, 2));
  if (!x.has_rank() || !y.has_rank()) {
    c.set_output(0, Shape::UnknownRank());
    return Status();
  }
  const bool adj_x = c.attrs().Bool("adj_x");
  const bool adj_y = c.attrs().Bool("adj_y");
  const int64_t kx = x[x.rank() - (adj_x ? 2 : 1)];
  const int64_t ky = y[y.rank() - (adj_y ? 1 : 2)];
  if (kx >= 0 && ky >= 0 && kx != ky) {
    return InvalidArgument("the inner sizes differ: ", kx, " of x ", x, ", ", ky, " of y ", y, ", want equal sizes");
  }
  RIVULET_ASSIGN_OR_RETURN(Shape output,
                           broadcast ? BroadcastShapes(BatchOf(x), BatchOf(y)) : MergeShapes(BatchOf(x), BatchOf(y)));
  if (output.rank() + 2 > Shape::kMaxRank) return InvalidArgument("want rank <= ", Shape::kMaxRank);
  output.push_back(x[x.rank() - (adj_x ? 1 : 2)]);
  output.push_back(y[y.rank() - (adj_y ? 2 : 1)]);
  c.set_output(0, output);
  return Status();
}

bool IsByte(DType dtype) { return dtype == DType::kInt8 || dtype == DType::kUint8; }

Status InferV3(InferContext& c) {
  const DType x = c.dtype(0);
  const DType y = c.dtype(1);
  const DType out = c.output_dtype(0);
  const bool same = x == y && y == out && !IsByte(x);
  const bool bytes = IsByte(x) && IsByte(y) && out == DType::kInt32;
  const bool mixed = out == DType::kBfloat16 && ((x == out && IsByte(y)) || (y == out && IsByte(x)));
  if (x != DType::kInvalid && y != DType::kInvalid && !same && !bytes && !mixed) {
    return Unimplemented("want x, y and output of one type, bytes as int32, or bytes and bfloat16 as bfloat16; got ",
                         Name(x), ", ", Name(y), " and ", Name(out));
  }
  return Infer(c, true);
}

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c) {
  auto state = std::make_unique<State>();
  state->adj_x = c.attrs().Bool("adj_x");
  state->adj_y = c.attrs().Bool("adj_y");
  const Tensor* y = c.constant(1);
  const DType compute = ComputeType(c.output(0).dtype);
  if (y != nullptr && y->dtype() == DType::kFloat && compute == DType::kFloat && !state->adj_x &&
      BatchOf(y->shape()).num_elements() == 1) {
    const int rank = y->rank();
    const int64_t k = y->dim(rank - (state->adj_y ? 1 : 2));
    const int64_t n = y->dim(rank - (state->adj_y ? 2 : 1));
    RIVULET_ASSIGN_OR_RETURN(state->packed, PackMatrixOnce(*y, k, n, state->adj_y, c.allocator()));
    c.Consume(1);
  }
  return std::unique_ptr<OpState>(std::move(state));
}

Status Run(RunContext& c) {
  const auto& state = c.state<State>();
  Tensor& result = c.output(0);
  if (result.num_elements() == 0) return Status();
  const Tensor& x = c.input(0);
  const Shape batch = BatchOf(result.shape());
  ProductShape shape;
  shape.m = result.dim(result.rank() - 2);
  shape.n = result.dim(result.rank() - 1);
  shape.k = x.dim(x.rank() - (state.adj_x ? 2 : 1));
  shape.batch = batch.num_elements();
  shape.transpose_a = shape.conjugate_a = state.adj_x;
  shape.transpose_b = shape.conjugate_b = state.adj_y;
  const bool one_y = state.packed != nullptr || BatchOf(c.input(1).shape()).num_elements() == 1;
  if (one_y && !state.adj_x) {
    shape.m *= shape.batch;
    shape.batch = 1;
  }

  const DType compute = ComputeType(result.dtype());
  ScratchPieces pieces;
  const ProductOperand left(x, compute, pieces);
  const StagedOutput output(result, true, pieces);
  std::optional<ProductOperand> right;
  std::optional<ProductRun> run;
  int64_t offsets = 0;
  const CheckedSize offset_bytes = CheckedSize(shape.batch) * static_cast<int64_t>(sizeof(int64_t));
  if (state.packed == nullptr) {
    right.emplace(c.input(1), compute, pieces);
    run.emplace(compute, shape, pieces);
    offsets = pieces.Add(offset_bytes * 2);
  }
  RIVULET_RETURN_IF_ERROR(pieces.Allocate(c));

  const void* a = left.Fill(c, pieces);
  void* out = output.data(pieces);
  if (state.packed != nullptr) {
    MatMul(static_cast<const float*>(a), shape.k, shape.m, *state.packed, static_cast<float*>(out), shape.n, Epilogue(),
           c.pool(), c.stop());
  } else {
    const void* b = right->Fill(c, pieces);
    int64_t* a_offsets = nullptr;
    int64_t* b_offsets = nullptr;
    if (shape.batch > 1) {
      const Tensor& y = c.input(1);
      if (BatchOf(x.shape()).num_elements() != shape.batch) {
        a_offsets = pieces.At<int64_t>(offsets);
        FillBatchOffsets(batch.dims(), x.shape(), shape.m * shape.k, a_offsets);
      }
      if (BatchOf(y.shape()).num_elements() != shape.batch) {
        b_offsets = pieces.At<int64_t>(offsets) + shape.batch;
        FillBatchOffsets(batch.dims(), y.shape(), shape.k * shape.n, b_offsets);
      }
    }
    run->Run(c, pieces, a, a_offsets, b, b_offsets, out);
  }
  output.Finish(c, pieces);
  return Status();
}

#define RIVULET_ATTRS "adj_x:bool=false; adj_y:bool=false; grad_x:bool=false; grad_y:bool=false; "

constexpr OpDef kDefs[] = {
    {.name = "BatchMatMul",
     .inputs = "x:T, y:T",
     .outputs = "output:T",
     .attrs = RIVULET_ATTRS "T:type in {bf16,f16,f32,f64,i32,i64,c64,c128}",
     .infer = With<Infer, false>,
     .prepare = Prepare,
     .run = Run},
    {.name = "BatchMatMulV2",
     .inputs = "x:T, y:T",
     .outputs = "output:T",
     .attrs = RIVULET_ATTRS "T:type in {bf16,f16,f32,f64,i16,i32,i64,c64,c128}",
     .infer = With<Infer, true>,
     .prepare = Prepare,
     .run = Run},
    {.name = "BatchMatMulV3",
     .inputs = "x:Ta, y:Tb",
     .outputs = "output:Tout",
     .attrs = RIVULET_ATTRS "Ta:type in {bf16,f16,f32,f64,u8,i8,i16,i32,i64,c64,c128}; "
                            "Tb:type in {bf16,f16,f32,f64,u8,i8,i16,i32,i64,c64,c128}; "
                            "Tout:type in {bf16,f16,f32,f64,i16,i32,i64,c64,c128}",
     .infer = InferV3,
     .prepare = Prepare,
     .run = Run},
};

}  // namespace

RIVULET_OP_LIST(BatchMatMul, kDefs);

}  // namespace rivulet
