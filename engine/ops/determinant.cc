// MatrixDeterminant, BatchMatrixDeterminant, LogMatrixDeterminant.
//
//   input [.., n, n] -> output [..]; LogMatrixDeterminant: sign [..] with |sign| = 1, log_abs_determinant [..]
//
// The determinant is sign * exp(log_abs_determinant), where the logarithm is the sum of those of the pivots. Of a
// singular matrix the sign is 0 and the logarithm -infinity; of an empty one they are 1 and 0.
#include "engine/ops/lu_factor.h"

namespace rivulet {
namespace {

Status Infer(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(WantSquare(c, 0, "input"));
  for (int i = 0; i < c.num_outputs(); ++i) c.set_output(i, BatchOf(c.shape(0)));
  return Status();
}

// x / |x|. Of an infinite real number, too; of a complex one it is NaN, as in TensorFlow.
template <typename T>
T UnitOf(T x) {
  if constexpr (std::is_floating_point_v<T>) {
    if (std::isinf(x)) return std::copysign(T(1), x);
  }
  return x / std::abs(x);
}

template <typename T>
Status Determinants(RunContext& c) {
  const MatrixShape shape = MatricesOf(c.input(0).shape());
  const int64_t n = shape.rows;
  const CheckedSize values = CheckedSize(n) * n + OrderValues<T>(n);
  return ForEachMatrix<T>(c, shape.batch, values, CheckedSize(n) * n * n, [&](int64_t i, T* memory) -> const char* {
    const MatrixView<T> a{memory, n, n};
    int64_t* swaps = OrderAt(a.at + n * n);
    LoadElements(c.input(0), i * n * n, n * n, a.at);
    FactorLu(a, c.stop(), swaps);
    T sign = T(1);
    RealOf<T> log = 0;
    for (int64_t k = 0; k < n; ++k) {
      const RealOf<T> modulus = std::abs(a(k, k));
      log += std::log(modulus);
      sign = Times(sign, UnitOf(a(k, k)));
      if (swaps[k] != k) sign = -sign;
    }
    if (log == -std::numeric_limits<RealOf<T>>::infinity()) sign = T(0);
    if (c.num_outputs() == 1) {
      c.output(0).data<T>()[i] = Times(sign, T(std::exp(log)));
    } else {
      c.output(0).data<T>()[i] = sign;
      c.output(1).data<T>()[i] = T(log);
    }
    return nullptr;
  });
}

Status Run(RunContext& c) {
  return ForMatrixType(c.input(0).dtype(), [&](auto type) { return Determinants<typename decltype(type)::Type>(c); });
}

#define RIVULET_T "T:type in {f32,f64,c64,c128}"
constexpr OpDef kDefs[] = {
    {.name = "MatrixDeterminant",
     .inputs = "input:T",
     .outputs = "output:T",
     .attrs = RIVULET_T,
     .infer = Infer,
     .run = kWidened<Run, kWidenMatrices>},
    {.name = "BatchMatrixDeterminant",
     .inputs = "input:T",
     .outputs = "output:T",
     .attrs = RIVULET_T,
     .infer = Infer,
     .run = kWidened<Run, kWidenMatrices>},
    {.name = "LogMatrixDeterminant",
     .inputs = "input:T",
     .outputs = "sign:T, log_abs_determinant:T",
     .attrs = RIVULET_T,
     .infer = Infer,
     .run = kWidened<Run, kWidenMatrices>},
};

}  // namespace

RIVULET_OP_LIST(Determinant, kDefs);

}  // namespace rivulet
