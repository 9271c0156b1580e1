#include "engine/ops/element_store.h"

#include <gtest/gtest.h>
#include <memory>
#include <utility>

#include "engine/base/object.h"
#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

class Kept : public Object {
 public:
  static constexpr std::string_view kKind = "kept";
  std::string_view kind() const override { return kKind; }
};

class ElementStoreTest : public ::testing::Test {
 protected:
  // A tensor without owner, as those of the arena: who keeps it copies it.
  Tensor View(float a, float b) {
    scratch_[0] = a;
    scratch_[1] = b;
    return Tensor::View(DType::kFloat, {2}, scratch_);
  }
  void Set(ElementStore& store, int64_t i, Tensor value) {
    const Status status = store.Set(i, std::move(value), *allocator_);
    ASSERT_TRUE(status.ok()) << status.ToString();
  }
  void Resize(ElementStore& store, int64_t size) { ASSERT_TRUE(store.Resize(size, *allocator_).ok()); }
  Tensor Join(ElementStore& store, const Shape& shape = {2}) {
    auto joined = store.Join(shape, true, *allocator_);
    EXPECT_TRUE(joined.ok()) << joined.status().ToString();
    return joined.ok() ? *joined : Tensor();
  }

  std::shared_ptr<Allocator> allocator_ = Allocator::Create();
  float scratch_[2] = {};
};

TEST_F(ElementStoreTest, WritesAfterTheFirstAllocateNothing) {
  ElementStore store(DType::kFloat);
  Resize(store, 100);
  Set(store, 0, View(0, 1));
  Allocator::FailNth(1, true);
  for (int i = 1; i < 100; ++i) Set(store, i, View(static_cast<float>(i), 1));
  EXPECT_EQ(Allocator::FailNth(0, false), 0);
  EXPECT_TRUE(Same(store.Get(7), F32({2}, {7, 1})));
}

TEST_F(ElementStoreTest, JoinsWithoutACopy) {
  ElementStore store(DType::kFloat);
  Resize(store, 3);
  Set(store, 2, View(5, 6));
  Set(store, 0, View(1, 2));
  Allocator::FailNth(1, true);
  const Tensor joined = Join(store);
  EXPECT_EQ(Allocator::FailNth(0, false), 0);
  EXPECT_TRUE(Same(joined, F32({3, 2}, {1, 2, 0, 0, 5, 6})));
  EXPECT_EQ(joined.raw(), store.Get(0).raw());
  EXPECT_FALSE(store.IsSet(1));
  // What was given out stays, whatever is set later.
  Set(store, 1, View(3, 4));
  Set(store, 0, View(8, 9));
  EXPECT_TRUE(Same(joined, F32({3, 2}, {1, 2, 0, 0, 5, 6})));
  EXPECT_TRUE(Same(Join(store), F32({3, 2}, {8, 9, 3, 4, 5, 6})));
}

TEST_F(ElementStoreTest, OnlyWhoIsAloneClearsRows) {
  ElementStore store(DType::kFloat);
  Resize(store, 2);
  Set(store, 0, View(1, 2));
  auto joined = store.Join({2}, /*is_sole=*/false, *allocator_);
  ASSERT_TRUE(joined.ok());
  EXPECT_NE(joined->raw(), store.Get(0).raw());
  EXPECT_TRUE(Same(*joined, F32({2, 2}, {1, 2, 0, 0})));
}

TEST_F(ElementStoreTest, WhatWasReadStays) {
  ElementStore store(DType::kFloat);
  Resize(store, 2);
  Set(store, 0, View(1, 2));
  const Tensor read = store.Get(0);
  Set(store, 1, View(3, 4));  // another row: in place
  Set(store, 0, View(5, 6));
  EXPECT_TRUE(Same(read, F32({2}, {1, 2})));
  EXPECT_TRUE(Same(store.Get(0), F32({2}, {5, 6})));
  EXPECT_TRUE(Same(Join(store), F32({2, 2}, {5, 6, 3, 4})));
}

TEST_F(ElementStoreTest, CopiesShareAndDoNotDisturbEachOther) {
  ElementStore first(DType::kFloat);
  Resize(first, 3);
  Set(first, 0, View(1, 2));
  ElementStore second(first);
  Set(second, 1, View(7, 8));
  Set(first, 1, View(3, 4));
  Set(second, 0, View(9, 9));
  Resize(second, 4);
  Set(second, 3, View(6, 6));
  EXPECT_EQ(first.size(), 3);
  EXPECT_TRUE(Same(Join(first), F32({3, 2}, {1, 2, 3, 4, 0, 0})));
  EXPECT_TRUE(Same(Join(second), F32({4, 2}, {9, 9, 7, 8, 0, 0, 6, 6})));
}

