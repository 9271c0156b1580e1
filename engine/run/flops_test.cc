#include "engine/run/flops.h"

#include <gtest/gtest.h>

#include "engine/run/model_of.h"

namespace rivulet {
namespace {

// Of y, with the placeholders' own shapes.
int64_t Flops(const std::string& text) { return CountFlops(ModelOf(text)->graph(), {}, {"y"}); }

// Two for each product: it is added to something.
TEST(Flops, ProductsAndSums) {
  EXPECT_EQ(
      Flops("a = Placeholder() {dtype=float32, shape=shape[3,4]}\nb = Placeholder() {dtype=float32, shape=shape[4,5]}\n"
            "y = MatMul(a, b) {T=float32}\n"),
      2 * 3 * 4 * 5);
  EXPECT_EQ(
      Flops("a = Placeholder() {dtype=float32, shape=shape[4,3]}\nb = Placeholder() {dtype=float32, shape=shape[4,5]}\n"
            "y = MatMul(a, b) {T=float32, transpose_a=true}\n"),
      2 * 3 * 4 * 5);
  const std::string picture = "x = Placeholder() {dtype=float32, shape=shape[2,8,8,3]}\n";
  EXPECT_EQ(Flops(picture + "w = Placeholder() {dtype=float32, shape=shape[3,3,3,6]}\n"
                            "y = Conv2D(x, w) {T=float32, strides=ints[1, 2, 2, 1], padding=\"SAME\"}\n"),
            2 * (2 * 4 * 4 * 6) * (3 * 3 * 3));
  EXPECT_EQ(
      Flops(picture + "w = Placeholder() {dtype=float32, shape=shape[3,3,3,2]}\n"
                      "y = DepthwiseConv2dNative(x, w) {T=float32, strides=ints[1, 1, 1, 1], padding=\"VALID\"}\n"),
      2 * (2 * 6 * 6 * 6) * (3 * 3));
  EXPECT_EQ(Flops(picture + "y = Relu(x) {T=float32}\n"), 0);
}

TEST(Flops, SizesThatCannotBeCountedAreNone) {
  EXPECT_EQ(
      Flops("a = Placeholder() {dtype=float32, shape=shape[?,4]}\nb = Placeholder() {dtype=float32, shape=shape[4,5]}\n"
            "y = MatMul(a, b) {T=float32}\n"),
      0);
}

}  // namespace
}  // namespace rivulet
