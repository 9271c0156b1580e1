// Batches of matrix products in any element type; shared by the MatMul operators and Einsum.
#ifndef RIVULET_ENGINE_OPS_PRODUCT_H_
#define RIVULET_ENGINE_OPS_PRODUCT_H_

#include "engine/kernels/matmul.h"
#include "engine/ops/op.h"
#include "engine/ops/staging.h"

namespace rivulet {

// MatMulShape, and whether an operand's elements are conjugated (complex numbers only).
struct ProductShape : MatMulShape {
  bool conjugate_a = false;
  bool conjugate_b = false;
};

// One run in element type `dtype`, one of float, double, int16, int32, int64, complex64, complex128; integers wrap
// around. Construct, which adds to `pieces`; pieces.Allocate; Run. The operands lie in memory as MatMulShape says; so
// do the offsets, null for operands one after the other. The epilogue is for float only.
class ProductRun {
 public:
  ProductRun(DType dtype, const ProductShape& shape, ScratchPieces& pieces);
  void Run(RunContext& c, const ScratchPieces& pieces, const void* a, const int64_t* a_offsets, const void* b,
           const int64_t* b_offsets, void* out, const Epilogue& epilogue = {}) const;

 private:
  DType dtype_;
  ProductShape shape_;
  int64_t scratch_ = 0;
};

// An operand of any real or complex dtype as an array of `compute`, which holds all its values: itself, or a copy in
// scratch.
class ProductOperand {
 public:
  ProductOperand(const Tensor& tensor, DType compute, ScratchPieces& pieces);
  const void* Fill(RunContext& c, const ScratchPieces& pieces) const;

 private:
  const Tensor& tensor_;
  DType compute_;
  int64_t copy_ = 0;
};

// Where the operand of each output batch entry starts: `batch` are the output's batch dims, `operand` is the operand's
// shape with its last two axes, which hold `matrix` elements. Fills one entry for each of the output's.
void FillBatchOffsets(std::span<const int64_t> batch, const Shape& operand, int64_t matrix, int64_t* offsets);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_PRODUCT_H_
