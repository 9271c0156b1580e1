// Bits and truth values, element by element: LogicalAnd, LogicalOr, LogicalNot, BitwiseAnd, BitwiseOr, BitwiseXor,
// Invert, PopulationCount, LeftShift, RightShift, and the tests IsNan, IsInf, IsFinite.
//
// A shift by less than 0 counts as 0, by more than the width less one as that; right shifts keep the sign. Bools are
// read as bytes, any of which but 0 is true.
#include <bit>
#include <cmath>
#include <limits>

#include "engine/ops/elementwise.h"

namespace rivulet {
namespace {

struct BothTrue {
  bool operator()(uint8_t a, uint8_t b) const { return a != 0 && b != 0; }
};
struct EitherTrue {
  bool operator()(uint8_t a, uint8_t b) const { return a != 0 || b != 0; }
};
struct NotTrue {
  bool operator()(uint8_t x) const { return x == 0; }
};

struct AndOf {
  template <typename T>
  T operator()(T a, T b) const {
    return static_cast<T>(a & b);
  }
};
struct OrOf {
  template <typename T>
  T operator()(T a, T b) const {
    return static_cast<T>(a | b);
  }
};
struct XorOf {
  template <typename T>
  T operator()(T a, T b) const {
    return static_cast<T>(a ^ b);
  }
};
struct InvertOf {
  template <typename T>
  T operator()(T x) const {
    return static_cast<T>(~x);
  }
};

struct PopulationOf {
  static constexpr bool kOwnWidth = true;
  template <typename T>
  uint8_t operator()(T x) const {
    return static_cast<uint8_t>(std::popcount(static_cast<std::make_unsigned_t<T>>(x)));
  }
};

template <typename T>
int ShiftCount(T count) {
  constexpr int kMost = std::numeric_limits<std::make_unsigned_t<T>>::digits - 1;
  if constexpr (std::is_signed_v<T>) {
    if (count < 0) return 0;
  }
  return count > static_cast<T>(kMost) ? kMost : static_cast<int>(count);
}

struct LeftShiftOf {
  static constexpr bool kOwnWidth = true;
  template <typename T>
  T operator()(T x, T count) const {
    return static_cast<T>(static_cast<uint64_t>(x) << ShiftCount(count));
  }
};
struct RightShiftOf {
  static constexpr bool kOwnWidth = true;
  template <typename T>
  T operator()(T x, T count) const {
    return static_cast<T>(x >> ShiftCount(count));
  }
};

struct IsNanOf {
  template <typename T>
  bool operator()(T x) const {
    return x != x;
  }
};
struct IsInfOf {
  template <typename T>
  bool operator()(T x) const {
    return std::abs(x) == std::numeric_limits<T>::infinity();
  }
};
struct IsFiniteOf {
  template <typename T>
  bool operator()(T x) const {
    return std::abs(x) < std::numeric_limits<T>::infinity();
  }
};

template <typename F>
Status RunBools2(RunContext& c) {
  static constexpr DTypeLoop kLoops[] = {{DType::kBool, BinaryTile<F, uint8_t>}};
  return RunTiles(c, kLoops);
}
Status RunNot(RunContext& c) {
  static constexpr DTypeLoop kLoops[] = {{DType::kBool, UnaryTile<NotTrue, uint8_t>}};
  return RunTiles(c, kLoops);
}

constexpr char kAnyInt[] = "T:type in {i8,i16,i32,i64,u8,u16,u32,u64}";
constexpr char kAnyReal[] = "T:type in {bf16,f16,f32,f64}";

constexpr OpDef kDefs[] = {
    {.name = "LogicalAnd",
     .inputs = "x:bool, y:bool",
     .outputs = "z:bool",
     .attrs = "",
     .infer = InferBroadcast,
     .run = RunBools2<BothTrue>,
     .flags = kElementwise},
    {.name = "LogicalOr",
     .inputs = "x:bool, y:bool",
     .outputs = "z:bool",
     .attrs = "",
     .infer = InferBroadcast,
     .run = RunBools2<EitherTrue>,
     .flags = kElementwise},
    {.name = "LogicalNot",
     .inputs = "x:bool",
     .outputs = "y:bool",
     .attrs = "",
     .infer = InferLikeFirst,
     .run = RunNot,
     .flags = kElementwise},
    {.name = "BitwiseAnd",
     .inputs = "x:T, y:T",
     .outputs = "z:T",
     .attrs = kAnyInt,
     .infer = InferBroadcast,
     .run = RunBinaryAndInts<AndOf>,
     .flags = kElementwise},
    {.name = "BitwiseOr",
     .inputs = "x:T, y:T",
     .outputs = "z:T",
     .attrs = kAnyInt,
     .infer = InferBroadcast,
     .run = RunBinaryAndInts<OrOf>,
     .flags = kElementwise},
    {.name = "BitwiseXor",
     .inputs = "x:T, y:T",
     .outputs = "z:T",
     .attrs = kAnyInt,
     .infer = InferBroadcast,
     .run = RunBinaryAndInts<XorOf>,
     .flags = kElementwise},
    {.name = "Invert",
     .inputs = "x:T",
     .outputs = "y:T",
     .attrs = kAnyInt,
     .infer = InferLikeFirst,
     .run = RunUnaryInts<InvertOf>,
     .flags = kElementwise},
    {.name = "PopulationCount",
     .inputs = "x:T",
     .outputs = "y:u8",
     .attrs = kAnyInt,
     .infer = InferLikeFirst,
     .run = RunUnaryInts<PopulationOf>},
    {.name = "LeftShift",
     .inputs = "x:T, y:T",
     .outputs = "z:T",
     .attrs = kAnyInt,
     .infer = InferBroadcast,
     .run = RunBinaryInts<LeftShiftOf>,
     .flags = kElementwise},
    {.name = "RightShift",
     .inputs = "x:T, y:T",
     .outputs = "z:T",
     .attrs = kAnyInt,
     .infer = InferBroadcast,
     .run = RunBinaryInts<RightShiftOf>,
     .flags = kElementwise},
    {.name = "IsNan",
     .inputs = "x:T",
     .outputs = "y:bool",
     .attrs = kAnyReal,
     .infer = InferLikeFirst,
     .run = RunUnary<IsNanOf, float, double>},
    {.name = "IsInf",
     .inputs = "x:T",
     .outputs = "y:bool",
     .attrs = kAnyReal,
     .infer = InferLikeFirst,
     .run = RunUnary<IsInfOf, float, double>},
    {.name = "IsFinite",
     .inputs = "x:T",
     .outputs = "y:bool",
     .attrs = kAnyReal,
     .infer = InferLikeFirst,
     .run = RunUnary<IsFiniteOf, float, double>},
};

}  // namespace

RIVULET_OP_LIST(Bits, kDefs);

}  // namespace rivulet
