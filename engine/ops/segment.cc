// SegmentSum, SegmentProd, SegmentMean, SegmentMax, SegmentMin: rows with the same id reduced to one.
//
//   data [n, ..] of T, segment_ids [n], not decreasing from row to row -> output [last id + 1, ..]
//
// A segment without rows gives 0 (Prod: 1). Rows are combined in order and rounded to T after each, integers wrap
// around, and the mean divides by the count as a T. Max and Min: a NaN is forgotten when another element follows.
#include <algorithm>

#include "engine/ops/indices.h"
#include "engine/ops/number.h"
#include "engine/ops/op.h"
#include "engine/ops/rows.h"

namespace rivulet {
namespace {

Result<int64_t> CountSegments(const Tensor& ids) {
  if (ids.num_elements() == 0) return int64_t{0};
  const int64_t last = Indices(ids)[ids.num_elements() - 1];
  if (last < 0 || last == std::numeric_limits<int64_t>::max()) {
    return InvalidArgument("segment_ids: want ids >= 0, got ", last);
  }
  return last + 1;
}

Status Infer(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(c.WantMinRank(0, 1));
  RIVULET_RETURN_IF_ERROR(c.WantRank(1, 1));
  const Shape& data = c.shape(0);
  const Shape& ids = c.shape(1);
  if (data.has_rank() && ids.has_rank() && data[0] >= 0 && ids[0] >= 0 && data[0] != ids[0]) {
    return InvalidArgument("segment_ids: want one id for each of ", data[0], " rows, got ", ids[0]);
  }
  int64_t segments = Shape::kUnknownDim;
  if (c.known(1)) {
    RIVULET_ASSIGN_OR_RETURN(segments, CountSegments(*c.value(1)));
  }
  Shape out = data;
  if (out.has_rank()) out.set_dim(0, segments);
  c.set_output(0, std::move(out));
  return Status();
}

// The mean of `count` rows from their sum.
template <typename T>
void Divide(void* row, int64_t n, int64_t count) {
  T* x = static_cast<T*>(row);
  if constexpr (std::is_integral_v<T>) {
    for (int64_t i = 0; i < n; ++i) x[i] = WholeQuotient(x[i], static_cast<T>(count));
  } else if constexpr (kIsComplex<T>) {
    const auto divisor = static_cast<typename T::value_type>(count);
    for (int64_t i = 0; i < n; ++i) x[i] /= divisor;
  } else {
    const auto divisor = Widen(T(static_cast<Wide<T>>(count)));
    for (int64_t i = 0; i < n; ++i) x[i] = T(Widen(x[i]) / divisor);
  }
}

using DivideRow = void (*)(void* row, int64_t n, int64_t count);
DivideRow FindDivide(DType dtype) {
  DivideRow found = nullptr;
  VisitType<float, double, Half, BFloat16, int8_t, int16_t, int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t,
            Complex64, Complex128>(dtype, [&](auto tag) { found = Divide<typename decltype(tag)::Type>; });
  return found;
}

Status Run(RunContext& c, Combine combine, bool is_mean) {
  const Tensor& data = c.input(0);
  const Indices ids(c.input(1));
  Tensor& output = c.output(0);
  const DType dtype = data.dtype();
  const int64_t rows = data.dim(0);
  const int64_t segments = output.dim(0);
  for (int64_t i = 0; i < rows; ++i) {
    const int64_t id = ids[i];
    if (i + 1 < rows && ids[i + 1] < id) {
      return InvalidArgument("segment_ids: want ids that do not decrease, from 0 on; segment_ids[", i + 1, "] is ",
                             int64_t{ids[i + 1]}, " after ", id);
    }
    if (!InRange(id, segments)) {
      return InvalidArgument("segment_ids: want ids that do not decrease, from 0 on; segment_ids[", i, "] is ", id);
    }
  }
  // Max and Min of no rows are 0.
  FillStart(combine == Combine::kMultiply ? combine : Combine::kAdd, dtype, output.raw(), output.num_elements());
  if (data.num_elements() == 0) return Status();

  const int64_t row = data.num_elements() / rows;
  const CombineRows combine_row = FindCombine(combine, dtype);
  const DivideRow divide = FindDivide(dtype);
  // Columns do not depend on each other.
  const int64_t grain = std::max<int64_t>((1 << 15) / rows, 16);
  c.ParallelFor(row, grain, [&](int64_t begin, int64_t end) {
    int64_t first = 0;
    while (first < rows && !c.stop().stopped()) {
      const int64_t id = ids[first];
      char* to = ElementAt(output.raw(), dtype, id * row + begin);
      CopyElements(dtype, to, ElementAt(data.raw(), dtype, first * row + begin), end - begin);
      int64_t next = first + 1;
      for (; next < rows && ids[next] == id; ++next) {
        combine_row(to, ElementAt(data.raw(), dtype, next * row + begin), end - begin);
      }
      if (is_mean) divide(to, end - begin, next - first);
      first = next;
    }
  });
  return Status();
}
template <Combine kCombine, bool kMean>
Status Run(RunContext& c) {
  return Run(c, kCombine, kMean);
}

#define RIVULET_SEGMENT(types)                                     \
  .inputs = "data:T, segment_ids:Tindices", .outputs = "output:T", \
  .attrs = "T:type in {" types "}; Tindices:type in {i32,i64}", .infer = Infer
#define RIVULET_ORDERED "bf16,f16,f32,f64,i8,i16,i32,i64,u8,u16,u32,u64"

constexpr OpDef kDefs[] = {
    {.name = "SegmentSum", RIVULET_SEGMENT(RIVULET_ORDERED ",c64,c128"), .run = Run<Combine::kAdd, false>},
    {.name = "SegmentMean", RIVULET_SEGMENT(RIVULET_ORDERED ",c64,c128"), .run = Run<Combine::kAdd, true>},
    {.name = "SegmentProd", RIVULET_SEGMENT(RIVULET_ORDERED ",c64,c128"), .run = Run<Combine::kMultiply, false>},
    {.name = "SegmentMax", RIVULET_SEGMENT(RIVULET_ORDERED), .run = Run<Combine::kMax, false>},
    {.name = "SegmentMin", RIVULET_SEGMENT(RIVULET_ORDERED), .run = Run<Combine::kMin, false>},
};

}  // namespace

RIVULET_OP_LIST(Segment, kDefs);

}  // namespace rivulet
