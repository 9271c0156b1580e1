// Every operator of the registry, used wrongly in every way that changes.h knows: each input's type, rank, dims and
// values, what it comes from, each attribute, the number of inputs, state that is missing, little memory, several
// threads. What is legal about a use comes from the recordings (tests/golden), for operators without any from the
// signature. Each change is one run in a process that may end.
//
//   hostile_operators                        one change in 64, the same each time: what scripts/test runs
//   hostile_operators --share=3/64           another 64th; RIVULET_HOSTILE_SHARE does the same
//   hostile_operators --all                  every change, which takes an hour of a processor
//   hostile_operators --operators='Conv*'    of these only, every change
//   hostile_operators --cases=4              from four recordings an operator instead of two
//   hostile_operators --jobs=4 --list -v     workers; only name the changes; name each before it is made
//
// Exit 1 when something was found: CRASH lines for a process that ended, FIND lines for what attempt.h judges.
#include <fnmatch.h>
#include <sys/resource.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <thread>

#include "engine/ops/op.h"
#include "tests/golden/inputs.h"
#include "tests/hostile/operators/changes.h"
#include "tests/hostile/operators/file_cases.h"
#include "tests/hostile/operators/isolated.h"

namespace rivulet::hostile {
namespace {

constexpr uint64_t kUsualShares = 64;
constexpr int64_t kMostGrowth = 1 << 20;  // KiB of resident memory in one attempt

struct Options {
  std::string operators = "*";
  size_t cases = 2;
  uint64_t share = 0;
  uint64_t shares = kUsualShares;
  int jobs = static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  bool list = false;
  bool verbose = false;
};

// One operator from one legal use; `record` is null where that is made of the signature.
struct Piece {
  const OpDef* def = nullptr;
  const golden::GoldenCase* record = nullptr;
};

bool IsReadable(const golden::GoldenCase& record) { return record.expectation != golden::Expectation::kError; }

Result<std::vector<golden::GoldenCase>> AllCases() {
  std::vector<golden::GoldenCase> cases;
  for (const std::string& family : golden::Families()) {
    RIVULET_ASSIGN_OR_RETURN(golden::GoldenFile file, golden::ReadGoldenFile(golden::FamilyPath(family)));
    for (golden::GoldenCase& record : file.cases) {
      if (IsReadable(record)) cases.push_back(std::move(record));
    }
  }
  for (golden::GoldenCase& record : FileCases()) cases.push_back(std::move(record));
  return cases;
}

std::vector<Piece> PiecesOf(const std::vector<golden::GoldenCase>& cases, const Options& options) {
  std::map<std::string, std::vector<const golden::GoldenCase*>, std::less<>> by_op;
  for (const golden::GoldenCase& record : cases) {
    std::string left = record.ops + ",";
    for (size_t end = left.find(','); end != std::string::npos; left.erase(0, end + 1), end = left.find(',')) {
      by_op[left.substr(0, end)].push_back(&record);
    }
  }
  std::vector<Piece> pieces;
  for (const OpDef* def : AllOps()) {
    if (fnmatch(options.operators.c_str(), def->name, 0) != 0) continue;
    const auto& recorded = by_op[def->name];
    const size_t count = std::min(recorded.size(), options.cases);
    // The first, and others from all over the list: other dtypes, other attributes.
    for (size_t i = 0; i < count; ++i) pieces.push_back({def, recorded[i * recorded.size() / count]});
    if (count == 0) pieces.push_back({def, nullptr});
  }
  return pieces;
}

Result<Start> StartOf(const Piece& piece) {
  if (piece.record == nullptr) return StartOfSignature(*piece.def);
  for (Start& start : StartsOf(*piece.record)) {
    if (start.def != piece.def) continue;
    if (start.name.starts_with(kFilesPrefix)) start.files = FilesOfCases();
    return std::move(start);
  }
  return StartOfSignature(*piece.def);  // the recording has it in the body of a function
}

int64_t PeakKibibytes() {
  rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss;
}

void TryChange(const Start& start, const Change& change, size_t index, const std::string& what, Progress& progress) {
  const int64_t before = PeakKibibytes();
  const auto outcome = Try(Changed(start, change, index));
  const int64_t growth = PeakKibibytes() - before;
  if (growth > kMostGrowth) std::printf("FIND %s\n     took %lld KiB\n", what.c_str(), static_cast<long long>(growth));
  if (!outcome.ok()) std::printf("FIND %s\n     %s\n", what.c_str(), outcome.status().ToString().c_str());
  std::fflush(stdout);
  const bool is_find = !outcome.ok() || growth > kMostGrowth;
  ++progress.counts[is_find ? 3 : static_cast<size_t>(*outcome)];
}

void DoPiece(const Piece& piece, int64_t from, const Options& options, Progress& progress) {
  const auto start = StartOf(piece);
  if (!start.ok()) return;
  const std::vector<Change> changes = ChangesOf(*start);
  uint64_t name = 0;
  for (const char letter : start->name + start->def->name) name = name * 31 + static_cast<unsigned char>(letter);
  for (size_t i = static_cast<size_t>(from); i < changes.size(); ++i) {
    if (golden::Word(name, i) % options.shares != options.share) continue;
    const std::string what =
        start->name + " (" + start->def->name + "), change " + std::to_string(i) + ": " + changes[i].what;
    if (options.list || options.verbose) std::printf("%s\n", what.c_str());
    if (options.list) continue;
    if (options.verbose) std::fflush(stdout);
    progress.Begin(static_cast<int64_t>(i), what);
    TryChange(*start, changes[i], i, what, progress);
  }
}

int RunAll(const Options& options) {
  const auto cases = AllCases();
  if (!cases.ok()) {
    std::fprintf(stderr, "%s\n", cases.status().ToString().c_str());
    return 1;
  }
  const std::vector<Piece> pieces = PiecesOf(*cases, options);
  Isolation isolation;
  isolation.jobs = options.jobs;
  const ModelFolders folders;
  const IsolatedResult result =
      RunIsolated(static_cast<int64_t>(pieces.size()), isolation, [&](int64_t piece, int64_t from, Progress& progress) {
        DoPiece(pieces[static_cast<size_t>(piece)], from, options, progress);
      });
  const auto number = [](int64_t count) { return static_cast<long long>(count); };
  std::printf(
      "%zu uses of operators: %lld runs gave results, %lld errors, %lld were stopped; %lld finds, %zu crashes\n",
      pieces.size(), number(result.counts[0]), number(result.counts[1]), number(result.counts[2]),
      number(result.counts[3]), result.crashes.size());
  const bool did_something = options.list || result.counts[0] + result.counts[1] > 0;
  return result.counts[3] == 0 && result.crashes.empty() && did_something ? 0 : 1;
}

bool ReadShare(const char* text, Options* options) {
  char* end = nullptr;
  options->share = std::strtoull(text, &end, 10);
  if (*end != '/') return false;
  options->shares = std::strtoull(end + 1, &end, 10);
  return *end == '\0' && options->share < options->shares;
}

}  // namespace
}  // namespace rivulet::hostile

