#include "engine/ops/product.h"

#include <algorithm>
#include <vector>

#include "engine/kernels/half.h"

namespace rivulet {
namespace {

// a * b written out: the library's complex product has branches for infinities that TensorFlow's does not have.
template <typename T>
T Times(T a, T b) {
  return a * b;
}
uint16_t Times(uint16_t a, uint16_t b) { return static_cast<uint16_t>(static_cast<uint32_t>(a) * b); }
template <typename R>
std::complex<R> Times(std::complex<R> a, std::complex<R> b) {
  return {a.real() * b.real() - a.imag() * b.imag(), a.real() * b.imag() + a.imag() * b.real()};
}

template <typename T>
T Conjugate(T a, bool) {
  return a;
}
template <typename R>
std::complex<R> Conjugate(std::complex<R> a, bool conjugate) {
  return conjugate ? std::conj(a) : a;
}

// A piece is one row of one product; within it, blocks of columns, so that the sums stay in the first-level cache.
template <typename T>
void Multiply(RunContext& c, const ProductShape& s, const T* a, const int64_t* a_offsets, const T* b,
              const int64_t* b_offsets, T* out) {
  constexpr int64_t kBlock = 256;
  const double work = static_cast<double>(s.n) * static_cast<double>(std::max<int64_t>(s.k, 1));
  const auto grain = static_cast<int64_t>(std::max((1 << 17) / std::max(work, 1.0), 1.0));
  c.ParallelFor(s.batch * s.m, grain, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t item = i / s.m;
      const int64_t row = i % s.m;
      const T* left = a + (a_offsets != nullptr ? a_offsets[item] : item * s.m * s.k);
      const T* right = b + (b_offsets != nullptr ? b_offsets[item] : item * s.k * s.n);
      T* to = out + i * s.n;
      for (int64_t block = 0; block < s.n; block += kBlock) {
        const int64_t block_end = std::min(block + kBlock, s.n);
        std::fill(to + block, to + block_end, T(0));
        for (int64_t p = 0; p < s.k; ++p) {
          const T value = Conjugate(s.transpose_a ? left[p * s.m + row] : left[row * s.k + p], s.conjugate_a);
          const T* from = s.transpose_b ? right + p : right + p * s.n;
          const int64_t step = s.transpose_b ? s.k : 1;
          for (int64_t j = block; j < block_end; ++j) {
            to[j] = static_cast<T>(to[j] + Times(value, Conjugate(from[j * step], s.conjugate_b)));
          }
        }
      }
    }
  });
}

template <typename From, typename To>
void Convert(RunContext& c, const Tensor& from, To* to) {
  const From* x = from.data<From>();
  c.ParallelFor(from.num_elements(), 1 << 14, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) to[i] = static_cast<To>(x[i]);
  });
}

}  // namespace

ProductRun::ProductRun(DType dtype, const ProductShape& shape, ScratchPieces& pieces) : dtype_(dtype), shape_(shape) {
  if (dtype == DType::kFloat) scratch_ = pieces.Add(MatMulScratchBytes(shape));
}

void ProductRun::Run(RunContext& c, const ScratchPieces& pieces, const void* a, const int64_t* a_offsets, const void* b,
                     const int64_t* b_offsets, void* out, const Epilogue& epilogue) const {
  const auto multiply = [&]<typename T>(T) {
    Multiply(c, shape_, static_cast<const T*>(a), a_offsets, static_cast<const T*>(b), b_offsets, static_cast<T*>(out));
  };
  switch (dtype_) {
    case DType::kFloat:
      MatMulDynamic(shape_, static_cast<const float*>(a), a_offsets, static_cast<const float*>(b), b_offsets,
                    static_cast<float*>(out), epilogue, pieces.At<void>(scratch_), c.pool(), c.stop());
      break;
    case DType::kDouble:
      MatMulDynamic(shape_, static_cast<const double*>(a), a_offsets, static_cast<const double*>(b), b_offsets,
                    static_cast<double*>(out), c.pool(), c.stop());
      break;
    case DType::kInt16: multiply(uint16_t()); break;
    case DType::kInt32: multiply(uint32_t()); break;
    case DType::kInt64: multiply(uint64_t()); break;
    case DType::kComplex64: multiply(Complex64()); break;
    case DType::kComplex128: multiply(Complex128()); break;
    default: break;
  }
}

ProductOperand::ProductOperand(const Tensor& tensor, DType compute, ScratchPieces& pieces)
    : tensor_(tensor), compute_(compute) {
  if (tensor.dtype() != compute) {
    copy_ = pieces.Add(CheckedSize(tensor.num_elements()) * static_cast<int64_t>(ElementBytes(compute)));
  }
}

const void* ProductOperand::Fill(RunContext& c, const ScratchPieces& pieces) const {
  if (tensor_.dtype() == compute_) return tensor_.raw();
  void* copy = pieces.At<void>(copy_);
  const auto convert = [&]<typename To>(To) {
    if (tensor_.dtype() == DType::kInt8) {
      Convert<int8_t>(c, tensor_, static_cast<To*>(copy));
    } else {
      Convert<uint8_t>(c, tensor_, static_cast<To*>(copy));
    }
  };
  if (IsHalf(tensor_.dtype())) {
    c.ParallelFor(tensor_.num_elements(), 1 << 14, [&](int64_t begin, int64_t end) {
      WidenHalf(tensor_.dtype(), tensor_.data<uint16_t>() + begin, end - begin, static_cast<float*>(copy) + begin);
    });
  } else if (compute_ == DType::kFloat) {
    convert(float());
  } else {
    convert(int32_t());
  }
  return copy;
}

void FillBatchOffsets(std::span<const int64_t> batch, const Shape& operand, int64_t matrix, int64_t* offsets) {
  const int rank = static_cast<int>(batch.size());
  const int missing = rank - (operand.rank() - 2);
  int64_t count = 1;
  for (const int64_t dim : batch) count *= dim;
  // The step of each output axis in the operand: 0 where the operand has one entry for all.
  std::vector<int64_t> step(static_cast<size_t>(rank), 0);
  int64_t stride = matrix;
  for (int i = rank - 1; i >= missing; --i) {
    const int64_t dim = operand[i - missing];
    if (dim != 1) step[static_cast<size_t>(i)] = stride;
    stride *= dim;
  }
  std::vector<int64_t> index(static_cast<size_t>(rank), 0);
  int64_t offset = 0;
  for (int64_t i = 0; i < count; ++i) {
    offsets[i] = offset;
    for (int axis = rank - 1; axis >= 0; --axis) {
      const auto a = static_cast<size_t>(axis);
      offset += step[a];
      if (++index[a] < batch[a]) break;
      offset -= step[a] * batch[a];
      index[a] = 0;
    }
  }
}

}  // namespace rivulet
