// One constant for each file here; transforms.cc has the list.
#ifndef RIVULET_PREPARE_TRANSFORMS_TRANSFORMS_H_
#define RIVULET_PREPARE_TRANSFORMS_TRANSFORMS_H_

#include "prepare/transform.h"

namespace rivulet::prepare {

extern const Transform kAddDefaultAttributes;
extern const Transform kBackportConcatv2;
extern const Transform kBackportTensorArrayV3;
extern const Transform kFlattenAtrousConv;
extern const Transform kFoldBatchNorms;
extern const Transform kFoldConstants;
extern const Transform kFoldOldBatchNorms;
extern const Transform kFreezeRequantizationRanges;
extern const Transform kFusePadAndConv;
extern const Transform kFuseResizeAndConv;
extern const Transform kFuseResizePadAndConv;
extern const Transform kInsertLogging;
extern const Transform kMergeDuplicateNodes;
extern const Transform kObfuscateNames;
extern const Transform kQuantizeNodes;
extern const Transform kQuantizeWeights;
extern const Transform kRemoveAttribute;
extern const Transform kRemoveControlDependencies;
extern const Transform kRemoveDevice;
extern const Transform kRemoveNodes;
extern const Transform kRenameAttribute;
extern const Transform kRenameOp;
extern const Transform kRoundWeights;
extern const Transform kSetDevice;
extern const Transform kSortByExecutionOrder;
extern const Transform kSparsifyGather;
extern const Transform kStripUnusedNodes;

}  // namespace rivulet::prepare

#endif  // RIVULET_PREPARE_TRANSFORMS_TRANSFORMS_H_
