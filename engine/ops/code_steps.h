// What follows a quantised product, or a sum, or floats: several of TensorFlow's quantised operators as one step, which
// the pass fuse_code_steps makes and no file can name. The results are those of the operators one by one.
//
//   _CodeSteps(source.., arguments..) {source="codes", steps=["RequantizeFound", "QuantizedAdd", ...]}  ->  y, min, max
//   _QuantizedConv2DSteps(input, filter, their ranges, arguments..) {steps}   -> y, min, max;   _QuantizedMatMulSteps
//   _DepthwiseSteps (depthwise_steps.cc), whose results are floats
//
//   source                        inputs
//   floats                        x
//   codes                         x of qint32 or quint8, min, max
//   QuantizedAdd, QuantizedMul    x, y of quint8 and one shape, min_x, max_x, min_y, max_y
//
//   step                          arguments
//   Requantize                    min, max
//   RequantizeFound               none: RequantizationRange finds them; RequantizeFoundAbove: a maximum's least value
//   QuantizedAdd, QuantizedMul, QuantizedBiasAdd    codes, one a channel, min, max
//   QuantizedRelu, QuantizedRelu6
//   QuantizedReluX                max_value
//   Dequantize, Quantize          of quint8, MIN_FIRST; none; min, max
//   QuantizeFound                 none: the least and the largest element
//   Add, Mul                      floats, one a channel
//
// y is of quint8 or float; where it is float, min and max are 0.
//
// Ranges that are found: each step takes each channel's codes in their order or the other way round, so that the
// extremes of the channels say what the range behind several steps will be, before a second sweep computes them all.
#ifndef RIVULET_ENGINE_OPS_CODE_STEPS_H_
#define RIVULET_ENGINE_OPS_CODE_STEPS_H_

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/checked.h"
#include "engine/kernels/code_stages.h"
#include "engine/kernels/gemm_int8.h"
#include "engine/ops/op.h"
#include "engine/ops/quantized.h"

namespace rivulet {

extern const OpDef kCodeSteps;
extern const OpDef kQuantizedConv2DSteps;
extern const OpDef kQuantizedMatMulSteps;
extern const OpDef kDepthwiseSteps;

// The products with steps come with those without.
inline constexpr bool kHasCodeSteps =
    IsBuilt("Requantize") && IsBuilt("QuantizeV2") && (IsBuilt("QuantizedConv2D") || IsBuilt("QuantizedMatMul"));

inline constexpr bool kHasDepthwiseSteps = kHasCodeSteps && IsBuilt("DepthwiseConv2dNative");

enum class CodeStepKind : uint8_t {
  kRequantize,
  kRequantizeFound,
  kRequantizeFoundAbove,
  kQuantizedAdd,
  kQuantizedMul,
  kQuantizedBiasAdd,
  kQuantizedRelu,
  kQuantizedRelu6,
  kQuantizedReluX,
  kDequantize,
  kQuantize,
  kQuantizeFound,
  kAdd,
  kMul,
};

struct CodeStep {
  CodeStepKind kind;
  int input;  // its first argument
};

struct CodeSteps {
  std::vector<CodeStep> steps;
  int channels_input = -1;  // an argument with one element a channel
  bool finds = false;       // some range
};

// How many arguments a step has; -1 for no step.
int CodeStepArguments(std::string_view step);
// Checks the names, and that the types of what each step takes and gives fit one another; `type` is the source's.
Status CheckCodeSteps(const std::vector<std::string>& steps, StageType type, int arguments, DType result);
// Of checked steps whose first argument is input `first`.
CodeSteps ReadCodeSteps(const std::vector<std::string>& steps, int first);

// What the steps begin with.
struct CodeStepsSource {
  StagedSource values;
  Range range;
  int64_t count = 0;
  int64_t channels = 1;  // the last dim
  double most = 0x1p31;  // no code of 32 bits is further from 0
  // Where it is set, and no range is found: makes the values, when the steps' constants are known. What goes to the
  // finish is done; says whether all is.
  std::function<Status(const RowsFinish& finish, bool* finished)> make;
  void* extremes = nullptr;  // rows of the channels' extremes, StagedElements(channels) apart; null: to be found
};

// `memory`: CodeStepsBytes, aligned for int32_t.
CheckedSize CodeStepsBytes(const CodeSteps& steps, int64_t channels, int threads);
Status RunCodeSteps(RunContext& c, const CodeSteps& steps, const CodeStepsSource& source, void* memory);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_CODE_STEPS_H_
