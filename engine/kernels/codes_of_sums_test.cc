#include "engine/kernels/codes_of_sums.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "engine/kernels/kernel_testing.h"

namespace rivulet {
namespace {

using kernel_testing::OnEveryTarget;
using kernel_testing::SameForAnyThreads;

template <typename Out>
void ExpectCodes(int64_t columns, SummandType type) {
  constexpr int64_t kRows = 7;
  std::vector<int32_t> sums;
  std::vector<float> multiply, add;
  std::vector<uint8_t> summand;
  for (int64_t i = 0; i < kRows * columns; ++i) {
    sums.push_back(static_cast<int32_t>(i * 7919 % 2003 - 1000));
    summand.push_back(static_cast<uint8_t>(i * 37));
  }
  for (int64_t j = 0; j < columns; ++j) {
    multiply.push_back(static_cast<float>(j % 5) / 8);
    add.push_back(static_cast<float>(j % 3) / 2);  // with these, many lie halfway between two codes
  }
  CodesOfSums task{kRows, columns, sums.data(), multiply.data(), add.data(), type, summand.data(), 0.25f};
  task.is_signed = std::numeric_limits<Out>::lowest() < 0;
  task.low = task.is_signed ? -128 : 0;
  task.high = 127;
  const auto got = SameForAnyThreads<Out>(kRows * columns, [&](Out* to, ThreadPool& pool) {
    task.output = to;
    MakeCodes(task, pool, StopToken());
  });
  for (size_t i = 0; i < got.size(); ++i) {
    const size_t j = i % static_cast<size_t>(columns);
    float want = static_cast<float>(sums[i]) * multiply[j] + add[j];
    if (type == SummandType::kUint8) want += static_cast<float>(summand[i]) * 0.25f;
    if (type == SummandType::kInt8) want += static_cast<float>(static_cast<int8_t>(summand[i])) * 0.25f;
    ASSERT_EQ(got[i], static_cast<Out>(std::nearbyint(std::clamp(want, task.low, task.high)))) << columns << " " << i;
  }
}

TEST(MakeCodes, EveryNumberOfColumnsAndType) {
  OnEveryTarget([] {
    for (const int64_t columns : {1, 3, 4, 8, 15, 16, 17, 33, 70}) {
      for (const SummandType type : {SummandType::kNone, SummandType::kUint8, SummandType::kInt8}) {
        ExpectCodes<uint8_t>(columns, type);
        ExpectCodes<int8_t>(columns, type);
      }
    }
  });
}

}  // namespace
}  // namespace rivulet
