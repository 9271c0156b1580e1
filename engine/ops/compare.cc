// z = x ? y with broadcasting: Equal, NotEqual, Less, LessEqual, Greater, GreaterEqual; and ApproximateEqual, which is
// |x - y| <= tolerance for x and y of one shape.
//
// Nothing is equal to NaN. With incompatible_shape_error=false Equal and NotEqual of shapes that do not broadcast are
// one bool: false and true.
#include <algorithm>
#include <cmath>

#include "engine/graph/shape_math.h"
#include "engine/ops/broadcast.h"
#include "engine/ops/elementwise.h"

namespace rivulet {
namespace {

struct EqualTo {
  template <typename T>
  bool operator()(const T& a, const T& b) const {
    return a == b;
  }
};
struct NotEqualTo {
  template <typename T>
  bool operator()(const T& a, const T& b) const {
    return !(a == b);
  }
};
// Of bools, which may be any byte.
struct SameTruth {
  bool operator()(uint8_t a, uint8_t b) const { return (a != 0) == (b != 0); }
};
struct OtherTruth {
  bool operator()(uint8_t a, uint8_t b) const { return (a != 0) != (b != 0); }
};
struct LessThan {
  template <typename T>
  bool operator()(T a, T b) const {
    return a < b;
  }
};
struct LessOrEqual {
  template <typename T>
  bool operator()(T a, T b) const {
    return a <= b;
  }
};
struct GreaterThan {
  template <typename T>
  bool operator()(T a, T b) const {
    return a > b;
  }
};
struct GreaterOrEqual {
  template <typename T>
  bool operator()(T a, T b) const {
    return a >= b;
  }
};

struct CloseTo {
  explicit CloseTo(const void* params) : tolerance(*static_cast<const float*>(params)) {}
  template <typename T>
  bool operator()(T a, T b) const {
    return std::abs(a - b) <= static_cast<T>(tolerance);
  }
  float tolerance;
};

Status InferEquality(InferContext& c) {
  if (c.attrs().Bool("incompatible_shape_error")) return InferBroadcast(c);
  const bool complete = c.shape(0).complete() && c.shape(1).complete();
  const Result<Shape> shape = BroadcastShapes(c.shape(0), c.shape(1));
  if (!shape.ok()) {
    c.set_output(0, Shape());
  } else {
    // Unknown dims may turn out not to broadcast.
    c.set_output(0, complete ? *shape : Shape::UnknownRank());
  }
  return Status();
}

template <typename F>
Status RunStrings(RunContext& c) {
  constexpr int64_t kTile = 256;
  const std::string* a = c.input(0).data<std::string>();
  const std::string* b = c.input(1).data<std::string>();
  const Shape& shape = c.output(0).shape();
  const BroadcastReader read_a(c.input(0).shape(), shape, sizeof(std::string));
  const BroadcastReader read_b(c.input(1).shape(), shape, sizeof(std::string));
  bool* out = c.output(0).data<bool>();
  c.ParallelFor(c.output(0).num_elements(), 1 << 12, [&](int64_t begin, int64_t end) {
    int64_t positions_a[kTile];
    int64_t positions_b[kTile];
    for (int64_t at = begin; at < end; at += kTile) {
      const int64_t count = std::min(kTile, end - at);
      read_a.Positions(at, count, positions_a);
      read_b.Positions(at, count, positions_b);
      for (int64_t i = 0; i < count; ++i) out[at + i] = F()(a[positions_a[i]], b[positions_b[i]]);
    }
  });
  return Status();
}

template <typename F, typename OnBools>
Status RunEquality(RunContext& c) {
  if (c.output(0).num_elements() == 0) return Status();
  if (!BroadcastShapes(c.input(0).shape(), c.input(1).shape()).ok()) {
    *c.output(0).data<bool>() = std::is_same_v<F, NotEqualTo>;
    return Status();
  }
  static constexpr DTypeLoop kBools[] = {{DType::kBool, BinaryTile<OnBools, uint8_t>}};
  switch (c.input(0).dtype()) {
    case DType::kString: return RunStrings<F>(c);
    case DType::kBool: return RunTiles(c, kBools);
    default: return RunBinaryAndInts<F, float, double, Complex64, Complex128>(c);
  }
}

struct CloseState : OpState {
  float tolerance = 0;
};
Result<std::unique_ptr<OpState>> PrepareClose(PrepareContext& c) {
  auto state = std::make_unique<CloseState>();
  state->tolerance = c.attrs().Float("tolerance");
  return std::unique_ptr<OpState>(std::move(state));
}
Status RunClose(RunContext& c) {
  return RunTiles(c, kBinaryTiles<CloseTo, float, double>, {.params = &c.state<CloseState>().tolerance});
}

constexpr char kOrdered[] = "T:type in {f32,f64,i32,u8,i16,i8,i64,bf16,u16,f16,u32,u64}";
constexpr char kCompared[] =
    "T:type in {bf16,f16,f32,f64,i8,i16,i32,i64,u8,u16,u32,u64,bool,str,c64,c128,qi8,qu8,qi16,qu16,qi32}; "
    "incompatible_shape_error:bool=true";
constexpr OpDef kDefs[] = {
    {.name = "Equal",
     .inputs = "x:T, y:T",
     .outputs = "z:bool",
     .attrs = kCompared,
     .infer = InferEquality,
     .run = RunEquality<EqualTo, SameTruth>},
    {.name = "NotEqual",
     .inputs = "x:T, y:T",
     .outputs = "z:bool",
     .attrs = kCompared,
     .infer = InferEquality,
     .run = RunEquality<NotEqualTo, OtherTruth>},
    {.name = "Less",
     .inputs = "x:T, y:T",
     .outputs = "z:bool",
     .attrs = kOrdered,
     .infer = InferBroadcast,
     .run = RunBinaryInts<LessThan, float, double>},
    {.name = "LessEqual",
     .inputs = "x:T, y:T",
     .outputs = "z:bool",
     .attrs = kOrdered,
     .infer = InferBroadcast,
     .run = RunBinaryInts<LessOrEqual, float, double>},
    {.name = "Greater",
     .inputs = "x:T, y:T",
     .outputs = "z:bool",
     .attrs = kOrdered,
     .infer = InferBroadcast,
     .run = RunBinaryInts<GreaterThan, float, double>},
    {.name = "GreaterEqual",
     .inputs = "x:T, y:T",
     .outputs = "z:bool",
     .attrs = kOrdered,
     .infer = InferBroadcast,
     .run = RunBinaryInts<GreaterOrEqual, float, double>},
    {.name = "ApproximateEqual",
     .inputs = "x:T, y:T",
     .outputs = "z:bool",
     .attrs = "T:type in {f32,f64}; tolerance:float=1e-05",
     .infer = InferSameShape,
     .prepare = PrepareClose,
     .run = RunClose},
};

}  // namespace

RIVULET_OP_LIST(Compare, kDefs);

}  // namespace rivulet
