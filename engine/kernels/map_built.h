// The functions that a narrowed build maps: those of its operators, and those that products have fused.
#ifndef RIVULET_ENGINE_KERNELS_MAP_BUILT_H_
#define RIVULET_ENGINE_KERNELS_MAP_BUILT_H_

#include "engine/base/built_uses.h"
#include "engine/kernels/map.h"

namespace rivulet {

constexpr bool IsMapped(UnaryKind kind) {
  switch (kind) {
    case UnaryKind::kAbs: return IsBuilt("Abs");
    case UnaryKind::kNeg: return IsBuilt("Neg");
    case UnaryKind::kSign: return IsBuilt("Sign");
    case UnaryKind::kSquare: return IsBuilt("Square");
    case UnaryKind::kSqrt: return IsBuilt("Sqrt");
    case UnaryKind::kRsqrt: return IsBuilt("Rsqrt");
    case UnaryKind::kReciprocal: return IsBuilt("Reciprocal") || IsBuilt("Inv");
    case UnaryKind::kFloor: return IsBuilt("Floor");
    case UnaryKind::kCeil: return IsBuilt("Ceil");
    case UnaryKind::kRound: return IsBuilt("Round") || IsBuilt("Rint");
    case UnaryKind::kExp: return IsBuilt("Exp");
    case UnaryKind::kExpm1: return IsBuilt("Expm1");
    case UnaryKind::kLog: return IsBuilt("Log");
    case UnaryKind::kLog1p: return IsBuilt("Log1p");
    case UnaryKind::kSin: return IsBuilt("Sin");
    case UnaryKind::kCos: return IsBuilt("Cos");
    case UnaryKind::kErf: return IsBuilt("Erf");
    case UnaryKind::kRelu: return IsBuilt("Relu");
    case UnaryKind::kRelu6: return IsBuilt("Relu6");
    case UnaryKind::kSelu: return IsBuilt("Selu");
    case UnaryKind::kSoftplus: return IsBuilt("Softplus");
    case UnaryKind::kSoftsign: return IsBuilt("Softsign");
    case UnaryKind::kElu: return kUses.fused_activations || IsBuilt("Elu");
    case UnaryKind::kTanh: return kUses.fused_activations || IsBuilt("Tanh");
    case UnaryKind::kSigmoid: return kUses.fused_activations || IsBuilt("Sigmoid");
    case UnaryKind::kSwish:
    case UnaryKind::kHardSwish:
    case UnaryKind::kGelu:
    case UnaryKind::kGeluApproximate: return kUses.fused_activations;
  }
  return true;
}

}  // namespace rivulet

#endif  // RIVULET_ENGINE_KERNELS_MAP_BUILT_H_
