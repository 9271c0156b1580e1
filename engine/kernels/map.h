// Elementwise functions in single precision. Outputs may be an input's own memory (same start), not overlap otherwise.
#ifndef RIVULET_ENGINE_KERNELS_MAP_H_
#define RIVULET_ENGINE_KERNELS_MAP_H_

#include <cstdint>

#include "engine/base/stop.h"
#include "engine/base/thread_pool.h"
#include "engine/kernels/epilogue.h"

namespace rivulet {

enum class UnaryKind : uint8_t {
  kAbs,
  kNeg,
  kSign,
  kSquare,
  kSqrt,
  kRsqrt,
  kReciprocal,
  kFloor,
  kCeil,
  kRound,  // kRound: to nearest, ties to even
  kExp,
  kExpm1,
  kLog,
  kLog1p,
  kSin,
  kCos,
  kTanh,
  kSigmoid,
  kErf,
  kRelu,
  kRelu6,
  kElu,
  kSelu,
  kSoftplus,
  kSoftsign,
  kSwish,            // x * sigmoid(x)
  kHardSwish,        // x * relu6(x + 3) / 6
  kGelu,             // x * (1 + erf(x / sqrt 2)) / 2
  kGeluApproximate,  // x * (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2
};

// Within a few units in the last place of the exact value; sin and cos only for |x| up to some thousands of pi, beyond
// which they fall back to the C library.
void MapUnary(UnaryKind kind, const float* x, int64_t n, float* out, ThreadPool& pool, const StopToken& stop);

// activation(x).
void MapActivation(const Activation& activation, const float* x, int64_t n, float* out, ThreadPool& pool,
                   const StopToken& stop);

enum class BinaryKind : uint8_t {
  kAdd,
  kSub,
  kMul,
  kDiv,
  kMax,
  kMin,
  kSquaredDifference,
  kPrelu,  // a < 0 ? a * b : a
};

// How an operand is spread over out [rows, columns].
enum class Spread : uint8_t {
  kFull,    // [rows, columns]
  kRow,     // [columns]: the same for every row (a bias)
  kColumn,  // [rows]: one value for a whole row
  kScalar,  // [1]
};

// out = a OP b. Max and min are NaN where either operand is.
void MapBinary(BinaryKind kind, const float* a, Spread a_spread, const float* b, Spread b_spread, int64_t rows,
               int64_t columns, float* out, ThreadPool& pool, const StopToken& stop);

// out [rows, columns] = activation(x * scale[column] + shift[column]): a batch normalisation at inference.
void MapScaleShift(const float* x, const float* scale, const float* shift, int64_t rows, int64_t columns,
                   const Activation& activation, float* out, ThreadPool& pool, const StopToken& stop);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_KERNELS_MAP_H_
