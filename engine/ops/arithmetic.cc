// z = x op y with broadcasting: Add, AddV2, Sub, Mul, MulNoNan, SquaredDifference, Maximum, Minimum.
//
// Integers wrap around. Maximum and Minimum are NaN where either operand is. MulNoNan is 0 where y is, whatever x.
// SquaredDifference of complex numbers is |x - y|^2. Add of strings joins them.

#include <algorithm>

#include "engine/ops/broadcast.h"
#include "engine/ops/complex_math.h"
#include "engine/ops/elementwise.h"

namespace rivulet {
namespace {

// The type in which unsigned integers are computed: at least unsigned int, since smaller ones would become int.
template <typename T>
using Wide = std::common_type_t<T, unsigned>;

struct AddOf {
  static constexpr BinaryKind kMap = BinaryKind::kAdd;
  template <typename T>
  T operator()(T a, T b) const {
    if constexpr (std::is_integral_v<T>)
      return static_cast<T>(Wide<T>{a} + Wide<T>{b});
    else
      return a + b;
  }
};

struct SubOf {
  static constexpr BinaryKind kMap = BinaryKind::kSub;
  template <typename T>
  T operator()(T a, T b) const {
    if constexpr (std::is_integral_v<T>)
      return static_cast<T>(Wide<T>{a} - Wide<T>{b});
    else
      return a - b;
  }
};

struct MulOf {
  static constexpr BinaryKind kMap = BinaryKind::kMul;
  template <typename T>
  T operator()(T a, T b) const {
    if constexpr (std::is_integral_v<T>)
      return static_cast<T>(Wide<T>{a} * Wide<T>{b});
    else
      return Times(a, b);
  }
};

struct MulNoNanOf {
  template <typename T>
  T operator()(T a, T b) const {
    return b == T(0) ? T(0) : Times(a, b);
  }
};

struct SquaredDifferenceOf {
  static constexpr BinaryKind kMap = BinaryKind::kSquaredDifference;
  template <typename T>
  T operator()(T a, T b) const {
    if constexpr (std::is_integral_v<T>) {
      const Wide<T> d = Wide<T>{a} - Wide<T>{b};
      return static_cast<T>(d * d);
    } else {
      const T d = a - b;
      return Times(Conjugate(d), d);
    }
  }
};

struct MaximumOf {
  static constexpr BinaryKind kMap = BinaryKind::kMax;
  template <typename T>
  T operator()(T a, T b) const {
    return a >= b || a != a ? a : b;
  }
};

struct MinimumOf {
  static constexpr BinaryKind kMap = BinaryKind::kMin;
  template <typename T>
  T operator()(T a, T b) const {
    return a <= b || a != a ? a : b;
  }
};

// A broadcast can repeat a long string any number of times, so the text of the output is bounded by itself.
Status RunAddStrings(RunContext& c) {
  constexpr int64_t kMostText = int64_t{1} << 31;
  constexpr int64_t kTile = 256;
  Tensor& output = c.output(0);
  const int64_t total = output.num_elements();
  if (total == 0) return Status();
  const BroadcastReader readers[2] = {BroadcastReader(c.input(0).shape(), output.shape(), sizeof(std::string)),
                                      BroadcastReader(c.input(1).shape(), output.shape(), sizeof(std::string))};
  const std::string* a = c.input(0).data<std::string>();
  const std::string* b = c.input(1).data<std::string>();
  std::string* out = output.data<std::string>();
  int64_t positions[2][kTile];
  int64_t text = 0;
  for (int64_t begin = 0; begin < total && !c.stop().stopped(); begin += kTile) {
    const int64_t count = std::min(kTile, total - begin);
    for (int k = 0; k < 2; ++k) readers[k].Positions(begin, count, positions[k]);
    for (int64_t i = 0; i < count; ++i) {
      const std::string& left = a[positions[0][i]];
      const std::string& right = b[positions[1][i]];
      text += static_cast<int64_t>(left.size() + right.size());
      if (text > kMostText) return ResourceExhausted("the joined strings have more than ", kMostText, " bytes");
      std::string joined;
      joined.reserve(left.size() + right.size());
      joined.append(left).append(right);
      out[begin + i] = std::move(joined);
    }
  }
  return Status();
}

Status RunAdd(RunContext& c) {
  if (c.input(0).dtype() == DType::kString) return RunAddStrings(c);
  return RunBinaryAndInts<AddOf, float, double, Complex64, Complex128>(c);
}

constexpr OpDef kDefs[] = {
    {.name = "Add",
     .inputs = "x:T, y:T",
     .outputs = "z:T",
     .attrs = "T:type in {bf16,f16,f32,f64,u8,i8,i16,i32,i64,c64,c128,str}",
     .infer = InferBroadcast,
     .run = RunAdd,
     .flags = kElementwise},
    {.name = "AddV2",
     .inputs = "x:T, y:T",
     .outputs = "z:T",
     .attrs = "T:type in {bf16,f16,f32,f64,u8,u16,u32,u64,i8,i16,i32,i64,c64,c128}",
     .infer = InferBroadcast,
     .run = RunBinaryAndInts<AddOf, float, double, Complex64, Complex128>,
     .flags = kElementwise},
    {.name = "Sub",
     .inputs = "x:T, y:T",
     .outputs = "z:T",
     .attrs = "T:type in {bf16,f16,f32,f64,u8,i8,u16,i16,i32,i64,c64,c128,u32,u64}",
     .infer = InferBroadcast,
     .run = RunBinaryAndInts<SubOf, float, double, Complex64, Complex128>,
     .flags = kElementwise},
    {.name = "Mul",
     .inputs = "x:T, y:T",
     .outputs = "z:T",
     .attrs = "T:type in {bf16,f16,f32,f64,u8,i8,u16,i16,i32,u32,u64,i64,c64,c128}",
     .infer = InferBroadcast,
     .run = RunBinaryAndInts<MulOf, float, double, Complex64, Complex128>,
     .flags = kElementwise},
    {.name = "MulNoNan",
     .inputs = "x:T, y:T",
     .outputs = "z:T",
     .attrs = "T:type in {bf16,f16,f32,f64,c64,c128}",
     .infer = InferBroadcast,
     .run = RunBinary<MulNoNanOf, float, double, Complex64, Complex128>,
     .flags = kElementwise},
    {.name = "SquaredDifference",
     .inputs = "x:T, y:T",
     .outputs = "z:T",
     .attrs = "T:type in {bf16,f16,f32,f64,i32,i64,c64,c128}",
     .infer = InferBroadcast,
     .run = RunBinaryAndInts<SquaredDifferenceOf, float, double, Complex64, Complex128>,
     .flags = kElementwise},
    {.name = "Maximum",
     .inputs = "x:T, y:T",
     .outputs = "z:T",
     .attrs = "T:type in {bf16,f16,f32,f64,i8,u8,i16,u16,i32,u32,i64,u64}",
     .infer = InferBroadcast,
     .run = RunBinaryInts<MaximumOf, float, double>,
     .flags = kElementwise},
    {.name = "Minimum",
     .inputs = "x:T, y:T",
     .outputs = "z:T",
     .attrs = "T:type in {bf16,f16,f32,f64,i8,u8,i16,u16,i32,u32,i64,u64}",
     .infer = InferBroadcast,
     .run = RunBinaryInts<MinimumOf, float, double>,
     .flags = kElementwise},
};

}  // namespace

RIVULET_OP_LIST(Arithmetic, kDefs);

}  // namespace rivulet
