// Cumsum, Cumprod, CumulativeLogsumexp: running totals along one axis.
//
//   x [.., n, ..] of T, axis: a scalar, may be negative -> out of the same shape
//   out[k] = x[0] o .. o x[k], or with `exclusive` x[0] o .. o x[k-1]; `reverse` counts from the end.
//
// The total is rounded to T after every step, in this order, as TensorFlow does; integers wrap around. The exclusive
// logsumexp starts with -infinity; one of infinity twice is NaN, and a NaN in x counts as the total before it.
#include <algorithm>

#include "engine/graph/shape_math.h"
#include "engine/ops/indices.h"
#include "engine/ops/number.h"
#include "engine/ops/op.h"
#include "engine/ops/rows.h"
#include "engine/ops/widen.h"

namespace rivulet {
namespace {

Result<int> Axis(const Tensor& tensor, int rank) {
  if (tensor.num_elements() != 1) return InvalidArgument("axis: want a scalar, got ", tensor.shape());
  auto axis = NormalizeAxis(Indices(tensor)[0], rank);
  if (!axis.ok()) return std::move(axis).status().Framed("axis");
  return axis;
}

Status Infer(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(c.WantScalar(1));
  RIVULET_RETURN_IF_ERROR(c.WantMinRank(0, 1));
  if (c.known(1) && c.shape(0).has_rank()) {
    RIVULET_RETURN_IF_ERROR(Axis(*c.value(1), c.shape(0).rank()).status());
  }
  c.set_output(0, c.shape(0));
  return Status();
}

struct State : OpState {
  bool exclusive = false;
  bool reverse = false;
};

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c) {
  auto state = std::make_unique<State>();
  state->exclusive = c.attrs().Bool("exclusive");
  state->reverse = c.attrs().Bool("reverse");
  return std::unique_ptr<OpState>(std::move(state));
}

struct SumOf {
  template <typename T>
  static T Start() {
    return T(0);
  }
  template <typename T>
  static T Step(T total, T x) {
    return Plus(total, x);
  }
};
struct ProdOf {
  template <typename T>
  static T Start() {
    return T(1);
  }
  template <typename T>
  static T Step(T total, T x) {
    return Product(total, x);
  }
};
struct LogSumExpOf {
  template <typename T>
  static T Start() {
    return T(-std::numeric_limits<float>::infinity());
  }
  // ln(e^a + e^b) = max + ln(1 + e^(min - max)).
  template <typename T>
  static T Step(T total, T x) {
    const auto a = Widen(total), b = Widen(x);
    const auto high = a < b ? b : a, low = b < a ? b : a;  // a NaN in x is passed over
    if (high == -std::numeric_limits<Wide<T>>::infinity()) return T(high);
    return T(high + std::log1p(std::exp(low - high)));
  }
};

constexpr int64_t kWidth = 64;

// `width` totals side by side, whose elements lie `stride` apart: all that depends on the element's type.
template <typename Fold, typename T>
void Scan(const void* from, void* to, int64_t n, int64_t stride, int64_t width, const State& how,
          const StopToken& stop) {
  const T* in = static_cast<const T*>(from);
  T* out = static_cast<T*>(to);
  T total[kWidth];
  std::fill_n(total, width, Fold::template Start<T>());
  for (int64_t step = 0; step < n; ++step) {
    const int64_t at = (how.reverse ? n - 1 - step : step) * stride;
    for (int64_t j = 0; j < width; ++j) {
      const T next = Fold::template Step<T>(total[j], in[at + j]);
      out[at + j] = how.exclusive ? total[j] : next;
      total[j] = next;
    }
    if ((step & 0xffff) == 0xffff && stop.stopped()) return;
  }
}

using ScanLoop = decltype(&Scan<SumOf, float>);

Status RunScan(RunContext& c, ScanLoop scan) {
  const Tensor& x = c.input(0);
  RIVULET_ASSIGN_OR_RETURN(const int axis, Axis(c.input(1), x.rank()));
  if (x.num_elements() == 0) return Status();
  const State& state = c.state<State>();
  const int64_t n = x.dim(axis);
  int64_t inner = 1;
  for (int i = axis + 1; i < x.rank(); ++i) inner *= x.dim(i);
  const int64_t outer = x.num_elements() / (n * inner);
  const int64_t tiles = (inner + kWidth - 1) / kWidth;
  const int64_t work = std::min(n, int64_t{1} << 20) * std::min(inner, kWidth);
  const void* in = x.raw();
  void* out = c.output(0).raw();
  c.ParallelFor(outer * tiles, std::max<int64_t>((1 << 14) / work, 1), [&](int64_t begin, int64_t end) {
    for (int64_t item = begin; item < end; ++item) {
      const int64_t column = item % tiles * kWidth;
      const int64_t at = item / tiles * n * inner + column;
      scan(ElementAt(in, x.dtype(), at), ElementAt(out, x.dtype(), at), n, inner, std::min(kWidth, inner - column),
           state, c.stop());
    }
  });
  return Status();
}

// Totals in a wider type are rounded once, and better.
constexpr uint32_t kWiden = kWidenAll;

template <typename Fold, typename... Ts>
Status Run(RunContext& c) {
  DType dtype = c.input(0).dtype();  // totals of integers do not depend on their sign
  if (dtype == DType::kInt8) dtype = DType::kUint8;
  if (dtype == DType::kInt16) dtype = DType::kUint16;
  if (dtype == DType::kInt32) dtype = DType::kUint32;
  if (dtype == DType::kInt64) dtype = DType::kUint64;
  ScanLoop scan = nullptr;
  VisitLoops<kWiden, Ts...>(dtype, [&](auto tag) { scan = Scan<Fold, typename decltype(tag)::Type>; });
  return scan != nullptr ? RunScan(c, scan) : Status();
}

template <typename Fold>
constexpr auto RunNumbers =
    Run<Fold, float, double, Half, BFloat16, uint8_t, uint16_t, uint32_t, uint64_t, Complex64, Complex128>;

#define RIVULET_SCAN(types)                                                                               \
  .inputs = "x:T, axis:Tidx", .outputs = "out:T",                                                         \
  .attrs = "exclusive:bool=false; reverse:bool=false; T:type in {" types "}; Tidx:type=i32 in {i32,i64}", \
  .infer = Infer, .prepare = Prepare
#define RIVULET_NUMBERS "bf16,f16,f32,f64,i8,i16,i32,i64,u8,u16,u32,u64,c64,c128"

constexpr OpDef kDefs[] = {
    {.name = "Cumsum", RIVULET_SCAN(RIVULET_NUMBERS), .run = kWidened<RunNumbers<SumOf>, kWiden, State>},
    {.name = "Cumprod", RIVULET_SCAN(RIVULET_NUMBERS), .run = kWidened<RunNumbers<ProdOf>, kWiden, State>},
    {.name = "CumulativeLogsumexp",
     RIVULET_SCAN("bf16,f16,f32,f64"),
     .run = kWidened<Run<LogSumExpOf, float, double, Half, BFloat16>, kWiden, State>},
};

}  // namespace

RIVULET_OP_LIST(Cumulative, kDefs);

}  // namespace rivulet
