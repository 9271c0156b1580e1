#include <gtest/gtest.h>

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

}  // namespace
}  // namespace rivulet
