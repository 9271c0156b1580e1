#include "engine/ops/not_run.h"

#include <gtest/gtest.h>

#include <set>

#include "engine/ops/op.h"

namespace rivulet {
namespace {

TEST(NotRun, IsToldWithAReason) {
  EXPECT_NE(WhyNotRun("_Recv").find("between devices"), std::string::npos);
  EXPECT_NE(WhyNotRun("WriteFile").find("files"), std::string::npos);
  EXPECT_NE(WhyNotRun("XlaVariadicReduceV2").find("XLA"), std::string::npos);
  EXPECT_NE(WhyNotRun("_MklNativeConv2D").find("for one run"), std::string::npos);
  EXPECT_NE(WhyNotRun("WriteScalarSummary").find("log"), std::string::npos);
  EXPECT_NE(WhyNotRun("CudnnRNNV3").find("accelerator"), std::string::npos);
  EXPECT_NE(WhyNotRun("DTensorAllReduce").find("cluster"), std::string::npos);
  EXPECT_NE(WhyNotRun("SdcaOptimizerV2").find("training"), std::string::npos);
  EXPECT_NE(WhyNotRun("SegmentMaxV2").find("CPU"), std::string::npos);
  EXPECT_NE(WhyNotRun("DecodeWebP").find("pixels"), std::string::npos);
  EXPECT_NE(WhyNotRun("RetrieveTPUEmbeddingAdagradParameters").find("accelerator"), std::string::npos);
  EXPECT_NE(WhyNotRun("ConvertToSparseCoreCsrWrappedCooTensor").find("accelerator"), std::string::npos);
  EXPECT_NE(WhyNotRun("SparseMatrixOrderingAMD").find("permutation"), std::string::npos);
  EXPECT_EQ(WhyNotRun("Conv2D"), "");
  EXPECT_EQ(WhyNotRun("NobodyKnowsIt"), "");
}

TEST(NotRun, InputPipelinesAreDeadWeight) {
  for (const char* op :
       {"TensorSliceDataset", "BatchDatasetV2", "ParallelMapDataset", "OneShotIterator", "IteratorV2",
        "IteratorGetNext", "IteratorGetNextAsOptional", "MakeIterator", "IteratorToStringHandle", "AnonymousIteratorV3",
        "DeleteIterator", "MultiDeviceIteratorGetNextFromShard", "AnonymousMemoryCache", "DeleteSeedGenerator",
        "StatsAggregatorSummary", "InitializeTableFromDataset", "WindowOp"}) {
    EXPECT_TRUE(IsDeadWeight(op)) << op;
    EXPECT_NE(WhyNotRun(op).find("feed"), std::string::npos) << op;
  }
  for (const char* op : {"MatMul", "MatMulV2", "V2", "2", ""}) EXPECT_FALSE(IsDeadWeight(op)) << op;
}

TEST(NotRun, HasNothingThatRuns) {
  std::set<std::string_view> seen;
  for (const Refusal& refusal : Refusals()) {
    for (const char* op : refusal.ops) {
      EXPECT_EQ(FindOp(op), nullptr) << op;
      EXPECT_FALSE(IsDeadWeight(op)) << op;
      EXPECT_TRUE(seen.insert(op).second) << op << " twice";
    }
  }
  for (const OpDef* def : AllOps()) EXPECT_FALSE(IsDeadWeight(def->name)) << def->name;
}

}  // namespace
}  // namespace rivulet
