// SparseSegmentSum, -Mean, -SqrtN, each also WithNumSegments: rows of data picked by indices, those with the same
// segment id reduced to one. And their gradients, SparseSegmentSumGrad, -MeanGrad, -SqrtNGrad.
//
//   data [n, ..] of T, indices [k], segment_ids [k], not decreasing -> output [last id + 1 or num_segments, ..]
//   Mean divides the sum by the count of its rows, SqrtN by the root of the count. A segment without rows gives 0.
//   grad [segments, ..], indices [k], segment_ids [k] in any order, output_dim0 -> output [output_dim0, ..]:
//   row indices[i] takes up grad row segment_ids[i], divided in the same way.
//   The gradients' V2: the same with dense_output_dim0 -> only the rows that are named, in ascending order, and their
//   indices.
//
// Half types are summed in float; integers wrap around.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>

#include "engine/base/checked.h"
#include "engine/base/sort.h"
#include "engine/ops/indices.h"
#include "engine/ops/number.h"
#include "engine/ops/op.h"
#include "engine/ops/widen.h"

namespace rivulet {
namespace {

// Sums of halves are rounded once.
constexpr uint32_t kWidenRows = kWidenHalves | kWidenShorts;

enum class Kind { kSum, kMean, kSqrtN };

double Divisor(Kind kind, int64_t count) {
  if (kind == Kind::kSum) return 1.0;
  return kind == Kind::kMean ? static_cast<double>(count) : std::sqrt(static_cast<double>(count));
}

Status InferRows(InferContext& c, int64_t rows) {
  RIVULET_RETURN_IF_ERROR(c.WantMinRank(0, 1));
  RIVULET_RETURN_IF_ERROR(c.WantRank(1, 1));
  RIVULET_RETURN_IF_ERROR(c.WantRank(2, 1));
  const Shape& indices = c.shape(1);
  const Shape& ids = c.shape(2);
  if (indices.has_rank() && ids.has_rank() && indices[0] >= 0 && ids[0] >= 0 && indices[0] != ids[0]) {
    return InvalidArgument("want as many segment_ids as indices, got ", ids[0], " and ", indices[0]);
  }
  Shape out = c.shape(0);
  if (out.has_rank()) out.set_dim(0, rows);
  c.set_output(0, std::move(out));
  return Status();
}

Status Infer(InferContext& c) {
  int64_t segments = Shape::kUnknownDim;
  if (c.known(2)) {
    const Tensor& ids = *c.value(2);
    const int64_t last = ids.num_elements() == 0 ? -1 : Indices(ids)[ids.num_elements() - 1];
    if ((last < 0 && ids.num_elements() > 0) || last == std::numeric_limits<int64_t>::max()) {
      return InvalidArgument("segment_ids: want ids >= 0, got ", last);
    }
    segments = last + 1;
  }
  return InferRows(c, segments);
}

Status InferCounted(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(c.WantScalar(3));
  int64_t rows = Shape::kUnknownDim;
  if (c.known(3)) {
    rows = c.ints(3)[0];
    if (rows < 0) return InvalidArgument("the number of output rows: want >= 0, got ", rows);
  }
  return InferRows(c, rows);
}

Status CheckIndices(const Indices& indices, int64_t count, int64_t limit, std::string_view name) {
  for (int64_t i = 0; i < count; ++i) {
    if (!InRange(indices[i], limit)) {
      return InvalidArgument(name, "[", i, "] = ", indices[i], " is not in [0, ", limit, ")");
    }
  }
  return Status();
}

// At most so many columns are summed at once.
constexpr int64_t kTile = 64;

// Columns of `data`, whose rows have `row` elements, summed over rows indices[begin] to indices[end - 1].
using SumRows = void (*)(const void* data, int64_t row, const Indices& indices, int64_t begin, int64_t end,
                         int64_t width, Kind kind, void* to);

template <typename T>
void SumOf(const void* data, int64_t row, const Indices& indices, int64_t begin, int64_t end, int64_t width, Kind kind,
           void* to) {
  Wide<T> sum[kTile] = {};
  for (int64_t i = begin; i < end; ++i) {
    const T* x = static_cast<const T*>(data) + indices[i] * row;
    for (int64_t j = 0; j < width; ++j) sum[j] = Plus(sum[j], Widen(x[j]));
  }
  T* y = static_cast<T*>(to);
  if constexpr (std::is_integral_v<T>) {
    std::copy_n(sum, width, y);
  } else {
    const auto divisor = static_cast<Wide<T>>(Divisor(kind, end - begin));
    for (int64_t j = 0; j < width; ++j) y[j] = T(sum[j] / divisor);
  }
}

Status Run(RunContext& c, Kind kind) {
  const Indices indices(c.input(1)), ids(c.input(2));
  const int64_t count = c.input(1).num_elements();
  Tensor& output = c.output(0);
  RIVULET_RETURN_IF_ERROR(CheckIndices(indices, count, c.input(0).dim(0), "indices"));
  for (int64_t i = 1; i < count; ++i) {
    if (ids[i] < ids[i - 1])
      return InvalidArgument("segment_ids: want ids that do not decrease; segment_ids[", i, "] is ", ids[i]);
  }
  RIVULET_RETURN_IF_ERROR(CheckIndices(ids, count, output.dim(0), "segment_ids"));
  if (output.num_elements() == 0) return Status();
  std::memset(output.raw(), 0, output.bytes());
  const DType dtype = output.dtype();
  SumRows sum = nullptr;
  VisitLoops<kWidenRows, float, double, Half, BFloat16, int8_t, int16_t, int32_t, int64_t, uint8_t, uint16_t, uint32_t,
             uint64_t>(dtype, [&](auto tag) { sum = SumOf<typename decltype(tag)::Type>; });
  if (sum == nullptr) return Status();
  const int64_t row = output.num_elements() / output.dim(0);
  const char* const in = static_cast<const char*>(c.input(0).raw());
  char* const out = static_cast<char*>(output.raw());
  const auto size = static_cast<int64_t>(ElementBytes(dtype));
  c.ParallelFor((row + kTile - 1) / kTile, std::max<int64_t>((1 << 9) / std::max<int64_t>(count, 1), 1),
                [&](int64_t begin, int64_t end) {
                  for (int64_t column = begin * kTile; column < std::min(end * kTile, row); column += kTile) {
                    for (int64_t first = 0; first < count && !c.stop().stopped();) {
                      int64_t next = first + 1;
                      while (next < count && ids[next] == ids[first]) ++next;
                      sum(in + column * size, row, indices, first, next, std::min(kTile, row - column), kind,
                          out + (ids[first] * row + column) * size);
                      first = next;
                    }
                  }
                });
  return Status();
}
template <Kind kKind>
Status Run(RunContext& c) {
  return Run(c, kKind);
}

Status RunGrad(RunContext& c, Kind kind) {
  const Tensor& grad = c.input(0);
  const Indices indices(c.input(1)), ids(c.input(2));
  const int64_t count = c.input(1).num_elements();
  Tensor& output = c.output(0);
  const int64_t segments = grad.dim(0);
  RIVULET_RETURN_IF_ERROR(CheckIndices(indices, count, output.dim(0), "indices"));
  RIVULET_RETURN_IF_ERROR(CheckIndices(ids, count, segments, "segment_ids"));
  if (output.num_elements() == 0) return Status();
  const int64_t row = output.num_elements() / output.dim(0);
  // Rows per segment, and one row of wide sums for each output row.
  const CheckedSize bytes = CheckedSize(segments) * 8 + CheckedSize(output.num_elements()) * 8;
  if (!bytes.valid()) return ResourceExhausted("an output of shape ", output.shape(), " is too large");
  RIVULET_ASSIGN_OR_RETURN(void* scratch, c.Scratch(static_cast<size_t>(bytes.value())));
  int64_t* rows = static_cast<int64_t*>(scratch);
  std::fill_n(rows, segments, 0);
  for (int64_t i = 0; i < count; ++i) ++rows[ids[i]];
  VisitLoops<kWidenRows, float, double, Half, BFloat16>(output.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::Type;
    const T* in = static_cast<const T*>(grad.raw());
    T* out = static_cast<T*>(output.raw());
    Wide<T>* sums = reinterpret_cast<Wide<T>*>(rows + segments);
    std::fill_n(sums, output.num_elements(), Wide<T>(0));
    for (int64_t i = 0; i < count && !c.stop().stopped(); ++i) {
      const auto divisor = static_cast<Wide<T>>(Divisor(kind, rows[ids[i]]));
      const T* x = in + ids[i] * row;
      Wide<T>* y = sums + indices[i] * row;
      for (int64_t j = 0; j < row; ++j) y[j] += Widen(x[j]) / divisor;
    }
    for (int64_t i = 0; i < output.num_elements(); ++i) out[i] = T(sums[i]);
  });
  return Status();
}
template <Kind kKind>
Status RunGrad(RunContext& c) {
  return RunGrad(c, kKind);
}

Status InferUniqueGrad(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(c.WantScalar(3));
  RIVULET_RETURN_IF_ERROR(InferRows(c, Shape::kUnknownDim));
  c.set_output(1, {Shape::kUnknownDim});
  return Status();
}

Status RunUniqueGrad(RunContext& c, Kind kind) {
  const Tensor& grad = c.input(0);
  const Indices indices(c.input(1)), ids(c.input(2));
  const int64_t count = c.input(1).num_elements(), segments = grad.dim(0);
  const int64_t limit = c.input(3).data<int32_t>()[0];
  if (limit < 0) return InvalidArgument("dense_output_dim0: want >= 0, got ", limit);
  RIVULET_RETURN_IF_ERROR(CheckIndices(indices, count, limit, "indices"));
  RIVULET_RETURN_IF_ERROR(CheckIndices(ids, count, segments, "segment_ids"));
  // Places in the order of their indices, then the number of places of each segment.
  const CheckedSize places = CheckedSize(count) + segments;
  const CheckedSize bytes = places * int64_t{sizeof(int64_t)};
  if (!bytes.valid()) return ResourceExhausted(segments, " segments are too many");
  RIVULET_ASSIGN_OR_RETURN(void* scratch, c.Scratch(static_cast<size_t>(bytes.value())));
  int64_t* order = static_cast<int64_t*>(scratch);
  int64_t* rows = order + count;
  std::iota(order, rows, int64_t{0});
  Sort(order, rows, [&](int64_t a, int64_t b) { return indices[a] != indices[b] ? indices[a] < indices[b] : a < b; });
  std::fill_n(rows, segments, 0);
  for (int64_t i = 0; i < count; ++i) ++rows[ids[i]];
  int64_t unique = 0;
  for (int64_t i = 0; i < count; ++i) unique += i == 0 || indices[order[i]] != indices[order[i - 1]];
  Shape shape = grad.shape();
  shape.set_dim(0, unique);
  RIVULET_RETURN_IF_ERROR(c.AllocateOutput(0, shape));
  RIVULET_RETURN_IF_ERROR(c.AllocateOutput(1, {unique}));
  const int64_t row = unique == 0 ? 0 : c.output(0).num_elements() / unique;
  VisitType<int32_t, int64_t>(c.output(1).dtype(), [&](auto tag) {
    using Index = typename decltype(tag)::Type;
    Index* out = c.output(1).template data<Index>();
    for (int64_t i = 0; i < count; ++i) {
      if (i == 0 || indices[order[i]] != indices[order[i - 1]]) *out++ = static_cast<Index>(indices[order[i]]);
    }
  });
  VisitLoops<kWidenRows, float, double, Half, BFloat16>(grad.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::Type;
    const T* in = static_cast<const T*>(grad.raw());
    T* out = static_cast<T*>(c.output(0).raw());
    for (int64_t first = 0; first < count && !c.stop().stopped(); out += row) {
      int64_t next = first;
      while (next < count && indices[order[next]] == indices[order[first]]) ++next;
      for (int64_t j = 0; j < row; ++j) {
        Wide<T> sum = Wide<T>(0);
        for (int64_t i = first; i < next; ++i) {
          const int64_t id = ids[order[i]];
          sum += Widen(in[id * row + j]) / static_cast<Wide<T>>(Divisor(kind, rows[id]));
        }
        out[j] = T(sum);
      }
      first = next;
    }
  });
  return c.stop().Why();
}
template <Kind kKind>
Status RunUniqueGrad(RunContext& c) {
  return RunUniqueGrad(c, kKind);
}

