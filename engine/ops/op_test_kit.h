// For unit tests of one operator: builds a node, infers it, runs it.
//
//   EXPECT_TRUE(Same(OpTester("AddV2").Input(F32({2}, {1, 2})).Input(F32({}, {3})).Run(), F32({2}, {4, 5})));
//   EXPECT_TRUE(Fails(OpTester("Reshape").Input(F32({2}, {1, 2})).ConstInput(I32({1}, {3})).Run(), "elements"));
//   EXPECT_EQ(OpTester("Relu").Unknown(DType::kFloat, {-1, 3}).InferShape(), "[?,3]");
//
// Run works as the executor does: shapes are inferred without the values of plain inputs (which must not fail for
// want of a value), then with all values; the two must agree. Test-only. More than a hundred files include this one, so
// what can lie in op_test_kit.cc does.
#ifndef RIVULET_ENGINE_OPS_OP_TEST_KIT_H_
#define RIVULET_ENGINE_OPS_OP_TEST_KIT_H_

#include <gtest/gtest.h>

#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "rivulet/tensor.h"

namespace rivulet {

struct Fact;
class ModelFiles;
struct Node;

// A tensor of T from a list, converted element by element: Make<int8_t>({2}, {1, -1}).
template <typename T, typename V = T>
Tensor Make(const Shape& shape, std::initializer_list<V> values);

Tensor F32(const Shape& shape, std::initializer_list<float> values);
Tensor F64(const Shape& shape, std::initializer_list<double> values);
Tensor F16(const Shape& shape, std::initializer_list<float> values);
Tensor BF16(const Shape& shape, std::initializer_list<float> values);
Tensor I8(const Shape& shape, std::initializer_list<int8_t> values);
Tensor I16(const Shape& shape, std::initializer_list<int16_t> values);
Tensor I32(const Shape& shape, std::initializer_list<int32_t> values);
Tensor I64(const Shape& shape, std::initializer_list<int64_t> values);
Tensor U8(const Shape& shape, std::initializer_list<uint8_t> values);
Tensor U16(const Shape& shape, std::initializer_list<uint16_t> values);
Tensor U32(const Shape& shape, std::initializer_list<uint32_t> values);
Tensor U64(const Shape& shape, std::initializer_list<uint64_t> values);
Tensor Bools(const Shape& shape, std::initializer_list<bool> values);
Tensor Strings(const Shape& shape, std::initializer_list<const char*> values);
Tensor C64(const Shape& shape, std::initializer_list<Complex64> values);
Tensor C128(const Shape& shape, std::initializer_list<Complex128> values);

// Zeros (empty strings) of any dtype and complete shape.
Tensor Zeros(DType dtype, const Shape& shape);

class OpTester {
 public:
  explicit OpTester(const std::string& op);
  OpTester(const OpTester& other);
  ~OpTester();

  // bool, any integer or floating point type, DType, Shape, Tensor; text; lists of any of these but Tensor.
  template <typename T>
  OpTester& Attr(std::string_view name, const T& value);
  OpTester& Attr(std::string_view name, const char* value);
  template <typename T>
  OpTester& Attr(std::string_view name, const std::vector<T>& values);
  template <typename T>
  OpTester& Attr(std::string_view name, std::initializer_list<T> values) {
    return Attr(name, std::vector<T>(values));
  }

  // A fed tensor: its value is not known while shapes are inferred before the run.
  OpTester& Input(const Tensor& tensor);
  // A constant: known from the beginning.
  OpTester& ConstInput(const Tensor& tensor);
  // Only a dtype and a shape that may have unknown dims (-1) or rank; for Infer.
  OpTester& Unknown(DType dtype, const Shape& shape = Shape::UnknownRank());
  OpTester& Unknown(DType dtype, std::initializer_list<int64_t> dims) { return Unknown(dtype, Shape(dims)); }

  OpTester& Threads(int count);
  OpTester& Budget(size_t bytes);
  // As if they had come with the model; used as long as the tester is.
  OpTester& Files(ModelFiles* files);
  OpTester& GraphHasVersions(bool value);

  Node& node();

  // The outputs' facts, from what is known before a run.
  Result<std::vector<Fact>> Infer() const;

  // The shape of one output as text, or the error.
  std::string InferShape(size_t output = 0) const;

  Result<std::vector<Tensor>> Run() const;

 private:
  struct Rep;
  std::unique_ptr<Rep> rep_;
};

// Bit-equal but for NaN, which equals NaN.
::testing::AssertionResult Same(const Tensor& got, const Tensor& want);
// By the rule of equality with the dtype's default tolerance, or another.
::testing::AssertionResult Near(const Tensor& got, const Tensor& want, float rtol = 0, float atol = 0);
// The same for output `index` of a run.
::testing::AssertionResult Same(const Result<std::vector<Tensor>>& got, const Tensor& want, size_t index = 0);
::testing::AssertionResult Near(const Result<std::vector<Tensor>>& got, const Tensor& want, size_t index = 0,
                                float rtol = 0, float atol = 0);

// An error of the caller's or the model's making (never INTERNAL) whose message contains `text`.
::testing::AssertionResult FailsWith(const Status& status, std::string_view text);
template <typename T>
::testing::AssertionResult Fails(const Result<T>& got, std::string_view text = "") {
  return FailsWith(got.ok() ? Status() : got.status(), text);
}

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_OP_TEST_KIT_H_
