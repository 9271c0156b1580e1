// Operators on batches of matrices: the last two axes of a tensor are rows and columns, the axes before them the batch.
//
// What they have in common: checks of shapes, and a loop over the batch in which every thread has memory of its own and
// allocates nothing. Their algorithms are templates of float, double and complex elements, look at the stop token at
// least once per column, and work on row-major matrices. float16 is computed in float.
#ifndef RIVULET_ENGINE_OPS_MATRICES_H_
#define RIVULET_ENGINE_OPS_MATRICES_H_

#include <algorithm>
#include <complex>
#include <limits>

#include "engine/base/checked.h"
#include "engine/ops/complex_math.h"
#include "engine/ops/op.h"
#include "engine/ops/widen.h"

namespace rivulet {

template <typename T>
struct RealPart {
  using Type = T;
};
template <typename R>
struct RealPart<std::complex<R>> {
  using Type = R;
};
// float of float and Complex64, double of double and Complex128.
template <typename T>
using RealOf = typename RealPart<T>::Type;

// What TensorFlow fills a result with that does not exist, if it is no error: for complex types its NaN is 0.
template <typename T>
inline constexpr T kFailed = std::numeric_limits<T>::quiet_NaN();

// |x|^2
template <typename T>
RealOf<T> Square(T x) {
  if constexpr (kIsComplex<T>) {
    return x.real() * x.real() + x.imag() * x.imag();
  } else {
    return x * x;
  }
}

// Rows and columns, row-major, in memory of somebody else.
template <typename T>
struct MatrixView {
  T* at;
  int64_t rows;
  int64_t columns;
  T& operator()(int64_t i, int64_t j) const { return at[i * columns + j]; }
  int64_t size() const { return rows * columns; }
};

struct MatrixShape {
  int64_t batch = 1;
  int64_t rows = 0;
  int64_t columns = 0;
};
// Of a complete shape of rank 2 or more.
MatrixShape MatricesOf(const Shape& shape);

// Errors unless the input, as far as it is known, is a batch of matrices, of square ones.
Status WantMatrices(const InferContext& c, int input, std::string_view what);
Status WantSquare(const InferContext& c, int input, std::string_view what);
// One dim of the matrices, -1 while unknown: 0 the rows, 1 the columns.
int64_t MatrixDim(const Shape& shape, int which);
// The axes before the matrices; of unknown rank where the shape is.
Shape BatchOf(const Shape& shape);
// A batch of matrices, or of vectors.
Shape WithDims(const Shape& batch, std::initializer_list<int64_t> dims);

// The batches of two inputs, broadcast.
Result<Shape> BroadcastBatches(const Shape& a, const Shape& b);

// For operators that solve: `matrix` and `rhs` with the same batch, or with batches that broadcast; their rows agree.
Result<Shape> SolveShape(const InferContext& c, bool broadcast);

// Which matrix of an input goes with each of a broadcast batch.
class BatchPositions {
 public:
  BatchPositions(const Shape& input, const Shape& output);
  int64_t operator[](int64_t i) const;

