// UnsortedSegmentSum, UnsortedSegmentProd, UnsortedSegmentMax, UnsortedSegmentMin: rows with the same id reduced to
// one.
//
//   data [ids.. , ..] of T, segment_ids [ids..] in any order, num_segments: a scalar -> output [num_segments, ..]
//
// Rows of negative ids are left out; an id >= num_segments is an error. A segment without rows gives 0, 1, the lowest
// or the highest finite number. Rows are combined in order and rounded to T after each; integers wrap around.
#include <algorithm>

#include "engine/graph/shape_math.h"
#include "engine/ops/indices.h"
#include "engine/ops/op.h"
#include "engine/ops/rows.h"
#include "engine/ops/with.h"

namespace rivulet {
namespace {

Status Infer(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(c.WantScalar(2));
  int64_t segments = Shape::kUnknownDim;
  if (c.known(2)) {
    segments = c.ints(2)[0];
    if (segments < 0) return InvalidArgument("num_segments: want >= 0, got ", segments);
  }
  const Shape& data = c.shape(0);
  const Shape& ids = c.shape(1);
  if (!data.has_rank() || !ids.has_rank()) {
    c.set_output(0, Shape::UnknownRank());
    return Status();
  }
  bool fits = ids.rank() <= data.rank();
  for (int i = 0; fits && i < ids.rank(); ++i) fits = ids[i] < 0 || data[i] < 0 || ids[i] == data[i];
  if (!fits) {
    return InvalidArgument("data ", data, " must start with the dims of segment_ids ", ids);
  }
  if (data.rank() - ids.rank() + 1 > Shape::kMaxRank) return InvalidArgument("data has too many dims");
  Shape out({segments});
  for (int i = ids.rank(); i < data.rank(); ++i) out.push_back(data[i]);
  c.set_output(0, std::move(out));
  return Status();
}

Status Run(RunContext& c, Combine how) {
  const Tensor& data = c.input(0);
  const Indices ids(c.input(1));
  Tensor& output = c.output(0);
  const DType dtype = data.dtype();
  const int64_t rows = c.input(1).num_elements();
  const int64_t segments = output.dim(0);
  FillStart(how, dtype, output.raw(), output.num_elements());
  if (data.num_elements() == 0) return Status();  // whatever the ids
  for (int64_t i = 0; i < rows; ++i) {
    if (ids[i] >= segments) {
      return InvalidArgument("segment_ids", Place(c.input(1).shape(), c.input(1).rank(), i), " = ", ids[i],
                             " is not in [0, ", segments, ")");
    }
  }
  if (output.num_elements() == 0) return Status();
  const int64_t row = data.num_elements() / rows;
  const CombineRows combine = FindCombine(how, dtype);
  // Columns do not depend on each other.
  c.ParallelFor(row, std::max<int64_t>((1 << 15) / rows, 16), [&](int64_t begin, int64_t end) {
    for (int64_t i = 0; i < rows; ++i) {
      if ((i & 0xfff) == 0xfff && c.stop().stopped()) return;
      if (ids[i] < 0) continue;
      combine(ElementAt(output.raw(), dtype, ids[i] * row + begin), ElementAt(data.raw(), dtype, i * row + begin),
              end - begin);
    }
  });
  return Status();
}

#define RIVULET_SEGMENT(types, ids)                                                           \
  .inputs = "data:T, segment_ids:Tindices, num_segments:Tnumsegments", .outputs = "output:T", \
  .attrs = "T:type in {" types "}; Tindices:type in {" ids "}; Tnumsegments:type=i32 in {i32,i64}", .infer = Infer
#define RIVULET_ORDERED "bf16,f16,f32,f64,i8,i16,i32,i64,u8,u16,u32,u64"

constexpr OpDef kDefs[] = {
    {.name = "UnsortedSegmentSum",
     RIVULET_SEGMENT(RIVULET_ORDERED ",c64,c128", "i16,i32,i64"),
     .run = With<Run, Combine::kAdd>},
    {.name = "UnsortedSegmentProd",
     RIVULET_SEGMENT(RIVULET_ORDERED ",c64,c128", "i32,i64"),
     .run = With<Run, Combine::kMultiply>},
    {.name = "UnsortedSegmentMax", RIVULET_SEGMENT(RIVULET_ORDERED, "i32,i64"), .run = With<Run, Combine::kMax>},
    {.name = "UnsortedSegmentMin", RIVULET_SEGMENT(RIVULET_ORDERED, "i32,i64"), .run = With<Run, Combine::kMin>},
};

}  // namespace

RIVULET_OP_LIST(UnsortedSegment, kDefs);

}  // namespace rivulet