int main(int argc, char** argv) {
  using namespace rivulet::hostile;
  Options options;
  const auto take_all = [&] {
    options.share = 0;
    options.shares = 1;
  };
  const char* share = std::getenv("RIVULET_HOSTILE_SHARE");
  if (share != nullptr && !ReadShare(share, &options)) {
    std::fprintf(stderr, "hostile_operators: RIVULET_HOSTILE_SHARE wants K/N, got %s\n", share);
    return 2;
  }
  bool fits = true;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "--all") {
      take_all();
    } else if (word == "--list") {
      options.list = true;
    } else if (word == "-v") {
      options.verbose = true;
    } else if (word.starts_with("--operators=")) {
      options.operators = word.substr(12);
      take_all();
    } else if (word.starts_with("--share=")) {
      fits &= ReadShare(word.c_str() + 8, &options);
    } else if (word.starts_with("--cases=")) {
      options.cases = std::strtoull(word.c_str() + 8, nullptr, 10);
    } else if (word.starts_with("--jobs=")) {
      options.jobs = std::max(1, std::atoi(word.c_str() + 7));
    } else {
      fits = false;
    }
    if (!fits) {
      std::fprintf(stderr, "hostile_operators: cannot use argument %s\n", argv[i]);
      return 2;
    }
  }
  return RunAll(options);
}
