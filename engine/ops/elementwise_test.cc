#include "engine/ops/elementwise.h"

#include <vector>

#include "engine/ops/infer.h"
#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

std::vector<float> Ramp(int64_t count) {
  std::vector<float> values(static_cast<size_t>(count));
  for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i % 1021) - 500.0f;
  return values;
}

Tensor Floats(const Shape& shape) {
  const std::vector<float> values = Ramp(shape.num_elements());
  return Tensor::Of<float>(shape, values);
}

// Sums and products of small integers, so that every way of computing gives the same bits.
void CheckSubtraction(const Shape& a_shape, const Shape& b_shape, const Shape& shape) {
  for (const int threads : {1, 3}) {
    const Tensor a = Floats(a_shape), b = Floats(b_shape);
    const auto got = OpTester("Sub").Input(a).Input(b).Threads(threads).Run();
    ASSERT_TRUE(got.ok()) << got.status().ToString();
    ASSERT_EQ((*got)[0].shape(), shape);
    const float* y = (*got)[0].data<float>();
    const int64_t columns = shape[shape.rank() - 1];
    for (int64_t i = 0; i < shape.num_elements(); ++i) {
      const auto at = [&](const Tensor& t) {
        const int64_t own = t.rank() == 0 ? 1 : t.dim(t.rank() - 1);
        const int64_t rows = t.num_elements() / own;
        const int64_t row = rows == 1 ? 0 : i / columns, column = own == 1 ? 0 : i % columns;
        return t.data<float>()[row * own + column];
      };
      ASSERT_EQ(y[i], at(a) - at(b)) << i;
    }
  }
}

TEST(ElementwiseTest, LargeTensorsInPieces) {
  CheckSubtraction({70001}, {70001}, {70001});
  CheckSubtraction({70001}, {}, {70001});
  CheckSubtraction({}, {70001}, {70001});
  CheckSubtraction({300, 301}, {301}, {300, 301});
  CheckSubtraction({300, 1}, {300, 301}, {300, 301});
  CheckSubtraction({300, 1}, {1, 301}, {300, 301});
}

TEST(ElementwiseTest, HalvesGoThroughFloat) {
  const std::vector<float> values = Ramp(40000);
  std::vector<Half> halves;
  std::vector<Half> doubled;
  for (const float value : values) {
    halves.push_back(Half(value));
    doubled.push_back(Half(static_cast<float>(halves.back()) * 2));
  }
  const Tensor x = Tensor::Of<Half>({200, 200}, halves);
  EXPECT_TRUE(
      Same(OpTester("Mul").Input(x).Input(F16({1, 1}, {2})).Threads(2).Run(), Tensor::Of<Half>({200, 200}, doubled)));
}

TEST(ElementwiseTest, InfersWhatItCan) {
  EXPECT_EQ(OpTester("Mul").Unknown(DType::kFloat, {-1, 3}).Unknown(DType::kFloat, {4, 1}).InferShape(), "[4,3]");
  EXPECT_EQ(OpTester("Mul").Unknown(DType::kFloat, {-1, 3}).Unknown(DType::kFloat, {1, 3}).InferShape(), "[?,3]");
  EXPECT_EQ(OpTester("Mul").Unknown(DType::kFloat, {3}).Unknown(DType::kFloat).InferShape(), "?");
  EXPECT_EQ(OpTester("Neg").Unknown(DType::kFloat).InferShape(), "?");
  EXPECT_EQ(OpTester("EluGrad").Unknown(DType::kFloat, {-1, 2}).Unknown(DType::kFloat, {3, -1}).InferShape(), "[3,2]");
  EXPECT_TRUE(
      Fails(OpTester("Mul").Unknown(DType::kFloat, {2, 3}).Unknown(DType::kFloat, {-1, 2}).Infer(), "broadcast"));
  EXPECT_TRUE(Fails(OpTester("Mul").Unknown(DType::kFloat).Unknown(DType::kInt32).Infer(), "want float32"));
}

TEST(ElementwiseTest, OutputLargerThanAnyMemory) {
  constexpr int64_t kLong = int64_t{1} << 40;
  EXPECT_EQ(OpTester("Add").Unknown(DType::kFloat, {kLong, 1}).Unknown(DType::kFloat, {1, kLong}).InferShape(),
            "[1099511627776,1099511627776]");
  const Tensor empty = Tensor::View(DType::kFloat, {0, kLong}, nullptr);
  const auto got = OpTester("Add").Input(empty).Input(F32({1, 1}, {1})).Run();
  ASSERT_TRUE(got.ok()) << got.status().ToString();
  EXPECT_EQ((*got)[0].shape(), (Shape{0, kLong}));
}

TEST(ElementwiseTest, FaultsOfAnyPieceAreSeen) {
  std::vector<int32_t> divisors(100000, 1);
  divisors[99999] = 0;
  const Tensor y = Tensor::Of<int32_t>({100000}, divisors);
  EXPECT_TRUE(Fails(OpTester("FloorDiv").Input(I32({}, {7})).Input(y).Threads(3).Run(), "Integer division by zero"));
}

}  // namespace
}  // namespace rivulet
