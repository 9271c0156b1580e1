// LowerBound, UpperBound: for every value, how many elements of the same row of sorted_inputs are less than it
// (UpperBound: not greater than it).
//
//   sorted_inputs [rows, n], values [rows, m] -> output [rows, m]
#include <algorithm>
#include <limits>

#include "engine/ops/dims.h"
#include "engine/ops/number.h"
#include "engine/ops/rows.h"
#include "engine/ops/widen.h"
#include "engine/ops/with.h"

namespace rivulet {
namespace {

Status Infer(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(c.WantRank(0, 2));
  RIVULET_RETURN_IF_ERROR(c.WantRank(1, 2));
  const Shape& sorted = c.shape(0);
  const Shape& values = c.shape(1);
  if (sorted.has_rank() && values.has_rank() && sorted[0] >= 0 && values[0] >= 0 && sorted[0] != values[0]) {
    return InvalidArgument("values: want as many rows as sorted_inputs, ", sorted[0], ", got ", values[0]);
  }
  if (sorted.has_rank() && c.output_dtype(0) == DType::kInt32 && sorted[1] > std::numeric_limits<int32_t>::max()) {
    return InvalidArgument("sorted_inputs: rows of ", sorted[1], " elements need int64 results");
  }
  c.set_output(0, values.has_rank() ? values : Shape::OfUnknownDims(2));
  return Status();
}

constexpr uint32_t kWiden = kWidenFloats | kWidenInts;

using Search = int64_t (*)(const void* sorted, int64_t n, const void* value);

template <typename T, bool kUpper>
int64_t Find(const void* sorted, int64_t n, const void* value) {
  const T* from = static_cast<const T*>(sorted);
  const Wide<T> wanted = Widen(*static_cast<const T*>(value));
  int64_t first = 0;
  while (n > 0) {
    const int64_t half = n / 2;
    const Wide<T> middle = Widen(from[first + half]);
    if (kUpper ? !(wanted < middle) : middle < wanted) {
      first += half + 1;
      n -= half + 1;
    } else {
      n = half;
    }
  }
  return first;
}

Status Run(RunContext& c, bool upper) {
  const Tensor& sorted = c.input(0);
  const Tensor& values = c.input(1);
  Tensor& output = c.output(0);
  if (sorted.rank() != 2 || values.rank() != 2 || sorted.dim(0) != values.dim(0)) {
    return InvalidArgument("want matrices with as many rows, got shapes ", sorted.shape(), " and ", values.shape());
  }
  RIVULET_RETURN_IF_ERROR(WantOutputShape(c, 0, values.shape()));
  const DType dtype = sorted.dtype();
  Search find = nullptr;
  VisitLoops<kWiden, float, double, Half, BFloat16, int8_t, uint8_t, int16_t, uint16_t, int32_t, uint32_t, int64_t,
             uint64_t>(dtype, [&](auto tag) {
    using T = typename decltype(tag)::Type;
    find = upper ? Find<T, true> : Find<T, false>;
  });
  if (find == nullptr) return Status();
  const int64_t n = sorted.dim(1), m = values.dim(1);
  c.ParallelFor(values.num_elements(), 1 << 10, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t at = find(ElementAt(sorted.raw(), dtype, i / m * n), n, ElementAt(values.raw(), dtype, i));
      if (output.dtype() == DType::kInt32) {
        output.data<int32_t>()[i] = static_cast<int32_t>(at);
      } else {
        output.data<int64_t>()[i] = at;
      }
    }
  });
  return Status();
}

constexpr char kAttrs[] = "T:type in {bf16,f16,f32,f64,i8,i16,i32,i64,u8,u16,u32,u64}; out_type:type=i32 in {i32,i64}";

constexpr OpDef kDefs[] = {
    {.name = "LowerBound",
     .inputs = "sorted_inputs:T, values:T",
     .outputs = "output:out_type",
     .attrs = kAttrs,
     .infer = Infer,
     .run = kWidened<With<Run, false>, kWiden>},
    {.name = "UpperBound",
     .inputs = "sorted_inputs:T, values:T",
     .outputs = "output:out_type",
     .attrs = kAttrs,
     .infer = Infer,
     .run = kWidened<With<Run, true>, kWiden>},
};

}  // namespace

RIVULET_OP_LIST(SearchSorted, kDefs);

}  // namespace rivulet
