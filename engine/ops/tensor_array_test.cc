#include <gtest/gtest.h>

#include "engine/ops/tensor_array_object.h"
#include "engine/run/model_of.h"
#include "rivulet/session.h"

namespace rivulet {
namespace {

TEST(TensorArray, SaysWhatItHoldsWhenReadAsAnotherType) {
  constexpr char kGraph[] = R"(
size = Const() {dtype=int32, value=int32[]{2}}
at = Const() {dtype=int32, value=int32[]{1}}
x = Placeholder() {dtype=float32, shape=shape[2]}
array = TensorArrayV3(size) {dtype=float32}
written = TensorArrayWriteV3(array, at, x, array:1) {T=float32}
floats = TensorArrayReadV3(array, at, written) {dtype=float32}
whole = TensorArrayReadV3(array, at, written) {dtype=int32}
)";
  auto session = Session::Create(ModelOf(kGraph), {});
  ASSERT_TRUE(session.ok());
  const Feeds feeds = {{"x", Tensor::Of<float>(Shape{2}, std::vector<float>{1, 2})}};
  EXPECT_TRUE((*session)->Run(feeds, {"floats"}).ok());
  const auto whole = (*session)->Run(feeds, {"whole"});
  EXPECT_NE(whole.status().ToString().find("the tensor array is float32, attr 'dtype' says int32"), std::string::npos)
      << whole.status().ToString();
}

// A count of rows that is no work to write down, and would be hours of work to go over.
TEST(TensorArray, RowsWithoutElementsAreNotGoneOver) {
  const auto allocator = Allocator::Create(1 << 20);
  const auto rows = Tensor::Allocate(DType::kFloat, {int64_t{1} << 50, 0}, *allocator);
  ASSERT_TRUE(rows.ok());
  for (const bool is_dynamic : {false, true}) {
    TensorArray array({.dtype = DType::kFloat, .is_dynamic = is_dynamic});
    ASSERT_TRUE(array.Start(2, *allocator).ok());
    EXPECT_FALSE(array.Scatter(*rows, nullptr, *allocator).ok());
  }
}

// A file can say what it likes; the array's element is looked at when it is read.
TEST(TensorArray, AnElementsShapeThatIsNotTrueIsAnError) {
  constexpr char kLie[] = R"(
two = Const() {dtype=int32, value=int32[]{2}}
i = Const() {dtype=int32, value=int32[]{0}}
x = Placeholder() {dtype=float32, shape=shape[?]}
u = TensorArrayV3(two) {dtype=float32}
w = TensorArrayWriteV3(u, i, x, u:1) {T=float32}
r = TensorArrayReadV3(u, i, w) {dtype=float32, _element_shape=shape[5]}
y = Neg(r) {T=float32}
)";
  auto session = Session::Create(ModelOf(kLie));
  ASSERT_TRUE(session.ok());
  const auto run = [&](int64_t size) {
    const std::vector<float> ones(static_cast<size_t>(size), 1.0f);
    return (*session)->Run({{"x", Tensor::Of<float>({size}, ones)}}, {"y"});
  };
  EXPECT_TRUE(run(5).ok());
  const auto result = run(4);
  ASSERT_FALSE(result.ok());
  EXPECT_NE(result.status().ToString().find("want float32[5], got float32[4]"), std::string::npos)
      << result.status().ToString();
}

}  // namespace
}  // namespace rivulet
