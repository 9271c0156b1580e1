#include "engine/ops/not_run.h"

#include <algorithm>
#include <iterator>

#include "engine/base/built.h"
#include "engine/base/errors.h"

namespace rivulet {
namespace {

constexpr const char* kTransfers[] = {"_HostRecv", "_HostSend", "_Recv", "_Send", "Recv", "Send", "RemoteCall"};

constexpr const char* kCluster[] = {"CollectiveBcastRecv",   "CollectiveBcastRecvV2", "CollectiveBcastSend",
                                    "CollectiveBcastSendV2", "CollectiveGather",      "CollectiveGatherV2",
                                    "CollectivePermute",     "CollectiveReduce",      "CollectiveReduceV2",
                                    "CollectiveReduceV3"};

constexpr const char* kDevices[] = {"RemoteFusedGraphExecute", "TPUCompile",   "TPUExecute",
                                    "TPUPartitionedCall",      "TPUReplicate", "XlaLaunch"};

constexpr const char* kScheduled[] = {"_Arg",
                                      "_ArrayToList",
                                      "_DeviceArg",
                                      "_DeviceRetval",
                                      "_HostCast",
                                      "_ListToArray",
                                      "_ParallelConcatStart",
                                      "_ParallelConcatUpdate",
                                      "_ReadVariablesOp",
                                      "_Retval",
                                      "_ScopedAllocator",
                                      "_ScopedAllocatorConcat",
                                      "_ScopedAllocatorSplit",
                                      "_UnaryOpsComposition",
                                      "_VarHandlesOp"};

constexpr const char* kSessions[] = {"DeleteSessionTensor", "GetSessionHandle", "GetSessionHandleV2",
                                     "GetSessionTensor"};

constexpr const char* kFiles[] = {"FixedLengthRecordReader",
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

// Fails in TensorFlow, too.
constexpr const char* kUnmakeable[] = {"MutableDenseHashTable"};

constexpr Refusal kRefusals[] = {
    {"it hands values between devices or programs, of which there is one; cut the graph where it stands", kTransfers},
    {"it takes part in the training of a cluster", kCluster},
    {"it runs on an accelerator of its own", kDevices},
    {"TensorFlow puts it into a graph for one run, never into a file", kScheduled},
    {"it keeps a value of another run in TensorFlow's session; fetch and feed the value instead", kSessions},
    {"a model may not read or write files by names of its own; feed what it would have read", kFiles},
    {"it calls what is not in the model: the Python program that made it", kHost},
    {"it would end the program that runs the model", kEnds},
    {"it lacks the deleted key, without which such a table is not made; use MutableDenseHashTableV2", kUnmakeable},
};

bool Ends(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

}  // namespace

std::span<const Refusal> Refusals() { return kRefusals; }

bool IsDeadWeight(std::string_view op) {
  // Without its version.
  while (!op.empty() && op.back() >= '0' && op.back() <= '9') op.remove_suffix(1);
  if (Ends(op, "V")) op.remove_suffix(1);
  constexpr std::string_view kNames[] = {"DatasetCardinality", "DatasetFromGraph", "DatasetToGraph",
                                         "DatasetToTFRecord", "IteratorFromStringHandle"};
  return Ends(op, "Dataset") || Ends(op, "Iterator") || op.find("IteratorGetNext") != std::string_view::npos ||
         op.find("IteratorToString") != std::string_view::npos ||
         std::find(std::begin(kNames), std::end(kNames), op) != std::end(kNames);
}

std::string WhyNotRun(std::string_view op) {
  for (const Refusal& refusal : kRefusals) {
    if (std::find(refusal.ops.begin(), refusal.ops.end(), op) != refusal.ops.end()) return std::string(refusal.reason);
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
