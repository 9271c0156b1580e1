// std::sort and std::stable_sort, of which a small engine has one for all types instead of one for each.
#ifndef RIVULET_ENGINE_BASE_SORT_H_
#define RIVULET_ENGINE_BASE_SORT_H_

#include <algorithm>
#include <cstddef>
#include <functional>
#include <iterator>
#include <memory>
#include <utility>

#include "engine/base/small.h"

namespace rivulet {

// How elements of some type are compared and exchanged.
struct ElementOrder {
  size_t bytes;
  bool (*less)(const void* a, const void* b, const void* context);
  void (*swap)(void* a, void* b);
  const void* context;
};

// n log n steps whatever the order was. The first needs no memory, the second that of a number an element.
void SortElements(void* elements, size_t count, const ElementOrder& order);
void StableSortElements(void* elements, size_t count, const ElementOrder& order);

// `less` is used as long as the result is.
template <typename T, typename Less>
ElementOrder OrderBy(const Less& less) {
  return {sizeof(T),
          [](const void* a, const void* b, const void* context) -> bool {
            return (*static_cast<const Less*>(context))(*static_cast<const T*>(a), *static_cast<const T*>(b));
          },
          [](void* a, void* b) { std::swap(*static_cast<T*>(a), *static_cast<T*>(b)); }, &less};
}

template <typename Iterator, typename Less = std::less<>>
void Sort(Iterator begin, Iterator end, Less less = {}) {
  if constexpr (kIsSmall) {
    using T = typename std::iterator_traits<Iterator>::value_type;
    if (begin != end) SortElements(std::to_address(begin), static_cast<size_t>(end - begin), OrderBy<T>(less));
  } else {
    std::sort(begin, end, less);
  }
}

template <typename Iterator, typename Less = std::less<>>
void StableSort(Iterator begin, Iterator end, Less less = {}) {
  if constexpr (kIsSmall) {
    using T = typename std::iterator_traits<Iterator>::value_type;
    if (begin != end) StableSortElements(std::to_address(begin), static_cast<size_t>(end - begin), OrderBy<T>(less));
  } else {
    std::stable_sort(begin, end, less);
  }
}

}  // namespace rivulet

#endif  // RIVULET_ENGINE_BASE_SORT_H_
