// Range: start, start + delta, .. up to before limit. LinSpace: num values at equal distances from start to stop.
#include <cmath>
#include <limits>

#include "engine/ops/dims.h"
#include "engine/ops/number.h"

namespace rivulet {
namespace {

// ---- Range ----

template <typename T>
Result<int64_t> CountSteps(T start, T limit, T delta) {
  const Wide<T> from = Widen(start), to = Widen(limit), step = Widen(delta);
  if (step == 0) return InvalidArgument("delta: want anything but 0");
  if (step != step) return InvalidArgument("delta: want a number, got what is not a number");
  if (step > 0 ? from > to : from < to) {
    return InvalidArgument("limit: ", to, " is not reached from ", from, " by steps of ", step);
  }
  if constexpr (std::is_integral_v<T>) {
    // Distances of int64 need uint64.
    const uint64_t a = static_cast<uint64_t>(static_cast<int64_t>(from)),
                   b = static_cast<uint64_t>(static_cast<int64_t>(to));
    const uint64_t d = static_cast<uint64_t>(static_cast<int64_t>(step));
    const uint64_t length = step > 0 ? b - a : a - b, size = step > 0 ? d : 0 - d;
    const uint64_t count = length / size + (length % size != 0 ? 1 : 0);
    if (count > static_cast<uint64_t>(std::numeric_limits<int64_t>::max()))
      return InvalidArgument("more steps than fit into int64");
    return static_cast<int64_t>(count);
  } else {
    const double count = std::ceil(std::abs(static_cast<double>(Widen(T(Widen(T(to - from)) / step)))));
    if (!(count < 9.2e18))
      return InvalidArgument("from ", from, " to ", to, " by ", step,
                             ": the number of steps is not a number or too large");
    return static_cast<int64_t>(count);
  }
}

template <typename T>
Result<int64_t> Count(const Tensor& start, const Tensor& limit, const Tensor& delta) {
  return CountSteps(start.data<T>()[0], limit.data<T>()[0], delta.data<T>()[0]);
}

Result<int64_t> CountSteps(const Tensor& start, const Tensor& limit, const Tensor& delta) {
  Result<int64_t> count = Internal("no steps of ", start.dtype());
  VisitType<float, double, int32_t, int64_t, BFloat16, Half>(
      start.dtype(), [&](auto tag) { count = Count<typename decltype(tag)::Type>(start, limit, delta); });
  return count;
}

Status InferRange(InferContext& c) {
  for (int i = 0; i < 3; ++i) RIVULET_RETURN_IF_ERROR(c.WantScalar(i));
  int64_t count = Shape::kUnknownDim;
  if (c.known(0) && c.known(1) && c.known(2)) {
    RIVULET_ASSIGN_OR_RETURN(count, CountSteps(*c.value(0), *c.value(1), *c.value(2)));
  }
  c.set_output(0, {count});
  return Status();
}

template <typename T>
void WriteSteps(RunContext& c) {
  const T start = c.input(0).data<T>()[0], delta = c.input(2).data<T>()[0];
  T* out = c.output(0).data<T>();
  const int64_t count = c.output(0).num_elements();
  c.ParallelFor(count, 1 << 15, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) out[i] = Plus(start, Product(T(static_cast<Wide<T>>(i)), delta));
  });
}

Status RunRange(RunContext& c) {
  for (int i = 0; i < 3; ++i) {
    if (c.input(i).rank() != 0) return InvalidArgument("input ", i, ": want a scalar, got shape ", c.input(i).shape());
  }
  RIVULET_ASSIGN_OR_RETURN(const int64_t count, CountSteps(c.input(0), c.input(1), c.input(2)));
  RIVULET_RETURN_IF_ERROR(WantOutputShape(c, 0, {count}));
  VisitType<float, double, int32_t, int64_t, BFloat16, Half>(
      c.output(0).dtype(), [&](auto tag) { WriteSteps<typename decltype(tag)::Type>(c); });
  return Status();
}

// ---- LinSpace ----

Result<int64_t> NumValues(const Tensor& num) {
  const int64_t count = ReadIntegers(num)[0];
  if (count <= 0) return InvalidArgument("num: want > 0, got ", count);
  return count;
}

Status InferLinSpace(InferContext& c) {
  for (int i = 0; i < 3; ++i) RIVULET_RETURN_IF_ERROR(c.WantScalar(i));
  int64_t count = Shape::kUnknownDim;
  if (c.known(2)) {
    RIVULET_ASSIGN_OR_RETURN(count, NumValues(*c.value(2)));
  }
  c.set_output(0, {count});
  return Status();
}

template <typename T>
void WriteLinSpace(RunContext& c) {
  const T start = c.input(0).data<T>()[0], stop = c.input(1).data<T>()[0];
  T* out = c.output(0).data<T>();
  const int64_t count = c.output(0).num_elements();
  out[0] = start;
  if (count == 1) return;
  const T step = (stop - start) / static_cast<T>(count - 1);
  c.ParallelFor(count - 2, 1 << 15, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin + 1; i < end + 1; ++i) out[i] = start + step * static_cast<T>(i);
  });
  out[count - 1] = stop;
}

Status RunLinSpace(RunContext& c) {
  for (int i = 0; i < 3; ++i) {
    if (c.input(i).rank() != 0) return InvalidArgument("input ", i, ": want a scalar, got shape ", c.input(i).shape());
  }
  RIVULET_ASSIGN_OR_RETURN(const int64_t count, NumValues(c.input(2)));
  RIVULET_RETURN_IF_ERROR(WantOutputShape(c, 0, {count}));
  VisitType<float, double>(c.output(0).dtype(), [&](auto tag) { WriteLinSpace<typename decltype(tag)::Type>(c); });
  return Status();
}

constexpr OpDef kDefs[] = {
    {.name = "Range",
     .inputs = "start:Tidx, limit:Tidx, delta:Tidx",
     .outputs = "output:Tidx",
     .attrs = "Tidx:type=i32 in {bf16,f16,f32,f64,i32,i64}",
     .infer = InferRange,
     .run = RunRange},
    {.name = "LinSpace",
     .inputs = "start:T, stop:T, num:Tidx",
     .outputs = "output:T",
     .attrs = "T:type in {f32,f64}; Tidx:type=i32 in {i32,i64}",
     .infer = InferLinSpace,
     .run = RunLinSpace},
};

}  // namespace

RIVULET_OP_LIST(Sequence, kDefs);

}  // namespace rivulet
