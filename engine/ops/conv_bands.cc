#include "engine/ops/conv_bands.h"

#include <array>

namespace rivulet {

std::optional<ConvGeometry> BandGeometryOf(const OpState& op_state, const Shape& input, const Shape& filter,
                                           bool constant_filter) {
  const auto& state = static_cast<const ConvState&>(op_state);
  const bool depthwise = state.kind == FilterKind::kDepthwise;
  const bool there = depthwise ? state.copy != nullptr || constant_filter : state.packed != nullptr;
  if (!there || state.spec.spatial_rank != 2 || !state.spec.channels_last || !input.complete()) return std::nullopt;
  if (state.tail.batch_norm && state.tail.shift.empty()) return std::nullopt;
  const Shape& known = state.prepared() ? state.filter_shape : filter;
  if (!known.complete()) return std::nullopt;
  const auto sizes = ComputeConvSizes(state.spec, input, known, state.kind);
  if (!sizes.ok()) return std::nullopt;
  const ConvGeometry geometry = ToConvGeometry(*sizes);
  if (!TakesBands(geometry, depthwise)) return std::nullopt;
  return geometry;
}

Status RunConvBands(std::span<std::optional<RunContext>> steps) {
  std::array<BandStage, kMostBandStages> room;
  std::array<std::optional<FloatTail>, kMostBandStages> tails;
  const std::span<BandStage> stages(room.data(), steps.size());
  RunContext& first = *steps.front();
  ScratchPieces pieces;
  for (size_t i = 0; i < steps.size(); ++i) {
    RunContext& c = *steps[i];
    const auto& state = c.state<ConvState>();
    BandStage& stage = stages[i];
    RIVULET_ASSIGN_OR_RETURN(const ConvSizes sizes, ConvSizesOf(c, state, c.input(0).shape()));
    stage.geometry = ToConvGeometry(sizes);
    stage.depthwise = state.kind == FilterKind::kDepthwise;
    if (stage.depthwise) {
      stage.filter = (state.copy != nullptr ? *state.copy : c.input(state.filter_input)).data<float>();
    } else {
      stage.packed = *state.packed;
    }
    tails[i].emplace(c, state.tail, true, pieces);
  }
  const int64_t scratch = pieces.Add(BandScratchBytes(stages, first.pool().num_threads()));
  RIVULET_RETURN_IF_ERROR(pieces.Allocate(first));
  for (size_t i = 0; i < steps.size(); ++i) stages[i].epilogue = tails[i]->MakeEpilogue(*steps[i], pieces);
  ConvBands(first.input(0).data<float>(), stages, steps.back()->output(0).data<float>(), pieces.At<float>(scratch),
            first.pool(), first.stop());
  return Status();
}

}  // namespace rivulet
