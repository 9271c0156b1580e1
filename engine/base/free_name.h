// Names for new nodes that no other has.
#ifndef RIVULET_ENGINE_BASE_FREE_NAME_H_
#define RIVULET_ENGINE_BASE_FREE_NAME_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/base/errors.h"

namespace rivulet {

// `stem`, or `stem` with a number, so that it is not taken. The first few numbers are tried in turn. Then the number of
// names there are, which no two calls share where each adds its name, and numbers ever farther from it: whoever wants
// the next calls to find them taken, too, must write as many names as they will try.
template <typename IsTaken>
std::string FreeName(std::string_view stem, uint64_t names, const IsTaken& is_taken) {
  constexpr uint64_t kInTurn = 8;
  std::string name(stem);
  for (uint64_t i = 1; i < kInTurn && is_taken(name); ++i) name = Cat(stem, "_", i);
  for (uint64_t step = 0; is_taken(name); step = 3 * step + 1) name = Cat(stem, "_", names + step);
  return name;
}

}  // namespace rivulet

#endif  // RIVULET_ENGINE_BASE_FREE_NAME_H_
