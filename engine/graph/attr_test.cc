#include "engine/graph/attr.h"

#include <gtest/gtest.h>

namespace rivulet {
namespace {

AttrMap Two() {
  AttrMap attrs;
  attrs.Set("T", DType::kFloat);
  attrs.Set("N", int64_t{2});
  return attrs;
}

TEST(AttrMap, CopiesShareUntilOneIsChanged) {
  const AttrMap first = Two();
  AttrMap second = first;
  EXPECT_EQ(first.begin(), second.begin());
  second.Set("N", int64_t{3});
  EXPECT_EQ(*first.Get<int64_t>("N"), 2);
  EXPECT_EQ(*second.Get<int64_t>("N"), 3);
  AttrMap third = first;
  third.Erase("T");
  EXPECT_EQ(first.size(), 2u);
  ASSERT_EQ(third.size(), 1u);
  EXPECT_EQ(*third.Get<int64_t>("N"), 2);
  third.Erase("N");
  EXPECT_EQ(third.size(), 0u);
  EXPECT_EQ(third.begin(), third.end());
}

TEST(AttrMap, ErasesWhatItAloneHas) {
  AttrMap attrs = Two();
  attrs.Erase("none");
  EXPECT_EQ(attrs.size(), 2u);
  attrs.Erase("N");
  EXPECT_EQ(attrs.Find("N"), nullptr);
  EXPECT_EQ(*attrs.Get<DType>("T"), DType::kFloat);
}

TEST(AttrMap, OfSeveralWithOneNameTheLastCounts) {
  std::vector<AttrMap::Entry> entries;
  entries.emplace_back("b", int64_t{1});
  entries.emplace_back("a", int64_t{2});
  entries.emplace_back("b", int64_t{3});
  AttrMap attrs = Two();
  attrs.Assign(entries);
  ASSERT_EQ(attrs.size(), 2u);
  EXPECT_EQ(attrs.begin()->first, "a");
  EXPECT_EQ(*attrs.Get<int64_t>("b"), 3);
  attrs.Assign({});
  EXPECT_EQ(attrs.size(), 0u);
}

}  // namespace
}  // namespace rivulet
