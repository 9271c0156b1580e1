// Which operators and dtypes the recordings cover.
#ifndef RIVULET_TESTS_GOLDEN_COVERAGE_H_
#define RIVULET_TESTS_GOLDEN_COVERAGE_H_

#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "tests/golden/golden.h"

namespace rivulet::golden {

// Cases by operator, type attribute and dtype; an operator without type attributes has one entry with both empty.
// Cases that expect an error do not count.
class Coverage {
 public:
  Status Add(const GoldenFile& file);

  // "Sub<TAB>T<TAB>float32<TAB>12" per line, sorted; the operators of the engine only.
  std::string ToText() const;
  // What a signature takes and no case has: "Sub T=half".
  std::vector<std::string> Missing() const;

 private:
  std::map<std::tuple<std::string, std::string, std::string>, int> counts_;
};

}  // namespace rivulet::golden

#endif  // RIVULET_TESTS_GOLDEN_COVERAGE_H_
