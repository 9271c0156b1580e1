// SparseMatrixSparseCholesky: the Cholesky factor of a symmetric or Hermitian CSR matrix (sparse_csr_value.h) whose
// rows and columns are put in another order first.
//
//   input [n, n] or a batch of them, of which the lower triangle counts; permutation [n] or [batch, n]
//   -> L, lower triangular, CSR with columns in order: L L^H = A', A'[i, j] = A[permutation[i], permutation[j]]
//
// L has an element wherever the elimination can leave one, be it zero. Sums are made in double precision. A matrix that
// is not positive definite is an error. A permutation that is none is an error, too; TensorFlow reads memory that is
// not its own.
#include <algorithm>
#include <cmath>

#include "engine/base/sort.h"
#include "engine/ops/plain_infer.h"
#include "engine/ops/sparse_csr_parts.h"
#include "engine/ops/sparse_csr_value.h"

namespace rivulet {
namespace {

using Pair = std::array<double, 2>;

Status Infer(InferContext& c) {
  const Shape& permutation = c.shape(1);
  if (permutation.has_rank() && permutation.rank() != 1 && permutation.rank() != 2) {
    return InvalidArgument("permutation: want rank 1, or 2 for a batch, got shape ", permutation);
  }
  return InferScalar(c);
}

struct State : OpState {
  DType dtype = DType::kInvalid;
};

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c) {
  auto state = std::make_unique<State>();
  state->dtype = c.attrs().Type("type");
  return std::unique_ptr<OpState>(std::move(state));
}

Result<int32_t*> Numbers(int64_t count, int32_t value, Tensor* room, Allocator& allocator) {
  RIVULET_ASSIGN_OR_RETURN(*room, Tensor::Allocate(DType::kInt32, {count}, allocator));
  auto* numbers = static_cast<int32_t*>(room->raw());
  if (count > 0) std::fill_n(numbers, count, value);
  return numbers;
}

// Matrix `batch` in its new order, row by row, elements of the lower triangle only.
struct Ordered {
  Tensor starts_room, columns_room, values_room;
  int32_t* starts = nullptr;   // [n + 1]
  int32_t* columns = nullptr;  // at most the row's own number
  double* values = nullptr;    // pairs
};

Status CheckPermutation(const int32_t* order, int64_t n, int32_t* place) {
  std::fill_n(place, n, -1);
  for (int64_t i = 0; i < n; ++i) {
    const int64_t from = order[i];
    if (from < 0 || from >= n) return InvalidArgument("permutation[", i, "]: want [0, ", n, "), got ", from);
    if (place[from] >= 0) return InvalidArgument("permutation: want each number once, got ", from, " again");
    place[from] = static_cast<int32_t>(i);
  }
  return Status();
}

// `place` [n]: where each of the matrix's rows goes.
Status PutInOrder(const CsrMatrix& matrix, int64_t batch, const int32_t* place, Ordered* out, Allocator& allocator) {
  const int64_t n = matrix.num_rows();
  const int32_t *rows = matrix.rows_of(batch), *columns = matrix.columns_of(batch);
  RIVULET_ASSIGN_OR_RETURN(out->starts, Numbers(n + 1, 0, &out->starts_room, allocator));
  for (int64_t r = 0; r < n; ++r) {
    for (int64_t i = rows[r]; i < rows[r + 1]; ++i) {
      if (columns[i] <= r) ++out->starts[std::max(place[r], place[columns[i]]) + 1];
    }
  }
  for (int64_t r = 0; r < n; ++r) out->starts[r + 1] += out->starts[r];
  const int64_t count = out->starts[n];
  Tensor next_room;
  RIVULET_ASSIGN_OR_RETURN(int32_t * next, Numbers(n, 0, &next_room, allocator));
  std::copy_n(out->starts, n, next);
  RIVULET_ASSIGN_OR_RETURN(out->columns, Numbers(count, 0, &out->columns_room, allocator));
  RIVULET_ASSIGN_OR_RETURN(out->values_room, Tensor::Allocate(DType::kDouble, {2 * count}, allocator));
  out->values = static_cast<double*>(out->values_room.raw());
  const Parts values(matrix.values, false);
  for (int64_t r = 0; r < n; ++r) {
    for (int64_t i = rows[r]; i < rows[r + 1]; ++i) {
      if (columns[i] > r) continue;
      const int32_t row = place[r], column = place[columns[i]];
      const int64_t to = next[std::max(row, column)]++;
      const Pair value = values[matrix.first(batch) + i];
      out->columns[to] = std::min(row, column);
      out->values[2 * to] = value[0];
      out->values[2 * to + 1] = row < column ? -value[1] : value[1];
    }
  }
  return Status();
}

// The tree of the elimination (J. Liu, 1990) and the rows of L that follow from it.
class Pattern {
 public:
  // `parent`: -1, or a tree that is grown; `seen`: -1.
  Pattern(const Ordered& matrix, int32_t* parent, int32_t* seen) : matrix_(matrix), parent_(parent), seen_(seen) {}

