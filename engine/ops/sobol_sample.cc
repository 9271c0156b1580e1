// SobolSample: points of Sobol's sequence in the unit cube, without its first point, the origin.
//
//   dim, num_results, skip: scalars -> [num_results, dim], points skip + 1, skip + 2, ...
//
// Point i is the sum without carry of the direction numbers of those bits that i ^ (i >> 1) has. The directions of a
// dim follow from a primitive polynomial and as many first numbers as its degree (sobol_directions.h); the polynomials
// are taken in the order of their coefficients. TensorFlow has 21,200 dims, here are 1,111: those of polynomials up to
// degree 13, since the first numbers of the others are 343 kB. Where the point after the last one is the 2^30th or a
// later one, all points are negative: TensorFlow divides by 2^31 in 32 bits with a sign.
#include <algorithm>

#include "engine/base/checked.h"
#include "engine/ops/number.h"
#include "engine/ops/op.h"
#include "engine/ops/sobol_directions.h"

namespace rivulet {
namespace {

constexpr int kDigits = 31;
constexpr int64_t kMaxDim = 1111;
constexpr int64_t kFirstNegative = 1 << 30;

// ---- Shapes ----

// The value of a scalar of at least `least`, or kUnknownDim.
Result<int64_t> Scalar(InferContext& c, int i, const char* name, int64_t least) {
  RIVULET_RETURN_IF_ERROR(c.WantScalar(i));
  if (!c.known(i)) return Shape::kUnknownDim;
  const int64_t value = c.ints(i)[0];
  if (value < least) return InvalidArgument(name, ": want at least ", least, ", got ", value);
  return value;
}

Status Infer(InferContext& c) {
  RIVULET_ASSIGN_OR_RETURN(const int64_t dim, Scalar(c, 0, "dim", 1));
  RIVULET_ASSIGN_OR_RETURN(const int64_t count, Scalar(c, 1, "num_results", 1));
  RIVULET_ASSIGN_OR_RETURN(const int64_t skip, Scalar(c, 2, "skip", 0));
  if (dim > kMaxDim) return InvalidArgument("dim: want at most ", kMaxDim, ", got ", dim);
  if (count > 0 && skip >= 0 && count + skip >= INT32_MAX) {
    return InvalidArgument("num_results + skip: want less than ", INT32_MAX, ", got ", count + skip);
  }
  c.set_output(0, {count, dim});
  return Status();
}

// ---- Polynomials over bits: bit k is the coefficient of x^k ----

// a * b modulo a polynomial of degree `degree`.
uint32_t Times(uint32_t a, uint32_t b, uint32_t polynomial, int degree) {
  uint32_t product = 0;
  for (; b != 0; b >>= 1) {
    if (b & 1) product ^= a;
    a <<= 1;
    if ((a >> degree) & 1) a ^= polynomial;
  }
  return product;
}

uint32_t PowerOfX(uint32_t exponent, uint32_t polynomial, int degree) {
  uint32_t power = 1, square = degree > 1 ? 2 : polynomial ^ 2;
  for (; exponent != 0; exponent >>= 1) {
    if (exponent & 1) power = Times(power, square, polynomial, degree);
    square = Times(square, square, polynomial, degree);
  }
  return power;
}

// Whether the powers of x are all polynomials of a lower degree but 0.
bool IsPrimitive(uint32_t polynomial, int degree) {
  const uint32_t order = (1u << degree) - 1;
  if (PowerOfX(order, polynomial, degree) != 1) return false;
  uint32_t rest = order;
  for (uint32_t prime = 3; rest > 1; prime += 2) {
    if (rest % prime != 0) continue;
    while (rest % prime == 0) rest /= prime;
    if (PowerOfX(order / prime, polynomial, degree) == 1) return false;
  }
  return true;
}

// ---- Directions ----

// Directions of `dim` dims: number k of dim d at [k * dim + d], its first digit the highest of 31.
void FindDirections(int64_t dim, uint32_t* directions) {
  for (int k = 0; k < kDigits; ++k) directions[k * dim] = 1u << (kDigits - 1 - k);
  SobolDirections numbers;
  uint32_t polynomial = 3;
  int degree = 1;
  for (int64_t d = 1; d < dim; ++d, polynomial += 2) {
    for (;; polynomial += 2) {
      while ((polynomial >> (degree + 1)) != 0) ++degree;
      if (IsPrimitive(polynomial, degree)) break;
    }
    uint32_t first[kDigits];
    for (int k = 0; k < degree; ++k) first[k] = numbers.Next(k);
    for (int k = degree; k < kDigits; ++k) {
      first[k] = first[k - degree];
      for (int i = 1; i <= degree; ++i) {
        if ((polynomial >> (degree - i)) & 1) first[k] ^= first[k - i] << i;
      }
    }
    for (int k = 0; k < kDigits; ++k) directions[k * dim + d] = first[k] << (kDigits - 1 - k);
  }
}

Status Run(RunContext& c) {
  Tensor& samples = c.output(0);
  const int64_t dim = samples.dim(1), skip = c.input(2).data<int32_t>()[0];
  RIVULET_ASSIGN_OR_RETURN(void* scratch, c.Scratch(static_cast<size_t>(dim) * kDigits * sizeof(uint32_t)));
  auto* directions = static_cast<uint32_t*>(scratch);
  FindDirections(dim, directions);
  const double scale = (skip + samples.dim(0) + 1 >= kFirstNegative ? -1.0 : 1.0) / static_cast<double>(1u << kDigits);
  VisitType<float, double>(samples.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::Type;
    T* out = samples.data<T>();
    c.ParallelFor(samples.dim(0), std::max<int64_t>(1, (1 << 13) / dim), [&](int64_t begin, int64_t end) {
      for (int64_t row = begin; row < end; ++row) {
        const auto number = static_cast<uint32_t>(skip + row + 1);
        for (int64_t d = 0; d < dim; ++d) {
          uint32_t sum = 0;
          for (uint32_t digits = number ^ (number >> 1), k = 0; digits != 0; digits >>= 1, ++k) {
            if (digits & 1) sum ^= directions[k * dim + d];
          }
          out[row * dim + d] = static_cast<T>(sum) * static_cast<T>(scale);
        }
      }
    });
  });
  return Status();
}

constexpr OpDef kDefs[] = {
    {.name = "SobolSample",
     .inputs = "dim:i32, num_results:i32, skip:i32",
     .outputs = "samples:dtype",
     .attrs = "dtype:type=f32 in {f32,f64}",
     .infer = Infer,
     .run = Run},
};

}  // namespace

RIVULET_OP_LIST(SobolSample, kDefs);

}  // namespace rivulet
