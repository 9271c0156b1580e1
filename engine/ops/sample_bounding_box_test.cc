#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

OpTester Sample(const Tensor& size, const Tensor& boxes) {
  OpTester tester("SampleDistortedBoundingBox");
  tester.Attr("seed", 3).Attr("seed2", 5).Input(size).Input(boxes);
  return tester;
}

TEST(SampleDistortedBoundingBox, LiesInTheImage) {
  const auto out = Sample(I32({3}, {40, 30, 3}), F32({1, 1, 4}, {0.25f, 0.25f, 0.5f, 0.5f})).Run();
  ASSERT_TRUE(out.ok()) << out.status().ToString();
  const int32_t* begin = (*out)[0].data<int32_t>();
  const int32_t* size = (*out)[1].data<int32_t>();
  for (int i = 0; i < 2; ++i) {
    EXPECT_GE(begin[i], 0);
    EXPECT_GT(size[i], 0);
    EXPECT_LE(begin[i] + size[i], i == 0 ? 40 : 30);
  }
  EXPECT_EQ(size[2], -1);
}

TEST(SampleDistortedBoundingBox, RefusesHostileInputs) {
  const Tensor size = I32({3}, {40, 30, 3}), box = F32({1, 1, 4}, {0, 0, 1, 1});
  EXPECT_TRUE(Fails(Sample(I32({2}, {40, 30}), box).Run(), "3 elements"));
  EXPECT_TRUE(Fails(Sample(I32({3, 1}, {40, 30, 3}), box).Run(), "rank"));
  EXPECT_TRUE(Fails(Sample(I32({3}, {-1, 30, 3}), box).Run(), "image_size"));
  EXPECT_TRUE(Fails(Sample(I64({3}, {40, int64_t{1} << 40, 3}), box).Run(), "image_size"));
  EXPECT_TRUE(Fails(Sample(I64({3}, {INT64_MIN, INT64_MAX, 3}), box).Run(), "image_size"));
  EXPECT_TRUE(Fails(Sample(size, F32({1, 4}, {0, 0, 1, 1})).Run(), "rank"));
  EXPECT_TRUE(Fails(Sample(size, F32({1, 1, 3}, {0, 0, 1})).Run(), "bounding_boxes"));
  for (const float border : {-0.5f, 1.5f, 0.0f / 0.0f, 1.0f / 0.0f}) {
    EXPECT_TRUE(Fails(Sample(size, F32({1, 1, 4}, {0, border, 1, 1})).Run(), "bounding_boxes"));
  }
  EXPECT_TRUE(Fails(Sample(size, Zeros(DType::kFloat, {1, 0, 4})).Run(), "use_image_if_no_bounding_boxes"));
  EXPECT_TRUE(Sample(size, Zeros(DType::kFloat, {1, 0, 4})).Attr("use_image_if_no_bounding_boxes", true).Run().ok());
  EXPECT_TRUE(Sample(I64({3}, {2147483646, 2147483646, 3}), box).Run().ok());
  EXPECT_TRUE(Sample(I32({3}, {0, 0, 0}), box).Run().ok());
}

TEST(SampleDistortedBoundingBox, RefusesAttributes) {
  const Tensor size = I32({3}, {40, 30, 3}), box = F32({1, 1, 4}, {0, 0, 1, 1});
  EXPECT_TRUE(Fails(Sample(size, box).Attr("aspect_ratio_range", {1.0f}).Run(), "aspect_ratio_range"));
  EXPECT_TRUE(Fails(Sample(size, box).Attr("aspect_ratio_range", {0.0f, 1.0f}).Run(), "aspect_ratio_range"));
  EXPECT_TRUE(Fails(Sample(size, box).Attr("area_range", {0.5f, 1.5f}).Run(), "area_range"));
  EXPECT_TRUE(Fails(Sample(size, box).Attr("area_range", {0.0f / 0.0f, 1.0f}).Run(), "area_range"));
  EXPECT_TRUE(Fails(Sample(size, box).Attr("max_attempts", -1).Run(), "max_attempts"));
  EXPECT_TRUE(Fails(Sample(size, box).Attr("min_object_covered", -1.0f).Run(), "min_object_covered"));
  // Ranges the wrong way round, and ratios that fit no image, give the whole image.
  for (const auto& [low, high] : {std::pair(2.0f, 0.5f), {1e30f, 3e38f}, {1e-38f, 1e-30f}}) {
    EXPECT_TRUE(Sample(size, box).Attr("aspect_ratio_range", {low, high}).Run().ok());
  }
  const auto covered = [&](const Tensor& share, const Tensor& seed) {
    return OpTester("StatelessSampleDistortedBoundingBox").Input(size).Input(box).Input(share).Input(seed).Run();
  };
  EXPECT_TRUE(Fails(covered(F32({}, {0.0f / 0.0f}), I64({2}, {1, 2})), "min_object_covered"));
  EXPECT_TRUE(Fails(covered(F32({1}, {0.5f}), I64({2}, {1, 2})), "rank"));
  EXPECT_TRUE(Fails(covered(F32({}, {0.5f}), I64({3}, {1, 2, 3})), "seed"));
}

TEST(RandomCrop, RefusesSizes) {
  const auto crop = [](const Shape& image, const Tensor& size) {
    return OpTester("RandomCrop").Attr("seed", 3).Input(Zeros(DType::kUint8, image)).Input(size).Run();
  };
  EXPECT_TRUE(crop({4, 5, 3}, I64({2}, {4, 2})).ok());
  EXPECT_TRUE(crop({4, 5, 3}, I64({2}, {0, 2})).ok());
  EXPECT_TRUE(Fails(crop({4, 5}, I64({2}, {4, 2})), "rank"));
  EXPECT_TRUE(Fails(crop({4, 5, 3}, I64({2}, {5, 2})), "within the image"));
  EXPECT_TRUE(Fails(crop({4, 5, 3}, I64({2}, {4, -1})), "at least 0"));
  EXPECT_TRUE(Fails(crop({4, 5, 3}, I64({2}, {INT64_MAX, INT64_MIN}))));
  EXPECT_TRUE(Fails(crop({4, 5, 3}, I64({3}, {1, 1, 1})), "2 elements"));
}

}  // namespace
}  // namespace rivulet
