#include <limits>

#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

constexpr int64_t kMost = std::numeric_limits<int64_t>::max();
constexpr int64_t kLeast = std::numeric_limits<int64_t>::min();

OpTester Conv2D() {
  OpTester op("Conv2D");
  op.Attr("strides", {1, 1, 1, 1}).Attr("padding", "SAME");
  return op;
}
Tensor Ones(const Shape& shape) {
  Tensor tensor = Zeros(DType::kFloat, shape);
  std::fill_n(tensor.data<float>(), tensor.num_elements(), 1.0f);
  return tensor;
}

TEST(Conv, ShapesWithUnknownParts) {
  EXPECT_EQ(Conv2D().Unknown(DType::kFloat).Unknown(DType::kFloat, {3, 3, 2, 5}).InferShape(), "[?,?,?,5]");
  EXPECT_EQ(Conv2D().Unknown(DType::kFloat, {-1, 7, -1, 2}).Unknown(DType::kFloat).InferShape(), "[?,7,?,?]");
  EXPECT_EQ(Conv2D()
                .Attr("data_format", "NCHW")
                .Unknown(DType::kFloat, {2, 2, 5, 6})
                .Unknown(DType::kFloat, {3, 3, 2, 4})
                .InferShape(),
            "[2,4,5,6]");
}

TEST(Conv, HostileStridesAndDilations) {
  for (const int64_t bad : {int64_t{0}, int64_t{-1}, kLeast, kMost, int64_t{1} << 40}) {
    for (const char* list : {"strides", "dilations"}) {
      EXPECT_TRUE(Fails(Conv2D()
                            .Attr(list, {int64_t{1}, bad, int64_t{1}, int64_t{1}})
                            .Input(Ones({1, 4, 4, 1}))
                            .Input(Ones({3, 3, 1, 1}))
                            .Run(),
                        list));
    }
  }
  // As large as can be, and legal.
  const std::vector<int64_t> largest = {1, 0x7fffffff, 0x7fffffff, 1};
  EXPECT_TRUE(Same(Conv2D()
                       .Attr("strides", largest)
                       .Attr("dilations", largest)
                       .Input(Ones({1, 4, 4, 1}))
                       .Input(Ones({3, 3, 1, 1}))
                       .Run(),
                   F32({1, 1, 1, 1}, {1})));
}

TEST(Conv, HostilePaddings) {
  const auto with = [](std::vector<int64_t> pads) {
    return Conv2D()
        .Attr("padding", "EXPLICIT")
        .Attr("explicit_paddings", pads)
        .Input(Ones({1, 2, 2, 1}))
        .Input(Ones({1, 1, 1, 1}))
        .Budget(1 << 20)
        .Run();
  };
  EXPECT_TRUE(Fails(with({0, 0, kMost, 0, 0, 0, 0, 0}), "explicit_paddings"));
  EXPECT_TRUE(Fails(with({0, 0, -1, 0, 0, 0, 0, 0}), "explicit_paddings"));
  EXPECT_TRUE(Fails(with({0, 0, 0x7fffffff, 0x7fffffff, 0x7fffffff, 0x7fffffff, 0, 0})));
  EXPECT_TRUE(Fails(with({}), "8 entries"));
}

TEST(Conv, FiltersThatDoNotFit) {
  EXPECT_TRUE(Fails(Conv2D().Input(Ones({1, 4, 4, 3})).Input(Ones({3, 3, 2, 1})).Run(), "multiple"));
  EXPECT_TRUE(Fails(Conv2D().Input(Ones({1, 4, 4, 4})).Input(Ones({3, 3, 2, 1})).Run(), "groups"));
  EXPECT_TRUE(Fails(Conv2D().Input(Ones({1, 4, 4, 0})).Input(Ones({3, 3, 0, 1})).Run(), "0 channels"));
  EXPECT_TRUE(Fails(Conv2D().Input(Ones({1, 4, 4, 1})).Input(Ones({0, 3, 1, 1})).Run(), "no dim of 0"));
  EXPECT_TRUE(
      Fails(Conv2D().Attr("padding", "VALID").Input(Ones({1, 1, 4, 1})).Input(Ones({3, 3, 1, 1})).Run(), "larger"));
  EXPECT_TRUE(
      Fails(Conv2D().Input(Zeros(DType::kFloat, {0, int64_t{1} << 40, 1, 1})).Input(Ones({1, 1, 1, 1})).Run(), "dims"));
}

