// Operators without loops of their own for every type, in an engine whose size counts more than anything
// (RIVULET_SMALL).
//
// There an operator may be run in a wider type that holds every value of the narrow one: its inputs are cast, the wide
// loop runs, and its outputs are cast back, integers by their low bits. The operator says so twice: VisitLoops makes no
// loops of what is widened, and kWidened stands for its run function. Other builds have all loops and no trace of this.
//
// What is only compared, moved, or added up with integers that wrap around comes out the same, bit for bit. What rounds
// to the narrow type between its steps does not: such an operator keeps its loops, or rounds once, and better.
#ifndef RIVULET_ENGINE_OPS_WIDEN_H_
#define RIVULET_ENGINE_OPS_WIDEN_H_

#include <type_traits>

#include "engine/base/small.h"
#include "engine/ops/number.h"
#include "engine/ops/op.h"

namespace rivulet {

// What goes through another type; a set.
enum Widening : uint32_t {
  kWidenHalves = 1u << 0,   // half and bfloat16 through float
  kWidenFloats = 1u << 1,   // those and float through double
  kWidenComplex = 1u << 2,  // complex64 through complex128
  kWidenShorts = 1u << 3,   // integers of 8 and 16 bits through int32, uint32 through int64
  kWidenInts = 1u << 4,     // all of less than 64 bits through int64
  // Pixels that are read as float.
  kWidenImages = kWidenHalves | kWidenShorts,
  // Everything: where it is not worth a loop.
  kWidenAll = kWidenFloats | kWidenComplex | kWidenInts,
};

// A narrowed engine may have nothing wider than float and complex64.
inline constexpr bool kHasDoubles = IsBuilt(DType::kDouble) && IsBuilt(DType::kComplex128);

// The type that elements of `dtype` are computed in.
constexpr DType WideType(DType dtype, uint32_t widening) {
  switch (dtype) {
    case DType::kHalf:
    case DType::kBfloat16:
      if (kHasDoubles && widening & kWidenFloats) return DType::kDouble;
      return widening & (kWidenHalves | kWidenFloats) ? DType::kFloat : dtype;
    case DType::kFloat: return kHasDoubles && widening & kWidenFloats ? DType::kDouble : dtype;
    case DType::kComplex64: return kHasDoubles && widening & kWidenComplex ? DType::kComplex128 : dtype;
    case DType::kInt8:
    case DType::kUint8:
    case DType::kInt16:
    case DType::kUint16:
      if (widening & kWidenInts) return DType::kInt64;
      return widening & kWidenShorts ? DType::kInt32 : dtype;
    case DType::kUint32: return widening & (kWidenShorts | kWidenInts) ? DType::kInt64 : dtype;
    case DType::kInt32: return widening & kWidenInts ? DType::kInt64 : dtype;
    default: return dtype;
  }
}

// n elements of `dtype` as elements of its WideType, and back.
void CastToWide(DType dtype, DType wide, const void* from, void* to, int64_t n);
void CastFromWide(DType dtype, DType wide, const void* from, void* to, int64_t n);

// Runs an operator on copies of what is to be widened. A step's memory is twice as large meanwhile, or more, out of the
// session's budget.
Status RunWidened(RunContext& c, uint32_t widening, Status (*run)(RunContext&), const OpState* state);

template <Status (*kRun)(RunContext&), uint32_t kWidening, typename State>
Status RunThroughWide(RunContext& c) {
  const OpState* state = nullptr;
  if constexpr (!std::is_void_v<State>) state = &c.state<State>();
  return RunWidened(c, kWidening, kRun, state);
}

// The run function of an operator whose loops VisitLoops makes. State is what its prepare makes, if it has one: it must
// not depend on the types.
template <Status (*kRun)(RunContext&), uint32_t kWidening, typename State = void>
inline constexpr Status (*kWidened)(RunContext&) = kIsSmall ? RunThroughWide<kRun, kWidening, State> : kRun;

// Whether a build has loops for T.
template <uint32_t kWidening, typename T>
inline constexpr bool kHasLoops = !kIsSmall || WideType(DTypeOf<T>, kWidening) == DTypeOf<T>;

// VisitType, without what kWidened takes care of.
template <uint32_t kWidening, typename... Ts, typename Visit>
bool VisitLoops(DType dtype, const Visit& visit) {
  const auto visit_one = [&]<typename T>(TypeTag<T>) {
    if constexpr (kHasLoops<kWidening, T>) return VisitOne<T>(dtype, visit);
    return false;
  };
  return (visit_one(TypeTag<Ts>()) || ...);
}

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_WIDEN_H_