#define RIVULET_ALL "T:type in {bf16,f16,f32,f64,i8,i16,i32,i64,u8,u16,u32,u64}; "
#define RIVULET_FLOATS "T:type in {bf16,f16,f32,f64}; "
#define RIVULET_IDS "Tidx:type=i32 in {i32,i64}; Tsegmentids:type=i32 in {i32,i64}"
#define RIVULET_PLAIN(types)                                                        \
  .inputs = "data:T, indices:Tidx, segment_ids:Tsegmentids", .outputs = "output:T", \
  .attrs = types RIVULET_IDS "; sparse_gradient:bool=false", .infer = Infer
#define RIVULET_COUNTED(types)                                                                                 \
  .inputs = "data:T, indices:Tidx, segment_ids:Tsegmentids, num_segments:Tnumsegments", .outputs = "output:T", \
  .attrs = types RIVULET_IDS "; Tnumsegments:type=i32 in {i32,i64}; sparse_gradient:bool=false", .infer = InferCounted
#define RIVULET_GRAD                                                                                 \
  .inputs = "grad:T, indices:Tidx, segment_ids:Tsegmentids, output_dim0:i32", .outputs = "output:T", \
  .attrs = RIVULET_FLOATS RIVULET_IDS, .infer = InferCounted
#define RIVULET_UNIQUE_GRAD(kind)                                                                                   \
  .inputs = "grad:T, indices:Tidx, segment_ids:Tsegmentids, dense_output_dim0:i32",                                 \
  .outputs = "output:T, sorted_unique_indices:Tidx", .attrs = RIVULET_FLOATS RIVULET_IDS, .infer = InferUniqueGrad, \
  .run = kWidened<RunUniqueGrad<kind>, kWidenRows>, .flags = kDataDependent

