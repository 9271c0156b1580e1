#include "engine/ops/op_test_kit.h"

#include <algorithm>
#include <cstring>
#include <span>
#include <type_traits>
#include <utility>

#include "engine/base/equality.h"
#include "engine/ops/infer.h"

namespace rivulet {

template <typename T, typename V>
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

template Tensor Make<int8_t, int>(const Shape&, std::initializer_list<int>);

Tensor F32(const Shape& shape, std::initializer_list<float> values) { return Make<float>(shape, values); }
Tensor F64(const Shape& shape, std::initializer_list<double> values) { return Make<double>(shape, values); }
Tensor F16(const Shape& shape, std::initializer_list<float> values) { return Make<Half>(shape, values); }
Tensor BF16(const Shape& shape, std::initializer_list<float> values) { return Make<BFloat16>(shape, values); }
Tensor I8(const Shape& shape, std::initializer_list<int8_t> values) { return Make<int8_t>(shape, values); }
Tensor I16(const Shape& shape, std::initializer_list<int16_t> values) { return Make<int16_t>(shape, values); }
Tensor I32(const Shape& shape, std::initializer_list<int32_t> values) { return Make<int32_t>(shape, values); }
Tensor I64(const Shape& shape, std::initializer_list<int64_t> values) { return Make<int64_t>(shape, values); }
Tensor U8(const Shape& shape, std::initializer_list<uint8_t> values) { return Make<uint8_t>(shape, values); }
Tensor U16(const Shape& shape, std::initializer_list<uint16_t> values) { return Make<uint16_t>(shape, values); }
Tensor U32(const Shape& shape, std::initializer_list<uint32_t> values) { return Make<uint32_t>(shape, values); }
Tensor U64(const Shape& shape, std::initializer_list<uint64_t> values) { return Make<uint64_t>(shape, values); }
Tensor Bools(const Shape& shape, std::initializer_list<bool> values) { return Make<bool>(shape, values); }
Tensor Strings(const Shape& shape, std::initializer_list<const char*> values) {
  return Make<std::string>(shape, values);
}
Tensor C64(const Shape& shape, std::initializer_list<Complex64> values) { return Make<Complex64>(shape, values); }
Tensor C128(const Shape& shape, std::initializer_list<Complex128> values) { return Make<Complex128>(shape, values); }

// Zeros (empty strings) of any dtype and complete shape.
Tensor Zeros(DType dtype, const Shape& shape) {
  auto tensor = Tensor::Allocate(dtype, shape, *Allocator::Create());
  EXPECT_TRUE(tensor.ok()) << tensor.status().ToString();
  if (!tensor.ok()) return Tensor();
  if (dtype != DType::kString && tensor->bytes() > 0) std::memset(tensor->raw(), 0, tensor->bytes());
  return *tensor;
}

struct OpTester::Rep {
  struct Given {
    Fact fact;
    bool is_constant;
  };

  Result<std::vector<Fact>> InferWith(bool all_values) const {
    if (node.def == nullptr) return Status(Code::kNotFound, "no operator");
    std::vector<Fact> facts;
    for (const Given& given : inputs) {
      facts.push_back(given.fact);
      if (!given.is_constant && !all_values) facts.back().value = Tensor();
    }
    std::vector<const Fact*> pointers;
    for (const Fact& fact : facts) pointers.push_back(&fact);
    std::vector<Fact> outputs;
    RIVULET_RETURN_IF_ERROR(InferNode(node, pointers, has_versions, *allocator, &outputs));
    return outputs;
  }

