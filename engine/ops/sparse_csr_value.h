// The value of a variant that the operators of CSR matrices make: one sparse matrix or a batch of them, row by row.
#ifndef RIVULET_ENGINE_OPS_SPARSE_CSR_VALUE_H_
#define RIVULET_ENGINE_OPS_SPARSE_CSR_VALUE_H_

#include <memory>
#include <string_view>
#include <vector>

#include "engine/base/object.h"
#include "engine/ops/op.h"

namespace rivulet {

// Never changed once it is made. All numbers are within 31 bits.
struct CsrMatrix : Object {
  static constexpr std::string_view kKind = "CSR sparse matrix";
  std::string_view kind() const override { return kKind; }

  std::vector<int64_t> dims;  // [rows, columns] or [batch, rows, columns]
  Tensor batch_ptrs;          // int32 [batch + 1]: where each matrix's elements begin
  Tensor row_ptrs;            // int32 [batch * (rows + 1)]: where each row's begin, counted from its matrix's first
  Tensor columns;             // int32 [elements]
  Tensor values;              // [elements]

  int64_t batch() const { return dims.size() == 3 ? dims[0] : 1; }
  int64_t num_rows() const { return dims[dims.size() - 2]; }
  int64_t num_columns() const { return dims.back(); }
  int64_t count() const { return columns.num_elements(); }

  // Of matrix b of the batch.
  int64_t first(int64_t b) const { return batch_ptrs.data<int32_t>()[b]; }
  const int32_t* rows_of(int64_t b) const { return row_ptrs.data<int32_t>() + b * (num_rows() + 1); }
  const int32_t* columns_of(int64_t b) const { return columns.data<int32_t>() + first(b); }
};

// A matrix of these dims with room for `count` elements; its pointers are zeros. Dims and counts beyond 31 bits, and
// negative ones, are refused.
Result<std::shared_ptr<CsrMatrix>> NewCsrMatrix(std::vector<int64_t> dims, DType dtype, int64_t count,
                                                Allocator& allocator);

// From the number of elements in each row, at one behind the row's place in row_ptrs, to all pointers.
void SumCsrPointers(CsrMatrix* matrix);

// The matrix that input i refers to, of `dtype` unless that is kInvalid. Valid as long as the input.
Result<const CsrMatrix*> CsrMatrixIn(const RunContext& c, int i, DType dtype);

// Rows and columns changed over, and each value conjugated on request.
Result<std::shared_ptr<CsrMatrix>> TransposeCsr(const CsrMatrix& matrix, bool conjugate, Allocator& allocator);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_SPARSE_CSR_VALUE_H_