 private:
  std::vector<int64_t> dims_;     // of the output's batch
  std::vector<int64_t> strides_;  // of the input's, 0 where it is repeated
};

template <typename T>
struct TypeOf {
  using Type = T;
};
// What a small engine computes matrices in. Not those of an operator of which rounding decides what is seen: the signs
// of vectors, what is added to a pivot of 0.
inline constexpr uint32_t kWidenMatrices = kWidenFloats | kWidenComplex;

// body(TypeOf<T>()) for the type that matrices of `dtype` are computed in.
template <uint32_t kWidening = kWidenMatrices, typename Body>
Status ForMatrixType(DType dtype, const Body& body) {
  if constexpr (kHasLoops<kWidening, float>) {
    if (dtype == DType::kHalf || dtype == DType::kFloat) return body(TypeOf<float>());
  }
  if constexpr (kHasLoops<kWidening, Complex64>) {
    if (dtype == DType::kComplex64) return body(TypeOf<Complex64>());
  }
  if (dtype == DType::kDouble) return body(TypeOf<double>());
  if (dtype == DType::kComplex128) return body(TypeOf<Complex128>());
  return Internal("matrices of ", dtype);
}

// Elements [begin, begin + count) of a tensor of T's dtype, or of float16 where T is float.
template <typename T>
void LoadElements(const Tensor& from, int64_t begin, int64_t count, T* to) {
  if constexpr (std::is_same_v<T, float>) {
    if (from.dtype() == DType::kHalf) {
      const Half* half = static_cast<const Half*>(from.raw()) + begin;
      for (int64_t i = 0; i < count; ++i) to[i] = static_cast<float>(half[i]);
      return;
    }
  }
  std::copy_n(static_cast<const T*>(from.raw()) + begin, count, to);
}

template <typename T>
void StoreElements(const T* from, int64_t count, Tensor& to, int64_t begin) {
  if constexpr (std::is_same_v<T, float>) {
    if (to.dtype() == DType::kHalf) {
      Half* half = static_cast<Half*>(to.raw()) + begin;
      for (int64_t i = 0; i < count; ++i) half[i] = Half(from[i]);
      return;
    }
  }
  std::copy_n(from, count, static_cast<T*>(to.raw()) + begin);
}

// Room for n numbers of rows, in elements of T.
template <typename T>
CheckedSize OrderValues(int64_t n) {
  return CheckedSize(n) * static_cast<int64_t>((sizeof(int64_t) + sizeof(T) - 1) / sizeof(T)) + 2;
}
// That room, at or after `memory`.
template <typename T>
int64_t* OrderAt(T* memory) {
  const auto address = reinterpret_cast<uintptr_t>(memory);
  return reinterpret_cast<int64_t*>((address + sizeof(int64_t) - 1) / sizeof(int64_t) * sizeof(int64_t));
}

// Calls body(context, i, memory) for each matrix i of a batch, with memory for `values` elements of `bytes` bytes, from
// any thread. It returns null or what was wrong, in words that live for ever. `steps` is about how long one takes.
using MatrixBody = const char* (*)(const void* context, int64_t i, void* memory);
Status ForEachMatrix(RunContext& c, int64_t batch, CheckedSize values, size_t bytes, CheckedSize steps, MatrixBody body,
                     const void* context);

// The same with a callable, body(i, memory), and memory for `values` elements of T.
template <typename T, typename Body>
Status ForEachMatrix(RunContext& c, int64_t batch, CheckedSize values, CheckedSize steps, const Body& body) {
  return ForEachMatrix(
      c, batch, values, sizeof(T), steps,
      [](const void* b, int64_t i, void* memory) { return (*static_cast<const Body*>(b))(i, static_cast<T*>(memory)); },
      &body);
}

// The conjugate transpose of a square matrix, in place.
template <typename T>
void TakeAdjoint(const MatrixView<T>& a) {
  for (int64_t i = 0; i < a.rows; ++i) {
    a(i, i) = Conjugate(a(i, i));
    for (int64_t j = 0; j < i; ++j) {
      const T lower = a(i, j);
      a(i, j) = Conjugate(a(j, i));
      a(j, i) = Conjugate(lower);
    }
  }
}

// to -= factor * from, along rows of `n` elements.
template <typename T>
void SubtractTimes(T factor, const T* from, int64_t n, T* to) {
  for (int64_t j = 0; j < n; ++j) to[j] -= Times(factor, from[j]);
}

// X with L X = B in place of B, where L is the lower triangle of `a`, with ones on its diagonal if `unit`.
template <typename T>
void SolveLower(const MatrixView<T>& a, bool unit, const StopToken& stop, const MatrixView<T>& b) {
  for (int64_t i = 0; i < a.rows && !stop.stopped(); ++i) {
    for (int64_t k = 0; k < i; ++k) SubtractTimes(a(i, k), &b(k, 0), b.columns, &b(i, 0));
    if (unit) continue;
    for (int64_t j = 0; j < b.columns; ++j) b(i, j) = b(i, j) / a(i, i);
  }
}

// X with U X = B, where U is the upper triangle.
template <typename T>
void SolveUpper(const MatrixView<T>& a, const StopToken& stop, const MatrixView<T>& b) {
  for (int64_t i = a.rows - 1; i >= 0 && !stop.stopped(); --i) {
    for (int64_t k = i + 1; k < a.rows; ++k) SubtractTimes(a(i, k), &b(k, 0), b.columns, &b(i, 0));
    for (int64_t j = 0; j < b.columns; ++j) b(i, j) = b(i, j) / a(i, i);
  }
}

// X with L^H X = B, where L is the lower triangle.
template <typename T>
void SolveLowerAdjoint(const MatrixView<T>& a, const StopToken& stop, const MatrixView<T>& b) {
  for (int64_t i = a.rows - 1; i >= 0 && !stop.stopped(); --i) {
    for (int64_t j = 0; j < b.columns; ++j) b(i, j) = b(i, j) / Conjugate(a(i, i));
    for (int64_t k = 0; k < i; ++k) SubtractTimes(Conjugate(a(i, k)), &b(i, 0), b.columns, &b(k, 0));
  }
}

// L with L L^H = A over the lower triangle of A, of which nothing else is read. False where A is not positive definite.
template <typename T>
bool FactorCholesky(const MatrixView<T>& a, const StopToken& stop) {
  for (int64_t i = 0; i < a.rows && !stop.stopped(); ++i) {
    for (int64_t j = 0; j <= i; ++j) {
      T sum = a(i, j);
      for (int64_t k = 0; k < j; ++k) sum -= Times(a(i, k), Conjugate(a(j, k)));
      if (j < i) {
        a(i, j) = sum / std::real(a(j, j));
      } else {
        const RealOf<T> pivot = std::real(sum);
        if (pivot <= 0) return false;
        a(i, i) = std::sqrt(pivot);
      }
    }
  }
  return true;
}

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_MATRICES_H_
