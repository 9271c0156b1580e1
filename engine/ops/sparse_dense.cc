// SparseTensorDenseAdd, SparseDenseCwiseAdd, -Mul, -Div: a sparse and a dense tensor, element by element.
//
//   SparseTensorDenseAdd: a_indices [n, rank], a_values [n], a_shape [rank], b of that shape -> b with the elements
//   added where they lie; a repeated index adds each time
//   SparseDenseCwise..: sp_indices [n, rank], sp_values [n], sp_shape [rank], dense, which broadcasts to that shape and
//   has no larger dim -> output [n]: each element with the dense one at its place
//
// Rank 1 to 5, as in TensorFlow. A division of integers rounds to zero; one by zero is an error, among floats too.
#include "engine/ops/indices.h"
#include "engine/ops/number.h"
#include "engine/ops/rows.h"
#include "engine/ops/sparse_parts.h"
#include "engine/ops/widen.h"

namespace rivulet {
namespace {

Status WantRankOf1To5(int64_t rank) {
  if (rank == 0 || rank > 5) return InvalidArgument("want a sparse tensor of rank 1 to 5, got rank ", rank);
  return Status();
}

Status InferDenseAdd(InferContext& c) {
  RIVULET_ASSIGN_OR_RETURN(SparseFacts facts, InferSparse(c, 0, 1, 2));
  const Shape& b = c.shape(3);
  if (b.has_rank() && !AgreeOnDim(b.rank(), &facts.rank)) {
    return InvalidArgument("b: want rank ", facts.rank, ", as the sparse tensor has, got ", b);
  }
  RIVULET_RETURN_IF_ERROR(WantRankOf1To5(facts.rank));
  if (c.known(2) && b.has_rank()) {
    const std::vector<int64_t> dims = c.ints(2);
    for (int d = 0; d < b.rank(); ++d) {
      if (b[d] >= 0 && b[d] != dims[static_cast<size_t>(d)]) {
        return InvalidArgument("b: want a_shape's dim ", dims[static_cast<size_t>(d)], " for dim ", d, ", got ", b);
      }
    }
  }
  c.set_output(0, b);
  return Status();
}

// Room for the dense element of each sparse one.
Result<int64_t*> Places(RunContext& c, int64_t count) {
  const CheckedSize bytes = CheckedSize(count) * int64_t{sizeof(int64_t)};
  if (!bytes.valid()) return ResourceExhausted(count, " elements are too many");
  RIVULET_ASSIGN_OR_RETURN(void* const scratch, c.Scratch(static_cast<size_t>(bytes.value())));
  return static_cast<int64_t*>(scratch);
}

Status RunDenseAdd(RunContext& c) {
  const Tensor& places = c.input(0);
  const Indices indices(places);
  const Tensor& b = c.input(3);
  const int64_t n = places.dim(0), rank = places.dim(1);
  const Indices dims(c.input(2));
  for (int64_t d = 0; d < rank; ++d) {
    if (dims[d] != b.dim(static_cast<int>(d))) {
      return InvalidArgument("b: want a_shape's dim ", dims[d], " for dim ", d, ", got ", b.shape());
    }
  }
  RIVULET_ASSIGN_OR_RETURN(int64_t* const at, Places(c, n));
  for (int64_t i = 0; i < n; ++i) {
    at[i] = 0;
    for (int64_t d = 0; d < rank; ++d) {
      const int64_t coordinate = indices[i * rank + d], dim = b.dim(static_cast<int>(d));
      if (!InRange(coordinate, dim)) {
        return InvalidArgument("a_indices[", i, "]: coordinate ", d, " = ", coordinate, " is not in [0, ", dim, ")");
      }
      at[i] = at[i] * dim + coordinate;
    }
  }
  CopyElements(b.dtype(), c.output(0).raw(), b.raw(), b.num_elements());
  VisitLoops<kWidenAll, float, double, Half, BFloat16, int8_t, int16_t, int32_t, int64_t, uint8_t, uint16_t, uint32_t,
             uint64_t, Complex64, Complex128>(b.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::Type;
    const T* x = static_cast<const T*>(c.input(1).raw());
    T* out = static_cast<T*>(c.output(0).raw());
    for (int64_t i = 0; i < n; ++i) out[at[i]] = Plus(out[at[i]], x[i]);
  });
  return Status();
}

// Checks that dense may be spread over the sparse shape; unknown dims (-1) pass.
Status CheckSpread(std::span<const int64_t> sparse, const Shape& dense) {
  const auto rank = static_cast<int>(sparse.size());
  if (dense.rank() > rank) {
    return InvalidArgument("dense: want at most rank ", rank, ", as the sparse tensor has, got ", dense);
  }
  for (int d = 0; d < dense.rank(); ++d) {
    const int64_t dim = sparse[static_cast<size_t>(rank - dense.rank() + d)];
    if (dense[d] >= 0 && dim >= 0 && dense[d] != dim && (dense[d] != 1 || dim == 0)) {
      return InvalidArgument("dense: ", dense, " does not broadcast to the sparse tensor's dim ", dim);
    }
  }
  return Status();
}

Status InferCwise(InferContext& c) {
  RIVULET_ASSIGN_OR_RETURN(const SparseFacts facts, InferSparse(c, 0, 1, 2));
  RIVULET_RETURN_IF_ERROR(WantRankOf1To5(facts.rank));
  if (c.known(2)) {
    const std::vector<int64_t> dims = c.ints(2);
    RIVULET_RETURN_IF_ERROR(DenseCount(dims, "sp_shape").status());
    if (c.shape(3).has_rank()) RIVULET_RETURN_IF_ERROR(CheckSpread(dims, c.shape(3)));
  }
  c.set_output(0, {facts.count});
  return Status();
}

enum class Kind { kAdd, kMul, kDiv };

Status FindPlaces(const SparseView& in, const Tensor& dense, int64_t* at) {
  const auto skipped = in.rank - dense.rank();
  for (int64_t i = 0; i < in.count; ++i) {
    const int64_t* index = in.index(i);
    at[i] = 0;
    for (int64_t d = 0; d < in.rank; ++d) {
      const int64_t dim = in.shape[static_cast<size_t>(d)];
      if (!InRange(index[d], dim)) {
        return InvalidArgument("sp_indices[", i, "]: coordinate ", d, " = ", index[d], " is not in [0, ", dim, ")");
      }
      if (d < skipped) continue;
      const int64_t own = dense.dim(static_cast<int>(d - skipped));
      at[i] = at[i] * own + (own == 1 ? 0 : index[d]);
    }
  }
  return Status();
}

// The first element whose divisor is zero, or `count`.
template <typename T>
int64_t Combine(Kind kind, const T* x, const T* y, const int64_t* at, int64_t count, T* out) {
  for (int64_t i = 0; i < count; ++i) {
    const T other = y[at[i]];
    if (kind == Kind::kAdd) {
      out[i] = Plus(x[i], other);
    } else if (kind == Kind::kMul) {
      out[i] = Product(x[i], other);
    } else if (Widen(other) == 0) {
      return i;
    } else if constexpr (std::is_integral_v<T>) {
      out[i] = WholeQuotient(x[i], other);
    } else {
      out[i] = T(Widen(x[i]) / Widen(other));
    }
  }
  return count;
}

Status RunCwise(RunContext& c, Kind kind) {
  const SparseView in(c, 0);
  const Tensor& dense = c.input(3);
  RIVULET_RETURN_IF_ERROR(DenseCount(in.shape, "sp_shape").status());
  RIVULET_RETURN_IF_ERROR(CheckSpread(in.shape, dense.shape()));
  RIVULET_ASSIGN_OR_RETURN(int64_t* const at, Places(c, in.count));
  RIVULET_RETURN_IF_ERROR(FindPlaces(in, dense, at));
  int64_t end = in.count;
  VisitLoops<kWidenAll, float, double, Half, BFloat16, int8_t, int16_t, int32_t, int64_t, uint8_t, uint16_t, uint32_t,
             uint64_t>(in.values->dtype(), [&](auto tag) {
    using T = typename decltype(tag)::Type;
    end = Combine(kind, static_cast<const T*>(in.values->raw()), static_cast<const T*>(dense.raw()), at, in.count,
                  static_cast<T*>(c.output(0).raw()));
  });
  if (end < in.count) return InvalidArgument("dense: the divisor of element ", end, " is zero");
  return Status();
}
template <Kind kKind>
Status RunCwise(RunContext& c) {
  return RunCwise(c, kKind);
}

#define RIVULET_REAL "bf16,f16,f32,f64,i8,i16,i32,i64,u8,u16,u32,u64"
#define RIVULET_CWISE                                                                    \
  .inputs = "sp_indices:i64, sp_values:T, sp_shape:i64, dense:T", .outputs = "output:T", \
  .attrs = "T:type in {" RIVULET_REAL "}", .infer = InferCwise

constexpr OpDef kDefs[] = {
    {.name = "SparseTensorDenseAdd",
     .inputs = "a_indices:Tindices, a_values:T, a_shape:Tindices, b:T",
     .outputs = "output:T",
     .attrs = "T:type in {" RIVULET_REAL ",c64,c128}; Tindices:type in {i32,i64}",
     .infer = InferDenseAdd,
     .run = kWidened<RunDenseAdd, kWidenAll>},
    {.name = "SparseDenseCwiseAdd", RIVULET_CWISE, .run = kWidened<RunCwise<Kind::kAdd>, kWidenAll>},
    {.name = "SparseDenseCwiseMul", RIVULET_CWISE, .run = kWidened<RunCwise<Kind::kMul>, kWidenAll>},
    {.name = "SparseDenseCwiseDiv", RIVULET_CWISE, .run = kWidened<RunCwise<Kind::kDiv>, kWidenAll>},
};

}  // namespace

RIVULET_OP_LIST(SparseDense, kDefs);

}  // namespace rivulet
