// One constant for each tool's file here; tool.cc has the list.
#ifndef RIVULET_CLI_TF_TOOLS_H_
#define RIVULET_CLI_TF_TOOLS_H_

#include "cli/tf/tool.h"

namespace rivulet::tf {

extern const Tool kBenchmarkModel;
extern const Tool kCompareGraphs;
extern const Tool kConvertGraphdefMemmappedFormat;
extern const Tool kCountOps;
extern const Tool kEvaluate;
extern const Tool kFreezeGraph;
extern const Tool kGraphPb2tb;
extern const Tool kGraphToDot;
extern const Tool kImportPbToTensorboard;
extern const Tool kInspectCheckpoint;
extern const Tool kLabelImage;
extern const Tool kLabelWav;
extern const Tool kLabelWavDir;
extern const Tool kOptimizeForInference;
extern const Tool kPrintSelectiveRegistrationHeader;
extern const Tool kQuantizeGraph;
extern const Tool kSavedModelCli;
extern const Tool kStripUnused;
extern const Tool kSummarizeGraph;
extern const Tool kTestStreamingAccuracy;
extern const Tool kTransformGraph;
extern const Tool kWavToSpectrogram;

}  // namespace rivulet::tf

#endif  // RIVULET_CLI_TF_TOOLS_H_
