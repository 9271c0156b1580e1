// Products of CSR matrices (sparse_csr_value.h), batch by batch.
//
//   SparseMatrixMatMul: a CSR, b dense [.., k, n] -> dense [.., m, n]; the output transposed, conjugated on request
//   SparseMatrixSparseMatMul: a and b CSR -> CSR, columns in order, with a zero where products cancel out
//
// transpose_* and adjoint_* change an operand's rows and columns over, adjoint_* conjugates it besides. Sums are made
// in double precision.
#include <algorithm>

#include "engine/base/sort.h"
#include "engine/base/checked.h"
#include "engine/ops/sparse_csr_parts.h"
#include "engine/ops/sparse_csr_value.h"
#include "engine/ops/sparse_parts.h"
#include "engine/ops/with.h"

namespace rivulet {
namespace {

struct Flip {
  bool turned = false;
  bool conjugated = false;
};

struct State : OpState {
  Flip a, b, output;
};

Status CheckFlips(InferContext& c) {
  for (const char* operand : {"a", "b"}) {
    const bool turned = c.attrs().Bool(std::string_view(Cat("transpose_", operand)));
    if (turned && c.attrs().Bool(std::string_view(Cat("adjoint_", operand)))) {
      return InvalidArgument("want one of transpose_", operand, " and adjoint_", operand, ", got both");
    }
  }
  return Status();
}

Status InferDense(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(c.WantMinRank(1, 2));
  return CheckFlips(c);
}

Status InferProduct(InferContext& c) {
  c.set_output(0, {});
  return CheckFlips(c);
}

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c, bool to_dense) {
  auto state = std::make_unique<State>();
  const AttrReader attrs = c.attrs();
  state->a = {attrs.Bool("transpose_a") || attrs.Bool("adjoint_a"), attrs.Bool("adjoint_a")};
  state->b = {attrs.Bool("transpose_b") || attrs.Bool("adjoint_b"), attrs.Bool("adjoint_b")};
  if (to_dense) state->output = {attrs.Bool("transpose_output"), attrs.Bool("conjugate_output")};
  return std::unique_ptr<OpState>(std::move(state));
}

Status WantProduct(int64_t a_columns, int64_t b_rows, int64_t a_batch, int64_t b_batch) {
  if (a_columns != b_rows) return InvalidArgument("b: want ", a_columns, " rows, as a has columns, got ", b_rows);
  if (a_batch != b_batch) return InvalidArgument("b: want ", a_batch, " matrices, as a has, got ", b_batch);
  return Status();
}

Result<double*> Sums(RunContext& c, int64_t count) {
  const CheckedSize bytes = CheckedSize(count) * static_cast<int64_t>(2 * sizeof(double));
  if (!bytes.valid()) return ResourceExhausted("rows of ", count, " columns are too large");
  RIVULET_ASSIGN_OR_RETURN(void* scratch, c.Scratch(static_cast<size_t>(bytes.value())));
  return static_cast<double*>(scratch);
}

// The operand that a run works with: turned and conjugated as the attributes say.
Result<const CsrMatrix*> Operand(RunContext& c, int i, DType dtype, const Flip& flip,
                                 std::shared_ptr<CsrMatrix>* turned) {
  RIVULET_ASSIGN_OR_RETURN(const CsrMatrix* matrix, CsrMatrixIn(c, i, dtype));
  if (!flip.turned) return matrix;
  RIVULET_ASSIGN_OR_RETURN(*turned, TransposeCsr(*matrix, flip.conjugated, c.allocator()));
  return turned->get();
}

// Matrix `batch` of the product of a [m, k] and b, whose elements [k, n] begin at `first`.
void MultiplyDense(const State& s, const CsrMatrix& a, int64_t batch, const Parts& b, int64_t first, int64_t n,
                   double* sums, const StopToken& stop, Tensor* out) {
  const int64_t k = a.num_columns(), m = a.num_rows();
  const int64_t b_row = s.b.turned ? 1 : n, b_column = s.b.turned ? k : 1;
  const int64_t out_row = s.output.turned ? 1 : n, out_column = s.output.turned ? m : 1;
  const int32_t *rows = a.rows_of(batch), *columns = a.columns_of(batch);
  const Parts values(a.values, false);
  for (int64_t r = 0; r < m && !stop.stopped(); ++r) {
    std::fill_n(sums, 2 * n, 0.0);
    for (int64_t i = rows[r]; i < rows[r + 1]; ++i) {
      for (int64_t j = 0; j < n; ++j) {
        AddProduct(values[a.first(batch) + i], b[first + columns[i] * b_row + j * b_column], sums + 2 * j);
      }
    }
    for (int64_t j = 0; j < n; ++j) {
      Store(sums + 2 * j, s.output.conjugated, batch * m * n + r * out_row + j * out_column, out);
    }
  }
}

Status RunDense(RunContext& c) {
  const State& s = c.state<State>();
  const Tensor& b = c.input(1);
  std::shared_ptr<CsrMatrix> turned;
  RIVULET_ASSIGN_OR_RETURN(const CsrMatrix* a, Operand(c, 0, b.dtype(), s.a, &turned));
  const int rank = b.rank();
  if (rank != static_cast<int>(a->dims.size())) {
    return InvalidArgument("b: want rank ", static_cast<uint64_t>(a->dims.size()), ", as a has, got ", rank);
  }
  const int64_t k = b.dim(rank - (s.b.turned ? 1 : 2)), n = b.dim(rank - (s.b.turned ? 2 : 1)), m = a->num_rows();
  RIVULET_RETURN_IF_ERROR(WantProduct(a->num_columns(), k, a->batch(), rank == 3 ? b.dim(0) : 1));
  std::vector<int64_t> dims = a->dims;
  dims[dims.size() - 2] = s.output.turned ? n : m;
  dims.back() = s.output.turned ? m : n;
  RIVULET_RETURN_IF_ERROR(DenseCount(dims, "the product").status());
  RIVULET_RETURN_IF_ERROR(c.AllocateOutput(0, Shape(dims)));
  if (c.output(0).num_elements() == 0) return Status();
  RIVULET_ASSIGN_OR_RETURN(double* sums, Sums(c, n));
  for (int64_t i = 0; i < a->batch(); ++i) {
    MultiplyDense(s, *a, i, Parts(b, s.b.conjugated), i * k * n, n, sums, c.stop(), &c.output(0));
  }
  return Status();
}

// Row by row: the columns that a row of the product has, then their sums. `place` [columns] says where in the row a
// column is, by its number in the product; zeros before and after a row.
class SparseProduct {
 public:
  SparseProduct(const CsrMatrix& a, const CsrMatrix& b, int32_t* place) : a_(a), b_(b), place_(place) {}

