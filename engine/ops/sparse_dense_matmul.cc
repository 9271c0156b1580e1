// SparseTensorDenseMatMul: the product of a sparse and a dense matrix.
//
//   a_indices [n, 2], a_values [n], a_shape [2] = [m, k], b [k, p] -> product [m, p]
//   adjoint_a, adjoint_b: the operand is transposed and conjugated first
//
// A repeated index adds each time. Sums of halves are kept in float and rounded once.
#include <cstring>

#include "engine/ops/indices.h"
#include "engine/ops/number.h"
#include "engine/ops/sparse_parts.h"
#include "engine/ops/widen.h"

namespace rivulet {
namespace {

Status Infer(InferContext& c) {
  RIVULET_ASSIGN_OR_RETURN(SparseFacts facts, InferSparse(c, 0, 1, 2));
  if (!AgreeOnDim(2, &facts.rank)) return InvalidArgument("a: want a matrix, got rank ", facts.rank);
  RIVULET_RETURN_IF_ERROR(c.WantRank(3, 2));
  const bool flip_a = c.attrs().Bool("adjoint_a"), flip_b = c.attrs().Bool("adjoint_b");
  int64_t rows = Shape::kUnknownDim, inner = Shape::kUnknownDim, columns = Shape::kUnknownDim;
  if (c.known(2)) {
    const std::vector<int64_t> dims = c.ints(2);
    RIVULET_RETURN_IF_ERROR(DenseCount(dims, "a_shape").status());
    rows = dims[flip_a ? 1 : 0];
    inner = dims[flip_a ? 0 : 1];
  }
  if (c.shape(3).has_rank()) {
    columns = c.shape(3)[flip_b ? 0 : 1];
    const int64_t other = c.shape(3)[flip_b ? 1 : 0];
    if (!AgreeOnDim(other, &inner)) {
      return InvalidArgument("b: want ", inner, " rows, as a has columns, got ", other, " (shape ", c.shape(3), ")");
    }
  }
  c.set_output(0, {rows, columns});
  return Status();
}

struct State : OpState {
  bool flip_a = false;
  bool flip_b = false;
};

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c) {
  auto state = std::make_unique<State>();
  state->flip_a = c.attrs().Bool("adjoint_a");
  state->flip_b = c.attrs().Bool("adjoint_b");
  return std::unique_ptr<OpState>(std::move(state));
}

template <typename T>
Status Multiply(RunContext& c) {
  const State& state = c.state<State>();
  const Indices indices(c.input(0));
  const Tensor& b = c.input(3);
  const int64_t n = c.input(0).dim(0), rows = c.output(0).dim(0), columns = c.output(0).dim(1);
  const int64_t inner = b.dim(state.flip_b ? 1 : 0);
  const int64_t row_step = state.flip_b ? 1 : b.dim(1), column_step = state.flip_b ? b.dim(1) : 1;
  const T* x = static_cast<const T*>(c.input(1).raw());
  const T* y = static_cast<const T*>(b.raw());
  T* out = static_cast<T*>(c.output(0).raw());
  Wide<T>* sums = reinterpret_cast<Wide<T>*>(out);
  if constexpr (kIsSmallFloat<T>) {
    const CheckedSize bytes = CheckedSize(c.output(0).num_elements()) * static_cast<int64_t>(sizeof(float));
    if (!bytes.valid()) return ResourceExhausted("an output of shape ", c.output(0).shape(), " is too large");
    RIVULET_ASSIGN_OR_RETURN(void* scratch, c.Scratch(static_cast<size_t>(bytes.value())));
    sums = static_cast<Wide<T>*>(scratch);
  }
  std::fill_n(sums, c.output(0).num_elements(), Wide<T>(0));
  for (int64_t i = 0; i < n; ++i) {
    if ((i & 0xff) == 0xff && c.stop().stopped()) return Status();
    const int64_t row = indices[2 * i + (state.flip_a ? 1 : 0)], k = indices[2 * i + (state.flip_a ? 0 : 1)];
    if (!InRange(row, rows) || !InRange(k, inner)) {
      return InvalidArgument("a_indices[", i, "] = [", indices[2 * i], ",", indices[2 * i + 1],
                             "] is outside of a_shape");
    }
    const Wide<T> factor = Widen(state.flip_a ? Conjugate(x[i]) : x[i]);
    const T* from = y + k * row_step;
    Wide<T>* to = sums + row * columns;
    for (int64_t j = 0; j < columns; ++j) {
      const T other = from[j * column_step];
      to[j] = Plus(to[j], Product(factor, Widen(state.flip_b ? Conjugate(other) : other)));
    }
  }
  if constexpr (kIsSmallFloat<T>) {
    for (int64_t i = 0; i < c.output(0).num_elements(); ++i) out[i] = T(sums[i]);
  }
  return Status();
}

constexpr uint32_t kWiden = kWidenFloats | kWidenComplex;

Status Run(RunContext& c) {
  if (c.output(0).num_elements() == 0) return Status();
  Status status;
  VisitLoops<kWiden, float, double, Half, BFloat16, int32_t, Complex64, Complex128>(
      c.output(0).dtype(), [&](auto tag) { status = Multiply<typename decltype(tag)::Type>(c); });
  return status;
}

constexpr OpDef kDefs[] = {
    {.name = "SparseTensorDenseMatMul",
     .inputs = "a_indices:Tindices, a_values:T, a_shape:i64, b:T",
     .outputs = "product:T",
     .attrs = "T:type in {bf16,f16,f32,f64,i32,c64,c128}; Tindices:type=i64 in {i32,i64}; adjoint_a:bool=false; "
              "adjoint_b:bool=false",
     .infer = Infer,
     .prepare = Prepare,
     .run = kWidened<Run, kWiden, State>},
};

}  // namespace

RIVULET_OP_LIST(SparseDenseMatMul, kDefs);

}  // namespace rivulet
