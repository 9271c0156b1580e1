// LowerBound, UpperBound: for every value, how many elements of the same row of sorted_inputs are less than it
// (UpperBound: not greater than it).
//
//   sorted_inputs [rows, n], values [rows, m] -> output [rows, m]
#include <algorithm>
#include <limits>

#include "engine/ops/dims.h"
#include "engine/ops/number.h"
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

template <typename T, bool kUpper>
int64_t Find(const T* sorted, int64_t n, T value) {
  const Wide<T> wanted = Widen(value);
  int64_t first = 0;
  while (n > 0) {
    const int64_t half = n / 2;
    const Wide<T> middle = Widen(sorted[first + half]);
    if (kUpper ? !(wanted < middle) : middle < wanted) {
      first += half + 1;
      n -= half + 1;
    } else {
      n = half;
    }
  }
  return first;
}

// For values [begin, end) of all.
using Search = void (*)(const Tensor& sorted, const Tensor& values, int64_t begin, int64_t end, Tensor& output);

template <typename T, bool kUpper>
void FindAll(const Tensor& sorted, const Tensor& values, int64_t begin, int64_t end, Tensor& output) {
  const T *rows = static_cast<const T*>(sorted.raw()), *wanted = static_cast<const T*>(values.raw());
  const int64_t n = sorted.dim(1), m = values.dim(1);
  int32_t* const narrow = output.dtype() == DType::kInt32 ? static_cast<int32_t*>(output.raw()) : nullptr;
  int64_t* const wide = static_cast<int64_t*>(output.raw());
  for (int64_t i = begin; i < end; ++i) {
    const int64_t at = Find<T, kUpper>(rows + i / m * n, n, wanted[i]);
    if (narrow != nullptr) {
      narrow[i] = static_cast<int32_t>(at);
    } else {
      wide[i] = at;
    }
  }
}

Status Run(RunContext& c, bool upper) {
  const Tensor& sorted = c.input(0);
  const Tensor& values = c.input(1);
  Tensor& output = c.output(0);
  if (sorted.rank() != 2 || values.rank() != 2 || sorted.dim(0) != values.dim(0)) {
    return InvalidArgument("want matrices with as many rows, got shapes ", sorted.shape(), " and ", values.shape());
  }
  RIVULET_RETURN_IF_ERROR(WantOutputShape(c, 0, values.shape()));
  Search search = nullptr;
  VisitLoops<kWiden, float, double, Half, BFloat16, int8_t, uint8_t, int16_t, uint16_t, int32_t, uint32_t, int64_t,
             uint64_t>(sorted.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::Type;
    search = upper ? FindAll<T, true> : FindAll<T, false>;
  });
  if (search == nullptr) return Status();
  c.ParallelFor(values.num_elements(), 1 << 10,
                [&](int64_t begin, int64_t end) { search(sorted, values, begin, end, output); });
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
