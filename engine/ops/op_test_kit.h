// For unit tests of one operator: builds a node, infers it, runs it.
//
//   EXPECT_TRUE(Same(OpTester("AddV2").Input(F32({2}, {1, 2})).Input(F32({}, {3})).Run(), F32({2}, {4, 5})));
//   EXPECT_TRUE(Fails(OpTester("Reshape").Input(F32({2}, {1, 2})).ConstInput(I32({1}, {3})).Run(), "elements"));
//   EXPECT_EQ(OpTester("Relu").Unknown(DType::kFloat, {-1, 3}).InferShape(), "[?,3]");
//
// Run works as the executor does: shapes are inferred without the values of plain inputs (which must not fail for
// want of a value), then with all values; the two must agree. Test-only.
#ifndef RIVULET_ENGINE_OPS_OP_TEST_KIT_H_
#define RIVULET_ENGINE_OPS_OP_TEST_KIT_H_

#include <gtest/gtest.h>

#include <cstring>
#include <initializer_list>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "engine/base/equality.h"
#include "engine/ops/infer.h"

namespace rivulet {

// A tensor of T from a list, converted element by element: Make<int8_t>({2}, {1, -1}).
template <typename T, typename V = T>
Tensor Make(const Shape& shape, std::initializer_list<V> values) {
  const int64_t count = shape.num_elements();
  EXPECT_EQ(count, static_cast<int64_t>(values.size())) << "a tensor literal of shape " << shape.ToString();
  std::unique_ptr<T[]> converted(new T[static_cast<size_t>(std::max<int64_t>(count, 0)) + 1]);
  size_t i = 0;
  for (const V& value : values) {
    if (static_cast<int64_t>(i) < count) converted[i++] = T(value);
  }
  return Tensor::Of<T>(shape, std::span<const T>(converted.get(), i));
}

inline Tensor F32(const Shape& shape, std::initializer_list<float> values) { return Make<float>(shape, values); }
inline Tensor F64(const Shape& shape, std::initializer_list<double> values) { return Make<double>(shape, values); }
inline Tensor F16(const Shape& shape, std::initializer_list<float> values) { return Make<Half>(shape, values); }
inline Tensor BF16(const Shape& shape, std::initializer_list<float> values) { return Make<BFloat16>(shape, values); }
inline Tensor I8(const Shape& shape, std::initializer_list<int8_t> values) { return Make<int8_t>(shape, values); }
inline Tensor I16(const Shape& shape, std::initializer_list<int16_t> values) { return Make<int16_t>(shape, values); }
inline Tensor I32(const Shape& shape, std::initializer_list<int32_t> values) { return Make<int32_t>(shape, values); }
inline Tensor I64(const Shape& shape, std::initializer_list<int64_t> values) { return Make<int64_t>(shape, values); }
inline Tensor U8(const Shape& shape, std::initializer_list<uint8_t> values) { return Make<uint8_t>(shape, values); }
inline Tensor U16(const Shape& shape, std::initializer_list<uint16_t> values) { return Make<uint16_t>(shape, values); }
inline Tensor U32(const Shape& shape, std::initializer_list<uint32_t> values) { return Make<uint32_t>(shape, values); }
inline Tensor U64(const Shape& shape, std::initializer_list<uint64_t> values) { return Make<uint64_t>(shape, values); }
inline Tensor Bools(const Shape& shape, std::initializer_list<bool> values) { return Make<bool>(shape, values); }
inline Tensor Strings(const Shape& shape, std::initializer_list<const char*> values) {
  return Make<std::string>(shape, values);
}
inline Tensor C64(const Shape& shape, std::initializer_list<Complex64> values) {
  return Make<Complex64>(shape, values);
}
inline Tensor C128(const Shape& shape, std::initializer_list<Complex128> values) {
  return Make<Complex128>(shape, values);
}

// Zeros (empty strings) of any dtype and complete shape.
inline Tensor Zeros(DType dtype, const Shape& shape) {
  auto tensor = Tensor::Allocate(dtype, shape, *Allocator::Create());
  EXPECT_TRUE(tensor.ok()) << tensor.status().ToString();
  if (!tensor.ok()) return Tensor();
  if (dtype != DType::kString && tensor->bytes() > 0) std::memset(tensor->raw(), 0, tensor->bytes());
  return *tensor;
}

class OpTester {
 public:
  explicit OpTester(const std::string& op) {
    node_.name = "tested";
    node_.op = op;
    node_.def = FindOp(op);
    EXPECT_NE(node_.def, nullptr) << "no operator " << op;
  }

