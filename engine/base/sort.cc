#include "engine/base/sort.h"

#include <vector>

namespace rivulet {

// A heap of which the greatest goes to the end, again and again.
void SortElements(void* elements, size_t count, const ElementOrder& order) {
  const auto at = [&](size_t i) { return static_cast<char*>(elements) + i * order.bytes; };
  const auto sink = [&](size_t root, size_t end) {
    for (size_t child; (child = 2 * root + 1) < end; root = child) {
      if (child + 1 < end && order.less(at(child), at(child + 1), order.context)) ++child;
      if (!order.less(at(root), at(child), order.context)) return;
      order.swap(at(root), at(child));
    }
  };
  for (size_t i = count / 2; i-- > 0;) sink(i, count);
  for (size_t end = count; end-- > 1;) {
    order.swap(at(0), at(end));
    sink(0, end);
  }
}

void StableSortElements(void* elements, size_t count, const ElementOrder& order) {
  const auto at = [&](size_t i) { return static_cast<char*>(elements) + i * order.bytes; };
  // Place i takes the element of place from[i].
  std::vector<size_t> from(count);
  for (size_t i = 0; i < count; ++i) from[i] = i;
  const auto less = [&](size_t a, size_t b) {
    if (order.less(at(a), at(b), order.context)) return true;
    return a < b && !order.less(at(b), at(a), order.context);
  };
  SortElements(from.data(), count, OrderBy<size_t>(less));
  // Round each cycle; what was exchanged away waits where the next place of the cycle takes it.
  for (size_t first = 0; first < count; ++first) {
    size_t place = first;
    while (from[place] != first) {
      const size_t next = from[place];
      order.swap(at(place), at(next));
      from[place] = place;
      place = next;
    }
    from[place] = place;
  }
}

}  // namespace rivulet
