// SparseAdd, SparseSparseMaximum, SparseSparseMinimum: two sparse tensors of one shape merged into one.
//
//   a_indices [n, rank], a_values [n], a_shape [rank]; b_.. likewise with m elements ->
//   indices [k, rank], values [k] (and SparseAdd's sum_shape): what either has; where both have an element, one
//
// Add keeps a sum only where its magnitude is at least thresh (a NaN is not); elements of one side alone stay.
// Maximum and Minimum take 0 for the side that has no element; with a NaN the result is NaN.
// Indices must be in order; ones that are not are merged as they come. Maximum and Minimum want them inside the shape.
#include <cmath>
#include <utility>

#include "engine/ops/number.h"
#include "engine/ops/rows.h"
#include "engine/ops/sparse_parts.h"

namespace rivulet {
namespace {

enum class Kind { kAdd, kMaximum, kMinimum };

template <Kind kKind>
Status Infer(InferContext& c) {
  RIVULET_ASSIGN_OR_RETURN(SparseFacts a, InferSparse(c, 0, 1, 2));
  RIVULET_ASSIGN_OR_RETURN(const SparseFacts b, InferSparse(c, 3, 4, 5));
  if (!AgreeOnDim(b.rank, &a.rank))
    return InvalidArgument("want two shapes of one rank, got ", a.rank, " and ", b.rank);
  c.set_output(0, {Shape::kUnknownDim, a.rank});
  c.set_output(1, {Shape::kUnknownDim});
  if constexpr (kKind == Kind::kAdd) {
    RIVULET_RETURN_IF_ERROR(c.WantScalar(6));
    c.set_output(2, {a.rank});
  }
  return Status();
}

// Whether |x| >= thresh. Narrow integers have a magnitude for their lowest number too.
template <typename T, typename Real>
bool Reaches(T x, Real thresh) {
  if constexpr (std::is_integral_v<T>) {
    if (sizeof(T) < sizeof(int32_t)) return static_cast<int64_t>(thresh) <= std::abs(static_cast<int64_t>(x));
    return thresh <= (x < 0 ? Minus(T{0}, x) : x);
  } else {
    return thresh <= std::abs(x);
  }
}

template <typename T>
T Greater(T a, T b) {
  return Widen(a) < Widen(b) || Widen(b) != Widen(b) ? b : a;
}
template <typename T>
T Lesser(T a, T b) {
  return Widen(b) < Widen(a) || Widen(b) != Widen(b) ? b : a;
}

template <Kind kKind, typename T, typename Real>
Status Merge(RunContext& c, Real thresh) {
  const SparseView a(c, 0), b(c, 3);
  const T* x = static_cast<const T*>(a.values->raw());
  const T* y = static_cast<const T*>(b.values->raw());
  RIVULET_ASSIGN_OR_RETURN(Tensor places, Tensor::Allocate(DType::kInt64, {a.count + b.count}, c.allocator()));
  RIVULET_ASSIGN_OR_RETURN(Tensor merged, Tensor::Allocate(DTypeOf<T>, {a.count + b.count}, c.allocator()));
  int64_t* place = places.data<int64_t>();  // of a, or ~place of b
  T* value = static_cast<T*>(merged.raw());
  int64_t count = 0;
  for (int64_t i = 0, j = 0; i < a.count || j < b.count;) {
    if ((count & 0xfff) == 0xfff && c.stop().stopped()) return Status();
    const int order = i == a.count ? 1 : j == b.count ? -1 : CompareIndices(a.index(i), b.index(j), a.rank);
    const T left = order <= 0 ? x[i] : T(0);
    const T right = order >= 0 ? y[j] : T(0);
    T result;
    if constexpr (kKind == Kind::kAdd) {
      result = order == 0 ? Plus(left, right) : order < 0 ? left : right;
    } else {
      result = kKind == Kind::kMaximum ? Greater(left, right) : Lesser(left, right);
    }
    const int64_t from = order <= 0 ? i : ~j;
    if (order <= 0) ++i;
    if (order >= 0) ++j;
    if constexpr (kKind == Kind::kAdd) {
      if (order == 0 && !Reaches(result, thresh)) continue;
    }
    place[count] = from;
    value[count++] = result;
  }
  RIVULET_RETURN_IF_ERROR(c.AllocateOutput(0, {count, a.rank}));
  RIVULET_RETURN_IF_ERROR(c.AllocateOutput(1, {count}));
  int64_t* out = c.output(0).data<int64_t>();
  for (int64_t k = 0; k < count; ++k) {
    std::copy_n(place[k] >= 0 ? a.index(place[k]) : b.index(~place[k]), a.rank, out + k * a.rank);
  }
  CopyElements(DTypeOf<T>, c.output(1).raw(), value, count);
  return Status();
}

Status CheckShapes(const RunContext& c) {
  const std::span<const int64_t> a = c.input(2).values<int64_t>(), b = c.input(5).values<int64_t>();
  for (size_t d = 0; d < a.size(); ++d) {
    if (a[d] != b[d]) return InvalidArgument("want two equal shapes, got ", a[d], " and ", b[d], " for dim ", d);
  }
  return Status();
}

Status RunAdd(RunContext& c) {
  RIVULET_RETURN_IF_ERROR(CheckShapes(c));
  const DType dtype = c.input(1).dtype();
  const Tensor& thresh = c.input(6);
  const DType wanted = dtype == DType::kComplex64    ? DType::kFloat
                       : dtype == DType::kComplex128 ? DType::kDouble
                                                     : dtype;
  if (thresh.dtype() != wanted) {
    return InvalidArgument("thresh: want ", Name(wanted), ", as values are ", Name(dtype), ", got ",
                           Name(thresh.dtype()));
  }
  if (c.output(2).raw() == nullptr || c.output(2).shape() != c.input(2).shape()) {
    RIVULET_RETURN_IF_ERROR(c.AllocateOutput(2, c.input(2).shape()));
  }
  CopyElements(DType::kInt64, c.output(2).raw(), c.input(2).raw(), c.input(2).num_elements());
  Status status;
  VisitType<float, double, int8_t, int16_t, int32_t, int64_t>(wanted, [&](auto tag) {
    using Real = typename decltype(tag)::Type;
    const Real least = *thresh.data<Real>();
    if (dtype == DType::kComplex64) {
      status = Merge<Kind::kAdd, Complex64>(c, static_cast<float>(least));
    } else if (dtype == DType::kComplex128) {
      status = Merge<Kind::kAdd, Complex128>(c, static_cast<double>(least));
    } else {
      status = Merge<Kind::kAdd, Real>(c, least);
    }
  });
  return status;
}

template <Kind kKind>
Status Run(RunContext& c) {
  RIVULET_RETURN_IF_ERROR(CheckShapes(c));
  for (const int first : {0, 3}) {
    const SparseView in(c, first);
    for (int64_t i = 0; i < in.count; ++i) {
      if (!IsInside(in.index(i), in.shape)) {
        return InvalidArgument(first == 0 ? "a" : "b", "_indices[", i, "] = ", IndexText(in.index(i), in.rank),
                               " is outside of the shape");
      }
    }
  }
  Status status;
  VisitType<float, double, Half, BFloat16, int8_t, int16_t, int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t>(
      c.input(1).dtype(), [&](auto tag) { status = Merge<kKind, typename decltype(tag)::Type>(c, 0); });
  return status;
}

#define RIVULET_TWO "a_indices:i64, a_values:T, a_shape:i64, b_indices:i64, b_values:T, b_shape:i64"
#define RIVULET_CHOICE                                                     \
  .inputs = RIVULET_TWO, .outputs = "output_indices:i64, output_values:T", \
  .attrs = "T:type in {bf16,f16,f32,f64,i8,i16,i32,i64,u8,u16,u32,u64}"

constexpr OpDef kDefs[] = {
    {.name = "SparseAdd",
     .inputs = RIVULET_TWO ", thresh:Treal",
     .outputs = "sum_indices:i64, sum_values:T, sum_shape:i64",
     .attrs = "T:type in {f32,f64,i8,i16,i32,i64,c64,c128}; Treal:type in {f32,f64,i8,i16,i32,i64}",
     .infer = Infer<Kind::kAdd>,
     .run = RunAdd,
     .flags = kDataDependent},
    {.name = "SparseSparseMaximum",
     RIVULET_CHOICE,
     .infer = Infer<Kind::kMaximum>,
     .run = Run<Kind::kMaximum>,
     .flags = kDataDependent},
    {.name = "SparseSparseMinimum",
     RIVULET_CHOICE,
     .infer = Infer<Kind::kMinimum>,
     .run = Run<Kind::kMinimum>,
     .flags = kDataDependent},
};

}  // namespace

RIVULET_OP_LIST(SparseMerge, kDefs);

}  // namespace rivulet
