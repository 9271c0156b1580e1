// SparseReduceSum, SparseReduceMax, each also ..Sparse; SparseSoftmax: elements of a sparse tensor taken in groups.
//
//   input_indices [n, rank], input_values [n], input_shape [rank], reduction_axes [k] or [] ->
//   output: a dense tensor without the reduced dims (keep_dims: with dims of 1), 0 where there is no element
//   ..Sparse -> output_indices, output_values, output_shape: one element for each group that has any
//   SparseSoftmax: sp_indices [n, rank >= 2], sp_values [n], sp_shape -> output [n]: exp(x - max) / sum over the
//   elements of a row, in the order of sorted indices
//
// Only elements that are there count: the maximum of a group of negatives is negative. Halves are summed in float.
#include <cmath>

#include "engine/ops/number.h"
#include "engine/ops/rows.h"
#include "engine/ops/sparse_parts.h"
#include "engine/ops/widen.h"

namespace rivulet {
namespace {

constexpr uint32_t kWiden = kWidenFloats | kWidenComplex | kWidenShorts;

struct State : OpState {
  bool keep = false;
};

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c) {
  auto state = std::make_unique<State>();
  state->keep = c.attrs().Bool("keep_dims");
  return std::unique_ptr<OpState>(std::move(state));
}

// Which axes are reduced.
Result<std::vector<bool>> ReducedAxes(std::span<const int32_t> axes, int64_t rank) {
  std::vector<bool> is_reduced(static_cast<size_t>(rank), false);
  for (const int32_t axis : axes) {
    if (axis < -rank || axis >= rank) {
      return InvalidArgument("reduction_axes: want [", -rank, ", ", rank, "), got ", axis);
    }
    is_reduced[static_cast<size_t>(axis < 0 ? axis + rank : axis)] = true;
  }
  return is_reduced;
}

std::vector<int64_t> ReducedDims(std::span<const int64_t> dims, const std::vector<bool>& is_reduced, bool keep) {
  std::vector<int64_t> out;
  for (size_t d = 0; d < dims.size(); ++d) {
    if (!is_reduced[d]) {
      out.push_back(dims[d]);
    } else if (keep) {
      out.push_back(1);
    }
  }
  return out;
}

Status Infer(InferContext& c, bool is_sparse) {
  RIVULET_ASSIGN_OR_RETURN(const SparseFacts facts, InferSparse(c, 0, 1, 2));
  if (c.shape(3).rank() > 1) return InvalidArgument("reduction_axes: want a vector, got ", c.shape(3));
  const bool keep = c.attrs().Bool("keep_dims");
  int64_t rank = keep ? facts.rank : Shape::kUnknownDim;
  Shape dense = Shape::UnknownRank();
  if (c.known(3) && facts.rank >= 0) {
    RIVULET_ASSIGN_OR_RETURN(const std::vector<bool> is_reduced,
                             ReducedAxes(c.value(3)->values<int32_t>(), facts.rank));
    rank = keep ? facts.rank : std::count(is_reduced.begin(), is_reduced.end(), false);
    if (c.known(2)) {
      const std::vector<int64_t> dims = c.ints(2);
      RIVULET_RETURN_IF_ERROR(DenseCount(dims, "input_shape").status());
      dense = Shape();
      for (const int64_t dim : ReducedDims(dims, is_reduced, keep)) dense.push_back(dim);
    }
  }
  if (is_sparse) {
    c.set_output(0, {Shape::kUnknownDim, rank});
    c.set_output(1, {Shape::kUnknownDim});
    c.set_output(2, {rank});
  } else {
    c.set_output(0, dense);
  }
  return Status();
}
template <bool kSparse>
Status Infer(InferContext& c) {
  return Infer(c, kSparse);
}

template <bool kMax, typename T>
T Reduce(const T* x, std::span<const int64_t> places) {
  auto result = Widen(x[places[0]]);
  for (size_t i = 1; i < places.size(); ++i) {
    const auto next = Widen(x[places[i]]);
    if constexpr (kMax) {
      if (result < next) result = next;
    } else {
      result = Plus(result, next);
    }
  }
  return T(result);
}

template <bool kMax, typename T>
void ReduceInto(const void* from, std::span<const int64_t> places, void* to, int64_t at) {
  static_cast<T*>(to)[at] = Reduce<kMax>(static_cast<const T*>(from), places);
}

void ReduceAny(bool is_max, DType dtype, const void* from, std::span<const int64_t> places, void* to, int64_t at) {
  VisitLoops<kWiden, float, double, Half, BFloat16, int8_t, int16_t, int32_t, int64_t, uint8_t, uint16_t, uint32_t,
             uint64_t>(dtype, [&](auto tag) {
    using T = typename decltype(tag)::Type;
    is_max ? ReduceInto<true, T>(from, places, to, at) : ReduceInto<false, T>(from, places, to, at);
  });
  VisitLoops<kWiden, Complex64, Complex128>(
      dtype, [&](auto tag) { ReduceInto<false, typename decltype(tag)::Type>(from, places, to, at); });
}

// Calls visit(index of the first element, places) for each run of `order` whose elements agree in `axes`.
template <typename Visit>
Status ForEachGroup(const SparseView& in, const std::vector<int64_t>& order, const std::vector<int64_t>& axes,
                    const Visit& visit) {
  for (size_t begin = 0, end; begin < order.size(); begin = end) {
    const int64_t* first = in.index(order[begin]);
    for (end = begin + 1; end < order.size(); ++end) {
      const int64_t* next = in.index(order[end]);
      if (!std::all_of(axes.begin(), axes.end(), [&](int64_t axis) { return first[axis] == next[axis]; })) break;
    }
    RIVULET_RETURN_IF_ERROR(visit(first, std::span<const int64_t>(order).subspan(begin, end - begin)));
  }
  return Status();
}

Status Run(RunContext& c, bool is_max, bool is_sparse) {
  const SparseView in(c, 0);
  const bool keep = c.state<State>().keep;
  RIVULET_RETURN_IF_ERROR(DenseCount(in.shape, "input_shape").status());
  RIVULET_ASSIGN_OR_RETURN(const std::vector<bool> is_reduced, ReducedAxes(c.input(3).values<int32_t>(), in.rank));
  const std::vector<int64_t> dims = ReducedDims(in.shape, is_reduced, keep);
  std::vector<int64_t> kept, axes;
  for (int64_t d = 0; d < in.rank; ++d) {
    if (!is_reduced[static_cast<size_t>(d)]) kept.push_back(d);
  }
  axes = kept;
  for (int64_t d = 0; d < in.rank; ++d) {
    if (is_reduced[static_cast<size_t>(d)]) axes.push_back(d);
  }
  const std::vector<int64_t> order = SortedPlaces(in, axes);
  const DType dtype = in.values->dtype();
  const void* values = in.values->raw();
  if (!is_sparse) {
    Tensor& output = c.output(0);
    if (output.raw() == nullptr || !output.valid()) {
      Shape shape;
      for (const int64_t dim : dims) shape.push_back(dim);
      RIVULET_RETURN_IF_ERROR(c.AllocateOutput(0, shape));
    }
    ClearElements(dtype, output.raw(), output.num_elements());
    return ForEachGroup(in, order, kept, [&](const int64_t* index, std::span<const int64_t> places) -> Status {
      uint64_t at = 0;
      for (const int64_t axis : kept) {
        at = at * static_cast<uint64_t>(in.shape[static_cast<size_t>(axis)]) + static_cast<uint64_t>(index[axis]);
      }
      if (at >= static_cast<uint64_t>(output.num_elements())) {
        return InvalidArgument("input_indices: ", IndexText(index, in.rank), " is outside of input_shape");
      }
      ReduceAny(is_max, dtype, values, places, output.raw(), static_cast<int64_t>(at));
      return Status();
    });
  } else {
    int64_t groups = 0;
    RIVULET_RETURN_IF_ERROR(ForEachGroup(in, order, kept, [&](const int64_t*, std::span<const int64_t>) {
      ++groups;
      return Status();
    }));
    const auto rank = static_cast<int64_t>(dims.size());
    RIVULET_RETURN_IF_ERROR(c.AllocateOutput(0, {groups, rank}));
    RIVULET_RETURN_IF_ERROR(c.AllocateOutput(1, {groups}));
    RIVULET_RETURN_IF_ERROR(c.AllocateOutput(2, {rank}));
    std::copy(dims.begin(), dims.end(), c.output(2).data<int64_t>());
    int64_t* out = c.output(0).data<int64_t>();
    int64_t at = 0;
    return ForEachGroup(in, order, kept, [&](const int64_t* index, std::span<const int64_t> places) {
      for (int64_t d = 0; d < in.rank; ++d) {
        const bool is_kept = !is_reduced[static_cast<size_t>(d)];
        if (is_kept || keep) *out++ = is_kept ? index[d] : 0;
      }
      ReduceAny(is_max, dtype, values, places, c.output(1).raw(), at++);
      return Status();
    });
  }
}
template <bool kMax, bool kSparse>
Status Run(RunContext& c) {
  return Run(c, kMax, kSparse);
}

Status InferSoftmax(InferContext& c) {
  RIVULET_ASSIGN_OR_RETURN(const SparseFacts facts, InferSparse(c, 0, 1, 2));
  if (facts.rank == 0 || facts.rank == 1) return InvalidArgument("sp_shape: want at least 2 dims, got ", facts.rank);
  c.set_output(0, {facts.count});
  return Status();
}

Status RunSoftmax(RunContext& c) {
  const SparseView in(c, 0);
  RIVULET_RETURN_IF_ERROR(DenseCount(in.shape, "sp_shape").status());
  std::vector<int64_t> axes = AllAxes(in.rank);
  const std::vector<int64_t> order = SortedPlaces(in, axes);
  axes.pop_back();
  Status status;
  VisitLoops<kWiden, float, double, Half>(in.values->dtype(), [&](auto tag) {
    using T = typename decltype(tag)::Type;
    const T* x = static_cast<const T*>(in.values->raw());
    T* out = static_cast<T*>(c.output(0).raw());
    status = ForEachGroup(in, order, axes, [&](const int64_t*, std::span<const int64_t> places) {
      const auto greatest = Widen(Reduce<true>(x, places));
      Wide<T> sum = 0;
      for (const int64_t place : places) sum += std::exp(Widen(x[place]) - greatest);
      for (const int64_t place : places) *out++ = T(std::exp(Widen(x[place]) - greatest) / sum);
      return Status();
    });
  });
  return status;
}

#define RIVULET_REAL "bf16,f16,f32,f64,i8,i16,i32,i64,u8,u16,u32,u64"
#define RIVULET_REDUCE .inputs = "input_indices:i64, input_values:T, input_shape:i64, reduction_axes:i32"
#define RIVULET_DENSE .outputs = "output:T"
#define RIVULET_SPARSE .outputs = "output_indices:i64, output_values:T, output_shape:i64"
#define RIVULET_ATTRS(types) .attrs = "keep_dims:bool=false; T:type in {" types "}"

constexpr OpDef kDefs[] = {
    {.name = "SparseReduceSum",
     RIVULET_REDUCE,
     RIVULET_DENSE,
     RIVULET_ATTRS(RIVULET_REAL ",c64,c128"),
     .infer = Infer<false>,
     .prepare = Prepare,
     .run = kWidened<Run<false, false>, kWiden, State>},
    {.name = "SparseReduceMax",
     RIVULET_REDUCE,
     RIVULET_DENSE,
     RIVULET_ATTRS(RIVULET_REAL),
     .infer = Infer<false>,
     .prepare = Prepare,
     .run = kWidened<Run<true, false>, kWiden, State>},
    {.name = "SparseReduceSumSparse",
     RIVULET_REDUCE,
     RIVULET_SPARSE,
     RIVULET_ATTRS(RIVULET_REAL ",c64,c128"),
     .infer = Infer<true>,
     .prepare = Prepare,
     .run = kWidened<Run<false, true>, kWiden, State>,
     .flags = kDataDependent},
    {.name = "SparseReduceMaxSparse",
     RIVULET_REDUCE,
     RIVULET_SPARSE,
     RIVULET_ATTRS(RIVULET_REAL),
     .infer = Infer<true>,
     .prepare = Prepare,
     .run = kWidened<Run<true, true>, kWiden, State>,
     .flags = kDataDependent},
    {.name = "SparseSoftmax",
     .inputs = "sp_indices:i64, sp_values:T, sp_shape:i64",
     .outputs = "output:T",
     .attrs = "T:type in {f16,f32,f64}",
     .infer = InferSoftmax,
     .run = kWidened<RunSoftmax, kWiden>},
};

}  // namespace

RIVULET_OP_LIST(SparseReduce, kDefs);

}  // namespace rivulet
