// What the fused operators (_FusedConv2D, _FusedDepthwiseConv2dNative, _FusedConv3D, _FusedMatMul) do after their
// product:
//
//   y = activation((x + bias | batch norm of x) + addend)
//
// as said by the attribute fused_ops: [BiasAdd | FusedBatchNorm] [Add] [an activation], each at most once and in this
// order. The inputs after the first two ("args") are bias, or scale, offset, mean and variance, then the addend, which
// has the output's shape. Bias, scale, offset, mean and variance have one value for each channel.
#ifndef RIVULET_ENGINE_OPS_FUSED_TAIL_H_
#define RIVULET_ENGINE_OPS_FUSED_TAIL_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/kernels/epilogue.h"
#include "engine/ops/op.h"
#include "engine/ops/staging.h"

namespace rivulet {

enum class TailActivation : uint8_t {
  kNone,
  kRelu,
  kRelu6,
  kLeakyRelu,  // the kernels' epilogues have these
  kElu,
  kTanh,
  kSigmoid,
  kSwish,
  kHardSwish,
  kGeluExact,
  kGeluApproximate,
};

struct FusedTail {
  bool bias = false;
  bool batch_norm = false;
  bool add = false;
  TailActivation activation = TailActivation::kNone;
  float leaky_alpha = 0.2f;
  float epsilon = 1e-4f;
  // After TakeBatchNorm: its factors are in the filter, and this is what is left to add.
  std::vector<float> shift;

  int num_args() const { return (bias ? 1 : 0) + (batch_norm ? 4 : 0) + (add ? 1 : 0); }
  // The index of the addend among the inputs.
  int addend_input() const { return 2 + num_args() - 1; }
  bool empty() const { return num_args() == 0 && activation == TailActivation::kNone; }
};

// From attributes fused_ops, epsilon and leakyrelu_alpha.
Result<FusedTail> ParseFusedTail(const AttrReader& attrs);
// The same from a list of its own.
Result<FusedTail> ParseFusedTail(std::span<const std::string> ops, const AttrReader& attrs);

// Takes a batch norm of known float parameters out of the run: returns the factor of each channel, which the caller
// multiplies into the filter that it packs, and sets tail->shift. Empty when there is none. The args are consumed.
std::vector<float> TakeBatchNorm(PrepareContext& c, FusedTail* tail);

// Checks the args (inputs from 2) against the channels of the output, at `channel_axis` of it.
Status CheckTailArgs(const InferContext& c, const FusedTail& tail, const Shape& output, int channel_axis);

// The tail of one run in float: the kernel's epilogue has it all, but for a batch norm whose factors are not in the
// filter. That, and what comes after it, is done by Finish.
class FloatTail {
 public:
  FloatTail(RunContext& c, const FusedTail& tail, bool channels_last, ScratchPieces& pieces);
  // After pieces.Allocate; points into the inputs and the scratch.
  Epilogue MakeEpilogue(RunContext& c, const ScratchPieces& pieces);
  // Does what the epilogue left, on `out` [rows, channels].
  void Finish(RunContext& c, int64_t rows, int64_t channels, float* out) const;

 private:
  const FusedTail& tail_;
  std::optional<StagedInput> addend_;
  int64_t rows_ = 0;  // the piece with bias, or scale and shift, in float
  const float* addend_data_ = nullptr;
  const float* scale_ = nullptr;
  const float* shift_ = nullptr;
};

// The epilogue on `out` [rows, channels], for products that no kernel makes in one go.
void ApplyEpilogue(RunContext& c, const Epilogue& epilogue, int64_t rows, int64_t channels, float* out);

// The whole tail on `out` [rows, channels] in double precision; the args are the inputs, `addend` laid out as `out`.
void ApplyTail(RunContext& c, const FusedTail& tail, const double* addend, int64_t rows, int64_t channels, double* out);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_FUSED_TAIL_H_
