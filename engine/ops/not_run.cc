#include "engine/ops/not_run.h"

#include <algorithm>
#include <iterator>

#include "engine/base/built.h"
#include "engine/base/errors.h"

namespace rivulet {
namespace {

constexpr NameList kTransfers(
    "_HostRecv\0"
    "_HostSend\0"
    "_Recv\0"
    "_Send\0"
    "Recv\0"
    "Send\0"
    "RemoteCall\0"
    "DeleteRpcFutureResource\0"
    "RpcCall\0"
    "RpcCheckStatus\0"
    "RpcClient\0"
    "RpcGetValue\0"
    "RpcServer\0"
    "RpcServerRegister\0"
    "RpcServerStart\0");

constexpr NameList kCluster(
    "CollectiveAllToAllV2\0"
    "CollectiveAllToAllV3\0"
    "CollectiveAssignGroupV2\0"
    "CollectiveInitializeCommunicator\0"
    "CollectiveReduceScatterV2\0"
    "CollectiveBcastRecv\0"
    "CollectiveBcastRecvV2\0"
    "CollectiveBcastSend\0"
    "CollectiveBcastSendV2\0"
    "CollectiveGather\0"
    "CollectiveGatherV2\0"
    "CollectivePermute\0"
    "CollectiveReduce\0"
    "CollectiveReduceV2\0"
    "CollectiveReduceV3\0"
    "CopyToMesh\0"
    "CopyToMeshGrad\0"
    "Relayout\0"
    "RelayoutLike\0");

constexpr NameList kDevices(
    "AllToAll\0"
    "CheckPinned\0"
    "ConvertToCooTensor\0"
    "CrossReplicaSum\0"
    "ExecuteTPUEmbeddingPartitioner\0"
    "GetMinibatchSplitsWithPhysicalReplica\0"
    "GetMinibatchesInCsrWithPhysicalReplica\0"
    "GetTpuTaskId\0"
    "GlobalIterId\0"
    "MlirPassthroughOp\0"
    "RemoteFusedGraphExecute\0"
    "StoreMinibatchStatisticsInFdo\0"
    "SyncDevice\0"
    "TPUCompile\0"
    "TPUExecute\0"
    "TPUPartitionedCall\0"
    "TPUReplicate\0"
    "TpuHandleToProtoKey\0"
    "UpdateTaskIdAndGlobalCoreArray\0"
    "WorkerHeartbeat\0"
    "XlaLaunch\0");

constexpr NameList kScheduled(
    "_Arg\0"
    "_ArrayToList\0"
    "_DeviceArg\0"
    "_DeviceRetval\0"
    "_EagerConst\0"
    "_HostCast\0"
    "_ListToArray\0"
    "_ParallelConcatStart\0"
    "_ParallelConcatUpdate\0"
    "_ReadVariablesOp\0"
    "_Retval\0"
    "_ScopedAllocator\0"
    "_ScopedAllocatorConcat\0"
    "_ScopedAllocatorSplit\0"
    "_TensorToHashBucketFast\0"
    "_UnaryOpsComposition\0"
    "_VarHandlesOp\0");

constexpr NameList kSessions(
    "DeleteSessionTensor\0"
    "GetSessionHandle\0"
    "GetSessionHandleV2\0"
    "GetSessionTensor\0");

constexpr NameList kFiles(
    "CalibrationStatisticsSaver\0"
    "DumpTensor\0"
    "FileSystemSetConfiguration\0"
    "LMDBReader\0"
    "RecordInput\0"
    "Skipgram\0"
    "WriteFile\0");

constexpr NameList kHost(
    "EagerPyFunc\0"
    "FakeQueue\0"
    "PyFunc\0"
    "PyFuncStateless\0");

constexpr NameList kEnds("Abort\0");

constexpr NameList kDebugger(
    "DebugIdentity\0"
    "DebugIdentityV2\0"
    "DebugNanCount\0"
    "DebugNumericSummary\0"
    "DebugIdentityV3\0"
    "DebugNumericSummaryV2\0");

constexpr NameList kLogs(
    "CloseSummaryWriter\0"
    "CreateSummaryDbWriter\0"
    "CreateSummaryFileWriter\0"
    "FlushSummaryWriter\0"
    "ImportEvent\0"
    "SummaryWriter\0"
    "WriteAudioSummary\0"
    "WriteGraphSummary\0"
    "WriteHistogramSummary\0"
    "WriteImageSummary\0"
    "WriteRawProtoSummary\0"
    "WriteScalarSummary\0"
    "WriteSummary\0");

constexpr NameList kTests(
    "A\0"
    "Attr\0"
    "AttrBool\0"
    "AttrBoolList\0"
    "AttrDefault\0"
    "AttrEmptyListDefault\0"
    "AttrEnum\0"
    "AttrEnumList\0"
    "AttrFloat\0"
    "AttrListDefault\0"
    "AttrListMin\0"
    "AttrListTypeDefault\0"
    "AttrMin\0"
    "AttrPartialShape\0"
    "AttrPartialShapeList\0"
    "AttrShape\0"
    "AttrShapeList\0"
    "AttrTypeDefault\0"
    "B\0"
    "Binary\0"
    "ComplexStruct\0"
    "ConstructionFails\0"
    "CopyOp\0"
    "DefaultAttrs\0"
    "DevicePlacementOp\0"
    "DtypeWithDefaultOp\0"
    "FiveFloatOutputs\0"
    "FloatInput\0"
    "FloatOutput\0"
    "FloatOutputStringOutput\0"
    "Foo1\0"
    "Foo2\0"
    "Foo3\0"
    "FuncAttr\0"
    "FuncListAttr\0"
    "GetDeadline\0"
    "GraphDefVersion\0"
    "InPolymorphicTwice\0"
    "Int64Output\0"
    "IntAttr\0"
    "IntInput\0"
    "IntInputFloatInput\0"
    "IntInputIntOutput\0"
    "IntOutput\0"
    "IntOutputFloatOutput\0"
    "IsResourceHandleRefCounting\0"
    "IsTensorFloat32Enabled\0"
    "KernelLabel\0"
    "KernelLabelRequired\0"
    "ListInput\0"
    "ListOutput\0"
    "MakeWeakResourceHandle\0"
    "MixedStruct\0"
    "NInPolymorphicTwice\0"
    "NInTwice\0"
    "NInTwoTypeVariables\0"
    "NIntsIn\0"
    "NIntsOut\0"
    "NIntsOutDefault\0"
    "NPolymorphicIn\0"
    "NPolymorphicOut\0"
    "NPolymorphicOutDefault\0"
    "NPolymorphicRestrictIn\0"
    "NPolymorphicRestrictOut\0"
    "Namespace>TestStringOutput\0"
    "None\0"
    "Old\0"
    "OpWithDefaultAttr\0"
    "OpWithFutureDefaultAttr\0"
    "OutT\0"
    "OutTypeList\0"
    "OutTypeListRestrict\0"
    "Polymorphic\0"
    "PolymorphicDefaultOut\0"
    "PolymorphicOut\0"
    "RefIn\0"
    "RefInputFloatInput\0"
    "RefInputFloatInputIntOutput\0"
    "RefInputIntInput\0"
    "RefOut\0"
    "RefOutput\0"
    "RefOutputFloatOutput\0"
    "RequiresOlderGraphVersion\0"
    "ReservedAttr\0"
    "ReservedInput\0"
    "ResourceCreateOp\0"
    "ResourceInitializedOp\0"
    "ResourceUsingOp\0"
    "Restrict\0"
    "Simple\0"
    "SimpleStruct\0"
    "SleepIdentityOp\0"
    "SleepOp\0"
    "StringListAttr\0"
    "StubResourceHandleOp\0"
    "TestAttr\0"
    "TestStringOutput\0"
    "TwoFloatInputs\0"
    "TwoFloatInputsFloatOutput\0"
    "TwoFloatInputsIntOutput\0"
    "TwoFloatOutputs\0"
    "TwoIntInputs\0"
    "TwoIntOutputs\0"
    "TwoRefsIn\0"
    "TypeList\0"
    "TypeListRestrict\0"
    "TypeListTwice\0"
    "Unary\0");

constexpr NameList kCompiled(
    "BatchFFT\0"
    "BatchFFT2D\0"
    "BatchFFT3D\0"
    "BatchIFFT\0"
    "BatchIFFT2D\0"
    "BatchIFFT3D\0"
    "BoostedTreesBucketize\0"
    "BoostedTreesCalculateBestFeatureSplitV2\0"
    "BoostedTreesCreateQuantileStreamResource\0"
    "BoostedTreesFlushQuantileSummaries\0"
    "BoostedTreesMakeQuantileSummaries\0"
    "BoostedTreesQuantileStreamResourceAddSummaries\0"
    "BoostedTreesQuantileStreamResourceDeserialize\0"
    "BoostedTreesQuantileStreamResourceFlush\0"
    "BoostedTreesQuantileStreamResourceGetBucketBoundaries\0"
    "BoostedTreesQuantileStreamResourceHandleOp\0"
    "FFTND\0"
    "GenerateBoundingBoxProposals\0"
    "IFFTND\0"
    "IRFFTND\0"
    "IsBoostedTreesQuantileStreamResourceInitialized\0"
    "KthOrderStatistic\0"
    "MakeUnique\0"
    "MaxPoolGradGradWithArgmax\0"
    "RFFTND\0"
    "SegmentMaxV2\0"
    "SegmentMinV2\0"
    "SegmentProdV2\0"
    "SegmentSumV2\0"
    "SparseMatrixAdd\0"
    "SparseMatrixMul\0"
    "SparseMatrixSoftmax\0"
    "SparseMatrixSoftmaxGrad\0"
    "SparseMatrixZeros\0"
    "TopKUnique\0"
    "TopKWithUnique\0"
    "_FusedBatchNormGradEx\0");

constexpr NameList kServer(
    "Batch\0"
    "Unbatch\0"
    "UnbatchGrad\0");

constexpr NameList kPictures(
    "DecodeJxl\0"
    "DecodeWebP\0");

constexpr NameList kCalibration("CustomAggregator\0");

constexpr NameList kOrderings("SparseMatrixOrderingAMD\0");

// Fails in TensorFlow, too.
constexpr NameList kUnmakeable("MutableDenseHashTable\0");

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
constexpr std::string_view kOfXla = "XLA would compile it, which is not here";
constexpr Naming kPrefixes[] = {
    {"Xla", kOfXla},
    {"_Xla", kOfXla},
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
    for (const char* name : refusal.ops) {
      if (op == name) return std::string(refusal.reason);
    }
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
