#include "engine/kernels/target.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace rivulet {
namespace {

TEST(Target, SupportedOnesAreCompiledOnesAndCanBeForced) {
  const auto compiled = CompiledTargets();
  const auto supported = SupportedTargets();
  ASSERT_FALSE(supported.empty());
  const std::string best(TargetName());
  EXPECT_EQ(best, supported.front());
  for (const std::string_view name : supported) {
    EXPECT_NE(std::find(compiled.begin(), compiled.end(), name), compiled.end()) << name;
    EXPECT_TRUE(UseTarget(name).ok());
    EXPECT_EQ(TargetName(), name);
    EXPECT_EQ(SupportedTargets(), supported);
  }
  EXPECT_TRUE(UseTarget("best").ok());
  EXPECT_EQ(TargetName(), best);
}

TEST(Target, UnknownNameSaysWhatThereIs) {
  const std::string best(TargetName());
  const Status status = UseTarget("MMX");
  EXPECT_EQ(status.code(), Code::kInvalidArgument);
  EXPECT_NE(status.message().find("MMX"), std::string::npos);
  EXPECT_NE(status.message().find(best), std::string::npos);
  EXPECT_EQ(TargetName(), best);
}

}  // namespace
}  // namespace rivulet
