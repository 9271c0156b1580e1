#include "rivulet/dtype.h"

#include <gtest/gtest.h>

namespace rivulet {
namespace {

TEST(Dtype, TypesThatOnlyMessagesKnowHaveNames) {
  EXPECT_EQ(Name(static_cast<DType>(25)), "float8_e4m3fn");
  EXPECT_EQ(Name(static_cast<DType>(30)), "uint4");
  EXPECT_EQ(Name(static_cast<DType>(31)), "invalid");
  for (int number = 24; number < 32; ++number) {
    EXPECT_FALSE(IsKnown(static_cast<DType>(number)));
    EXPECT_EQ(ElementBytes(static_cast<DType>(number)), 0u);
  }
  EXPECT_TRUE(IsKnown(DType::kUint64));
}

}  // namespace
}  // namespace rivulet
