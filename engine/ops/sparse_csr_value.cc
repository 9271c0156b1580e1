#include "engine/ops/sparse_csr_value.h"

#include <algorithm>
#include <cstdint>

#include "engine/base/checked.h"
#include "engine/ops/rows.h"

namespace rivulet {
namespace {

Result<Tensor> Zeros(int64_t count, Allocator& allocator) {
  RIVULET_ASSIGN_OR_RETURN(Tensor tensor, Tensor::Allocate(DType::kInt32, {count}, allocator));
  if (count > 0) std::fill_n(tensor.data<int32_t>(), count, 0);
  return tensor;
}

}  // namespace

Result<std::shared_ptr<CsrMatrix>> NewCsrMatrix(std::vector<int64_t> dims, DType dtype, int64_t count,
                                                Allocator& allocator) {
  if (dims.size() != 2 && dims.size() != 3) {
    return InvalidArgument("want a matrix or a batch of them, got rank ", static_cast<uint64_t>(dims.size()));
  }
  for (const int64_t dim : dims) {
    if (dim < 0 || dim >= INT32_MAX) return InvalidArgument("want dims in [0, 2147483647), got ", dim);
  }
  if (count > INT32_MAX) return InvalidArgument("want at most 2147483647 elements, got ", count);
  auto matrix = std::make_shared<CsrMatrix>();
  matrix->dims = std::move(dims);
  const CheckedSize pointers = CheckedSize(matrix->batch()) * (matrix->num_rows() + 1);
  if (!pointers.valid()) return ResourceExhausted("the rows are more than any memory has room for");
  RIVULET_ASSIGN_OR_RETURN(matrix->row_ptrs, Zeros(pointers.value(), allocator));
  RIVULET_ASSIGN_OR_RETURN(matrix->batch_ptrs, Zeros(matrix->batch() + 1, allocator));
  RIVULET_ASSIGN_OR_RETURN(matrix->columns, Tensor::Allocate(DType::kInt32, {count}, allocator));
  RIVULET_ASSIGN_OR_RETURN(matrix->values, Tensor::Allocate(dtype, {count}, allocator));
  return matrix;
}

void SumCsrPointers(CsrMatrix* matrix) {
  const int64_t rows = matrix->num_rows();
  int32_t* total = matrix->batch_ptrs.data<int32_t>();
  for (int64_t b = 0; b < matrix->batch(); ++b) {
    int32_t* pointers = matrix->row_ptrs.data<int32_t>() + b * (rows + 1);
    for (int64_t r = 0; r < rows; ++r) pointers[r + 1] += pointers[r];
    total[b + 1] = total[b] + pointers[rows];
  }
}

Result<const CsrMatrix*> CsrMatrixIn(const RunContext& c, int i, DType dtype) {
  const Tensor& handle = c.input(i);
  if (handle.num_elements() != 1) return InvalidArgument("input ", i, ": want one matrix, got shape ", handle.shape());
  const ObjectRef& reference = *handle.data<ObjectRef>();
  if (reference == nullptr || reference->kind() != CsrMatrix::kKind) {
    return InvalidArgument("input ", i, ": want a ", CsrMatrix::kKind, ", got ",
                           reference == nullptr ? std::string_view("a variant that was never set") : reference->kind());
  }
  const auto* matrix = static_cast<const CsrMatrix*>(reference.get());
  if (dtype != DType::kInvalid && matrix->values.dtype() != dtype) {
    return InvalidArgument("input ", i, ": want a matrix of ", dtype, ", got one of ", matrix->values.dtype());
  }
  return matrix;
}

Result<std::shared_ptr<CsrMatrix>> TransposeCsr(const CsrMatrix& matrix, bool conjugate, Allocator& allocator) {
  std::vector<int64_t> dims = matrix.dims;
  std::swap(dims[dims.size() - 2], dims.back());
  const DType dtype = matrix.values.dtype();
  RIVULET_ASSIGN_OR_RETURN(std::shared_ptr<CsrMatrix> out, NewCsrMatrix(dims, dtype, matrix.count(), allocator));
  if (matrix.count() == 0) return out;
  RIVULET_ASSIGN_OR_RETURN(Tensor next, Zeros(out->num_rows() + 1, allocator));
  for (int64_t b = 0; b < matrix.batch(); ++b) {
    int32_t* counts = out->row_ptrs.data<int32_t>() + b * (out->num_rows() + 1);
    const int32_t* columns = matrix.columns_of(b);
    for (int64_t i = matrix.first(b); i < matrix.first(b + 1); ++i) ++counts[*columns++ + 1];
  }
  SumCsrPointers(out.get());
  for (int64_t b = 0; b < matrix.batch(); ++b) {
    int32_t* at = next.data<int32_t>();
    std::copy_n(out->rows_of(b), out->num_rows() + 1, at);
    const int64_t first = matrix.first(b);
    const int32_t *columns = matrix.columns_of(b), *rows = matrix.rows_of(b);
    for (int64_t r = 0; r < matrix.num_rows(); ++r) {
      for (int64_t i = rows[r]; i < rows[r + 1]; ++i) {
        const int64_t to = first + at[columns[i]]++;
        out->columns.data<int32_t>()[to] = static_cast<int32_t>(r);
        CopyElements(dtype, ElementAt(out->values.raw(), dtype, to), ElementAt(matrix.values.raw(), dtype, first + i),
                     1);
      }
    }
  }
  const auto flip = [&](auto* part) {  // imaginary parts are every second
    for (int64_t i = 1; i < 2 * matrix.count(); i += 2) part[i] = -part[i];
  };
  if (conjugate && dtype == DType::kComplex64) flip(static_cast<float*>(out->values.raw()));
  if (conjugate && dtype == DType::kComplex128) flip(static_cast<double*>(out->values.raw()));
  return out;
}

}  // namespace rivulet
