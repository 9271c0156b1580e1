// The part of the goldens that a cross build runs: recordings named on the command line, two settings each. Operators
// that a narrowed build leaves out are passed over and counted.
#include <cstdio>

#include "tests/golden/harness.h"

int main(int argc, char** argv) {
  using namespace rivulet;
  using namespace rivulet::golden;
  int passed = 0;
  int failed = 0;
  int skipped = 0;
  for (int i = 1; i < argc; ++i) {
    auto file = ReadGoldenFile(argv[i]);
    if (!file.ok()) {
      std::printf("%s\n", file.status().ToString().c_str());
      return 1;
    }
    for (const GoldenCase& record : file->cases) {
      std::vector<Combination> combinations(2);
      combinations[1].passes = false;
      combinations[1].source = Source::kAllFed;
      combinations[1].misaligned = 1;
      for (Combination& combination : combinations) {
        combination.target = "best";
        combination.threads = 1;
      }
      const Status status = CheckCase(record, combinations);
      if (status.ok()) {
        ++passed;
      } else if (status.code() == Code::kUnimplemented) {
        ++skipped;
      } else {
        ++failed;
        std::printf("FAIL %s\n     %s\n", record.name.c_str(), status.ToString().c_str());
      }
    }
  }
  std::printf("%d passed, %d failed, %d skipped\n", passed, failed, skipped);
  return failed == 0 && passed > 0 ? 0 : 1;
}
