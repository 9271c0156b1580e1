// Steps on codes of 8 bits, which only passes make: int8_codes.cc, int8_mul.cc, int8_product.cc.
#ifndef RIVULET_ENGINE_OPS_INT8_STEPS_H_
#define RIVULET_ENGINE_OPS_INT8_STEPS_H_

#include "engine/ops/op.h"

namespace rivulet {

extern const OpDef kInt8Quantize;
extern const OpDef kInt8Dequantize;
extern const OpDef kInt8Add;
extern const OpDef kInt8Lookup;
extern const OpDef kInt8Mul;
extern const OpDef kInt8AvgPool;
extern const OpDef kInt8Conv2D;
extern const OpDef kInt8DepthwiseConv2D;
extern const OpDef kInt8MatMul;

// Whether this build has them: a narrowed one does where its models have what they are made of.
inline constexpr bool kHasInt8Steps = (IsBuilt("FakeQuantWithMinMaxVars") || IsBuilt("FakeQuantWithMinMaxArgs")) &&
                                      IsBuilt(DType::kUint8) && IsBuilt(DType::kInt8);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_INT8_STEPS_H_
