#include "tests/hostile/operators/attempt.h"

#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <thread>

#include "engine/base/allocator_watch.h"
#include "engine/base/errors.h"
#include "engine/graph/graph.h"
#include "tests/golden/may_loop.h"
#include "tests/hostile/wire_builder.h"

namespace rivulet::hostile {
namespace {

constexpr double kDeadlineMs = 300;
constexpr double kWaitMs = 20;  // of operators that wait for another run, which never comes
// Of the processor; the machine may be busy with other things.
constexpr double kMostSeconds = 10;
constexpr int kRunsAtOnce = 3;
constexpr uint8_t kFirstFill = 0xA5;
constexpr uint8_t kSecondFill = 0x5A;
constexpr size_t kLongestMessage = 4000;

double SecondsUsed() {
  timespec time = {};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

// Whether the error is a good one. It names the node, the feed or the fetch, unless it is of the whole file.
Status Judge(const Status& error) {
  if (error.code() == Code::kInternal) return error;
  const std::string_view message = error.message();
  if (message.size() > kLongestMessage) return Internal("a message of ", message.size(), " bytes");
  for (const char c : message) {
    if (static_cast<unsigned char>(c) < 0x20) return Internal("a message with control characters: ", message);
  }
  for (const char* named : {"'", "deadline", "feed", "fetch"}) {
    if (message.find(named) != std::string_view::npos) return Status();
  }
  return Internal("names nothing: ", error.ToString());
}

Result<Outcome> OutcomeOf(const Status& status) {
  if (status.ok()) return Outcome::kResults;
  if (status.code() == Code::kDeadlineExceeded) return Outcome::kStopped;
  RIVULET_RETURN_IF_ERROR(Judge(status));
  return Outcome::kError;
}

bool HasState(const Graph& graph) {
  const auto has = [](const Node& node) { return node.def != nullptr && (node.def->flags & kStateful) != 0; };
  return std::any_of(graph.nodes().begin(), graph.nodes().end(), has);
}

Status SameBits(const std::vector<Tensor>& one, const std::vector<Tensor>& other) {
  for (size_t i = 0; i < one.size(); ++i) {
    const Tensor &a = one[i], &b = other[i];
    bool same = a.dtype() == b.dtype() && a.shape() == b.shape();
    if (same && a.dtype() == DType::kString) {
      const auto left = a.values<std::string>(), right = b.values<std::string>();
      same = std::equal(left.begin(), left.end(), right.begin(), right.end());
    } else if (same && ElementBytes(a.dtype()) > 0 && a.bytes() > 0) {
      same = std::memcmp(a.raw(), b.raw(), a.bytes()) == 0;
    }
    if (!same) return Internal("result ", i, " depends on memory that nobody wrote");
  }
  return Status();
}

// Once in each session, which new buffers are filled differently for.
Status RunTwice(const Attempt& attempt, Session& session, Session& other, const RunOptions& run, bool has_state) {
  FillNewBuffers(kFirstFill);
  const auto one = session.Run(attempt.feeds, attempt.fetches, attempt.targets, run);
  FillNewBuffers(kSecondFill);
  const auto two = other.Run(attempt.feeds, attempt.fetches, attempt.targets, run);
  if (one.ok() && two.ok() && !has_state) RIVULET_RETURN_IF_ERROR(SameBits(*one, *two));
  return one.ok() ? two.status() : one.status();
}

Status RunAtOnce(const Attempt& attempt, Session& session, Session& other, const RunOptions& run) {
  Status statuses[3];
  std::vector<std::thread> threads;
  for (Status& own : statuses) {
    Session& of_three = &own == &statuses[2] ? other : session;
    threads.emplace_back([&attempt, &run, &own, &of_three] {
      for (int i = 0; i < kRunsAtOnce; ++i) {
        own = of_three.Run(attempt.feeds, attempt.fetches, attempt.targets, run).status();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  Status status;
  for (Status& own : statuses) {
    if (status.ok() || own.code() == Code::kInternal) status = std::move(own);
  }
  return status;
}

std::string& FolderOfFolders() {
  static std::string path;
  return path;
}

// A SavedModel of one graph, beside its files.
void WriteModel(const std::string& graph, const ModelFolder& files) {
  std::filesystem::remove_all(kModelFolder);
  const auto write = [](const std::string& name, const std::string& bytes) {
    const std::filesystem::path path = std::filesystem::path(kModelFolder) / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << bytes;
  };
  const std::string meta = Wire().Bytes(1, Wire().Bytes(4, "serve").str()).Bytes(2, graph).str();
  write("saved_model.pb", Wire().Int(1, 1).Bytes(2, meta).str());
  for (const auto& [name, bytes] : files) write(name, bytes);
}

// Paths in the graph are relative, so that they are the same in every process.
Result<std::shared_ptr<const Model>> LoadWithFiles(const std::string& graph, const ModelFolder& files,
                                                   const LoadOptions& load) {
  static const bool is_there = [] {
    const std::string own = FolderOfFolders() + "/" + std::to_string(getpid());
    std::filesystem::create_directories(own);
    return chdir(own.c_str()) == 0;
  }();
  if (!is_there) return Internal("no folder for models with files");
  WriteModel(graph, files);
  return Model::Load(kModelFolder, load);
}

Result<Outcome> TryWithin(const Attempt& attempt) {
  const std::string bytes = PutTogether(attempt.graph);
  LoadOptions load;
  load.limits = Limits::Strict();
  load.allocator = Allocator::Create(attempt.budget);
  const double start = SecondsUsed();
  const auto model = attempt.files.empty()
                         ? Model::LoadBytes({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()}, nullptr,
                                            "hostile.pb", load)
                         : LoadWithFiles(bytes, attempt.files, load);
  if (!model.ok()) return OutcomeOf(model.status());
  SessionOptions options;
  options.num_threads = attempt.at_once ? 2 : 1;
  options.passes = attempt.passes;
  options.memory_budget_bytes = attempt.budget;
  const auto session = Session::Create(*model, options);
  const auto other = Session::Create(*model, options);
  if (!session.ok()) return OutcomeOf(session.status());
  if (!other.ok()) return OutcomeOf(other.status());
  const Graph& graph = (*model)->graph();
  RunOptions run;
  run.deadline_ms = golden::MayLoop(graph) ? kWaitMs : kDeadlineMs;
  const Status status = attempt.at_once ? RunAtOnce(attempt, **session, **other, run)
                                        : RunTwice(attempt, **session, **other, run, HasState(graph));
  const double used = SecondsUsed() - start;
  if (used > kMostSeconds) {
    return Internal("took ", used, " s of the processor, past a deadline of ", run.deadline_ms, " ms");
  }
  for (const auto& allocator : {load.allocator, (*session)->allocator(), (*other)->allocator()}) {
    if (allocator->peak_bytes() > attempt.budget) {
      return Internal("more memory than the budget: ", allocator->peak_bytes(), " bytes");
    }
  }
  return OutcomeOf(status);
}

}  // namespace

ModelFolders::ModelFolders() {
  std::string name = (std::filesystem::temp_directory_path() / "rivulet-hostile-XXXXXX").string();
  if (mkdtemp(name.data()) != nullptr) FolderOfFolders() = name;
}

ModelFolders::~ModelFolders() {
  std::error_code ignored;
  if (!FolderOfFolders().empty()) std::filesystem::remove_all(FolderOfFolders(), ignored);
}

Result<Outcome> Try(const Attempt& attempt) {
  FillNewBuffers(kFirstFill);
  auto outcome = TryWithin(attempt);
  FillNewBuffers(0);
  // All that the attempt had is freed now.
  const int64_t overrun = CountOverrunBuffers();
  if (overrun > 0) return Internal("something was written outside of ", overrun, " buffers");
  return outcome;
}

}  // namespace rivulet::hostile
