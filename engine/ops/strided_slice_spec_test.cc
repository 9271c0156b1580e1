#include "engine/ops/op_test_kit.h"

#include <algorithm>
#include <cstdint>

#include "engine/ops/strided_slice_spec.h"

namespace rivulet {
namespace {

constexpr int64_t kHuge = int64_t{1} << 62;
constexpr int64_t kLowest = INT64_MIN;

SliceEntry Entry(int64_t begin, int64_t end, int64_t stride) { return {begin, end, stride, true, true}; }

std::string ResultOf(const Shape& input, const std::vector<SliceEntry>& entries, const SliceMasks& masks = {}) {
  const auto spec = ResolveSlice(input, entries, masks);
  return spec.ok() ? spec->result.ToString() : spec.status().ToString();
}

TEST(StridedSliceSpec, FarBoundsAreCut) {
  for (const int64_t stride : {int64_t{1}, kHuge, INT64_MAX}) {
    const auto spec = ResolveSlice({7}, {Entry(kLowest, INT64_MAX, stride)}, {});
    ASSERT_TRUE(spec.ok());
    EXPECT_EQ(spec->ranges[0].begin, 0);
    EXPECT_EQ(spec->ranges[0].count, stride == 1 ? 7 : 1);
  }
  for (const int64_t stride : {int64_t{-1}, -kHuge, kLowest}) {
    const auto spec = ResolveSlice({7}, {Entry(INT64_MAX, kLowest, stride)}, {});
    ASSERT_TRUE(spec.ok());
    EXPECT_EQ(spec->ranges[0].begin, 6);
    EXPECT_EQ(spec->ranges[0].count, stride == -1 ? 7 : 1);
  }
}

// Against Python's own rule, place by place.
TEST(StridedSliceSpec, CountsAsALoopDoes) {
  for (int64_t dim = 0; dim < 5; ++dim) {
    for (int64_t begin = -6; begin <= 6; ++begin) {
      for (int64_t end = -6; end <= 6; ++end) {
        for (const int64_t stride : {-3, -2, -1, 1, 2, 3}) {
          const auto bound = [&](int64_t at) {
            at = at < 0 ? at + dim : at;
            return stride > 0 ? std::min(std::max<int64_t>(at, 0), dim) : std::min(std::max<int64_t>(at, -1), dim - 1);
          };
          int64_t count = 0;
          for (int64_t i = bound(begin); stride > 0 ? i < bound(end) : i > bound(end); i += stride) ++count;
          const auto spec = ResolveSlice({dim}, {Entry(begin, end, stride)}, {});
          ASSERT_TRUE(spec.ok());
          ASSERT_EQ(spec->ranges[0].count, count) << dim << " " << begin << ":" << end << ":" << stride;
        }
      }
    }
  }
}

TEST(StridedSliceSpec, UnknownParts) {
  SliceEntry no_bounds = Entry(0, 0, 1);
  no_bounds.bounds_known = false;
  SliceMasks masks;
  masks.ellipsis = 1;
  masks.shrink_axis = 2;
  EXPECT_EQ(ResultOf({2, -1, 4}, {no_bounds, no_bounds}, masks), "[2,?]");
  EXPECT_EQ(ResultOf({2, 3, 4}, {no_bounds}), "[?,3,4]");
  EXPECT_EQ(ResultOf({-1, 3}, {Entry(0, 1, 1)}), "[?,3]");
  SliceMasks whole;
  whole.begin = whole.end = 1;
  EXPECT_EQ(ResultOf({5, 3}, {no_bounds}, whole), "[5,3]");
  no_bounds.stride_known = false;
  EXPECT_EQ(ResultOf({5, 3}, {no_bounds}, whole), "[?,3]");
}

TEST(StridedSliceSpec, Refuses) {
  SliceMasks two;
  two.ellipsis = 3;
  EXPECT_TRUE(Fails(ResolveSlice({2, 3}, {Entry(0, 1, 1), Entry(0, 1, 1)}, two), "ellipsis"));
  EXPECT_TRUE(Fails(ResolveSlice({2}, {Entry(0, 1, 0)}, {}), "is 0"));
  EXPECT_TRUE(Fails(ResolveSlice({2}, {Entry(0, 1, 1), Entry(0, 1, 1)}, {}), "at most the input's 1 axes"));
  SliceMasks shrink;
  shrink.shrink_axis = 1;
  for (const int64_t at : {int64_t{2}, int64_t{-3}, kLowest, INT64_MAX}) {
    EXPECT_TRUE(Fails(ResolveSlice({2}, {Entry(at, 0, 1)}, shrink), "outside"));
  }
  EXPECT_TRUE(Fails(ResolveSlice({2}, {Entry(0, 1, -1)}, shrink), "dropped"));
  SliceMasks fresh;
  fresh.new_axis = -1;
  const std::vector<SliceEntry> many(30, Entry(0, 0, 1));
  EXPECT_TRUE(Fails(ResolveSlice(Shape::OfUnknownDims(254), many, fresh), "too many dims"));
}

TEST(StridedSliceSpec, Entries) {
  const Tensor two = I32({2}, {1, 2}), three = I64({3}, {1, 2, 3});
  EXPECT_TRUE(Fails(ReadSliceEntries(2, &two, &three, &two), "one length"));
  EXPECT_TRUE(Fails(ReadSliceEntries(32, nullptr, nullptr, nullptr), "at most 31"));
  const auto entries = ReadSliceEntries(2, &two, nullptr, &two);
  ASSERT_TRUE(entries.ok());
  EXPECT_FALSE((*entries)[1].bounds_known);
  EXPECT_EQ((*entries)[1].stride, 2);
}

}  // namespace
}  // namespace rivulet