  Node node;
  std::vector<Given> inputs;
  std::shared_ptr<Allocator> allocator = Allocator::Create();
  int threads = 1;
  bool has_versions = true;
  ModelFiles* files = nullptr;
};

namespace {

bool Covers(const Shape& loose, const Shape& exact) {
  if (!loose.has_rank()) return true;
  if (loose.rank() != exact.rank()) return false;
  for (int i = 0; i < loose.rank(); ++i) {
    if (loose[i] != Shape::kUnknownDim && loose[i] != exact[i]) return false;
  }
  return true;
}

}  // namespace

OpTester::OpTester(const std::string& op) : rep_(std::make_unique<Rep>()) {
  rep_->node.name = "tested";
  rep_->node.op = op;
  rep_->node.def = FindOp(op);
  EXPECT_NE(rep_->node.def, nullptr) << "no operator " << op;
}
OpTester::OpTester(const OpTester& other) : rep_(std::make_unique<Rep>(*other.rep_)) {}
OpTester::~OpTester() = default;

template <typename T>
OpTester& OpTester::Attr(std::string_view name, const T& value) {
  if constexpr (std::is_same_v<T, bool>) {
    rep_->node.attrs.Set(name, AttrValue(value));
  } else if constexpr (std::is_integral_v<T>) {
    rep_->node.attrs.Set(name, AttrValue(static_cast<int64_t>(value)));
  } else if constexpr (std::is_floating_point_v<T>) {
    rep_->node.attrs.Set(name, AttrValue(static_cast<float>(value)));
  } else if constexpr (std::is_convertible_v<T, std::string>) {
    rep_->node.attrs.Set(name, AttrValue(std::string(value)));
  } else if constexpr (std::is_same_v<T, Tensor>) {
    auto literal = std::make_shared<TensorLiteral>();
    literal->dtype = value.dtype();
    literal->shape = value.shape();
    literal->prefix = value.Reshaped({value.num_elements()});
    rep_->node.attrs.Set(name, AttrValue(std::shared_ptr<const TensorLiteral>(std::move(literal))));
  } else {
    rep_->node.attrs.Set(name, AttrValue(value));
  }
  return *this;
}

template <typename T>
OpTester& OpTester::Attr(std::string_view name, const std::vector<T>& values) {
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
  rep_->node.attrs.Set(name, AttrValue(std::shared_ptr<const AttrList>(std::move(list))));
  return *this;
}

OpTester& OpTester::Attr(std::string_view name, const char* value) {
  rep_->node.attrs.Set(name, AttrValue(std::string(value)));
  return *this;
}

#define RIVULET_ATTR(T)                                                     \
  template OpTester& OpTester::Attr(std::string_view name, const T& value); \
  template OpTester& OpTester::Attr(std::string_view name, const std::vector<T>& values);
RIVULET_ATTR(bool)
RIVULET_ATTR(int)
RIVULET_ATTR(int64_t)
RIVULET_ATTR(float)
RIVULET_ATTR(double)
RIVULET_ATTR(std::string)
RIVULET_ATTR(DType)
RIVULET_ATTR(Shape)
#undef RIVULET_ATTR
template OpTester& OpTester::Attr(std::string_view name, const Tensor& value);
template OpTester& OpTester::Attr(std::string_view name, const std::vector<const char*>& values);

OpTester& OpTester::Input(const Tensor& tensor) {
  rep_->inputs.push_back({{tensor.dtype(), tensor.shape(), tensor}, false});
  return *this;
}
OpTester& OpTester::ConstInput(const Tensor& tensor) {
  rep_->inputs.push_back({{tensor.dtype(), tensor.shape(), tensor}, true});
  return *this;
}
OpTester& OpTester::Unknown(DType dtype, const Shape& shape) {
  rep_->inputs.push_back({{dtype, shape, Tensor()}, false});
  return *this;
}

OpTester& OpTester::Threads(int count) {
  rep_->threads = count;
  return *this;
}
OpTester& OpTester::Budget(size_t bytes) {
  rep_->allocator = Allocator::Create(bytes);
  return *this;
}
OpTester& OpTester::Files(ModelFiles* files) {
  rep_->files = files;
  return *this;
}
OpTester& OpTester::GraphHasVersions(bool value) {
  rep_->has_versions = value;
  return *this;
}

Node& OpTester::node() { return rep_->node; }

Result<std::vector<Fact>> OpTester::Infer() const { return rep_->InferWith(false); }

std::string OpTester::InferShape(size_t output) const {
  const auto facts = Infer();
  if (!facts.ok()) return facts.status().ToString();
  return output < facts->size() ? (*facts)[output].shape.ToString() : "no such output";
}

Result<std::vector<Tensor>> OpTester::Run() const {
  if (rep_->node.def == nullptr) return Status(Code::kNotFound, "no operator");
  RIVULET_ASSIGN_OR_RETURN(const std::vector<Fact> before, rep_->InferWith(false));
  RIVULET_ASSIGN_OR_RETURN(const std::vector<Fact> complete, rep_->InferWith(true));
  EXPECT_EQ(before.size(), complete.size());
  std::vector<const Fact*> inputs;
  for (const Rep::Given& given : rep_->inputs) {
    EXPECT_TRUE(given.fact.value.valid()) << "Run needs the value of every input";
    if (!given.fact.value.valid()) return Status(Code::kInternal, "an input without value");
    inputs.push_back(&given.fact);
  }
  for (size_t i = 0; i < before.size() && i < complete.size(); ++i) {
    EXPECT_TRUE(Covers(before[i].shape, complete[i].shape))
        << "output " << i << ": inferred " << before[i].shape.ToString() << " without and "
        << complete[i].shape.ToString() << " with the inputs' values";
    EXPECT_TRUE(complete[i].shape.complete() || (rep_->node.def->flags & kDataDependent))
        << "output " << i << ": with all values known the shape is still " << complete[i].shape.ToString();
  }
  // A source, or an operator whose rule already gave the values.
  if (rep_->node.def->run == nullptr && !(rep_->node.def->flags & kAlias)) {
    std::vector<Tensor> values;
    for (const Fact& fact : complete) values.push_back(fact.value);
    return values;
  }
  ThreadPool pool(rep_->threads);
  RIVULET_ASSIGN_OR_RETURN(std::vector<Tensor> results, EvaluateNode(rep_->node, inputs, complete, *rep_->allocator,
                                                                     pool, StopToken(), rep_->files));
  for (size_t i = 0; i < results.size() && i < complete.size(); ++i) {
    EXPECT_EQ(results[i].dtype(), complete[i].dtype) << "output " << i;
    EXPECT_TRUE(Covers(complete[i].shape, results[i].shape()))
        << "output " << i << ": inferred " << complete[i].shape.ToString() << ", got " << results[i].shape().ToString();
  }
  return results;
}

::testing::AssertionResult Same(const Tensor& got, const Tensor& want) {
  const Status status = CompareTensors(got, want, ExactTolerance());
  if (status.ok()) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << status.message();
}
::testing::AssertionResult Near(const Tensor& got, const Tensor& want, float rtol, float atol) {
  const Status status = CompareTensors(got, want, TensorTolerance{rtol, atol});
  if (status.ok()) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << status.message();
}
::testing::AssertionResult Same(const Result<std::vector<Tensor>>& got, const Tensor& want, size_t index) {
  if (!got.ok()) return ::testing::AssertionFailure() << got.status().ToString();
  if (index >= got->size()) return ::testing::AssertionFailure() << "only " << got->size() << " outputs";
  return Same((*got)[index], want);
}
::testing::AssertionResult Near(const Result<std::vector<Tensor>>& got, const Tensor& want, size_t index, float rtol,
                                float atol) {
  if (!got.ok()) return ::testing::AssertionFailure() << got.status().ToString();
  if (index >= got->size()) return ::testing::AssertionFailure() << "only " << got->size() << " outputs";
  return Near((*got)[index], want, rtol, atol);
}

::testing::AssertionResult FailsWith(const Status& status, std::string_view text) {
  if (status.ok()) return ::testing::AssertionFailure() << "no error; wanted one with '" << text << "'";
  if (status.code() == Code::kInternal || status.message().find(text) == std::string_view::npos) {
    return ::testing::AssertionFailure() << "wanted an error with '" << text << "', got " << status.ToString();
  }
  return ::testing::AssertionSuccess();
}

}  // namespace rivulet
