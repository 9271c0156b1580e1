// CSR matrices from and to other forms. A matrix is a variant (sparse_csr_value.h), of [rows, columns] or a batch of
// them.
//
//   SparseTensorToCSRSparseMatrix: indices [n, rank], values [n], dense_shape [rank]
//   DenseToCSRSparseMatrix: a dense tensor, and indices [n, rank] of the elements that are kept
//   CSRSparseMatrixToSparseTensor, CSRSparseMatrixToDense: back; of a repeated index the last value is kept
//   CSRSparseMatrixComponents: row_ptrs [rows + 1], col_inds and values of one matrix of the batch
//   SparseMatrixNNZ: how many elements each matrix has; a scalar of one that is no batch
//   SparseMatrixTranspose: rows and columns changed over, conjugated on request
//
// Elements keep the order in which they are given; they are expected row by row, as in TensorFlow, which does not look.
#include <algorithm>
#include <cstring>

#include "engine/ops/indices.h"
#include "engine/ops/plain_infer.h"
#include "engine/ops/rows.h"
#include "engine/ops/sparse_csr_value.h"
#include "engine/ops/sparse_parts.h"

namespace rivulet {
namespace {

Status WantMatrixRank(int64_t rank) {
  if (rank < 0 || rank == 2 || rank == 3) return Status();
  return InvalidArgument("want a matrix or a batch of them, rank 2 or 3, got rank ", rank);
}

Status InferFromSparse(InferContext& c) {
  RIVULET_ASSIGN_OR_RETURN(const SparseFacts facts, InferSparse(c, 0, 1, 2));
  RIVULET_RETURN_IF_ERROR(WantMatrixRank(facts.rank));
  return InferScalar(c);
}

Status InferFromDense(InferContext& c) {
  int64_t rank = c.shape(0).has_rank() ? c.shape(0).rank() : Shape::kUnknownDim;
  RIVULET_RETURN_IF_ERROR(WantMatrixRank(rank));
  RIVULET_RETURN_IF_ERROR(c.WantRank(1, 2));
  if (c.shape(1).has_rank() && !AgreeOnDim(c.shape(1)[1], &rank)) {
    return InvalidArgument("indices: want ", rank, " columns, one for each dim, got ", c.shape(1)[1]);
  }
  RIVULET_RETURN_IF_ERROR(WantMatrixRank(rank));
  return InferScalar(c);
}

// A matrix of the elements at `indices` [n, rank], values still to be filled in.
Result<std::shared_ptr<CsrMatrix>> Placed(RunContext& c, const Tensor& indices, std::vector<int64_t> dims,
                                          DType dtype) {
  const int64_t count = indices.dim(0);
  const auto rank = static_cast<int64_t>(dims.size());
  RIVULET_ASSIGN_OR_RETURN(std::shared_ptr<CsrMatrix> matrix,
                           NewCsrMatrix(std::move(dims), dtype, count, c.allocator()));
  const auto* index = static_cast<const int64_t*>(indices.raw());
  int64_t last = 0;
  for (int64_t i = 0; i < count; ++i, index += rank) {
    if ((i & 0xfff) == 0xfff && c.stop().stopped()) return c.stop().Why();
    for (int64_t d = 0; d < rank; ++d) {
      if (InRange(index[d], matrix->dims[static_cast<size_t>(d)])) continue;
      return InvalidArgument("indices[", i, ",", d, "]: want [0, ", matrix->dims[static_cast<size_t>(d)], "), got ",
                             index[d]);
    }
    const int64_t b = rank == 3 ? index[0] : 0;
    if (b < last) return InvalidArgument("indices[", i, ",0]: want matrices in their order, got ", b, " after ", last);
    last = b;
    ++matrix->row_ptrs.data<int32_t>()[b * (matrix->num_rows() + 1) + index[rank - 2] + 1];
    matrix->columns.data<int32_t>()[i] = static_cast<int32_t>(index[rank - 1]);
  }
  SumCsrPointers(matrix.get());
  return matrix;
}

Status RunFromSparse(RunContext& c) {
  RIVULET_ASSIGN_OR_RETURN(std::shared_ptr<CsrMatrix> matrix,
                           Placed(c, c.input(0), ToInt64s(c.input(2)), c.input(1).dtype()));
  CopyElements(c.input(1).dtype(), matrix->values.raw(), c.input(1).raw(), matrix->count());
  c.SetOutput(0, ScalarOf(DType::kVariant, std::move(matrix)));
  return Status();
}

Status RunFromDense(RunContext& c) {
  const Tensor& dense = c.input(0);
  const std::vector<int64_t> dims(dense.shape().dims().begin(), dense.shape().dims().end());
  RIVULET_ASSIGN_OR_RETURN(std::shared_ptr<CsrMatrix> matrix, Placed(c, c.input(1), dims, dense.dtype()));
  const auto* index = static_cast<const int64_t*>(c.input(1).raw());
  for (int64_t i = 0; i < matrix->count(); ++i) {
    int64_t at = 0;
    for (const int64_t dim : dims) at = at * dim + *index++;
    CopyElements(dense.dtype(), ElementAt(matrix->values.raw(), dense.dtype(), i),
                 ElementAt(dense.raw(), dense.dtype(), at), 1);
  }
  c.SetOutput(0, ScalarOf(DType::kVariant, std::move(matrix)));
  return Status();
}

// Calls body(element, matrix of the batch, row, column) for all elements.
template <typename Body>
void ForEachElement(const CsrMatrix& matrix, const Body& body) {
  for (int64_t b = 0; b < matrix.batch(); ++b) {
    const int32_t *rows = matrix.rows_of(b), *columns = matrix.columns_of(b);
    for (int64_t r = 0; r < matrix.num_rows(); ++r) {
      for (int64_t i = rows[r]; i < rows[r + 1]; ++i) body(matrix.first(b) + i, b, r, columns[i]);
    }
  }
}

Status RunToSparse(RunContext& c) {
  RIVULET_ASSIGN_OR_RETURN(const CsrMatrix* matrix, CsrMatrixIn(c, 0, c.output(1).dtype()));
  const auto rank = static_cast<int64_t>(matrix->dims.size());
  RIVULET_RETURN_IF_ERROR(c.AllocateOutput(0, {matrix->count(), rank}));
  RIVULET_RETURN_IF_ERROR(c.AllocateOutput(2, {rank}));
  std::copy_n(matrix->dims.data(), rank, c.output(2).data<int64_t>());
  auto* index = static_cast<int64_t*>(c.output(0).raw());
  ForEachElement(*matrix, [&](int64_t i, int64_t b, int64_t row, int64_t column) {
    int64_t* to = index + i * rank;
    if (rank == 3) *to++ = b;
    to[0] = row;
    to[1] = column;
  });
  c.SetOutput(1, matrix->values);
  return Status();
}

Status RunToDense(RunContext& c) {
  RIVULET_ASSIGN_OR_RETURN(const CsrMatrix* matrix, CsrMatrixIn(c, 0, c.output(0).dtype()));
  RIVULET_RETURN_IF_ERROR(DenseCount(matrix->dims, "the matrix").status());
  RIVULET_RETURN_IF_ERROR(c.AllocateOutput(0, Shape(matrix->dims)));
  Tensor& dense = c.output(0);
  if (dense.num_elements() == 0) return Status();
  std::memset(dense.raw(), 0, dense.bytes());
  const int64_t rows = matrix->num_rows(), columns = matrix->num_columns();
  ForEachElement(*matrix, [&](int64_t i, int64_t b, int64_t row, int64_t column) {
    CopyElements(dense.dtype(), ElementAt(dense.raw(), dense.dtype(), (b * rows + row) * columns + column),
                 ElementAt(matrix->values.raw(), dense.dtype(), i), 1);
  });
  return Status();
}

Status InferComponents(InferContext& c) { return c.WantScalar(1); }

Status RunComponents(RunContext& c) {
  const DType dtype = c.output(2).dtype();
  RIVULET_ASSIGN_OR_RETURN(const CsrMatrix* matrix, CsrMatrixIn(c, 0, dtype));
  const int64_t b = c.input(1).data<int32_t>()[0];
  if (!InRange(b, matrix->batch())) return InvalidArgument("index: want [0, ", matrix->batch(), "), got ", b);
  const int64_t count = matrix->first(b + 1) - matrix->first(b), rows = matrix->num_rows() + 1;
  RIVULET_RETURN_IF_ERROR(c.AllocateOutput(0, {rows}));
  RIVULET_RETURN_IF_ERROR(c.AllocateOutput(1, {count}));
  RIVULET_RETURN_IF_ERROR(c.AllocateOutput(2, {count}));
  std::copy_n(matrix->rows_of(b), rows, c.output(0).data<int32_t>());
  if (count == 0) return Status();
  std::copy_n(matrix->columns_of(b), count, c.output(1).data<int32_t>());
  CopyElements(dtype, c.output(2).raw(), ElementAt(matrix->values.raw(), dtype, matrix->first(b)), count);
  return Status();
}

Status RunCount(RunContext& c) {
  RIVULET_ASSIGN_OR_RETURN(const CsrMatrix* matrix, CsrMatrixIn(c, 0, DType::kInvalid));
  const bool one = matrix->dims.size() == 2;
  RIVULET_RETURN_IF_ERROR(c.AllocateOutput(0, one ? Shape{} : Shape{matrix->batch()}));
  for (int64_t b = 0; b < matrix->batch(); ++b) {
    c.output(0).data<int32_t>()[b] = static_cast<int32_t>(matrix->first(b + 1) - matrix->first(b));
  }
  return Status();
}

struct State : OpState {
  bool conjugate = false;
};

Result<std::unique_ptr<OpState>> PrepareTranspose(PrepareContext& c) {
  auto state = std::make_unique<State>();
  state->conjugate = c.attrs().Bool("conjugate");
  return std::unique_ptr<OpState>(std::move(state));
}

Status RunTranspose(RunContext& c) {
  RIVULET_ASSIGN_OR_RETURN(const CsrMatrix* matrix, CsrMatrixIn(c, 0, DType::kInvalid));
  RIVULET_ASSIGN_OR_RETURN(std::shared_ptr<CsrMatrix> out,
                           TransposeCsr(*matrix, c.state<State>().conjugate, c.allocator()));
  c.SetOutput(0, ScalarOf(DType::kVariant, std::move(out)));
  return Status();
}

#define RIVULET_TYPES "type in {f32,f64,c64,c128}"
constexpr uint32_t kMakes = kMakesOutputs | kTakesObjects;
constexpr uint32_t kReads = kMakes | kDataDependent;

constexpr OpDef kDefs[] = {
    {.name = "SparseTensorToCSRSparseMatrix",
     .inputs = "indices:i64, values:T, dense_shape:i64",
     .outputs = "sparse_matrix:variant",
     .attrs = "T:" RIVULET_TYPES,
     .infer = InferFromSparse,
     .run = RunFromSparse,
     .flags = kMakes},
    {.name = "DenseToCSRSparseMatrix",
     .inputs = "dense_input:T, indices:i64",
     .outputs = "sparse_output:variant",
     .attrs = "T:" RIVULET_TYPES,
     .infer = InferFromDense,
     .run = RunFromDense,
     .flags = kMakes},
    {.name = "CSRSparseMatrixToSparseTensor",
     .inputs = "sparse_matrix:variant",
     .outputs = "indices:i64, values:type, dense_shape:i64",
     .attrs = "type:" RIVULET_TYPES,
     .infer = InferNothing,
     .run = RunToSparse,
     .flags = kReads},
    {.name = "CSRSparseMatrixToDense",
     .inputs = "sparse_input:variant",
     .outputs = "dense_output:type",
     .attrs = "type:" RIVULET_TYPES,
     .infer = InferNothing,
     .run = RunToDense,
     .flags = kReads},
    {.name = "CSRSparseMatrixComponents",
     .inputs = "csr_sparse_matrix:variant, index:i32",
     .outputs = "row_ptrs:i32, col_inds:i32, values:type",
     .attrs = "type:" RIVULET_TYPES,
     .infer = InferComponents,
     .run = RunComponents,
     .flags = kReads},
    {.name = "SparseMatrixNNZ",
     .inputs = "sparse_matrix:variant",
     .outputs = "nnz:i32",
     .attrs = "",
     .infer = InferNothing,
     .run = RunCount,
     .flags = kReads},
    {.name = "SparseMatrixTranspose",
     .inputs = "input:variant",
     .outputs = "output:variant",
     .attrs = "conjugate:bool=false; type:" RIVULET_TYPES,
     .infer = InferScalar,
     .prepare = PrepareTranspose,
     .run = RunTranspose,
     .flags = kMakes},
};

}  // namespace

RIVULET_OP_LIST(SparseCsr, kDefs);

}  // namespace rivulet
