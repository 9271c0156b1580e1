// Every recording, run in many ways. As a test: one per family, and one for coverage. As a command:
//
//   golden_test --cases='Sub*' [-v]     runs the cases whose name or operator matches; prints counts per operator
//   golden_test --coverage              writes coverage.tsv beside the recordings; exit 1 when something is missing
//
// RIVULET_FULL=1 runs every combination of settings.
#include <fnmatch.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <map>

#include "tests/golden/coverage.h"
#include "tests/golden/harness.h"

namespace rivulet::golden {
namespace {

bool IsFull() {
  const char* full = std::getenv("RIVULET_FULL");
  return full != nullptr && std::strcmp(full, "0") != 0;
}

class FamilyTest : public ::testing::Test {
 public:
  explicit FamilyTest(std::string family) : family_(std::move(family)) {}
  void TestBody() override {
    const auto file = ReadGoldenFile(FamilyPath(family_));
    ASSERT_TRUE(file.ok()) << file.status().ToString();
    EXPECT_FALSE(file->cases.empty());
    const std::vector<Combination> combinations = Combinations(IsFull());
    for (const GoldenCase& record : file->cases) {
      const Status status = CheckCase(record, combinations);
      if (!status.ok()) ADD_FAILURE() << record.name << ": " << status.ToString();
    }
  }

 private:
  std::string family_;
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

int RunMatching(const std::string& glob, bool verbose) {
  struct Count {
    int passed = 0;
    int failed = 0;
  };
  std::map<std::string, Count> counts;
  Count total;
  const std::vector<Combination> combinations = Combinations(IsFull());
  for (const std::string& family : Families()) {
    const auto file = ReadGoldenFile(FamilyPath(family));
    if (!file.ok()) {
      std::fprintf(stderr, "%s\n", file.status().ToString().c_str());
      return 1;
    }
    for (const GoldenCase& record : file->cases) {
      if (fnmatch(glob.c_str(), record.name.c_str(), 0) != 0 && fnmatch(glob.c_str(), record.ops.c_str(), 0) != 0 &&
          glob != family) {
        continue;
      }
      if (verbose) std::printf("run  %s\n", record.name.c_str());
      const Status status = CheckCase(record, combinations);
      Count& count = counts[record.ops];
      ++(status.ok() ? count.passed : count.failed);
      ++(status.ok() ? total.passed : total.failed);
      if (!status.ok() && (verbose || count.failed <= 3)) {
        std::printf("FAIL %s\n     %s\n", record.name.c_str(), status.ToString().c_str());
      }
      std::fflush(stdout);
    }
  }
  for (const auto& [ops, count] : counts) std::printf("%6d passed %6d failed  %s\n", count.passed, count.failed, ops.c_str());
  std::printf("%6d passed %6d failed\n", total.passed, total.failed);
  return total.failed == 0 && total.passed > 0 ? 0 : 1;
}

}  // namespace
}  // namespace rivulet::golden

int main(int argc, char** argv) {
  using namespace rivulet::golden;
  ::testing::InitGoogleTest(&argc, argv);
  std::string glob;
  bool verbose = false;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "--coverage") return WriteCoverage();
    if (word == "-v") {
      verbose = true;
    } else if (word.starts_with("--cases=")) {
      glob = word.substr(8);
    } else {
      std::fprintf(stderr, "golden_test: unknown argument %s\n", argv[i]);
      return 2;
    }
  }
  if (!glob.empty()) return RunMatching(glob, verbose);
  for (const std::string& family : Families()) {
    ::testing::RegisterTest("Golden", family.c_str(), nullptr, nullptr, __FILE__, __LINE__,
                            [family]() -> ::testing::Test* { return new FamilyTest(family); });
  }
  return RUN_ALL_TESTS();
}
