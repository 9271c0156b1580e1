#include "engine/base/sort.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

namespace rivulet {
namespace {

// Numbers below `limit`, the same in every run.
std::vector<int64_t> Numbers(size_t count, uint64_t limit) {
  std::vector<int64_t> numbers(count);
  uint64_t state = 88172645463325252u + count;
  for (int64_t& number : numbers) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    number = static_cast<int64_t>(state % limit);
  }
  return numbers;
}

struct Entry {
  std::string name;
  size_t place;
  bool operator==(const Entry& other) const = default;
};

std::vector<Entry> Entries(size_t count) {
  std::vector<Entry> entries;
  for (const int64_t number : Numbers(count, count / 3 + 1)) {
    entries.push_back({"a name that is not kept in place " + std::to_string(number), entries.size()});
  }
  return entries;
}

TEST(Sort, AsTheLibrary) {
  for (const size_t count : {0, 1, 2, 3, 4, 7, 64, 1000}) {
    for (const uint64_t limit : {1, 5, 1 << 20}) {
      std::vector<int64_t> numbers = Numbers(count, limit), want = numbers;
      std::sort(want.begin(), want.end(), std::greater<>());
      const std::greater<> less;
      SortElements(numbers.data(), count, OrderBy<int64_t>(less));
      EXPECT_EQ(numbers, want) << count << " below " << limit;
    }
  }
}

TEST(Sort, StableAsTheLibrary) {
  const auto less = [](const Entry& a, const Entry& b) { return a.name < b.name; };
  for (const size_t count : {0, 1, 2, 3, 10, 333}) {
    std::vector<Entry> entries = Entries(count), want = entries;
    std::stable_sort(want.begin(), want.end(), less);
    StableSortElements(entries.data(), count, OrderBy<Entry>(less));
    EXPECT_EQ(entries, want) << count;
  }
}

TEST(Sort, OfNothing) {
  std::vector<int64_t> none;
  Sort(none.begin(), none.end());
  StableSort(none.begin(), none.end());
  EXPECT_TRUE(none.empty());
}

}  // namespace
}  // namespace rivulet
