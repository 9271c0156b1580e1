// Runs one golden case in many ways and compares each with the recording.
#ifndef RIVULET_TESTS_GOLDEN_HARNESS_H_
#define RIVULET_TESTS_GOLDEN_HARNESS_H_

#include <string>
#include <string_view>
#include <vector>

#include "tests/golden/golden.h"

namespace rivulet::golden {

// Where the case's tensors come from.
enum class Source {
  kAsRecorded,
  kAllConstant,    // feeds are constants of the graph
  kAllFed,         // constants of the graph are fed
  kIntermediates,  // feeds pass through operators, so that what the tested operator reads may be overwritten
};

struct Combination {
  std::string_view target;  // SIMD
  bool passes = true;
  Source source = Source::kAsRecorded;
  int misaligned = 0;  // feeds start so many bytes past an aligned address; -1: one element past
  int threads = 2;     // besides the run on one thread, whose bits must be the same
};
std::string ToString(const Combination& combination);

// Every pair of two settings in at least one combination; or, with `full`, every combination.
std::vector<Combination> Combinations(bool full);

// Ok, or what went wrong and in which combination. UNIMPLEMENTED: the engine has no such operator.
// `said`, where given, becomes what the engine said of a case that it has to refuse, in the first combination.
Status CheckCase(const GoldenCase& record, const std::vector<Combination>& combinations, std::string* said = nullptr);

// Ok when these are the recorded results, by the case's tolerance.
Status CompareWithRecord(const GoldenCase& record, const std::vector<Tensor>& got);

}  // namespace rivulet::golden

#endif  // RIVULET_TESTS_GOLDEN_HARNESS_H_
