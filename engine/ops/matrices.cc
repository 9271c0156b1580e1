#include "engine/ops/matrices.h"

#include <atomic>

#include "engine/graph/shape_math.h"

namespace rivulet {

MatrixShape MatricesOf(const Shape& shape) {
  MatrixShape out{.batch = 1, .rows = shape[shape.rank() - 2], .columns = shape[shape.rank() - 1]};
  for (int axis = 0; axis < shape.rank() - 2; ++axis) out.batch *= shape[axis];
  return out;
}

Status WantMatrices(const InferContext& c, int input, std::string_view what) {
  const Shape& shape = c.shape(input);
  if (!shape.has_rank() || shape.rank() >= 2) return Status();
  return InvalidArgument(what, ": want matrices, rank >= 2, got shape ", shape);
}

Status WantSquare(const InferContext& c, int input, std::string_view what) {
  RIVULET_RETURN_IF_ERROR(WantMatrices(c, input, what));
  const int64_t rows = MatrixDim(c.shape(input), 0), columns = MatrixDim(c.shape(input), 1);
  if (rows < 0 || columns < 0 || rows == columns) return Status();
  return InvalidArgument(what, ": want square matrices, got shape ", c.shape(input));
}

int64_t MatrixDim(const Shape& shape, int which) {
  return shape.has_rank() ? shape[shape.rank() - 2 + which] : Shape::kUnknownDim;
}

Shape BatchOf(const Shape& shape) {
  if (!shape.has_rank()) return shape;
  return Shape(shape.dims().first(static_cast<size_t>(shape.rank() - 2)));
}

Shape WithDims(const Shape& batch, std::initializer_list<int64_t> dims) {
  Shape out = batch;
  if (out.has_rank()) {
    for (const int64_t dim : dims) out.push_back(dim);
  }
  return out;
}

BatchPositions::BatchPositions(const Shape& input, const Shape& output) {
  const int rank = output.rank() - 2, missing = output.rank() - input.rank();
  dims_.assign(output.dims().begin(), output.dims().begin() + rank);
  strides_.assign(dims_.size(), 0);
  int64_t stride = 1;
  for (int axis = rank - 1; axis >= missing; --axis) {
    const int64_t dim = input[axis - missing];
    if (dim != 1) strides_[static_cast<size_t>(axis)] = stride;
    stride *= dim;
  }
}

int64_t BatchPositions::operator[](int64_t i) const {
  int64_t at = 0;
  for (size_t axis = dims_.size(); axis-- > 0;) {
    at += i % dims_[axis] * strides_[axis];
    i /= dims_[axis];
  }
  return at;
}

Result<Shape> SolveShape(const InferContext& c, bool broadcast) {
  RIVULET_RETURN_IF_ERROR(WantMatrices(c, 1, "rhs"));
  const Shape &matrix = c.shape(0), &rhs = c.shape(1);
  const int64_t rows = MatrixDim(matrix, 0), wanted = MatrixDim(rhs, 0);
  if (rows >= 0 && wanted >= 0 && rows != wanted) {
    return InvalidArgument("rhs: want as many rows as the matrix has, ", rows, ", got shape ", rhs);
  }
  if (broadcast) return BroadcastBatches(matrix, rhs);
  Result<Shape> batch = MergeShapes(BatchOf(matrix), BatchOf(rhs));
  if (!batch.ok()) {
    return InvalidArgument("want inputs with the same batch, got shapes ", matrix, " and ", rhs);
  }
  return batch;
}

Result<Shape> BroadcastBatches(const Shape& a, const Shape& b) {
  Result<Shape> batch = BroadcastShapes(BatchOf(a), BatchOf(b));
  if (!batch.ok()) {
    return InvalidArgument("want batches that broadcast, got shapes ", a, " and ", b);
  }
  return batch;
}

Status ForEachMatrix(RunContext& c, int64_t batch, CheckedSize values, size_t bytes, CheckedSize steps, MatrixBody body,
                     const void* context) {
  if (batch == 0) return Status();
  const CheckedSize each = (values + 1) * static_cast<int64_t>(bytes), all = each * c.pool().num_threads();
  if (!all.valid()) return ResourceExhausted("the matrices are too large");
  RIVULET_ASSIGN_OR_RETURN(void* scratch, c.Scratch(static_cast<size_t>(all.value())));
  std::atomic<const char*> wrong{nullptr};
  const int64_t grain = steps.valid() ? std::max<int64_t>(1, (1 << 14) / std::max<int64_t>(1, steps.value())) : 1;
  c.ParallelFor(batch, grain, [&](int64_t begin, int64_t end, int thread) {
    void* memory = static_cast<char*>(scratch) + thread * each.value();
    for (int64_t i = begin; i < end && !c.stop().stopped(); ++i) {
      if (const char* what = body(context, i, memory)) wrong = what;
    }
  });
  if (c.stop().stopped()) return c.stop().Why();
  if (wrong != nullptr) return InvalidArgument(wrong.load());
  return Status();
}

}  // namespace rivulet
