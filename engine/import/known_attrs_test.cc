#include "engine/import/known_attrs.h"

#include "engine/import/import_testing.h"

namespace rivulet {
namespace {

// A NodeDef's attribute of a number.
std::string IntAttr(std::string_view name, uint64_t value) {
  return WireNested(5, WireNested(1, name) + WireNested(2, WireField(3, value)));
}

class KnownAttrsTest : public ::testing::Test {
 protected:
  Status Read(const std::string& fields, AttrMap* attrs) {
    return known_.Read({reinterpret_cast<const uint8_t*>(fields.data()), fields.size()}, 100, attrs);
  }

  std::shared_ptr<void> owner_;
  Limits limits_;
  AttrSource source_{owner_, limits_};
  KnownAttrs known_{source_};
};

TEST_F(KnownAttrsTest, EqualBytesAreOneSet) {
  const std::string bytes = IntAttr("N", 2) + IntAttr("M", 3), copy = bytes, other = IntAttr("N", 2) + IntAttr("M", 4);
  AttrMap first, second, third;
  ASSERT_TRUE(Read(bytes, &first).ok());
  ASSERT_TRUE(Read(copy, &second).ok());
  ASSERT_TRUE(Read(other, &third).ok());
  EXPECT_EQ(first.begin(), second.begin());
  EXPECT_EQ(first.size(), 2u);
  EXPECT_EQ(*first.Get<int64_t>("M"), 3);
  EXPECT_EQ(*third.Get<int64_t>("M"), 4);
}

TEST_F(KnownAttrsTest, MoreSetsThanAreKept) {
  std::vector<std::string> sets;
  for (uint64_t i = 0; i < 1000; ++i) sets.push_back(IntAttr("N", i));
  for (int round = 0; round < 2; ++round) {
    for (uint64_t i = 0; i < sets.size(); ++i) {
      AttrMap attrs;
      ASSERT_TRUE(Read(sets[i], &attrs).ok());
      EXPECT_EQ(*attrs.Get<int64_t>("N"), static_cast<int64_t>(i));
    }
  }
}

TEST_F(KnownAttrsTest, OtherFieldsBetweenArePassedOver) {
  const std::string bytes = IntAttr("N", 2) + WireNested(3, "input") + IntAttr("M", 3);
  AttrMap attrs;
  ASSERT_TRUE(Read(bytes, &attrs).ok());
  EXPECT_EQ(attrs.size(), 2u);
}

TEST_F(KnownAttrsTest, AnErrorIsNotKept) {
  const std::string bad = WireNested(5, WireNested(2, WireField(3, 1)));
  for (int i = 0; i < 2; ++i) {
    AttrMap attrs;
    ExpectErrorWith(Read(bad, &attrs), Code::kInvalidArgument, {"an attribute without a name"});
    EXPECT_EQ(attrs.size(), 0u);
  }
  const std::string good = IntAttr("N", 2);
  AttrMap attrs;
  ASSERT_TRUE(Read(good, &attrs).ok());
  EXPECT_EQ(attrs.size(), 1u);
}

}  // namespace
}  // namespace rivulet