  // The number of elements, and of each row where `row_counts` is not null.
  Result<int64_t> Count(int32_t* row_counts, const StopToken& stop) {
    CheckedSize total = 0;
    ForEachRow(stop, [&](int64_t batch, int64_t row) {
      const int64_t count = Columns(batch, row, nullptr);
      if (row_counts != nullptr) row_counts[batch * (a_.num_rows() + 1) + row + 1] = static_cast<int32_t>(count);
      total += count;
      Forget(batch, row);
    });
    if (stop.stopped()) return stop.Why();
    if (!total.valid()) return ResourceExhausted("the product has too many elements");
    return total.value();
  }

  void Fill(double* sums, const StopToken& stop, CsrMatrix* out) {
    const Parts x(a_.values, false), y(b_.values, false);
    ForEachRow(stop, [&](int64_t batch, int64_t row) {
      const int64_t first = out->first(batch) + out->rows_of(batch)[row];
      int32_t* columns = out->columns.data<int32_t>() + first;
      const int64_t count = Columns(batch, row, columns);
      Sort(columns, columns + count);
      for (int64_t i = 0; i < count; ++i) place_[columns[i]] = static_cast<int32_t>(i);
      std::fill_n(sums, 2 * count, 0.0);
      ForEachTerm(batch, row, [&](int64_t left, int64_t right, int32_t column) {
        AddProduct(x[a_.first(batch) + left], y[b_.first(batch) + right], sums + 2 * place_[column]);
      });
      for (int64_t i = 0; i < count; ++i) Store(sums + 2 * i, false, first + i, &out->values);
      Forget(batch, row);
    });
  }

 private:
  template <typename Body>
  void ForEachRow(const StopToken& stop, const Body& body) {
    for (int64_t batch = 0; batch < a_.batch(); ++batch) {
      for (int64_t row = 0; row < a_.num_rows() && !stop.stopped(); ++row) body(batch, row);
    }
  }

