#include "engine/kernels/transpose.h"

#include <algorithm>
#include <numeric>

#include "engine/kernels/kernel_testing.h"

namespace rivulet {
namespace {

using kernel_testing::OnEveryTarget;
using kernel_testing::Random;
using kernel_testing::SameForAnyThreads;

struct Wide {
  uint64_t low;
  uint64_t high;
  bool operator==(const Wide&) const = default;
};

template <typename T>
T Element(uint32_t value) {
  if constexpr (std::is_same_v<T, Wide>) {
    return {value, ~uint64_t{value}};
  } else {
    return static_cast<T>(value);
  }
}

template <typename T>
void ExpectTransposed(const std::vector<int64_t>& dims, const std::vector<int>& perm) {
  const int rank = static_cast<int>(dims.size());
  int64_t size = 1;
  for (const int64_t dim : dims) size *= dim;
  Random random(5);
  std::vector<T> in;
  for (int64_t i = 0; i < size; ++i) in.push_back(Element<T>(random.Next()));
  const auto got = SameForAnyThreads<T>(size, [&](T* out, ThreadPool& pool) {
    Transpose(in.data(), rank, dims.data(), perm.data(), sizeof(T), out, pool, StopToken());
  });
  std::vector<int64_t> index(dims.size(), 0);  // of the output
  for (int64_t at = 0; at < size; ++at) {
    int64_t left = at;
    for (int i = rank - 1; i >= 0; --i) {
      index[static_cast<size_t>(i)] = left % dims[static_cast<size_t>(perm[static_cast<size_t>(i)])];
      left /= dims[static_cast<size_t>(perm[static_cast<size_t>(i)])];
    }
    int64_t from = 0;
    for (int axis = 0; axis < rank; ++axis) {
      const auto where = static_cast<size_t>(std::find(perm.begin(), perm.end(), axis) - perm.begin());
      from = from * dims[static_cast<size_t>(axis)] + index[where];
    }
    ASSERT_EQ(got[static_cast<size_t>(at)], in[static_cast<size_t>(from)]) << "at " << at;
  }
}

void ExpectAllWidths(const std::vector<int64_t>& dims, const std::vector<int>& perm) {
  SCOPED_TRACE(testing::PrintToString(dims) + " by " + testing::PrintToString(perm));
  ExpectTransposed<uint8_t>(dims, perm);
  ExpectTransposed<uint16_t>(dims, perm);
  ExpectTransposed<uint32_t>(dims, perm);
  ExpectTransposed<uint64_t>(dims, perm);
  ExpectTransposed<Wide>(dims, perm);
}

TEST(Transpose, EveryPermutationOfFourAxes) {
  OnEveryTarget([] {
    std::vector<int> perm = {0, 1, 2, 3};
    do {
      ExpectAllWidths({3, 5, 2, 7}, perm);
      ExpectAllWidths({1, 9, 1, 4}, perm);
    } while (std::next_permutation(perm.begin(), perm.end()));
  });
}

TEST(Transpose, Planes) {
  OnEveryTarget([] {
    for (const int64_t rows : {1, 3, 4, 15, 16, 17, 64, 65, 130}) {
      for (const int64_t columns : {1, 2, 3, 4, 7, 16, 33, 67}) {
        ExpectAllWidths({rows, columns}, {1, 0});
        ExpectTransposed<uint32_t>({2, rows, columns}, {0, 2, 1});
      }
    }
  });
}

TEST(Transpose, TwoRunsBecomeOne) {
  OnEveryTarget([] {
    for (const int64_t length : {1, 15, 16, 31, 32, 33, 58, 130}) ExpectAllWidths({3, 2, length}, {0, 2, 1});
  });
}

TEST(Transpose, ManyAxes) {
  std::vector<int64_t> dims(12, 2);
  std::vector<int> perm(12);
  std::iota(perm.begin(), perm.end(), 0);
  Random random(2);
  for (int i = 0; i < 5; ++i) {
    for (size_t j = 11; j > 0; --j)
      std::swap(perm[j], perm[static_cast<size_t>(random.Below(static_cast<int64_t>(j) + 1))]);
    ExpectAllWidths(dims, perm);
  }
}

TEST(Transpose, ScalarsAndEmptyArrays) {
  ExpectAllWidths({}, {});
  ExpectAllWidths({5}, {0});
  ExpectAllWidths({0}, {0});
  ExpectAllWidths({3, 0, 2}, {2, 1, 0});
  ExpectAllWidths({200000}, {0});
}

}  // namespace
}  // namespace rivulet
