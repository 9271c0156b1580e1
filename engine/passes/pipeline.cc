#include "engine/passes/pass.h"

namespace rivulet {

Status BatchProducts(const PassContext& context, PatchSink& sink);
Status CancelTransposes(const PassContext& context, PatchSink& sink);
Status ChannelsLast(const PassContext& context, PatchSink& sink);
Status ChannelsToPixels(const PassContext& context, PatchSink& sink);
Status DenseRows(const PassContext& context, PatchSink& sink);
Status DepthwiseGroups(const PassContext& context, PatchSink& sink);
Status DropIdentity(const PassContext& context, PatchSink& sink);
Status DropWaits(const PassContext& context, PatchSink& sink);
Status FoldBatchNorm(const PassContext& context, PatchSink& sink);
Status FoldConstants(const PassContext& context, PatchSink& sink);
Status FoldDilation(const PassContext& context, PatchSink& sink);
Status FoldPad(const PassContext& context, PatchSink& sink);
Status FuseAttention(const PassContext& context, PatchSink& sink);
Status FuseCodeSteps(const PassContext& context, PatchSink& sink);
Status FuseCodeTables(const PassContext& context, PatchSink& sink);
Status FuseConvBiasAct(const PassContext& context, PatchSink& sink);
Status FuseElementwise(const PassContext& context, PatchSink& sink);
Status FuseLayerNorm(const PassContext& context, PatchSink& sink);
Status FuseNorm(const PassContext& context, PatchSink& sink);
Status FusePrelu(const PassContext& context, PatchSink& sink);
Status LookAhead(const PassContext& context, PatchSink& sink);
Status MergeEqual(const PassContext& context, PatchSink& sink);
Status MoveCodes(const PassContext& context, PatchSink& sink);
Status SettleBranches(const PassContext& context, PatchSink& sink);
Status SinkSqueeze(const PassContext& context, PatchSink& sink);
Status SortSums(const PassContext& context, PatchSink& sink);
Status SplitBatches(const PassContext& context, PatchSink& sink);
Status TurnRegions(const PassContext& context, PatchSink& sink);
Status FoldWeights(const PassContext& context, PatchSink& sink);
Status Int8Levels(const PassContext& context, PatchSink& sink);
Status Int8Moves(const PassContext& context, PatchSink& sink);
Status Int8Products(const PassContext& context, PatchSink& sink);
Status Int8Sums(const PassContext& context, PatchSink& sink);

std::span<const Pass> Pipeline() {
  constexpr const char* kCodes = "_Int8Quantize _Int8Dequantize";
  constexpr const char* kMatrixProducts = "MatMul BatchMatMul BatchMatMulV2 BatchMatMulV3 Einsum";
  constexpr const char* kTailedProducts =
      "Conv2D Conv3D DepthwiseConv2dNative MatMul _FusedConv2D _FusedConv3D _FusedDepthwiseConv2dNative _FusedMatMul";
  constexpr const char* kQuantised =
      "FakeQuantWithMinMaxArgs FakeQuantWithMinMaxVars FakeQuantWithMinMaxVarsPerChannel Dequantize";
  static constexpr Pass kPasses[] = {
      {"drop_waits", "before what leaves alone all that waits", DropWaits, nullptr, /*once=*/true},
      {"drop_identity", "early, so that patterns are not interrupted", DropIdentity, nullptr, /*once=*/true},
      {"merge_equal", "before folding, which would make a constant of each", MergeEqual, nullptr, /*once=*/true},
      {"fold_constants", "before the patterns that want constant weights", FoldConstants, nullptr, /*once=*/true},
      {"settle_branches", "behind folding, which finds conditions", SettleBranches, "Switch RefSwitch _SwitchN",
       /*once=*/true, /*starts_again=*/true},
      {"merge_folded", "before patterns that want a value to have one reader", MergeEqual, nullptr, /*once=*/true},
      {"channels_last", "before all that looks at products: their channels are last then", ChannelsLast},
      {"cancel_transposes", "the transposes that channels_last has written out stand between products and tails",
       CancelTransposes, "Transpose"},
      {"turn_regions", "behind the simple cases; leaves no transposes where fold_pad and fusion look", TurnRegions,
       "Transpose"},
      {"channels_to_pixels", "behind channels_last, before what looks at convolutions", ChannelsToPixels,
       "Conv2DBackpropInput"},
      {"int8_levels", "while fake quantisation still says how weights and activations are quantised", Int8Levels,
       kQuantised},
      {"int8_moves", "so that codes come up to what computes with them", Int8Moves, kCodes},
      {"int8_products", "before fusion, which looks at the same products", Int8Products, kCodes},
      {"int8_sums", "the rest of what codes reach", Int8Sums, kCodes},
      {"fold_pad_of_codes", "fold_pad, before fuse_code_steps, which takes depthwise convolutions", FoldPad,
       "QuantizeV2"},
      {"move_codes", "before fuse_code_steps, which makes codes of floats wherever these come from", MoveCodes,
       "QuantizeV2"},
      {"fuse_code_tables", "before fuse_code_steps, whose chains end where a table begins", FuseCodeTables,
       "Requantize QuantizeV2"},
      {"fuse_code_steps", "behind folding, which knows filters and ranges then", FuseCodeSteps,
       "Requantize QuantizeV2"},
      {"fold_weights", "the quantised weights that stayed float", FoldWeights, kQuantised},
      {"depthwise_groups", "before what treats depthwise convolutions and others apart", DepthwiseGroups, "Conv2D"},
      {"fold_dilation", "before fold_pad, which finds the Pad above it then", FoldDilation, "BatchToSpaceND"},
      {"fold_pad", "before fusion, which looks at plain convolutions", FoldPad, "Pad"},
      {"sink_squeeze", "before fold_batch_norm, which takes what stands next to a product", SinkSqueeze, "Squeeze"},
      {"split_batches", "brings the parts of attention together", SplitBatches, "Reshape"},
      {"fuse_attention", "before scales and masks are taken for norms and tails of products", FuseAttention, "Softmax"},
      {"dense_rows", "before what looks at a MatMul, into which norms and what comes behind go", DenseRows,
       kMatrixProducts},
      {"fold_batch_norm", "leaves a product with one scale and offset, which fusion takes", FoldBatchNorm,
       kTailedProducts},
      {"sort_sums", "before fusion, which goes by the order of sums", SortSums, "BiasAdd"},
      {"fuse_conv_bias_act", "takes what a product can do itself", FuseConvBiasAct, kTailedProducts},
      {"look_ahead", "behind fusion, which brings a product and its bias together", LookAhead,
       "TensorListGetItem TensorArrayReadV3"},
      {"batch_products", "behind fusion, likewise", BatchProducts, "MatMul _FusedMatMul"},
      {"fuse_norm", "the norms that no product has taken", FuseNorm,
       "FusedBatchNorm FusedBatchNormV2 FusedBatchNormV3"},
      {"fuse_layer_norm", "before its parts are fused with one another", FuseLayerNorm,
       "Rsqrt FusedBatchNorm FusedBatchNormV2 FusedBatchNormV3"},
      {"fuse_prelu", "before its parts are fused with one another", FusePrelu, "Relu"},
      {"fuse_elementwise", "last: what no product has taken", FuseElementwise, nullptr, /*once=*/true},
  };
  return kPasses;
}

}  // namespace rivulet
