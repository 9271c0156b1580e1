#include "engine/ops/strided_copy.h"

#include <memory>

#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

using Ints = std::vector<int64_t>;

// Walks 0, 1, 2, .. by the loop into `size` elements of -1.
template <typename T>
std::vector<T> Walk(const StridedLoop& loop, size_t size) {
  const auto allocator = Allocator::Create();
  ThreadPool pool(2);
  const StopToken stop;
  std::shared_ptr<void> scratch;
  size_t scratch_bytes = 0;
  const RunServices services{*allocator, pool, stop, nullptr, nullptr, &scratch, &scratch_bytes};
  RunContext context(nullptr, {}, {}, services);
  std::vector<T> from(64), to(size, T(-1));
  for (size_t i = 0; i < from.size(); ++i) from[i] = T(i);
  StridedCopy(context, loop, sizeof(T), from.data(), to.data());
  return to;
}

TEST(StridedCopy, Diagonals) {
  EXPECT_EQ(Walk<int32_t>({{3}, {4}, {1}}, 3), (std::vector<int32_t>{0, 4, 8}));
  EXPECT_EQ(Walk<int8_t>({{2}, {1}, {3}}, 4), (std::vector<int8_t>{0, -1, -1, 1}));
  EXPECT_EQ(Walk<int16_t>({{2, 2}, {4, 1}, {1, 2}}, 4), (std::vector<int16_t>{0, 4, 1, 5}));
}

TEST(StridedCopy, PermutationsAndRuns) {
  EXPECT_EQ(Walk<int64_t>({{2, 3}, {3, 1}, {1, 2}}, 6), (std::vector<int64_t>{0, 3, 1, 4, 2, 5}));
  EXPECT_EQ(Walk<int32_t>({{2, 3}, {3, 1}, {3, 1}}, 6), (std::vector<int32_t>{0, 1, 2, 3, 4, 5}));
  EXPECT_EQ(Walk<int32_t>({{}, {}, {}}, 1), (std::vector<int32_t>{0}));
  EXPECT_EQ(Walk<int32_t>({{0, 5}, {1, 1}, {1, 1}}, 1), (std::vector<int32_t>{-1}));
  EXPECT_EQ(Walk<Complex128>({{2, 2}, {1, 2}, {2, 1}}, 4)[1], Complex128(2, 0));
}

TEST(StridedCopy, SimplifyMergesWhatStaysTogether) {
  const StridedLoop simple = Simplify({{2, 3, 1, 4}, {12, 4, 99, 1}, {24, 8, 7, 1}});
  EXPECT_EQ(simple.dims, (Ints{6, 4}));
  EXPECT_EQ(simple.from, (Ints{4, 1}));
  EXPECT_EQ(simple.to, (Ints{8, 1}));
}

}  // namespace
}  // namespace rivulet
