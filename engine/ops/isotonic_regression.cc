// IsotonicRegression: for each row the nearest numbers, by squares, that do not ascend.
//
//   input [rows.., n] of T -> output [rows.., n]: where neighbours would ascend, their mean; segments [rows.., n]: the
//   number of the group of equals that an element belongs to
//
// Groups are joined from the left as long as the last one's mean is above that of the one before. Sums and means are
// rounded to output_dtype: T itself, float of int8 and int16, double of int32 and int64. A scalar is a row of one.
#include <algorithm>

#include "engine/base/checked.h"
#include "engine/ops/number.h"
#include "engine/ops/op.h"
#include "engine/ops/widen.h"

namespace rivulet {
namespace {

DType OutputOf(DType input) {
  if (input == DType::kInt8 || input == DType::kInt16) return DType::kFloat;
  if (input == DType::kInt32 || input == DType::kInt64) return DType::kDouble;
  return input;
}

Status Infer(InferContext& c) {
  if (c.output_dtype(0) != OutputOf(c.dtype(0))) {
    return InvalidArgument("attr 'output_dtype': want ", OutputOf(c.dtype(0)), " for ", c.dtype(0), ", got ",
                           c.output_dtype(0));
  }
  c.set_output(0, c.shape(0));
  c.set_output(1, c.shape(0));
  return Status();
}

// Columns from `begin` to the next group's.
template <typename T>
struct Group {
  int64_t begin;
  T sum, mean;
};

// A row of n elements; there is room for as many groups.
template <typename In, typename T>
void Fit(const void* input, int64_t n, void* room, void* output, int32_t* segments, const StopToken& stop) {
  const In* x = static_cast<const In*>(input);
  auto* groups = static_cast<Group<T>*>(room);
  T* y = static_cast<T*>(output);
  int64_t count = 0;
  for (int64_t i = 0; i < n; ++i) {
    if (i % 4096 == 4095 && stop.stopped()) return;
    const T own = T(static_cast<Wide<T>>(Widen(x[i])));
    groups[count++] = {i, own, own};
    for (; count > 1 && Widen(groups[count - 1].mean) > Widen(groups[count - 2].mean); --count) {
      Group<T>& joined = groups[count - 2];
      joined.sum = Plus(joined.sum, groups[count - 1].sum);
      joined.mean = T(Widen(joined.sum) / Widen(T(static_cast<Wide<T>>(i + 1 - joined.begin))));
    }
  }
  for (int64_t g = 0; g < count; ++g) {
    const int64_t end = g + 1 < count ? groups[g + 1].begin : n;
    std::fill(y + groups[g].begin, y + end, groups[g].mean);
    std::fill(segments + groups[g].begin, segments + end, static_cast<int32_t>(g));
  }
}

struct Types {
  int64_t input_bytes;
  int64_t group_bytes;
  int64_t output_bytes;
  void (*fit)(const void* input, int64_t n, void* room, void* output, int32_t* segments, const StopToken& stop);
};

template <typename In, typename T>
constexpr Types kTypes = {sizeof(In), sizeof(Group<T>), sizeof(T), Fit<In, T>};

constexpr uint32_t kWiden = kWidenFloats | kWidenShorts;

// What sums of T are made in where loops of it are.
template <typename T>
using SumOf = std::conditional_t<!std::is_integral_v<T>, T, std::conditional_t<(sizeof(T) > 2), double, float>>;

Types TypesFor(DType input) {
  Types types = kTypes<int64_t, double>;
  VisitLoops<kWiden, Half, BFloat16, float, double, int8_t, int16_t, int32_t>(input, [&](auto tag) {
    using T = typename decltype(tag)::Type;
    types = kTypes<T, SumOf<T>>;
  });
  return types;
}

Status Run(RunContext& c) {
  const Tensor& input = c.input(0);
  if (input.num_elements() == 0) return Status();
  const Types types = TypesFor(input.dtype());
  const int64_t n = input.rank() > 0 ? input.dim(input.rank() - 1) : 1;
  const int64_t rows = input.num_elements() / n, grain = std::max<int64_t>((1 << 12) / n, 1);
  const CheckedSize bytes = CheckedSize((rows + grain - 1) / grain) * n * types.group_bytes;
  if (!bytes.valid()) return ResourceExhausted("rows of ", n, " are larger than any memory");
  RIVULET_ASSIGN_OR_RETURN(void* scratch, c.Scratch(static_cast<size_t>(bytes.value())));
  const auto* from = static_cast<const uint8_t*>(input.raw());
  auto* to = static_cast<uint8_t*>(c.output(0).raw());
  int32_t* segments = c.output(1).data<int32_t>();
  c.ParallelFor(rows, grain, [&](int64_t begin, int64_t end) {
    void* groups = static_cast<uint8_t*>(scratch) + begin / grain * n * types.group_bytes;
    for (int64_t row = begin; row < end; ++row) {
      const int64_t at = row * n;
      types.fit(from + at * types.input_bytes, n, groups, to + at * types.output_bytes, segments + at, c.stop());
    }
  });
  return Status();
}

constexpr OpDef kDefs[] = {
    {.name = "IsotonicRegression",
     .inputs = "input:T",
     .outputs = "output:output_dtype, segments:i32",
     .attrs = "T:type in {bf16,f16,f32,f64,i8,i16,i32,i64}; output_dtype:type=f32 in {f16,bf16,f32,f64}",
     .infer = Infer,
     .run = kWidened<Run, kWiden>},
};

}  // namespace

RIVULET_OP_LIST(IsotonicRegression, kDefs);

}  // namespace rivulet
