#include "engine/base/object.h"

#include <gtest/gtest.h>

namespace rivulet {
namespace {

// What a model's loop can make: each holds a tensor that refers to the one before.
struct Nested : Object {
  explicit Nested(Tensor t) : inner(std::move(t)) {}
  std::string_view kind() const override { return "nested"; }
  Tensor inner;
};

TEST(Object, AMillionWithinEachOtherAreFreed) {
  const auto allocator = Allocator::Create();
  std::weak_ptr<Object> innermost;
  for (const bool alone : {true, false}) {
    Tensor handle;
    for (int i = 0; i < 1000000; ++i) {
      auto object = std::make_shared<Nested>(std::move(handle));
      if (i == 0) innermost = object;
      if (alone) {
        handle = ScalarOf(DType::kVariant, std::move(object));
      } else {
        auto both = Tensor::Allocate(DType::kVariant, {2}, *allocator);
        ASSERT_TRUE(both.ok());
        both->data<ObjectRef>()[1] = std::move(object);
        handle = *std::move(both);
      }
    }
    EXPECT_FALSE(innermost.expired());
    handle = Tensor();
    EXPECT_TRUE(innermost.expired());
  }
}

}  // namespace
}  // namespace rivulet
