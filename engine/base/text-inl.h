#ifndef RIVULET_ENGINE_BASE_TEXT_INL_H_
#define RIVULET_ENGINE_BASE_TEXT_INL_H_

#include <algorithm>
#include <utility>
#include <vector>

#include "engine/base/sort.h"

namespace rivulet {

template <typename Range>
std::string NearestNames(std::string_view name, const Range& candidates, int count) {
  std::vector<std::pair<int, std::string_view>> near;
  const int limit = static_cast<int>(std::min<size_t>(name.size(), 64) / 2 + 2);
  for (const auto& candidate : candidates) {
    const int distance = EditDistance(name, candidate, limit);
    if (distance <= limit) near.emplace_back(distance, std::string_view(candidate));
  }
  Sort(near.begin(), near.end());
  std::string out;
  for (size_t i = 0; i < near.size() && i < static_cast<size_t>(count); ++i) {
    if (i > 0) out += ", ";
    out += Quoted(near[i].second);
  }
  return out;
}

}  // namespace rivulet

#endif  // RIVULET_ENGINE_BASE_TEXT_INL_H_
