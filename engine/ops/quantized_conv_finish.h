// From exact sums of codes to the outputs of a quantised convolution: steps, biases, summand, relu, rounding.
#ifndef RIVULET_ENGINE_OPS_QUANTIZED_CONV_FINISH_H_
#define RIVULET_ENGINE_OPS_QUANTIZED_CONV_FINISH_H_

#include <cstdint>

#include "engine/ops/op.h"
#include "engine/ops/quantized.h"
#include "engine/ops/quantized_conv.h"

namespace rivulet {

// What the ranges say.
struct ConvSteps {
  Range input;
  Range output;
  double input_step = 0;
  double widest_step = 0;  // of the filter's channels
  double summand_step = 1;
  double output_step = 1;  // that results are counted in
};

Result<ConvSteps> ReadConvSteps(RunContext& c, const QuantizedConvForm& form);
// Outputs 1 and 2.
void WriteOutputRange(RunContext& c, const QuantizedConvForm& form, const ConvSteps& steps);

// What a channel's sums are multiplied by and what is added then: in float for codes, in double for sums.
template <typename T>
struct ChannelTerms {
  T* multiply = nullptr;
  T* add = nullptr;
};
inline constexpr int64_t kChannelTermBytes = 2 * sizeof(double);

// Output 0 from the sums, which may be its own memory. `memory`: channels * kChannelTermBytes, aligned for double.
void FinishSums(RunContext& c, const QuantizedConvForm& form, const ConvSteps& steps, const int32_t* sums,
                int64_t channels, void* memory);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_QUANTIZED_CONV_FINISH_H_
