#include "prepare/transforms/transforms.h"

namespace rivulet::prepare {

std::span<const Transform* const> AllTransforms() {
  static constexpr const Transform* kAll[] = {
      &kAddDefaultAttributes,  &kBackportConcatv2,
      &kBackportTensorArrayV3, &kFlattenAtrousConv,
      &kFoldBatchNorms,        &kFoldConstants,
      &kFoldOldBatchNorms,     &kFreezeRequantizationRanges,
      &kFusePadAndConv,        &kFuseResizeAndConv,
      &kFuseResizePadAndConv,  &kInsertLogging,
      &kMergeDuplicateNodes,   &kObfuscateNames,
      &kQuantizeNodes,         &kQuantizeWeights,
      &kRemoveAttribute,       &kRemoveControlDependencies,
      &kRemoveDevice,          &kRemoveNodes,
      &kRenameAttribute,       &kRenameOp,
      &kRoundWeights,          &kSetDevice,
      &kSortByExecutionOrder,  &kSparsifyGather,
      &kStripUnusedNodes,
  };
  return kAll;
}

}  // namespace rivulet::prepare
