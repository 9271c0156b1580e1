#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

TEST(ImmutableConst, OutsideAPackageHasAShapeButNoValue) {
  const auto region = [](const char* name) {
    return OpTester("ImmutableConst")
        .Attr("dtype", DType::kFloat)
        .Attr("shape", Shape({2, 3}))
        .Attr("memory_region_name", name);
  };
  EXPECT_EQ(region("memmapped_package://w").InferShape(), "[2,3]");
  for (const char* name : {"memmapped_package://w", "/etc/passwd", ""}) {
    EXPECT_TRUE(Fails(region(name).Run(), Cat("memory region ", Quoted(name), ": the graph does not come from")));
  }
}

}  // namespace
}  // namespace rivulet