  // Calls body(column) for each column before the diagonal in which row `row` of L has an element, in no order. The
  // tree grows where rows are asked for with `grow`, from the first to the last.
  template <typename Body>
  void ForEachColumn(int32_t row, bool grow, const Body& body) {
    seen_[row] = row;
    for (int64_t i = matrix_.starts[row]; i < matrix_.starts[row + 1]; ++i) {
      for (int32_t column = matrix_.columns[i]; column != -1 && seen_[column] != row; column = parent_[column]) {
        if (grow && parent_[column] == -1) parent_[column] = row;
        seen_[column] = row;
        body(column);
      }
    }
  }

 private:
  const Ordered& matrix_;
  int32_t* parent_;
  int32_t* seen_;
};

// The factor of one matrix. Its elements are kept column by column while the rows are found, one after the other.
class Factor {
 public:
  Factor(const Ordered& matrix, int64_t n, Allocator& allocator, const StopToken& stop)
      : matrix_(matrix), n_(n), allocator_(allocator), stop_(stop) {}

  // How many elements each row has, at one behind the row's place in `row_counts` [n + 1].
  Status Count(int32_t* row_counts) {
    RIVULET_ASSIGN_OR_RETURN(int32_t * parent, Numbers(n_, -1, &parent_, allocator_));
    RIVULET_ASSIGN_OR_RETURN(int32_t * seen, Numbers(n_, -1, &seen_, allocator_));
    RIVULET_ASSIGN_OR_RETURN(starts_, Numbers(n_ + 1, 0, &starts_room_, allocator_));
    Pattern pattern(matrix_, parent, seen);
    for (int32_t row = 0; row < n_; ++row) {
      if (row % 1024 == 1023 && stop_.stopped()) return stop_.Why();
      int32_t count = 1;
      pattern.ForEachColumn(row, true, [&](int32_t column) {
        ++count;
        ++starts_[column + 1];
      });
      row_counts[row + 1] = count;
      total_ += count;
      if (total_ > INT32_MAX) return ResourceExhausted("the factor has more than 2147483647 elements");
    }
    for (int64_t i = 0; i < n_; ++i) starts_[i + 1] += starts_[i];
    return Status();
  }
  int64_t total() const { return total_; }

  // Fills in the rows, whose pointers are `rows`, from element `first` of `columns` and `values`.
  Status Fill(const int32_t* rows, int32_t* columns, int64_t first, Tensor* values) {
    RIVULET_ASSIGN_OR_RETURN(Tensor sums, Tensor::Allocate(DType::kDouble, {2 * n_}, allocator_));
    RIVULET_ASSIGN_OR_RETURN(Tensor below, Tensor::Allocate(DType::kDouble, {2 * (total_ - n_)}, allocator_));
    RIVULET_ASSIGN_OR_RETURN(Tensor diagonal, Tensor::Allocate(DType::kDouble, {n_}, allocator_));
    Tensor rows_room, ends_room;
    RIVULET_ASSIGN_OR_RETURN(int32_t * row_of, Numbers(total_ - n_, 0, &rows_room, allocator_));
    RIVULET_ASSIGN_OR_RETURN(int32_t * ends, Numbers(n_, 0, &ends_room, allocator_));
    std::copy_n(starts_, n_, ends);
    auto* y = static_cast<double*>(sums.raw());
    auto* l = static_cast<double*>(below.raw());
    auto* d = static_cast<double*>(diagonal.raw());
    if (n_ > 0) std::fill_n(y, 2 * n_, 0.0);
    auto* seen = static_cast<int32_t*>(seen_.raw());
    if (n_ > 0) std::fill_n(seen, n_, -1);
    Pattern pattern(matrix_, static_cast<int32_t*>(parent_.raw()), seen);
    for (int32_t row = 0; row < n_; ++row) {
      if (stop_.stopped()) return stop_.Why();
      int32_t* at = columns + rows[row];
      int32_t* end = at;
      pattern.ForEachColumn(row, false, [&](int32_t column) { *end++ = column; });
      Sort(at, end);
      for (int64_t i = matrix_.starts[row]; i < matrix_.starts[row + 1]; ++i) {
        y[2 * matrix_.columns[i]] += matrix_.values[2 * i];
        y[2 * matrix_.columns[i] + 1] += matrix_.values[2 * i + 1];
      }
      double rest = y[2 * row];
      y[2 * row] = y[2 * row + 1] = 0;
      for (int64_t k = 0; at + k != end; ++k) {
        const int32_t column = at[k];
        const Pair value = {y[2 * column] / d[column], y[2 * column + 1] / d[column]};
        y[2 * column] = y[2 * column + 1] = 0;
        for (int64_t i = starts_[column]; i < ends[column]; ++i) {
          AddProduct({-value[0], -value[1]}, {l[2 * i], -l[2 * i + 1]}, y + 2 * row_of[i]);
        }
        rest -= value[0] * value[0] + value[1] * value[1];
        const int64_t to = ends[column]++;
        row_of[to] = row;
        l[2 * to] = value[0];
        l[2 * to + 1] = value[1];
        Store(value.data(), false, first + rows[row] + k, values);
      }
      if (rest <= 0) return InvalidArgument("want a positive definite matrix; row ", row, " leaves ", rest);
      d[row] = std::sqrt(rest);
      *end = row;
      const Pair root = {d[row], 0};
      Store(root.data(), false, first + rows[row + 1] - 1, values);
    }
    return Status();
  }

