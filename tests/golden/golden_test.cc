// Every recording, run in many ways. As a test: four per family, and one for coverage. As a command:
//
//   golden_test --cases='Sub*' [-v]     runs the cases whose name or operator matches; prints counts per operator;
//                                       -v names each case, and says what a wrong one is refused with
//   golden_test --hostile=N --cases=... [-v]   makes each case hostile in N ways; -v names each before it runs
//   golden_test --faults --cases=...    lets the Nth allocation fail, for every N
//   golden_test --edges --cases=...     gives each input of an operator the values of edges.h, in two cases an operator
//   golden_test --coverage              writes coverage.tsv beside the recordings; exit 1 when something is missing
//
// RIVULET_FULL=1 runs every combination of settings.
#include <fnmatch.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <map>

#include "tests/golden/coverage.h"
#include "tests/golden/edges.h"
#include "tests/golden/faults.h"
#include "tests/golden/harness.h"
#include "tests/golden/hostile.h"

namespace rivulet::golden {
namespace {

bool IsFull() {
  const char* full = std::getenv("RIVULET_FULL");
  return full != nullptr && std::strcmp(full, "0") != 0;
}

// Variant number `seed` of a case made hostile; a failure says what was done to it.
Status CheckHostile(const GoldenCase& record, uint64_t seed, bool verbose, int64_t* num_results) {
  std::string what;
  auto hostile = MakeHostile(record, seed, &what);
  if (!hostile.ok()) return hostile.status();
  if (verbose) {
    std::printf("%s%s\n", record.name.c_str(), what.c_str());
    std::fflush(stdout);
  }
  bool gave_results = false;
  Status status = RunHostile(*hostile, seed % 2 == 0, &gave_results);
  *num_results += gave_results;
  return std::move(status).Framed(what);
}

Status CheckHostiles(const GoldenCase& record, uint64_t first, uint64_t count, bool verbose, int64_t* num_results) {
  Status status;
  for (uint64_t n = first; n < first + count && status.ok(); ++n)
    status = CheckHostile(record, n, verbose, num_results);
  return status;
}

// Whether one of the operators that the case proves matches.
bool HasOperator(const GoldenCase& record, const std::string& glob) {
  for (size_t at = 0; at < record.ops.size();) {
    const size_t end = std::min(record.ops.find(',', at), record.ops.size());
    if (fnmatch(glob.c_str(), record.ops.substr(at, end - at).c_str(), 0) == 0) return true;
    at = end + 1;
  }
  return false;
}

enum class Mode { kResults, kHostile, kFaults, kEdges };

// What to do with each case, and what came of it.
struct Job {
  Mode mode = Mode::kResults;
  uint64_t num_hostile = 4;
  bool verbose = false;
  std::vector<Combination> combinations = Combinations(IsFull());
  int64_t num_noticed = 0;  // hostile runs that gave results, or faults that were felt
  std::map<std::string, int> seen;
  EdgeCounts edges;

  Status Check(const GoldenCase& record, size_t index) {
    if (mode == Mode::kHostile) return CheckHostiles(record, index * 1000, num_hostile, verbose, &num_noticed);
    if (verbose) std::printf("run  %s\n", record.name.c_str());
    if (verbose) std::fflush(stdout);  // whoever reads it names the case that ends the process
    if (mode == Mode::kEdges) return StandsForItsOperators(record, &seen) ? CheckEdges(record, &edges) : Status();
    if (mode == Mode::kFaults) return CheckFaults(record, &num_noticed);
    std::string said;
    Status status = CheckCase(record, combinations, verbose ? &said : nullptr);
    if (verbose && record.expectation == Expectation::kError) std::printf("said %s\n", said.c_str());
    return status;
  }
};

class FamilyTest : public ::testing::Test {
 public:
  FamilyTest(std::string family, Mode mode) : family_(std::move(family)), mode_(mode) {}
  void TestBody() override {
    const auto file = ReadGoldenFile(FamilyPath(family_));
    ASSERT_TRUE(file.ok()) << file.status().ToString();
    EXPECT_FALSE(file->cases.empty());
    Job job;
    job.mode = mode_;
    for (size_t i = 0; i < file->cases.size(); ++i) {
      const Status status = job.Check(file->cases[i], i);
      if (!status.ok()) ADD_FAILURE() << file->cases[i].name << ": " << status.ToString();
    }
  }

