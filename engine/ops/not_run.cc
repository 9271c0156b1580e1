#include "engine/ops/not_run.h"

#include <algorithm>
#include <iterator>

#include "engine/base/built.h"
#include "engine/base/errors.h"

namespace rivulet {
namespace {

constexpr const char* kTransfers[] = {"_HostRecv",     "_HostSend",
                                      "_Recv",         "_Send",
                                      "Recv",          "Send",
                                      "RemoteCall",    "DeleteRpcFutureResource",
                                      "RpcCall",       "RpcCheckStatus",
                                      "RpcClient",     "RpcGetValue",
                                      "RpcServer",     "RpcServerRegister",
                                      "RpcServerStart"};

constexpr const char* kCluster[] = {"CollectiveAllToAllV2",
                                    "CollectiveAllToAllV3",
                                    "CollectiveAssignGroupV2",
                                    "CollectiveInitializeCommunicator",
                                    "CollectiveReduceScatterV2",
                                    "CollectiveBcastRecv",
                                    "CollectiveBcastRecvV2",
                                    "CollectiveBcastSend",
                                    "CollectiveBcastSendV2",
                                    "CollectiveGather",
                                    "CollectiveGatherV2",
                                    "CollectivePermute",
                                    "CollectiveReduce",
                                    "CollectiveReduceV2",
                                    "CollectiveReduceV3",
                                    "CopyToMesh",
                                    "CopyToMeshGrad",
                                    "Relayout",
                                    "RelayoutLike"};

constexpr const char* kDevices[] = {"AllToAll",
                                    "CheckPinned",
                                    "ConvertToCooTensor",
                                    "CrossReplicaSum",
                                    "ExecuteTPUEmbeddingPartitioner",
                                    "GetMinibatchSplitsWithPhysicalReplica",
                                    "GetMinibatchesInCsrWithPhysicalReplica",
                                    "GetTpuTaskId",
                                    "GlobalIterId",
                                    "MlirPassthroughOp",
                                    "RemoteFusedGraphExecute",
                                    "StoreMinibatchStatisticsInFdo",
                                    "SyncDevice",
                                    "TPUCompile",
                                    "TPUExecute",
                                    "TPUPartitionedCall",
                                    "TPUReplicate",
                                    "TpuHandleToProtoKey",
                                    "UpdateTaskIdAndGlobalCoreArray",
                                    "WorkerHeartbeat",
                                    "XlaLaunch"};

constexpr const char* kScheduled[] = {"_Arg",
                                      "_ArrayToList",
                                      "_DeviceArg",
                                      "_DeviceRetval",
                                      "_EagerConst",
                                      "_HostCast",
                                      "_ListToArray",
                                      "_ParallelConcatStart",
                                      "_ParallelConcatUpdate",
                                      "_ReadVariablesOp",
                                      "_Retval",
                                      "_ScopedAllocator",
                                      "_ScopedAllocatorConcat",
                                      "_ScopedAllocatorSplit",
                                      "_TensorToHashBucketFast",
                                      "_UnaryOpsComposition",
                                      "_VarHandlesOp"};

constexpr const char* kSessions[] = {"DeleteSessionTensor", "GetSessionHandle", "GetSessionHandleV2",
                                     "GetSessionTensor"};

constexpr const char* kFiles[] = {"CalibrationStatisticsSaver",
                                  "DumpTensor",
                                  "FileSystemSetConfiguration",
                                  "FixedLengthRecordReader",
                                  "FixedLengthRecordReaderV2",
                                  "GenerateVocabRemapping",
                                  "IdentityReader",
                                  "IdentityReaderV2",
                                  "LMDBReader",
                                  "LoadAndRemapMatrix",
                                  "MatchingFiles",
                                  "ReadFile",
                                  "ReaderNumRecordsProduced",
                                  "ReaderNumRecordsProducedV2",
                                  "ReaderNumWorkUnitsCompleted",
                                  "ReaderNumWorkUnitsCompletedV2",
                                  "ReaderRead",
                                  "ReaderReadUpTo",
                                  "ReaderReadUpToV2",
                                  "ReaderReadV2",
                                  "ReaderReset",
                                  "ReaderResetV2",
                                  "ReaderRestoreState",
                                  "ReaderRestoreStateV2",
                                  "ReaderSerializeState",
                                  "ReaderSerializeStateV2",
                                  "RecordInput",
                                  "Skipgram",
                                  "TFRecordReader",
                                  "TFRecordReaderV2",
                                  "TextLineReader",
                                  "TextLineReaderV2",
                                  "WholeFileReader",
                                  "WholeFileReaderV2",
                                  "WriteFile"};

constexpr const char* kHost[] = {"EagerPyFunc", "FakeQueue", "PyFunc", "PyFuncStateless"};

constexpr const char* kEnds[] = {"Abort"};

constexpr const char* kDebugger[] = {"DebugIdentity",       "DebugIdentityV2", "DebugNanCount",
                                     "DebugNumericSummary", "DebugIdentityV3", "DebugNumericSummaryV2"};

constexpr const char* kLogs[] = {"CloseSummaryWriter", "CreateSummaryDbWriter", "CreateSummaryFileWriter",
                                 "FlushSummaryWriter", "ImportEvent",           "SummaryWriter",
                                 "WriteAudioSummary",  "WriteGraphSummary",     "WriteHistogramSummary",
                                 "WriteImageSummary",  "WriteRawProtoSummary",  "WriteScalarSummary",
                                 "WriteSummary"};

constexpr const char* kTests[] = {"A",
                                  "Attr",
                                  "AttrBool",
                                  "AttrBoolList",
                                  "AttrDefault",
                                  "AttrEmptyListDefault",
                                  "AttrEnum",
                                  "AttrEnumList",
                                  "AttrFloat",
                                  "AttrListDefault",
                                  "AttrListMin",
                                  "AttrListTypeDefault",
                                  "AttrMin",
                                  "AttrPartialShape",
                                  "AttrPartialShapeList",
                                  "AttrShape",
                                  "AttrShapeList",
                                  "AttrTypeDefault",
                                  "B",
                                  "Binary",
                                  "ComplexStruct",
                                  "ConstructionFails",
                                  "CopyOp",
                                  "DefaultAttrs",
                                  "DevicePlacementOp",
                                  "DtypeWithDefaultOp",
                                  "FiveFloatOutputs",
                                  "FloatInput",
                                  "FloatOutput",
                                  "FloatOutputStringOutput",
                                  "Foo1",
                                  "Foo2",
                                  "Foo3",
                                  "FuncAttr",
                                  "FuncListAttr",
                                  "GetDeadline",
                                  "GraphDefVersion",
                                  "InPolymorphicTwice",
                                  "Int64Output",
                                  "IntAttr",
                                  "IntInput",
                                  "IntInputFloatInput",
                                  "IntInputIntOutput",
                                  "IntOutput",
                                  "IntOutputFloatOutput",
                                  "IsResourceHandleRefCounting",
                                  "IsTensorFloat32Enabled",
                                  "KernelLabel",
                                  "KernelLabelRequired",
                                  "ListInput",
                                  "ListOutput",
                                  "MakeWeakResourceHandle",
                                  "MixedStruct",
                                  "NInPolymorphicTwice",
                                  "NInTwice",
                                  "NInTwoTypeVariables",
                                  "NIntsIn",
                                  "NIntsOut",
                                  "NIntsOutDefault",
                                  "NPolymorphicIn",
                                  "NPolymorphicOut",
                                  "NPolymorphicOutDefault",
                                  "NPolymorphicRestrictIn",
                                  "NPolymorphicRestrictOut",
                                  "Namespace>TestStringOutput",
                                  "None",
                                  "Old",
                                  "OpWithDefaultAttr",
                                  "OpWithFutureDefaultAttr",
                                  "OutT",
                                  "OutTypeList",
                                  "OutTypeListRestrict",
                                  "Polymorphic",
                                  "PolymorphicDefaultOut",
                                  "PolymorphicOut",
                                  "RefIn",
                                  "RefInputFloatInput",
                                  "RefInputFloatInputIntOutput",
                                  "RefInputIntInput",
                                  "RefOut",
                                  "RefOutput",
                                  "RefOutputFloatOutput",
                                  "RequiresOlderGraphVersion",
                                  "ReservedAttr",
                                  "ReservedInput",
                                  "ResourceCreateOp",
                                  "ResourceInitializedOp",
                                  "ResourceUsingOp",
                                  "Restrict",
                                  "Simple",
                                  "SimpleStruct",
                                  "SleepIdentityOp",
                                  "SleepOp",
                                  "StringListAttr",
                                  "StubResourceHandleOp",
                                  "TestAttr",
                                  "TestStringOutput",
                                  "TwoFloatInputs",
                                  "TwoFloatInputsFloatOutput",
                                  "TwoFloatInputsIntOutput",
                                  "TwoFloatOutputs",
                                  "TwoIntInputs",
                                  "TwoIntOutputs",
                                  "TwoRefsIn",
                                  "TypeList",
                                  "TypeListRestrict",
                                  "TypeListTwice",
                                  "Unary"};

constexpr const char* kCompiled[] = {"BatchFFT",
                                     "BatchFFT2D",
                                     "BatchFFT3D",
                                     "BatchIFFT",
                                     "BatchIFFT2D",
                                     "BatchIFFT3D",
                                     "BoostedTreesBucketize",
                                     "BoostedTreesCalculateBestFeatureSplitV2",
                                     "BoostedTreesCreateQuantileStreamResource",
                                     "BoostedTreesFlushQuantileSummaries",
                                     "BoostedTreesMakeQuantileSummaries",
                                     "BoostedTreesQuantileStreamResourceAddSummaries",
                                     "BoostedTreesQuantileStreamResourceDeserialize",
                                     "BoostedTreesQuantileStreamResourceFlush",
                                     "BoostedTreesQuantileStreamResourceGetBucketBoundaries",
                                     "BoostedTreesQuantileStreamResourceHandleOp",
                                     "FFTND",
                                     "GenerateBoundingBoxProposals",
                                     "IFFTND",
                                     "IRFFTND",
                                     "IsBoostedTreesQuantileStreamResourceInitialized",
                                     "KthOrderStatistic",
                                     "MakeUnique",
                                     "MaxPoolGradGradWithArgmax",
                                     "RFFTND",
                                     "SegmentMaxV2",
                                     "SegmentMinV2",
                                     "SegmentProdV2",
                                     "SegmentSumV2",
                                     "SparseMatrixAdd",
                                     "SparseMatrixMul",
                                     "SparseMatrixSoftmax",
                                     "SparseMatrixSoftmaxGrad",
                                     "SparseMatrixZeros",
                                     "TopKUnique",
                                     "TopKWithUnique",
                                     "_FusedBatchNormGradEx"};

constexpr const char* kServer[] = {"Batch", "Unbatch", "UnbatchGrad"};

constexpr const char* kPictures[] = {"DecodeJxl", "DecodeWebP"};

constexpr const char* kCalibration[] = {"CustomAggregator"};

constexpr const char* kOrderings[] = {"SparseMatrixOrderingAMD"};

// Fails in TensorFlow, too.
constexpr const char* kUnmakeable[] = {"MutableDenseHashTable"};

constexpr std::string_view kAccelerator = "it runs on an accelerator of its own";
constexpr std::string_view kOfCluster = "it takes part in the training of a cluster";
constexpr std::string_view kForOneRun = "TensorFlow puts it into a graph for one run, never into a file";

constexpr Refusal kRefusals[] = {
    {"it hands values between devices or programs, of which there is one; cut the graph where it stands", kTransfers},
    {kOfCluster, kCluster},
    {kAccelerator, kDevices},
    {kForOneRun, kScheduled},
    {"it keeps a value of another run in TensorFlow's session; fetch and feed the value instead", kSessions},
    {"a model may not read or write files by names of its own; feed what it would have read", kFiles},
    {"it calls what is not in the model: the Python program that made it", kHost},
    {"it would end the program that runs the model", kEnds},
    {"it is TensorFlow's debugger's; take it out of the graph", kDebugger},
    {"it writes the log of a training", kLogs},
    {"TensorFlow itself has no kernel of it for a CPU", kCompiled},
    {"it gathers the requests of a server into one; take it out of the graph", kServer},
    {"there is no decoder of these pictures here; feed their pixels", kPictures},
    {"it is of TensorFlow's own tests", kTests},
    {"it measures ranges for TensorFlow's quantizer; take it out of the graph, its first output is its input",
     kCalibration},
    {"its order is one library's choice among many; give SparseMatrixSparseCholesky a permutation that is a constant",
     kOrderings},
    {"it lacks the deleted key, without which such a table is not made; use MutableDenseHashTableV2", kUnmakeable},
};

// Too many to name one by one: all that begins so.
struct Naming {
  std::string_view piece;
  std::string_view reason;
};
constexpr Naming kPrefixes[] = {
    {"Xla", kAccelerator},
    {"_Xla", kAccelerator},
    {"Cudnn", kAccelerator},
    {"Infeed", kAccelerator},
    {"Outfeed", kAccelerator},
    {"_Mkl", kForOneRun},
    {"__Mkl", kForOneRun},
    {"Collective", kOfCluster},
    {"DTensor", kOfCluster},
    {"Nccl", kOfCluster},
    {"_Nccl", kOfCluster},
    {"Risc", "it is a compiler's own, never in a file"},
    {"Sdca", "it is a step of training"},
};

// The same for what has it anywhere in its name.
constexpr Naming kParts[] = {
    {"TPU", kAccelerator},         {"SparseCore", kAccelerator},   {"DedupData", kAccelerator},
    {"VariableXla", kAccelerator}, {"Prelinearize", kAccelerator},
};

}  // namespace

std::span<const Refusal> Refusals() { return kRefusals; }

bool IsDeadWeight(std::string_view op) {
  constexpr std::string_view kParts[] = {"Dataset",       "Iterator",        "MemoryCache",
                                         "SeedGenerator", "StatsAggregator", "ThreadPoolHandle"};
  for (const std::string_view part : kParts) {
    if (op.find(part) != std::string_view::npos) return true;
  }
  constexpr std::string_view kNames[] = {"CompressElement",       "ComputeBatchSize",  "DistributedSave",
                                         "DummyIterationCounter", "GetElementAtIndex", "GetOptions",
                                         "UncompressElement",     "WindowOp"};
  return std::find(std::begin(kNames), std::end(kNames), op) != std::end(kNames);
}

std::string WhyNotRun(std::string_view op) {
  for (const Refusal& refusal : kRefusals) {
    if (std::find(refusal.ops.begin(), refusal.ops.end(), op) != refusal.ops.end()) return std::string(refusal.reason);
  }
  for (const Naming& naming : kPrefixes) {
    if (op.starts_with(naming.piece)) return std::string(naming.reason);
  }
  for (const Naming& naming : kParts) {
    if (op.find(naming.piece) != std::string_view::npos) return std::string(naming.reason);
  }
  if (IsDeadWeight(op))
    return "it belongs to the input pipeline of training; feed what the network takes from it instead";
  return "";
}

std::string NoKernel(std::string_view op) {
  const std::string why = WhyNotRun(op);
  if (kIsNarrowed && why.empty()) return std::string(NotBuilt("kernel for this operator").message());
  return Cat("no kernel for this operator", why.empty() ? "" : ": ", why);
}

}  // namespace rivulet
