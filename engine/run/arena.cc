#include "engine/run/arena.h"

#include <algorithm>
#include <numeric>

#include "engine/base/checked.h"

namespace rivulet {

int64_t PlanArena(std::vector<ArenaRequest>& requests, int64_t alignment) {
  std::vector<size_t> by_size(requests.size());
  std::iota(by_size.begin(), by_size.end(), size_t{0});
  std::stable_sort(by_size.begin(), by_size.end(),
                   [&](size_t a, size_t b) { return requests[a].bytes > requests[b].bytes; });
  std::vector<size_t> placed;  // by offset
  int64_t total = 0;
  for (const size_t index : by_size) {
    ArenaRequest& request = requests[index];
    int64_t offset = 0;
    for (const size_t other_index : placed) {
      const ArenaRequest& other = requests[other_index];
      if (other.last_step < request.first_step || other.first_step > request.last_step) continue;
      if (other.offset - offset >= request.bytes) break;
      const CheckedSize end = CheckedSize(other.offset) + other.bytes + (alignment - 1);
      if (!end.valid()) return -1;
      offset = std::max(offset, end.value() / alignment * alignment);
    }
    request.offset = offset;
    const CheckedSize end = CheckedSize(offset) + request.bytes;
    if (!end.valid()) return -1;
    total = std::max(total, end.value());
    placed.insert(std::upper_bound(placed.begin(), placed.end(), index,
                                   [&](size_t a, size_t b) { return requests[a].offset < requests[b].offset; }),
                  index);
  }
  return total;
}

}  // namespace rivulet