TEST_F(ElementStoreTest, ACopyThatIsLeftAloneWritesInPlace) {
  auto first = std::make_unique<ElementStore>(DType::kFloat);
  Resize(*first, 50);
  Set(*first, 0, View(1, 2));
  ElementStore second(*first);
  first.reset();
  Set(second, 1, View(3, 4));
  Allocator::FailNth(1, true);
  for (int i = 2; i < 50; ++i) Set(second, i, View(5, 6));
  EXPECT_EQ(Allocator::FailNth(0, false), 0);
}

TEST_F(ElementStoreTest, GrowsByDoubling) {
  ElementStore store(DType::kFloat);
  Allocator::FailNth(0, false);
  for (int i = 0; i < 1000; ++i) {
    Resize(store, i + 1);
    Set(store, i, View(static_cast<float>(i), 0));
  }
  EXPECT_LT(Allocator::FailNth(0, false), 24);  // rows and flags
  const Tensor joined = Join(store);
  for (int i = 0; i < 1000; ++i) ASSERT_EQ(joined.data<float>()[2 * i], static_cast<float>(i));
}

TEST_F(ElementStoreTest, PopsAndPushesInPlace) {
  ElementStore store(DType::kFloat);
  Resize(store, 1);
  Set(store, 0, View(1, 2));
  const Tensor last = store.Get(0);
  Resize(store, 0);
  Resize(store, 1);
  EXPECT_FALSE(store.IsSet(0));
  Set(store, 0, View(3, 4));
  EXPECT_TRUE(Same(last, F32({2}, {1, 2})));
  EXPECT_TRUE(Same(store.Get(0), F32({2}, {3, 4})));
}

TEST_F(ElementStoreTest, ShapesMayDiffer) {
  ElementStore store(DType::kFloat);
  Resize(store, 3);
  Set(store, 0, View(1, 2));
  Set(store, 1, F32({3}, {3, 4, 5}));
  EXPECT_TRUE(store.ShapeAt(1) == Shape({3}));
  EXPECT_TRUE(Same(store.Get(1), F32({3}, {3, 4, 5})));
  EXPECT_TRUE(Fails(store.Join({2}, true, *allocator_), "element 1 has shape [3]"));
  Set(store, 1, View(6, 7));
  EXPECT_TRUE(Same(Join(store), F32({3, 2}, {1, 2, 6, 7, 0, 0})));
}

TEST_F(ElementStoreTest, AdoptsATensorWithoutACopy) {
  const Tensor rows = F32({2, 2}, {1, 2, 3, 4});
  ElementStore store(DType::kFloat);
  ASSERT_TRUE(store.Adopt(rows, *allocator_).ok());
  EXPECT_EQ(store.Get(0).raw(), rows.raw());
  Set(store, 0, View(8, 9));
  EXPECT_TRUE(Same(rows, F32({2, 2}, {1, 2, 3, 4})));
  EXPECT_TRUE(Same(Join(store), F32({2, 2}, {8, 9, 3, 4})));
}

TEST_F(ElementStoreTest, KeepsStringsAndReferences) {
  ElementStore strings(DType::kString);
  Resize(strings, 2);
  Set(strings, 1, Strings({2}, {"a", "a string that does not fit in place"}));
  EXPECT_TRUE(Same(Join(strings), Strings({2, 2}, {"", "", "a", "a string that does not fit in place"})));

  const auto object = std::make_shared<Kept>();
  ElementStore objects(DType::kVariant);
  Resize(objects, 2);
  Set(objects, 0, ScalarOf(DType::kVariant, object));
  EXPECT_EQ(object.use_count(), 2);
  ASSERT_TRUE(objects.Unset(0, *allocator_).ok());
  EXPECT_EQ(object.use_count(), 1);
}

TEST_F(ElementStoreTest, MarksBelongToElements) {
  ElementStore store(DType::kFloat);
  Resize(store, 4);
  EXPECT_FALSE(store.WasTouched());
  ASSERT_TRUE(store.SetMarks(2, 21, *allocator_).ok());
  Set(store, 2, View(1, 2));
  EXPECT_EQ(store.Marks(2), 21);
  EXPECT_EQ(store.Marks(3), 0);
  Resize(store, 1);
  Resize(store, 4);
  EXPECT_EQ(store.Marks(2), 0);
}

TEST_F(ElementStoreTest, ASizeCostsNothing) {
  ElementStore store(DType::kFloat);
  Allocator::FailNth(1, true);
  Resize(store, int64_t{1} << 31);
  EXPECT_EQ(Allocator::FailNth(0, false), 0);
  Set(store, 5, View(1, 2));
  EXPECT_LT(allocator_->used_bytes(), size_t{1} << 27);
}

TEST_F(ElementStoreTest, RefusesAnotherType) {
  ElementStore store(DType::kFloat);
  Resize(store, 1);
  EXPECT_FALSE(store.Set(0, I32({2}, {1, 2}), *allocator_).ok());
  EXPECT_FALSE(store.Adopt(I32({2}, {1, 2}), *allocator_).ok());
}

}  // namespace
}  // namespace rivulet
