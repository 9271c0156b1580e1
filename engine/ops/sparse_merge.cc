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
#include "engine/ops/widen.h"
#include "engine/ops/with.h"

namespace rivulet {
namespace {

enum class Kind { kAdd, kMaximum, kMinimum };

Status Infer(InferContext& c, Kind kind) {
  RIVULET_ASSIGN_OR_RETURN(SparseFacts a, InferSparse(c, 0, 1, 2));
  RIVULET_ASSIGN_OR_RETURN(const SparseFacts b, InferSparse(c, 3, 4, 5));
  if (!AgreeOnDim(b.rank, &a.rank))
    return InvalidArgument("want two shapes of one rank, got ", a.rank, " and ", b.rank);
  c.set_output(0, {Shape::kUnknownDim, a.rank});
  c.set_output(1, {Shape::kUnknownDim});
  if (kind == Kind::kAdd) {
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

// The type of a magnitude: T but for complex numbers.
template <typename T>
T Magnitude(T);
template <typename R>
R Magnitude(std::complex<R>);

// Where an element of the result comes from: places in a and in b, -1 for a side that has none.
struct Origin {
  int64_t a, b;
};

// All origins in order, into room for a.count + b.count of them; their number.
int64_t FindOrigins(const SparseView& a, const SparseView& b, const StopToken& stop, Origin* origins) {
  int64_t count = 0;
  for (int64_t i = 0, j = 0; i < a.count || j < b.count; ++count) {
    if ((count & 0xfff) == 0xfff && stop.stopped()) break;
    const int order = i == a.count ? 1 : j == b.count ? -1 : CompareIndices(a.index(i), b.index(j), a.rank);
    origins[count] = {order <= 0 ? i++ : -1, order >= 0 ? j++ : -1};
  }
  return count;
}

Result<Origin*> RoomForOrigins(RunContext& c, const SparseView& a, const SparseView& b) {
  const CheckedSize bytes = (CheckedSize(a.count) + b.count) * int64_t{sizeof(Origin)};
  if (!bytes.valid()) return ResourceExhausted(a.count, " and ", b.count, " elements are too many");
  RIVULET_ASSIGN_OR_RETURN(void* const room, c.Scratch(static_cast<size_t>(bytes.value())));
  return static_cast<Origin*>(room);
}

// Drops the sums that are too small; the number of origins left.
template <typename T, typename Real>
int64_t DropSmall(const T* x, const T* y, Real thresh, Origin* origins, int64_t count) {
  return std::remove_if(origins, origins + count,
                        [&](const Origin& from) {
                          return from.a >= 0 && from.b >= 0 && !Reaches(Plus(x[from.a], y[from.b]), thresh);
                        }) -
         origins;
}

template <typename T>
void Combine(Kind kind, const T* x, const T* y, const Origin* origins, int64_t count, T* out) {
  for (int64_t k = 0; k < count; ++k) {
    const Origin& from = origins[k];
    const T left = from.a >= 0 ? x[from.a] : T(0), right = from.b >= 0 ? y[from.b] : T(0);
    if (kIsComplex<T> || kind == Kind::kAdd) {
      out[k] = from.b < 0 ? left : from.a < 0 ? right : Plus(left, right);
    } else if constexpr (!kIsComplex<T>) {
      out[k] = kind == Kind::kMaximum ? Greater(left, right) : Lesser(left, right);
    }
  }
}

Status StoreMerged(RunContext& c, Kind kind, const SparseView& a, const SparseView& b, const Origin* origins,
                   int64_t count) {
  RIVULET_RETURN_IF_ERROR(c.AllocateOutput(0, {count, a.rank}));
  RIVULET_RETURN_IF_ERROR(c.AllocateOutput(1, {count}));
  int64_t* out = c.output(0).data<int64_t>();
  for (int64_t k = 0; k < count; ++k) {
    std::copy_n(origins[k].a >= 0 ? a.index(origins[k].a) : b.index(origins[k].b), a.rank, out + k * a.rank);
  }
  VisitLoops<kWidenAll, float, double, Half, BFloat16, int8_t, int16_t, int32_t, int64_t, uint8_t, uint16_t, uint32_t,
             uint64_t, Complex64, Complex128>(a.values->dtype(), [&](auto tag) {
    using T = typename decltype(tag)::Type;
    Combine(kind, static_cast<const T*>(a.values->raw()), static_cast<const T*>(b.values->raw()), origins, count,
            static_cast<T*>(c.output(1).raw()));
  });
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
    return InvalidArgument("thresh: want ", wanted, ", as values are ", dtype, ", got ", thresh.dtype());
  }
  if (c.output(2).raw() == nullptr || c.output(2).shape() != c.input(2).shape()) {
    RIVULET_RETURN_IF_ERROR(c.AllocateOutput(2, c.input(2).shape()));
  }
  CopyElements(DType::kInt64, c.output(2).raw(), c.input(2).raw(), c.input(2).num_elements());
  const SparseView a(c, 0), b(c, 3);
  RIVULET_ASSIGN_OR_RETURN(Origin* const origins, RoomForOrigins(c, a, b));
  int64_t count = FindOrigins(a, b, c.stop(), origins);
  VisitLoops<kWidenAll, float, double, int8_t, int16_t, int32_t, int64_t, Complex64, Complex128>(dtype, [&](auto tag) {
    using T = typename decltype(tag)::Type;
    using Thresh = decltype(Magnitude(T()));
    count = DropSmall(static_cast<const T*>(a.values->raw()), static_cast<const T*>(b.values->raw()),
                      *thresh.data<Thresh>(), origins, count);
  });
  return StoreMerged(c, Kind::kAdd, a, b, origins, count);
}

Status Run(RunContext& c, Kind kind) {
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
  const SparseView a(c, 0), b(c, 3);
  RIVULET_ASSIGN_OR_RETURN(Origin* const origins, RoomForOrigins(c, a, b));
  return StoreMerged(c, kind, a, b, origins, FindOrigins(a, b, c.stop(), origins));
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
     .infer = With<Infer, Kind::kAdd>,
     .run = kWidened<RunAdd, kWidenAll>,
     .flags = kDataDependent},
    {.name = "SparseSparseMaximum",
     RIVULET_CHOICE,
     .infer = With<Infer, Kind::kMaximum>,
     .run = kWidened<With<Run, Kind::kMaximum>, kWidenAll>,
     .flags = kDataDependent},
    {.name = "SparseSparseMinimum",
     RIVULET_CHOICE,
     .infer = With<Infer, Kind::kMinimum>,
     .run = kWidened<With<Run, Kind::kMinimum>, kWidenAll>,
     .flags = kDataDependent},
};

}  // namespace

RIVULET_OP_LIST(SparseMerge, kDefs);

}  // namespace rivulet
