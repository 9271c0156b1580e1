// The result is that of the step at hand, whatever was multiplied ahead before.
#include "engine/ops/look_ahead_matmul.h"

#include <gtest/gtest.h>

#include "engine/base/errors.h"
#include "engine/run/model_of.h"
#include "rivulet/session.h"

namespace rivulet {
namespace {

// Element `i` of a list, or of an array, times weights.
constexpr char kList[] = R"(
x = Placeholder() {dtype=float32, shape=shape[?,?,2]}
i = Placeholder() {dtype=int32, shape=shape[]}
w = Const() {dtype=float32, value=float32[2,3]{1, 2, 3, 4, 5, 6}}
shape = Const() {dtype=int32, value=int32[2]{-1, 2}}
list = TensorListFromTensor(x, shape) {element_dtype=float32, shape_type=int32}
r = TensorListGetItem(list, i, shape) {element_dtype=float32}
y = MatMul(r, w) {T=float32}
)";
constexpr char kArray[] = R"(
x = Placeholder() {dtype=float32, shape=shape[?,?,2]}
i = Placeholder() {dtype=int32, shape=shape[]}
w = Const() {dtype=float32, value=float32[2,3]{1, 2, 3, 4, 5, 6}}
size = Const() {dtype=int32, value=int32[]{0}}
array = TensorArrayV3(size) {dtype=float32, dynamic_size=true, clear_after_read=true}
all = Range(zero, count, one) {Tidx=int32}
zero = Const() {dtype=int32, value=int32[]{0}}
one = Const() {dtype=int32, value=int32[]{1}}
dims = Shape(x) {T=float32, out_type=int32}
begin = Const() {dtype=int32, value=int32[1]{0}}
end = Const() {dtype=int32, value=int32[1]{1}}
count = StridedSlice(dims, begin, end, end) {T=int32, Index=int32, shrink_axis_mask=1}
flow = TensorArrayScatterV3(array:0, all, x, array:1) {T=float32}
r = TensorArrayReadV3(array:0, i, flow) {dtype=float32}
y = MatMul(r, w) {T=float32}
)";

Tensor Elements(int64_t count, int64_t rows, float first) {
  std::vector<float> values(static_cast<size_t>(count * rows * 2));
  for (size_t k = 0; k < values.size(); ++k) values[k] = first + static_cast<float>(k % 97);
  return Tensor::Of<float>({count, rows, 2}, values);
}

void ExpectRow(Session& session, const Tensor& x, int32_t i) {
  const auto result = session.Run({{"x", x}, {"i", Tensor::Scalar<int32_t>(i)}}, {"y"});
  ASSERT_TRUE(result.ok()) << result.status().ToString();
  const Tensor& y = (*result)[0];
  ASSERT_EQ(y.shape(), Shape({x.dim(1), 3}));
  for (int64_t row = 0; row < x.dim(1); ++row) {
    const float* from = x.data<float>() + (i * x.dim(1) + row) * 2;
    for (int64_t j = 0; j < 3; ++j) {
      const auto factor = static_cast<float>(j + 1);
      ASSERT_EQ(y.data<float>()[row * 3 + j], from[0] * factor + from[1] * (factor + 3)) << "element " << i;
    }
  }
}

TEST(LookAheadMatMul, InOrderAndNot) {
  for (const char* text : {kList, kArray}) {
    auto session = Session::Create(ModelOf(text));
    ASSERT_TRUE(session.ok());
    for (const int64_t rows : {1, 3, 40}) {
      const Tensor x = Elements(50, rows, 1);
      for (int32_t i = 0; i < 50; ++i) ExpectRow(**session, x, i);
      for (int32_t i = 0; i < 50; ++i) ExpectRow(**session, x, (i * 7) % 50);
      for (int32_t i = 49; i >= 0; --i) ExpectRow(**session, x, i);
    }
  }
}

TEST(LookAheadMatMul, OtherContentAtTheSamePlace) {
  for (const char* text : {kList, kArray}) {
    auto session = Session::Create(ModelOf(text));
    ASSERT_TRUE(session.ok());
    const Tensor a = Elements(20, 1, 1);
    const Tensor b = Elements(20, 1, 100);
    for (int32_t i = 0; i < 20; ++i) {
      ExpectRow(**session, a, i);
      ExpectRow(**session, b, i);
    }
    // A list that ends where the last one went on.
    const Tensor shorter = Elements(3, 1, 1);
    for (int32_t i = 0; i < 3; ++i) ExpectRow(**session, shorter, i);
    const auto beyond = (*session)->Run({{"x", shorter}, {"i", Tensor::Scalar<int32_t>(3)}}, {"y"});
    EXPECT_EQ(beyond.status().code(), Code::kInvalidArgument);
    // And one without rows.
    const auto none = (*session)->Run({{"x", Elements(3, 0, 1)}, {"i", Tensor::Scalar<int32_t>(1)}}, {"y"});
    ASSERT_TRUE(none.ok()) << none.status().ToString();
    EXPECT_EQ((*none)[0].num_elements(), 0);
  }
}

}  // namespace
}  // namespace rivulet