 private:
  std::string family_;
  Mode mode_;
};

Result<Coverage> CoverageOfAll() {
  Coverage coverage;
  for (const std::string& family : Families()) {
    RIVULET_ASSIGN_OR_RETURN(const GoldenFile file, ReadGoldenFile(FamilyPath(family)));
    RIVULET_RETURN_IF_ERROR(coverage.Add(file));
  }
  return coverage;
}

std::string TablePath() { return DataDir() + "/../coverage.tsv"; }

TEST(GoldenCoverage, EveryOperatorAndDtypeHasACase) {
  const auto coverage = CoverageOfAll();
  ASSERT_TRUE(coverage.ok()) << coverage.status().ToString();
  std::string missing;
  for (const std::string& entry : coverage->Missing()) missing += "\n  " + entry;
  EXPECT_EQ(missing, "") << "add cases to tests/golden/cases";
}

TEST(GoldenCoverage, TableIsUpToDate) {
  const auto coverage = CoverageOfAll();
  ASSERT_TRUE(coverage.ok()) << coverage.status().ToString();
  std::ifstream file(TablePath());
  const std::string table((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  EXPECT_TRUE(table == coverage->ToText()) << "run golden_test --coverage";
}

int WriteCoverage() {
  const auto coverage = CoverageOfAll();
  if (!coverage.ok()) {
    std::fprintf(stderr, "%s\n", coverage.status().ToString().c_str());
    return 1;
  }
  std::ofstream(TablePath()) << coverage->ToText();
  for (const std::string& entry : coverage->Missing()) std::printf("missing: %s\n", entry.c_str());
  return coverage->Missing().empty() ? 0 : 1;
}

int RunMatching(const std::string& glob, Job job) {
  struct Count {
    int passed = 0;
    int failed = 0;
  };
  std::map<std::string, Count> counts;
  Count total;
  for (const std::string& family : Families()) {
    const auto file = ReadGoldenFile(FamilyPath(family));
    if (!file.ok()) {
      std::fprintf(stderr, "%s\n", file.status().ToString().c_str());
      return 1;
    }
    for (size_t i = 0; i < file->cases.size(); ++i) {
      const GoldenCase& record = file->cases[i];
      if (fnmatch(glob.c_str(), record.name.c_str(), 0) != 0 && !HasOperator(record, glob) && glob != family) continue;
      const Status status = job.Check(record, i);
      Count& count = counts[record.ops];
      ++(status.ok() ? count.passed : count.failed);
      ++(status.ok() ? total.passed : total.failed);
      if (!status.ok() && (job.verbose || count.failed <= 3)) {
        std::printf("FAIL %s\n     %s\n", record.name.c_str(), status.ToString().c_str());
      }
      std::fflush(stdout);
    }
  }
  for (const auto& [ops, count] : counts)
    std::printf("%6d passed %6d failed  %s\n", count.passed, count.failed, ops.c_str());
  const long long noticed = job.num_noticed;
  if (job.mode == Mode::kHostile) std::printf("%6lld hostile runs gave results\n", noticed);
  if (job.mode == Mode::kEdges) {
    std::printf("%6lld runs, %lld gave results, %lld were stopped\n", static_cast<long long>(job.edges.runs),
                static_cast<long long>(job.edges.results), static_cast<long long>(job.edges.deadlines));
  }
  if (job.mode == Mode::kFaults) std::printf("%6lld faults were felt\n", noticed);
  std::printf("%6d passed %6d failed\n", total.passed, total.failed);
  return total.failed == 0 && total.passed > 0 ? 0 : 1;
}

}  // namespace
}  // namespace rivulet::golden

int main(int argc, char** argv) {
  using namespace rivulet::golden;
  ::testing::InitGoogleTest(&argc, argv);
  std::string glob;
  Job job;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "--coverage") return WriteCoverage();
    if (word == "-v") {
      job.verbose = true;
    } else if (word.starts_with("--cases=")) {
      glob = word.substr(8);
    } else if (word.starts_with("--hostile=")) {
      job.mode = Mode::kHostile;
      job.num_hostile = std::strtoull(word.c_str() + 10, nullptr, 10);
    } else if (word == "--faults") {
      job.mode = Mode::kFaults;
    } else if (word == "--edges") {
      job.mode = Mode::kEdges;
    } else {
      std::fprintf(stderr, "golden_test: unknown argument %s\n", argv[i]);
      return 2;
    }
  }
  if (glob.empty() && job.mode != Mode::kResults) glob.assign(1, '*');
  if (!glob.empty()) return RunMatching(glob, job);
  for (const std::string& family : Families()) {
    const auto add = [&](const char* suite, Mode mode) {
      ::testing::RegisterTest(suite, family.c_str(), nullptr, nullptr, __FILE__, __LINE__,
                              [family, mode]() -> ::testing::Test* { return new FamilyTest(family, mode); });
    };
    add("Golden", Mode::kResults);
    add("Hostile", Mode::kHostile);
    add("Faults", Mode::kFaults);
    add("Edges", Mode::kEdges);
  }
  return RUN_ALL_TESTS();
}
