#include "engine/ops/op_test_kit.h"

#include <cstdint>

#include "engine/ops/infer.h"

namespace rivulet {
namespace {

constexpr int64_t kHuge = int64_t{1} << 62;
constexpr int64_t kLowest = INT64_MIN;

OpTester Mirror(const char* op, const char* mode) { return OpTester(op).Attr("mode", std::string(mode)); }

TEST(MirrorPad, PaddingMustBeFoundInside) {
  const auto infer = [](const char* mode, int64_t before, int64_t after) {
    return Mirror("MirrorPad", mode).Unknown(DType::kFloat, {3}).ConstInput(I64({1, 2}, {before, after})).Infer();
  };
  EXPECT_TRUE(infer("REFLECT", 2, 2).ok());
  EXPECT_TRUE(infer("SYMMETRIC", 3, 3).ok());
  EXPECT_TRUE(Fails(infer("REFLECT", 3, 0), "at most 2"));
  EXPECT_TRUE(Fails(infer("SYMMETRIC", 0, 4), "at most 3"));
  EXPECT_TRUE(Fails(infer("SYMMETRIC", 0, -1), "want >= 0"));
  EXPECT_TRUE(Fails(infer("SYMMETRIC", kHuge, kHuge), "too large"));
  EXPECT_TRUE(Fails(infer("WRAP", 0, 0), "'mode'"));
}

TEST(MirrorPad, PaddingsFoundOnlyWhenRun) {
  const auto run = [](int32_t before) {
    return Mirror("MirrorPad", "REFLECT").Input(F32({3}, {1, 2, 3})).Input(I32({1, 2}, {before, 1})).Run();
  };
  EXPECT_TRUE(Same(run(2), F32({6}, {3, 2, 1, 2, 3, 2})));
  EXPECT_TRUE(Fails(run(3), "at most 2"));
}

TEST(MirrorPadGrad, AddsWhatWasRepeated) {
  EXPECT_TRUE(
      Same(Mirror("MirrorPadGrad", "SYMMETRIC").Input(F32({5}, {1, 2, 4, 8, 16})).Input(I32({1, 2}, {1, 2})).Run(),
           F32({2}, {19, 12})));
  EXPECT_TRUE(Fails(Mirror("MirrorPadGrad", "SYMMETRIC").Input(F32({3}, {1, 2, 3})).Input(I32({1, 2}, {2, 2})).Run(),
                    "want less than the dim of 3"));
  EXPECT_TRUE(Fails(Mirror("MirrorPadGrad", "REFLECT").Input(F32({4}, {1, 2, 3, 4})).Input(I32({1, 2}, {2, 0})).Run(),
                    "at most 1"));
  EXPECT_EQ(Mirror("MirrorPadGrad", "REFLECT")
                .Unknown(DType::kFloat, {-1, 5})
                .ConstInput(I32({2, 2}, {1, 0, 1, 1}))
                .InferShape(),
            "[?,3]");
}

}  // namespace
}  // namespace rivulet