constexpr OpDef kDefs[] = {
    {.name = "SparseSegmentSum", RIVULET_PLAIN(RIVULET_ALL), .run = kWidened<Run<Kind::kSum>, kWidenRows>},
    {.name = "SparseSegmentMean", RIVULET_PLAIN(RIVULET_FLOATS), .run = kWidened<Run<Kind::kMean>, kWidenRows>},
    {.name = "SparseSegmentSqrtN", RIVULET_PLAIN(RIVULET_FLOATS), .run = kWidened<Run<Kind::kSqrtN>, kWidenRows>},
    {.name = "SparseSegmentSumWithNumSegments",
     RIVULET_COUNTED(RIVULET_ALL),
     .run = kWidened<Run<Kind::kSum>, kWidenRows>},
    {.name = "SparseSegmentMeanWithNumSegments",
     RIVULET_COUNTED(RIVULET_FLOATS),
     .run = kWidened<Run<Kind::kMean>, kWidenRows>},
    {.name = "SparseSegmentSqrtNWithNumSegments",
     RIVULET_COUNTED(RIVULET_FLOATS),
     .run = kWidened<Run<Kind::kSqrtN>, kWidenRows>},
    {.name = "SparseSegmentSumGrad", RIVULET_GRAD, .run = kWidened<RunGrad<Kind::kSum>, kWidenRows>},
    {.name = "SparseSegmentMeanGrad", RIVULET_GRAD, .run = kWidened<RunGrad<Kind::kMean>, kWidenRows>},
    {.name = "SparseSegmentSqrtNGrad", RIVULET_GRAD, .run = kWidened<RunGrad<Kind::kSqrtN>, kWidenRows>},
    {.name = "SparseSegmentSumGradV2", RIVULET_UNIQUE_GRAD(Kind::kSum)},
    {.name = "SparseSegmentMeanGradV2", RIVULET_UNIQUE_GRAD(Kind::kMean)},
    {.name = "SparseSegmentSqrtNGradV2", RIVULET_UNIQUE_GRAD(Kind::kSqrtN)},
};

}  // namespace

RIVULET_OP_LIST(SparseSegment, kDefs);

}  // namespace rivulet