  // int, float, bool, text, DType, Shape, Tensor, a vector of any of the first six, or an AttrValue.
  template <typename T>
  OpTester& Attr(std::string_view name, const T& value) {
    if constexpr (std::is_same_v<T, bool>) {
      node_.attrs.Set(name, AttrValue(value));
    } else if constexpr (std::is_integral_v<T>) {
      node_.attrs.Set(name, AttrValue(static_cast<int64_t>(value)));
    } else if constexpr (std::is_floating_point_v<T>) {
      node_.attrs.Set(name, AttrValue(static_cast<float>(value)));
    } else if constexpr (std::is_convertible_v<T, std::string>) {
      node_.attrs.Set(name, AttrValue(std::string(value)));
    } else if constexpr (std::is_same_v<T, Tensor>) {
      auto literal = std::make_shared<TensorLiteral>();
      literal->dtype = value.dtype();
      literal->shape = value.shape();
      literal->prefix = value.Reshaped({value.num_elements()});
      node_.attrs.Set(name, AttrValue(std::shared_ptr<const TensorLiteral>(std::move(literal))));
    } else {
      node_.attrs.Set(name, AttrValue(value));
    }
    return *this;
  }
  template <typename T>
  OpTester& Attr(std::string_view name, const std::vector<T>& values) {
    auto list = std::make_shared<AttrList>();
    for (const T& value : values) {
      if constexpr (std::is_same_v<T, bool>) {
        list->bools.push_back(value);
      } else if constexpr (std::is_integral_v<T>) {
        list->ints.push_back(value);
      } else if constexpr (std::is_floating_point_v<T>) {
        list->floats.push_back(static_cast<float>(value));
      } else if constexpr (std::is_same_v<T, DType>) {
        list->types.push_back(value);
      } else if constexpr (std::is_same_v<T, Shape>) {
        list->shapes.push_back(value);
      } else {
        list->strings.push_back(std::string(value));
      }
    }
    node_.attrs.Set(name, AttrValue(std::shared_ptr<const AttrList>(std::move(list))));
    return *this;
  }
  template <typename T>
  OpTester& Attr(std::string_view name, std::initializer_list<T> values) {
    return Attr(name, std::vector<T>(values));
  }

  // A fed tensor: its value is not known while shapes are inferred before the run.
  OpTester& Input(const Tensor& tensor) { return Add({tensor.dtype(), tensor.shape(), tensor}, false); }
  // A constant: known from the beginning.
  OpTester& ConstInput(const Tensor& tensor) { return Add({tensor.dtype(), tensor.shape(), tensor}, true); }
  // Only a dtype and a shape that may have unknown dims (-1) or rank; for Infer.
  OpTester& Unknown(DType dtype, const Shape& shape = Shape::UnknownRank()) {
    return Add({dtype, shape, Tensor()}, false);
  }
  OpTester& Unknown(DType dtype, std::initializer_list<int64_t> dims) { return Unknown(dtype, Shape(dims)); }

  OpTester& Threads(int count) {
    threads_ = count;
    return *this;
  }
  OpTester& Budget(size_t bytes) {
    allocator_ = Allocator::Create(bytes);
    return *this;
  }
  OpTester& GraphHasVersions(bool value) {
    has_versions_ = value;
    return *this;
  }

  Node& node() { return node_; }

  // The outputs' facts, from what is known before a run.
  Result<std::vector<Fact>> Infer() const { return InferWith(false); }

  // The shape of one output as text, or the error.
  std::string InferShape(size_t output = 0) const {
    const auto facts = Infer();
    if (!facts.ok()) return facts.status().ToString();
    return output < facts->size() ? (*facts)[output].shape.ToString() : "no such output";
  }

