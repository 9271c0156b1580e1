// The run of a forward convolution of any kind and dtype; shared by the operators that contain one.
//
// float (and half and bfloat16, which compute in float) goes through the kernels: dense two-dimensional filters are
// packed, three-dimensional ones are two-dimensional ones over stacked slices (conv_volumes.h), depthwise ones run as
// they lie. double and int32 go through plain loops.
#ifndef RIVULET_ENGINE_OPS_CONV_FORWARD_H_
#define RIVULET_ENGINE_OPS_CONV_FORWARD_H_

#include <memory>
#include <optional>
#include <vector>

#include "engine/ops/conv_shape.h"
#include "engine/ops/fused_tail.h"

namespace rivulet {

struct ConvState : OpState {
  WindowSpec spec;
  FilterKind kind = FilterKind::kDense;
  FusedTail tail;
  int filter_input = 1;
  bool plain = false;  // outputs are sums of products, never transformed
  // Of a constant filter that computes in float: packed, or for depthwise a copy.
  Shape filter_shape;
  std::shared_ptr<const PackedFilter> packed;
  std::shared_ptr<const PackedHalf> fast;  // instead, where speed goes before accuracy
  std::shared_ptr<const Tensor> copy;

  bool prepared() const { return packed != nullptr || fast != nullptr || copy != nullptr; }
};

// Fills `state` from what the session wants, and from the constant filter, if it is one, and consumes that; the other
// fields are set before. `input` is
// what is known of the convolution's input.
Status PrepareConvFilter(PrepareContext& c, const Shape& input, ConvState* state);

// One run: construct, which adds to `pieces`; pieces.Allocate; Run. `output` has the shape that `sizes` says.
class ConvRun {
 public:
  ConvRun(RunContext& c, const ConvState& state, const ConvSizes& sizes, Tensor& output, ScratchPieces& pieces);
  // `input`: channels-last, of ComputeType.
  void Run(const void* input, const ScratchPieces& pieces);

 private:
  void RunFloat(const float* input, float* output, const ScratchPieces& pieces);
  void AddVolumePieces(ScratchPieces& pieces);
  CheckedSize KernelScratch() const;
  void RunVolumes(const float* input, const float* filter, const Epilogue& epilogue, float* output,
                  const ScratchPieces& pieces);
  void RunDouble(const double* input, double* output, const ScratchPieces& pieces);
  PackedFilter PackNow(const float* filter, const ScratchPieces& pieces);

  RunContext& c_;
  const ConvState& state_;
  const ConvSizes sizes_;
  ConvGeometry geometry_;
  DType dtype_;
  StagedOutput output_;
  std::optional<StagedInput> filter_;
  std::optional<FloatTail> tail_;
  std::optional<StagedInput> addend_;  // of double
  int64_t packed_ = 0;
  int64_t kernel_ = 0;
  int64_t stacked_ = 0;  // of volumes: the slices side by side, and a filter that is not constant in their order
  int64_t stacked_filter_ = 0;
  ConvAlgorithm algorithm_ = ConvAlgorithm::kDirect;
};

// The sizes of a run on an input of this shape.
Result<ConvSizes> ConvSizesOf(const RunContext& c, const ConvState& state, const Shape& input);

// The whole run of an operator whose input 0 is the convolution's.
// UNIMPLEMENTED in a build that was narrowed to models without such convolutions.
Status CheckConvBuilt(DType dtype);

Status RunConv(RunContext& c);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_CONV_FORWARD_H_