TEST(Conv, GroupsAndChannelsFirst) {
  // Two groups of one channel each, doubled and tripled.
  const Tensor filter = F32({1, 1, 1, 2}, {2, 3});
  EXPECT_TRUE(
      Same(Conv2D().Input(F32({1, 1, 2, 2}, {1, 2, 3, 4})).ConstInput(filter).Run(), F32({1, 1, 2, 2}, {2, 6, 6, 12})));
  EXPECT_TRUE(Same(Conv2D().Attr("data_format", "NCHW").Input(F32({1, 2, 1, 2}, {1, 3, 2, 4})).ConstInput(filter).Run(),
                   F32({1, 2, 1, 2}, {2, 6, 6, 12})));
}

TEST(Conv, IntegersWrapAround) {
  EXPECT_TRUE(Same(Conv2D().Input(I32({1, 1, 1, 1}, {0x40000000})).Input(I32({1, 1, 1, 1}, {4})).Run(),
                   I32({1, 1, 1, 1}, {0})));
}

TEST(Conv, DepthwiseWithoutFilterElementsIsZero) {
  EXPECT_TRUE(Same(OpTester("DepthwiseConv2dNative")
                       .Attr("strides", {1, 1, 1, 1})
                       .Attr("padding", "SAME")
                       .Input(Ones({1, 1, 2, 1}))
                       .Input(Ones({0, 3, 1, 2}))
                       .Run(),
                   F32({1, 1, 2, 2}, {0, 0, 0, 0})));
}

TEST(Conv, FusedWithAResidualChannelsFirst) {
  OpTester op("_FusedConv2D");
  op.Attr("strides", {1, 1, 1, 1}).Attr("padding", "SAME").Attr("data_format", "NCHW");
  op.Attr("fused_ops", std::vector<std::string>{"BiasAdd", "Add", "Relu"}).Attr("num_args", 2);
  op.Input(F32({1, 1, 1, 2}, {1, 2}))
      .ConstInput(F32({1, 1, 1, 2}, {1, -1}))
      .Input(F32({2}, {10, 0}))
      .Input(F32({1, 2, 1, 2}, {100, 200, 3, 0.5f}));
  EXPECT_TRUE(Same(op.Run(), F32({1, 2, 1, 2}, {111, 212, 2, 0})));
}

// What needs no slices laid side by side, and what does for its steps.
TEST(Conv, VolumesThatArePictures) {
  const auto conv = [](std::initializer_list<int64_t> strides, const char* padding, const Tensor& filter) {
    OpTester op("Conv3D");
    op.Attr("strides", strides).Attr("padding", padding).Input(F32({1, 3, 1, 2, 1}, {1, 2, 3, 4, 5, 6}));
    return OpTester(op).ConstInput(filter);
  };
  const Tensor deep = F32({3, 1, 1, 1, 1}, {1, 10, 100}), flat = F32({1, 1, 2, 1, 1}, {1, 10});
  EXPECT_TRUE(Same(conv({1, 1, 1, 1, 1}, "SAME", deep).Run(), F32({1, 3, 1, 2, 1}, {310, 420, 531, 642, 53, 64})));
  EXPECT_TRUE(Same(conv({1, 2, 1, 1, 1}, "SAME", deep).Run(), F32({1, 2, 1, 2, 1}, {310, 420, 53, 64})));
  EXPECT_TRUE(Same(conv({1, 1, 1, 2, 1}, "SAME", deep).Run(), F32({1, 3, 1, 1, 1}, {310, 531, 53})));
  EXPECT_TRUE(Same(conv({1, 1, 1, 1, 1}, "VALID", flat).Run(), F32({1, 3, 1, 1, 1}, {21, 43, 65})));
  EXPECT_TRUE(Same(conv({1, 2, 1, 1, 1}, "VALID", flat).Run(), F32({1, 2, 1, 1, 1}, {21, 65})));
}

}  // namespace
}  // namespace rivulet