  Result<std::vector<Tensor>> Run() const {
    if (node_.def == nullptr) return Status(Code::kNotFound, "no operator");
    RIVULET_ASSIGN_OR_RETURN(const std::vector<Fact> before, InferWith(false));
    RIVULET_ASSIGN_OR_RETURN(const std::vector<Fact> complete, InferWith(true));
    EXPECT_EQ(before.size(), complete.size());
    std::vector<const Fact*> inputs;
    for (const Given& given : inputs_) {
      EXPECT_TRUE(given.fact.value.valid()) << "Run needs the value of every input";
      if (!given.fact.value.valid()) return Status(Code::kInternal, "an input without value");
      inputs.push_back(&given.fact);
    }
    for (size_t i = 0; i < before.size() && i < complete.size(); ++i) {
      EXPECT_TRUE(Covers(before[i].shape, complete[i].shape))
          << "output " << i << ": inferred " << before[i].shape.ToString() << " without and "
          << complete[i].shape.ToString() << " with the inputs' values";
      EXPECT_TRUE(complete[i].shape.complete() || (node_.def->flags & kDataDependent))
          << "output " << i << ": with all values known the shape is still " << complete[i].shape.ToString();
    }
    // A source, or an operator whose rule already gave the values.
    if (node_.def->run == nullptr && !(node_.def->flags & kAlias)) {
      std::vector<Tensor> values;
      for (const Fact& fact : complete) values.push_back(fact.value);
      return values;
    }
    ThreadPool pool(threads_);
    RIVULET_ASSIGN_OR_RETURN(std::vector<Tensor> results,
                             EvaluateNode(node_, inputs, complete, *allocator_, pool, StopToken()));
    for (size_t i = 0; i < results.size() && i < complete.size(); ++i) {
      EXPECT_EQ(results[i].dtype(), complete[i].dtype) << "output " << i;
      EXPECT_TRUE(Covers(complete[i].shape, results[i].shape()))
          << "output " << i << ": inferred " << complete[i].shape.ToString() << ", got "
          << results[i].shape().ToString();
    }
    return results;
  }

 private:
  struct Given {
    Fact fact;
    bool is_constant;
  };

  OpTester& Add(Fact fact, bool is_constant) {
    inputs_.push_back({std::move(fact), is_constant});
    return *this;
  }

  Result<std::vector<Fact>> InferWith(bool all_values) const {
    if (node_.def == nullptr) return Status(Code::kNotFound, "no operator");
    std::vector<Fact> facts;
    for (const Given& given : inputs_) {
      facts.push_back(given.fact);
      if (!given.is_constant && !all_values) facts.back().value = Tensor();
    }
    std::vector<const Fact*> pointers;
    for (const Fact& fact : facts) pointers.push_back(&fact);
    std::vector<Fact> outputs;
    RIVULET_RETURN_IF_ERROR(InferNode(node_, pointers, has_versions_, *allocator_, &outputs));
    return outputs;
  }

  static bool Covers(const Shape& loose, const Shape& exact) {
    if (!loose.has_rank()) return true;
    if (loose.rank() != exact.rank()) return false;
    for (int i = 0; i < loose.rank(); ++i) {
      if (loose[i] != Shape::kUnknownDim && loose[i] != exact[i]) return false;
    }
    return true;
  }

  Node node_;
  std::vector<Given> inputs_;
  std::shared_ptr<Allocator> allocator_ = Allocator::Create();
  int threads_ = 1;
  bool has_versions_ = true;
};

// Bit-equal but for NaN, which equals NaN.
inline ::testing::AssertionResult Same(const Tensor& got, const Tensor& want) {
  const Status status = CompareTensors(got, want, ExactTolerance());
  if (status.ok()) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << status.message();
}
// By the rule of equality with the dtype's default tolerance, or another.
inline ::testing::AssertionResult Near(const Tensor& got, const Tensor& want, float rtol = 0, float atol = 0) {
  const Status status = CompareTensors(got, want, TensorTolerance{rtol, atol});
  if (status.ok()) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << status.message();
}
// The same for output `index` of a run.
inline ::testing::AssertionResult Same(const Result<std::vector<Tensor>>& got, const Tensor& want, size_t index = 0) {
  if (!got.ok()) return ::testing::AssertionFailure() << got.status().ToString();
  if (index >= got->size()) return ::testing::AssertionFailure() << "only " << got->size() << " outputs";
  return Same((*got)[index], want);
}
inline ::testing::AssertionResult Near(const Result<std::vector<Tensor>>& got, const Tensor& want, size_t index = 0,
                                       float rtol = 0, float atol = 0) {
  if (!got.ok()) return ::testing::AssertionFailure() << got.status().ToString();
  if (index >= got->size()) return ::testing::AssertionFailure() << "only " << got->size() << " outputs";
  return Near((*got)[index], want, rtol, atol);
}

// An error of the caller's or the model's making (never INTERNAL) whose message contains `text`.
template <typename T>
::testing::AssertionResult Fails(const Result<T>& got, std::string_view text = "") {
  if (got.ok()) return ::testing::AssertionFailure() << "no error; wanted one with '" << text << "'";
  if (got.status().code() == Code::kInternal || got.status().message().find(text) == std::string_view::npos) {
    return ::testing::AssertionFailure() << "wanted an error with '" << text << "', got " << got.status().ToString();
  }
  return ::testing::AssertionSuccess();
}

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_OP_TEST_KIT_H_
