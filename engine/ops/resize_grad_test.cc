#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

TEST(ResizeGrad, GivesEachPixelWhatWasMadeOfIt) {
  // Without flags, pixel 3 of 4 lies at 1.5 of 2: beyond the last one, which it repeats.
  const Tensor grads = F32({1, 1, 4, 1}, {1, 2, 4, 8}), image = Zeros(DType::kFloat, {1, 1, 2, 1});
  EXPECT_TRUE(Same(OpTester("ResizeBilinearGrad").Input(grads).Input(image).Run(), F32({1, 1, 2, 1}, {2, 13})));
  EXPECT_TRUE(Same(OpTester("ResizeNearestNeighborGrad").Input(grads).Input(I32({2}, {1, 2})).Run(),
                   F32({1, 1, 2, 1}, {3, 12})));
  const Tensor same = F32({1, 1, 2, 1}, {3, 5});
  EXPECT_TRUE(Same(OpTester("ResizeBicubicGrad").Input(same).Input(image).Run(), same));
}

TEST(ResizeGrad, KnowsWhatShapesSay) {
  EXPECT_EQ(OpTester("ResizeBilinearGrad").Unknown(DType::kFloat, {-1, 4, 4, 3}).Unknown(DType::kHalf).InferShape(),
            "[?,?,?,3]");
  EXPECT_EQ(OpTester("ResizeBicubicGrad").Unknown(DType::kFloat).Unknown(DType::kFloat, {2, 5, -1, 3}).InferShape(),
            "[?,5,?,?]");
  EXPECT_EQ(OpTester("ResizeNearestNeighborGrad")
                .Unknown(DType::kFloat, {2, -1, -1, 3})
                .ConstInput(I32({2}, {4, 5}))
                .InferShape(),
            "[2,4,5,3]");
}

TEST(ResizeGrad, RefusesWhatDoesNotFit) {
  const Tensor grads = Zeros(DType::kFloat, {1, 2, 2, 1});
  for (const char* op : {"ResizeBilinearGrad", "ResizeBicubicGrad"}) {
    const auto with = [&](const Tensor& g, const Shape& image) {
      return OpTester(op).Input(g).Input(Zeros(DType::kFloat, image)).Run();
    };
    EXPECT_TRUE(Fails(with(grads, {2, 2, 1}), "rank"));
    EXPECT_TRUE(Fails(with(grads, {1, 0, 2, 1}), "original_image"));
    EXPECT_TRUE(Fails(with(Zeros(DType::kFloat, {1, 2, 0, 1}), {1, 2, 2, 1}), "grads"));
    EXPECT_TRUE(
        Fails(OpTester(op).Attr("align_corners", true).Attr("half_pixel_centers", true).Input(grads).Input(grads).Run(),
              "exclude"));
  }
  const auto nearest = [&](const Tensor& size) {
    return OpTester("ResizeNearestNeighborGrad").Budget(1 << 20).Input(grads).Input(size).Run();
  };
  EXPECT_TRUE(Fails(nearest(I32({2}, {0, 2})), "above 0"));
  EXPECT_TRUE(Fails(nearest(I32({2}, {2, -2147483647})), "above 0"));
  EXPECT_TRUE(Fails(nearest(I32({3}, {2, 2, 2})), "2 elements"));
  EXPECT_TRUE(Fails(nearest(I32({}, {2})), "rank"));
  EXPECT_TRUE(Fails(nearest(I32({2}, {2147483647, 2147483647}))));
}

}  // namespace
}  // namespace rivulet