  template <typename Body>
  void ForEachTerm(int64_t batch, int64_t row, const Body& body) {
    const int32_t *a_rows = a_.rows_of(batch), *a_columns = a_.columns_of(batch);
    const int32_t *b_rows = b_.rows_of(batch), *b_columns = b_.columns_of(batch);
    for (int64_t i = a_rows[row]; i < a_rows[row + 1]; ++i) {
      for (int64_t j = b_rows[a_columns[i]]; j < b_rows[a_columns[i] + 1]; ++j) body(i, j, b_columns[j]);
    }
  }

  // How many columns the row has; they are marked, and written to `to` unless that is null.
  int64_t Columns(int64_t batch, int64_t row, int32_t* to) {
    int64_t count = 0;
    ForEachTerm(batch, row, [&](int64_t, int64_t, int32_t column) {
      if (place_[column] != 0) return;
      place_[column] = 1;
      if (to != nullptr) to[count] = column;
      ++count;
    });
    return count;
  }

  void Forget(int64_t batch, int64_t row) {
    ForEachTerm(batch, row, [&](int64_t, int64_t, int32_t column) { place_[column] = 0; });
  }

  const CsrMatrix& a_;
  const CsrMatrix& b_;
  int32_t* place_;
};

Status RunSparse(RunContext& c) {
  const State& s = c.state<State>();
  std::shared_ptr<CsrMatrix> turned[2];
  RIVULET_ASSIGN_OR_RETURN(const CsrMatrix* first, Operand(c, 0, DType::kInvalid, s.a, &turned[0]));
  RIVULET_ASSIGN_OR_RETURN(const CsrMatrix* second, Operand(c, 1, first->values.dtype(), s.b, &turned[1]));
  const CsrMatrix &a = *first, &b = *second;
  if (a.dims.size() != b.dims.size()) {
    return InvalidArgument("b: want rank ", static_cast<uint64_t>(a.dims.size()), ", as a has, got ",
                           static_cast<uint64_t>(b.dims.size()));
  }
  RIVULET_RETURN_IF_ERROR(WantProduct(a.num_columns(), b.num_rows(), a.batch(), b.batch()));
  RIVULET_ASSIGN_OR_RETURN(Tensor place, Tensor::Allocate(DType::kInt32, {b.num_columns()}, c.allocator()));
  if (b.num_columns() > 0) std::fill_n(place.data<int32_t>(), b.num_columns(), 0);
  SparseProduct product(a, b, place.data<int32_t>());
  RIVULET_ASSIGN_OR_RETURN(const int64_t count, product.Count(nullptr, c.stop()));
  std::vector<int64_t> dims = a.dims;
  dims.back() = b.num_columns();
  RIVULET_ASSIGN_OR_RETURN(std::shared_ptr<CsrMatrix> out,
                           NewCsrMatrix(std::move(dims), a.values.dtype(), count, c.allocator()));
  RIVULET_RETURN_IF_ERROR(product.Count(out->row_ptrs.data<int32_t>(), c.stop()).status());
  SumCsrPointers(out.get());
  RIVULET_ASSIGN_OR_RETURN(double* sums, Sums(c, b.num_columns()));
  product.Fill(sums, c.stop(), out.get());
  c.SetOutput(0, ScalarOf(DType::kVariant, std::move(out)));
  return Status();
}

#define RIVULET_TYPES "type in {f32,f64,c64,c128}"
#define RIVULET_FLIPS "; transpose_a:bool=false; transpose_b:bool=false; adjoint_a:bool=false; adjoint_b:bool=false"

constexpr OpDef kDefs[] = {
    {.name = "SparseMatrixMatMul",
     .inputs = "a:variant, b:T",
     .outputs = "output:T",
     .attrs = "T:" RIVULET_TYPES RIVULET_FLIPS "; transpose_output:bool=false; conjugate_output:bool=false",
     .infer = InferDense,
     .prepare = With<Prepare, true>,
     .run = RunDense,
     .flags = kMakesOutputs | kTakesObjects | kDataDependent},
    {.name = "SparseMatrixSparseMatMul",
     .inputs = "a:variant, b:variant",
     .outputs = "c:variant",
     .attrs = "type:" RIVULET_TYPES RIVULET_FLIPS,
     .infer = InferProduct,
     .prepare = With<Prepare, false>,
     .run = RunSparse,
     .flags = kMakesOutputs | kTakesObjects},
};

}  // namespace

RIVULET_OP_LIST(SparseCsrProduct, kDefs);

}  // namespace rivulet
