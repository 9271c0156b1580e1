// Several of TensorFlow's quantised operators that make of each code of an activation another one, by its value alone,
// as one step: a table of 256 codes. The pass fuse_code_tables makes it, no file can name it. The results are those of
// the operators one by one.
//
//   _CodeTable(x, min, max, arguments..) {steps=["QuantizedMul v0 x0", "RequantizeFound v1", ...]}  ->  y, min, max
//
// x and y are of quint8. Value 0 (v0) is x, step i makes value i + 1, the last one y. xJ is argument J, a number, or
// with the two arguments behind it a code and its range.
//
//   step                          operands
//   QuantizedAdd, QuantizedMul    two, codes of 8 bits; one of them may be an argument
//   Requantize                    codes of 32 bits, the argument where the range is: min, max
//   RequantizeFound               codes of 32 bits; RequantizeFoundAbove: and a maximum's least value, an argument
//   QuantizedRelu, QuantizedRelu6, QuantizedReluX    codes of 8 bits; X: and an argument
//   Dequantize, Quantize, QuantizeFound              MIN_FIRST, quint8; Quantize: and where its range is
//   Sigmoid, Tanh, Relu, Relu6    floats
//   Add, Sub, Mul, RealDiv        two, floats or arguments
//
// Ranges are found over the codes that x has.
#ifndef RIVULET_ENGINE_OPS_CODE_TABLE_H_
#define RIVULET_ENGINE_OPS_CODE_TABLE_H_

#include "engine/ops/op.h"

namespace rivulet {

extern const OpDef kCodeTable;

inline constexpr bool kHasCodeTable = IsBuilt("Requantize") || IsBuilt("QuantizeV2");

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_CODE_TABLE_H_