 private:
  const Ordered& matrix_;
  const int64_t n_;
  Allocator& allocator_;
  const StopToken& stop_;
  Tensor parent_, seen_, starts_room_;
  int32_t* starts_ = nullptr;  // of the columns, without the diagonal
  int64_t total_ = 0;
};

struct Part {
  Ordered matrix;
  std::unique_ptr<Factor> factor;
};

Status WantSquare(const CsrMatrix& matrix, const Tensor& permutation) {
  const int64_t n = matrix.num_rows();
  if (n != matrix.num_columns()) {
    return InvalidArgument("input: want a square matrix, got ", n, " rows and ", matrix.num_columns(), " columns");
  }
  const Shape want = matrix.dims.size() == 3 ? Shape({matrix.batch(), n}) : Shape({n});
  if (permutation.shape() == want) return Status();
  return InvalidArgument("permutation: want shape ", want, ", as input has rows, got ", permutation.shape());
}

Status Run(RunContext& c) {
  RIVULET_ASSIGN_OR_RETURN(const CsrMatrix* matrix, CsrMatrixIn(c, 0, c.state<State>().dtype));
  RIVULET_RETURN_IF_ERROR(WantSquare(*matrix, c.input(1)));
  const int64_t n = matrix->num_rows(), batch = matrix->batch();
  const auto* orders = static_cast<const int32_t*>(c.input(1).raw());
  Tensor place_room, counts_room;
  RIVULET_ASSIGN_OR_RETURN(int32_t * place, Numbers(n, 0, &place_room, c.allocator()));
  RIVULET_ASSIGN_OR_RETURN(int32_t * counts, Numbers(batch * (n + 1), 0, &counts_room, c.allocator()));
  std::vector<std::unique_ptr<Part>> parts;
  int64_t total = 0;
  for (int64_t b = 0; b < batch; ++b) {
    RIVULET_RETURN_IF_ERROR(CheckPermutation(orders + b * n, n, place));
    auto part = std::make_unique<Part>();
    RIVULET_RETURN_IF_ERROR(PutInOrder(*matrix, b, place, &part->matrix, c.allocator()));
    part->factor = std::make_unique<Factor>(part->matrix, n, c.allocator(), c.stop());
    RIVULET_RETURN_IF_ERROR(part->factor->Count(counts + b * (n + 1)));
    total += part->factor->total();
    parts.push_back(std::move(part));
  }
  RIVULET_ASSIGN_OR_RETURN(std::shared_ptr<CsrMatrix> out,
                           NewCsrMatrix(matrix->dims, matrix->values.dtype(), total, c.allocator()));
  std::copy_n(counts, batch * (n + 1), static_cast<int32_t*>(out->row_ptrs.raw()));
  SumCsrPointers(out.get());
  for (int64_t b = 0; b < batch; ++b) {
    Status status = parts[static_cast<size_t>(b)]->factor->Fill(
        out->rows_of(b), static_cast<int32_t*>(out->columns.raw()) + out->first(b), out->first(b), &out->values);
    if (!status.ok()) return batch == 1 ? status : std::move(status).Framed(Cat("matrix ", b));
  }
  c.SetOutput(0, ScalarOf(DType::kVariant, std::move(out)));
  return Status();
}

constexpr OpDef kDefs[] = {
    {.name = "SparseMatrixSparseCholesky",
     .inputs = "input:variant, permutation:i32",
     .outputs = "output:variant",
     .attrs = "type:type in {f32,f64,c64,c128}",
     .infer = Infer,
     .prepare = Prepare,
     .run = Run,
     .flags = kMakesOutputs | kTakesObjects},
};

}  // namespace

RIVULET_OP_LIST(SparseCsrCholesky, kDefs);

}  // namespace rivulet
