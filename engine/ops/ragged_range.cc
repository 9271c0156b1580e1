// RaggedRange: one arithmetic sequence per row.
//
//   starts, limits, deltas: [n] or [] of T -> rt_nested_splits [n + 1], rt_dense_values: row i is starts[i],
//   starts[i] + deltas[i], .. before limits[i], each the one before plus delta; scalars serve all rows
#include <cmath>

#include "engine/base/checked.h"
#include "engine/ops/number.h"
#include "engine/ops/ragged_splits.h"

namespace rivulet {
namespace {

Status Infer(InferContext& c) {
  int64_t rows = Shape::kUnknownDim;
  bool are_scalars = true;
  for (int i = 0; i < 3; ++i) {
    const Shape& shape = c.shape(i);
    if (shape.rank() > 1) {
      return InvalidArgument("starts, limits and deltas: want vectors or scalars, got ", shape);
    }
    are_scalars = are_scalars && shape.rank() == 0;
    if (shape.rank() != 1 || shape[0] < 0) continue;
    if (rows >= 0 && rows != shape[0]) {
      return InvalidArgument("starts, limits and deltas: want vectors of one length, got ", rows, " and ", shape[0]);
    }
    rows = shape[0];
  }
  if (are_scalars) rows = 1;
  if (rows == std::numeric_limits<int64_t>::max()) return InvalidArgument("there are too many rows");
  c.set_output(0, {rows < 0 ? Shape::kUnknownDim : rows + 1});
  c.set_output(1, {Shape::kUnknownDim});
  return Status();
}

// The number of elements of a row; false where it is beyond all numbers.
template <typename T>
bool RowLength(T start, T limit, T delta, int64_t* length) {
  *length = 0;
  if ((delta > 0 && limit < start) || (delta < 0 && limit > start)) return true;
  if constexpr (std::is_integral_v<T>) {
    const uint64_t distance = limit > start ? static_cast<uint64_t>(limit) - static_cast<uint64_t>(start)
                                            : static_cast<uint64_t>(start) - static_cast<uint64_t>(limit);
    const uint64_t step = delta > 0 ? static_cast<uint64_t>(delta) : ~static_cast<uint64_t>(delta) + 1;
    const uint64_t count = distance / step + (distance % step != 0 ? 1 : 0);
    *length = static_cast<int64_t>(count);
    return count <= static_cast<uint64_t>(std::numeric_limits<int64_t>::max());
  } else {
    const T count = std::ceil(std::abs((limit - start) / delta));
    if (!(count < static_cast<T>(std::numeric_limits<int64_t>::max()))) return false;
    *length = static_cast<int64_t>(count);
    return true;
  }
}

template <typename T>
Status RunTyped(RunContext& c) {
  const auto at = [&](int input, int64_t row) {
    return c.input(input).data<T>()[c.input(input).rank() == 0 ? 0 : row];
  };
  int64_t rows = 1;
  for (int i = 0; i < 3; ++i) {
    if (c.input(i).rank() == 1) rows = c.input(i).dim(0);
  }
  std::vector<int64_t> splits(static_cast<size_t>(rows) + 1, 0);
  CheckedSize total = 0;
  for (int64_t row = 0; row < rows; ++row) {
    const T delta = at(2, row);
    if (delta == 0) return InvalidArgument("deltas[", row, "]: want a step other than 0");
    int64_t length = 0;
    const bool is_short = RowLength(at(0, row), at(1, row), delta, &length);
    if (is_short) total += length;
    if (!is_short || !total.valid()) return InvalidArgument("row ", row, " has too many elements");
    splits[static_cast<size_t>(row) + 1] = total.value();
  }
  RIVULET_RETURN_IF_ERROR(SetSplits(c, 0, splits));
  RIVULET_RETURN_IF_ERROR(c.AllocateOutput(1, {total.value()}));
  T* out = c.output(1).data<T>();
  for (int64_t row = 0; row < rows; ++row) {
    if (c.stop().stopped()) return Status();
    T value = at(0, row);
    const T delta = at(2, row);
    for (int64_t k = splits[static_cast<size_t>(row)]; k < splits[static_cast<size_t>(row) + 1]; ++k) {
      *out++ = value;
      value = Plus(value, delta);
    }
  }
  return Status();
}

Status Run(RunContext& c) {
  Status status;
  VisitType<float, double, int32_t, int64_t>(c.input(0).dtype(),
                                             [&](auto tag) { status = RunTyped<typename decltype(tag)::Type>(c); });
  return status;
}

constexpr OpDef kDefs[] = {
    {.name = "RaggedRange",
     .inputs = "starts:T, limits:T, deltas:T",
     .outputs = "rt_nested_splits:Tsplits, rt_dense_values:T",
     .attrs = "T:type=i32 in {f32,f64,i32,i64}; Tsplits:type=i64 in {i32,i64}",
     .infer = Infer,
     .run = Run,
     .flags = kDataDependent | kMakesOutputs},
};

}  // namespace

RIVULET_OP_LIST(RaggedRange, kDefs);

}  // namespace rivulet
