// SparseFillEmptyRows: a sparse tensor with one more element in every row that had none; and its gradient.
//
//   indices [n, rank], values [n], dense_shape [rank], default_value: a scalar ->
//   output_indices [n + empty, rank], output_values [n + empty]: the elements row by row, in the order given within a
//   row; an empty row gets default_value at its start empty_row_indicator [rows], reverse_index_map [n]: where element
//   i went
//
//   RaggedFillEmptyRows: the same of value_rowids [n], values [n], nrows, default_value; output_value_rowids [n +
//   empty]
//
//   (without any rows TensorFlow makes a matrix of it, against its own shape rule)
//
//   Grad of both: reverse_index_map [n], grad_values [m] -> d_values[i] = grad_values[map[i]], d_default_value: the sum
//   of the others, rounded after every step
#include <algorithm>

#include "engine/ops/indices.h"
#include "engine/ops/number.h"
#include "engine/ops/op.h"
#include "engine/ops/rows.h"
#include "engine/ops/widen.h"

namespace rivulet {
namespace {

Status Infer(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(c.WantRank(0, 2));
  RIVULET_RETURN_IF_ERROR(c.WantRank(1, 1));
  RIVULET_RETURN_IF_ERROR(c.WantRank(2, 1));
  RIVULET_RETURN_IF_ERROR(c.WantScalar(3));
  const Shape& indices = c.shape(0);
  const Shape& values = c.shape(1);
  const Shape& dense = c.shape(2);
  int64_t n = indices.has_rank() ? indices[0] : Shape::kUnknownDim;
  int64_t rank = indices.has_rank() ? indices[1] : Shape::kUnknownDim;
  if (values.has_rank() && values[0] >= 0) {
    if (n >= 0 && n != values[0]) return InvalidArgument("want as many values as indices, got ", values[0], " and ", n);
    n = values[0];
  }
  if (dense.has_rank() && dense[0] >= 0) {
    if (rank >= 0 && rank != dense[0]) {
      return InvalidArgument("dense_shape: want one dim for each of ", rank, " coordinates, got ", dense[0]);
    }
    rank = dense[0];
  }
  if (rank == 0) return InvalidArgument("dense_shape: want at least one dim, got none");
  int64_t rows = Shape::kUnknownDim;
  if (c.known(2)) {
    rows = c.ints(2)[0];
    if (rows < 0) return InvalidArgument("dense_shape: want dims >= 0, got ", rows);
  }
  c.set_output(0, {Shape::kUnknownDim, rank});
  c.set_output(1, {Shape::kUnknownDim});
  c.set_output(2, {rows});
  c.set_output(3, {n});
  return Status();
}

Status Ensure(RunContext& c, int i, const Shape& shape) {
  if (c.output(i).shape() == shape && c.output(i).raw() != nullptr) return Status();
  return c.AllocateOutput(i, shape);
}

Status InferRagged(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(c.WantRank(0, 1));
  RIVULET_RETURN_IF_ERROR(c.WantRank(1, 1));
  RIVULET_RETURN_IF_ERROR(c.WantScalar(2));
  RIVULET_RETURN_IF_ERROR(c.WantScalar(3));
  int64_t n = c.shape(0).has_rank() ? c.shape(0)[0] : Shape::kUnknownDim;
  const int64_t values = c.shape(1).has_rank() ? c.shape(1)[0] : Shape::kUnknownDim;
  if (n >= 0 && values >= 0 && n != values)
    return InvalidArgument("want as many values as rows, got ", values, " and ", n);
  if (n < 0) n = values;
  int64_t rows = Shape::kUnknownDim;
  if (c.known(2)) {
    rows = c.ints(2)[0];
    if (rows < 0) return InvalidArgument("nrows: want >= 0, got ", rows);
  }
  c.set_output(0, {Shape::kUnknownDim});
  c.set_output(1, {Shape::kUnknownDim});
  c.set_output(2, {rows});
  c.set_output(3, {n});
  return Status();
}

// `rank`: coordinates of an element; 1 where only the rows are given.
Status Fill(RunContext& c, int64_t rank) {
  const int64_t n = c.input(0).dim(0);
  const int64_t* indices = c.input(0).data<int64_t>();
  const DType dtype = c.input(1).dtype();
  const int64_t rows = c.input(2).data<int64_t>()[0];
  if (rows < 0) return InvalidArgument("want a number of rows >= 0, got ", rows);
  if (rows == 0 && n > 0) return InvalidArgument("there are ", n, " indices into a tensor without rows");
  RIVULET_RETURN_IF_ERROR(Ensure(c, 2, {rows}));
  RIVULET_RETURN_IF_ERROR(Ensure(c, 3, {n}));
  RIVULET_ASSIGN_OR_RETURN(Tensor starts, Tensor::Allocate(DType::kInt64, {rows}, c.allocator()));
  int64_t* next = starts.data<int64_t>();  // elements of a row, then where its next one goes
  std::fill_n(next, rows, 0);
  for (int64_t i = 0; i < n; ++i) {
    const int64_t row = indices[i * rank];
    if (!InRange(row, rows)) return InvalidArgument("indices[", i, "]: row ", row, " is not in [0, ", rows, ")");
    ++next[row];
  }
  bool* is_empty = c.output(2).data<bool>();
  int64_t total = 0;
  for (int64_t row = 0; row < rows; ++row) {
    const int64_t count = next[row];
    is_empty[row] = count == 0;
    next[row] = total;
    total += count == 0 ? 1 : count;
  }
  RIVULET_RETURN_IF_ERROR(c.AllocateOutput(0, c.input(0).rank() == 1 ? Shape({total}) : Shape({total, rank})));
  RIVULET_RETURN_IF_ERROR(c.AllocateOutput(1, {total}));
  int64_t* out = c.output(0).data<int64_t>();
  void* values = c.output(1).raw();
  int64_t* map = c.output(3).data<int64_t>();
  for (int64_t row = 0; row < rows; ++row) {
    if (!is_empty[row]) continue;
    std::fill_n(out + next[row] * rank, rank, 0);
    out[next[row] * rank] = row;
    CopyElements(dtype, ElementAt(values, dtype, next[row]), c.input(3).raw(), 1);
  }
  for (int64_t i = 0; i < n; ++i) {
    const int64_t at = next[indices[i * rank]]++;
    map[i] = at;
    std::copy_n(indices + i * rank, rank, out + at * rank);
    CopyElements(dtype, ElementAt(values, dtype, at), ElementAt(c.input(1).raw(), dtype, i), 1);
  }
  return Status();
}

Status Run(RunContext& c) { return Fill(c, c.input(0).dim(1)); }
Status RunRagged(RunContext& c) { return Fill(c, 1); }

Status InferGrad(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(c.WantRank(0, 1));
  RIVULET_RETURN_IF_ERROR(c.WantRank(1, 1));
  c.set_output(0, c.shape(0).has_rank() ? c.shape(0) : Shape::OfUnknownDims(1));
  c.set_output(1, {});
  return Status();
}

Status RunGrad(RunContext& c) {
  const std::span<const int64_t> map = c.input(0).values<int64_t>();
  const Tensor& grad = c.input(1);
  const int64_t m = grad.num_elements();
  RIVULET_ASSIGN_OR_RETURN(void* scratch, c.Scratch(static_cast<size_t>(m)));
  bool* taken = static_cast<bool*>(scratch);
  std::fill_n(taken, m, false);
  for (const int64_t at : map) {
    if (!InRange(at, m)) return InvalidArgument("reverse_index_map: ", at, " is not in [0, ", m, ")");
    taken[at] = true;
  }
  const auto n = static_cast<int64_t>(map.size());
  GatherRows(grad.dtype(), c.output(0).raw(), grad.raw(), 1, 0, n,
             [&](int64_t i) { return map[static_cast<size_t>(i)]; });
  VisitLoops<kWidenAll, float, double, Half, BFloat16, int8_t, int16_t, int32_t, int64_t, uint8_t, uint16_t, uint32_t,
             uint64_t, Complex64, Complex128>(grad.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::Type;
    const T* x = static_cast<const T*>(grad.raw());
    T sum = T(0);
    for (int64_t i = 0; i < m; ++i) {
      if (!taken[i]) sum = Plus(sum, x[i]);
    }
    *static_cast<T*>(c.output(1).raw()) = sum;
  });
  return Status();
}

#define RIVULET_NUMBERS "bf16,f16,f32,f64,i8,i16,i32,i64,u8,u16,u32,u64,c64,c128"

#define RIVULET_FILL_GRAD(op)                                                                                 \
  {                                                                                                           \
    .name = op, .inputs = "reverse_index_map:i64, grad_values:T", .outputs = "d_values:T, d_default_value:T", \
    .attrs = "T:type in {" RIVULET_NUMBERS "}", .infer = InferGrad, .run = kWidened<RunGrad, kWidenAll>       \
  }

constexpr OpDef kDefs[] = {
    {.name = "SparseFillEmptyRows",
     .inputs = "indices:i64, values:T, dense_shape:i64, default_value:T",
     .outputs = "output_indices:i64, output_values:T, empty_row_indicator:bool, reverse_index_map:i64",
     .attrs = "T:type in {" RIVULET_NUMBERS ",bool,str,resource,variant}",
     .infer = Infer,
     .run = Run,
     .flags = kDataDependent},
    {.name = "RaggedFillEmptyRows",
     .inputs = "value_rowids:i64, values:T, nrows:i64, default_value:T",
     .outputs = "output_value_rowids:i64, output_values:T, empty_row_indicator:bool, reverse_index_map:i64",
     .attrs = "T:type in {" RIVULET_NUMBERS ",bool,str,resource,variant}",
     .infer = InferRagged,
     .run = RunRagged,
     .flags = kDataDependent},
    RIVULET_FILL_GRAD("SparseFillEmptyRowsGrad"),
    RIVULET_FILL_GRAD("RaggedFillEmptyRowsGrad"),
};

}  // namespace

RIVULET_OP_LIST(SparseFillEmptyRows, kDefs);

}  // namespace rivulet
