#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "engine/base/errors.h"
#include "tests/hostile/operators/changes.h"

namespace rivulet::hostile {
namespace {

constexpr size_t kMostInputs = 12;  // of one node; of longer lists the last is changed, too
constexpr int64_t kMostElements = 4096;
constexpr int64_t k2To31 = int64_t{1} << 31;
constexpr int64_t k2To62 = int64_t{1} << 62;
constexpr int64_t kMost = std::numeric_limits<int64_t>::max();
constexpr int64_t kLeast = std::numeric_limits<int64_t>::min();
const char* const kName = "hostile";

constexpr DType kDtypes[] = {DType::kFloat,   DType::kDouble, DType::kInt32,      DType::kUint8,    DType::kInt16,
                             DType::kInt8,    DType::kString, DType::kComplex64,  DType::kInt64,    DType::kBool,
                             DType::kQint8,   DType::kQuint8, DType::kQint32,     DType::kBfloat16, DType::kQint16,
                             DType::kQuint16, DType::kUint16, DType::kComplex128, DType::kHalf,     DType::kUint32,
                             DType::kUint64};

using Dims = std::vector<int64_t>;

std::string TextOf(const Dims& dims) { return Shape(std::span<const int64_t>(dims)).ToString(); }

// The input comes from `node` instead.
void Rewire(Attempt& attempt, EditNode& changed, size_t input, EditNode node) {
  changed.inputs[input] = node.name;
  attempt.graph.nodes.push_back(std::move(node));
}

// The input has this value: as a constant of the graph, whose value shape inference knows, or fed.
void Give(Attempt& attempt, EditNode& changed, size_t input, const Tensor& value, bool constant) {
  const std::string name = kName + std::to_string(input);
  Rewire(attempt, changed, input, constant ? ConstOf(name, value) : PlaceholderOf(name, value.dtype()));
  if (!constant) attempt.feeds.emplace_back(name, value);
}

// The elements of `old` in turn; zeros of another type.
Tensor Refilled(const Tensor& old, DType dtype, const Dims& dims) {
  auto made = Tensor::Allocate(dtype, Shape(std::span<const int64_t>(dims)), *Allocator::Create());
  Tensor tensor = std::move(*made);
  const size_t bytes = ElementBytes(dtype);
  if (bytes > 0 && tensor.bytes() > 0) std::memset(tensor.raw(), 0, tensor.bytes());
  if (dtype != old.dtype() || old.num_elements() == 0) return tensor;
  for (int64_t i = 0; i < tensor.num_elements(); ++i) {
    const int64_t from = i % old.num_elements();
    if (dtype == DType::kString) {
      tensor.data<std::string>()[i] = old.data<std::string>()[from];
    } else {
      std::memcpy(tensor.data<char>() + static_cast<size_t>(i) * bytes,
                  old.data<char>() + static_cast<size_t>(from) * bytes, bytes);
    }
  }
  return tensor;
}

Dims DimsOf(const Tensor& tensor) { return {tensor.shape().dims().begin(), tensor.shape().dims().end()}; }

// ---- Shapes ----

std::vector<Dims> ShapesAround(const Dims& dims) {
  std::vector<Dims> shapes;
  for (size_t rank = 0; rank < 10; ++rank) shapes.emplace_back(rank, 1);
  for (size_t axis = 0; axis < std::min<size_t>(dims.size(), 6); ++axis) {
    for (const int64_t dim : {int64_t{0}, int64_t{1}, dims[axis] - 1, dims[axis] + 1, 2 * dims[axis]}) {
      Dims changed = dims;
      changed[axis] = std::max<int64_t>(dim, 0);
      shapes.push_back(std::move(changed));
    }
    Dims shorter = dims, longer = dims;
    shorter.erase(shorter.begin() + static_cast<int64_t>(axis));
    longer.insert(longer.begin() + static_cast<int64_t>(axis), 2);
    shapes.push_back(std::move(shorter));
    shapes.push_back(std::move(longer));
  }
  shapes.emplace_back(dims.size(), 0);
  shapes.push_back({0, int64_t{1} << 40});
  shapes.push_back({int64_t{1} << 40, 0, 2});
  shapes.push_back({2, 0, k2To31});
  Dims reversed(dims.rbegin(), dims.rend());
  shapes.push_back(std::move(reversed));
  shapes.push_back({1000});
  return shapes;
}

void AddShapes(size_t input, const Tensor& value, std::vector<Change>* changes) {
  for (const Dims& dims : ShapesAround(DimsOf(value))) {
    const Shape shape{std::span<const int64_t>(dims)};
    if (!shape.complete() || shape.num_elements() > kMostElements) continue;
    for (const bool constant : {false, true}) {
      changes->push_back({Cat("input ", input, constant ? " a constant" : "", " of shape ", TextOf(dims)),
                          [=](Attempt& attempt, EditNode& node) {
                            Give(attempt, node, input, Refilled(value, value.dtype(), dims), constant);
                          }});
    }
  }
  // Larger than the budget, or than any number; the file says so in a few bytes.
  std::vector<Dims> huge = {{k2To31},
                            {int64_t{1} << 32, int64_t{1} << 32},
                            {k2To62 + 1},
                            {kMost},
                            {kMost, kMost, 0},
                            {int64_t{3} << 20},
                            {1, int64_t{3} << 20},
                            {-1},
                            {-2, 3}};
  for (size_t axis = 0; axis < std::min<size_t>(static_cast<size_t>(value.rank()), 4); ++axis) {
    Dims dims = DimsOf(value);
    dims[axis] = k2To31;
    huge.push_back(dims);
    dims[axis] = int64_t{1} << 20;
    huge.push_back(std::move(dims));
  }
  for (const Dims& dims : huge) {
    std::string text;
    for (const int64_t dim : dims) text += Cat(" ", dim);
    changes->push_back({Cat("input ", input, " a splat of dims", text), [=](Attempt& attempt, EditNode& node) {
                          Rewire(attempt, node, input, SplatOf(kName, value.dtype(), dims));
                        }});
  }
}

// ---- Values ----

struct Odd {
  int64_t integer;
  double number;
  const char* text;
};

constexpr Odd kOdd[] = {{-1, -1, ""},
                        {0, 0, "0"},
                        {1, 1, "1"},
                        {2, 0.5, "-1"},
                        {-2, -0.0, "%n%s%n"},
                        {127, 1e-40, "((((((((((((((((((((((((((((((((((((a*)*)*)*"},
                        {255, 3.4e38, "99999999999999999999999999999999999999999"},
                        {65536, -3.4e38, "\xff\xfe\xc0\x80"},
                        {1 << 20, 1e9, "\xe2\x82"},
                        {k2To31 - 1, 2147483647.0, "a b c d e f g h i j k l m n o p q r s t u v w x y z"},
                        {-k2To31, -2147483648.0, "1e400"},
                        {k2To31, 2147483648.0, "nan"},
                        {int64_t{1} << 32, 1e19, "../../etc/passwd"},
                        {k2To62, 1e300, "{\"a\":[[[[[[[["},
                        {kMost, INFINITY, ","},
                        {kLeast, -INFINITY, "\n\t\r"},
                        {kMost - 1, NAN, "->"},
                        {kLeast + 1, -1e-9, "(?i)[[:^alpha:]]{1000}{1000}"}};

void SetElement(Tensor& tensor, int64_t i, const Odd& odd) {
  char* at = tensor.data<char>() + static_cast<size_t>(i) * ElementBytes(tensor.dtype());
  const auto store = [at](auto value) { std::memcpy(at, &value, sizeof(value)); };
  const auto narrow =
      static_cast<float>(std::isfinite(odd.number) ? std::clamp(odd.number, -3.4e38, 3.4e38) : odd.number);
  switch (tensor.dtype()) {
    case DType::kFloat: store(narrow); break;
    case DType::kDouble: store(odd.number); break;
    case DType::kHalf: store(Half(narrow)); break;
    case DType::kBfloat16: store(BFloat16(narrow)); break;
    case DType::kComplex64: store(Complex64(narrow, narrow)); break;
    case DType::kComplex128: store(Complex128(odd.number, odd.number)); break;
    case DType::kBool: store(static_cast<uint8_t>(odd.integer & 1)); break;
    case DType::kString: tensor.data<std::string>()[i] = odd.text; break;
    default: std::memcpy(at, &odd.integer, ElementBytes(tensor.dtype()));
  }
}

std::string NameOf(const Odd& odd, DType dtype) {
  if (dtype == DType::kString) return Cat("text ", Quoted(odd.text));
  const bool is_float = ElementBytes(dtype) > 0 && (dtype == DType::kFloat || dtype == DType::kDouble ||
                                                    dtype == DType::kHalf || dtype == DType::kBfloat16);
  return is_float ? Cat(odd.number) : Cat(odd.integer);
}

void AddValues(size_t input, const Tensor& value, std::vector<Change>* changes) {
  enum Where { kAll, kFirst, kLast };
  for (const Odd& odd : kOdd) {
    for (const Where where : {kAll, kFirst, kLast}) {
      if (value.num_elements() == 0 || (where != kAll && value.num_elements() == 1)) continue;
      for (const bool constant : {false, true}) {
        const char* place = where == kAll ? " all " : where == kFirst ? " first " : " last ";
        changes->push_back({Cat("input ", input, constant ? " a constant," : ",", place, NameOf(odd, value.dtype())),
                            [=, &odd](Attempt& attempt, EditNode& node) {
                              Tensor changed = Refilled(value, value.dtype(), DimsOf(value));
                              const int64_t count = changed.num_elements();
                              const int64_t begin = where == kLast ? count - 1 : 0;
                              for (int64_t i = begin; i < (where == kFirst ? 1 : count); ++i)
                                SetElement(changed, i, odd);
                              Give(attempt, node, input, changed, constant);
                            }});
      }
    }
  }
  // Elements in the wrong order, all different, and very long texts.
  changes->push_back({Cat("input ", input, " counts down"), [=](Attempt& attempt, EditNode& node) {
                        Tensor changed = Refilled(value, value.dtype(), DimsOf(value));
                        const int64_t count = changed.num_elements();
                        for (int64_t i = 0; i < count; ++i) {
                          SetElement(changed, i, {count - i, static_cast<double>(count - i), "z"});
                        }
                        Give(attempt, node, input, changed, true);
                      }});
  if (value.dtype() != DType::kString) return;
  for (const char letter : {'a', '\0', '\xff', '(', '9'}) {
    changes->push_back(
        {Cat("input ", input, " long texts of byte ", static_cast<int>(letter)), [=](Attempt& attempt, EditNode& node) {
           Tensor changed = Refilled(value, value.dtype(), DimsOf(value));
           for (int64_t i = 0; i < changed.num_elements(); ++i) {
             changed.data<std::string>()[i] = std::string(i == 0 ? 100'000 : 100, letter);
           }
           Give(attempt, node, input, changed, letter == 'a');
         }});
  }
}

// Each input whose type the attribute gives (those of its present type) and the attribute itself.
void AddTypes(const Start& start, std::vector<Change>* changes) {
  for (const auto& [input, value] : start.values) {
    if (input >= kMostInputs) continue;
    for (const DType dtype : kDtypes) {
      if (dtype == value.dtype()) continue;
      changes->push_back({Cat("input ", input, " of ", Name(dtype)),
                          [=, input = input, value = value](Attempt& attempt, EditNode& node) {
                            Give(attempt, node, input, Refilled(value, dtype, DimsOf(value)), false);
                          }});
    }
  }
  const EditGraph& graph = start.graph;
  const auto node = std::find_if(graph.nodes.begin(), graph.nodes.end(),
                                 [&](const EditNode& each) { return each.name == start.node; });
  for (const auto& [attr, bytes] : node->attrs) {
    if (KindOf(bytes) != 6) continue;
    for (const DType dtype : kDtypes) {
      changes->push_back({Cat("attr ", attr, " and its inputs of ", Name(dtype)),
                          [=, &start, attr = attr, bytes = bytes](Attempt& attempt, EditNode& changed) {
                            for (const auto& [input, value] : start.values) {
                              if (TypeValue(static_cast<int64_t>(value.dtype())) != bytes) continue;
                              Give(attempt, changed, input, Refilled(value, dtype, DimsOf(value)), false);
                            }
                            changed.SetAttr(attr, TypeValue(static_cast<int64_t>(dtype)));
                          }});
    }
  }
}

// ---- What an input comes from ----

EditNode WithTypes(const char* op, const std::vector<std::pair<std::string, DType>>& types) {
  EditNode node = NewNode(kName, op);
  for (const auto& [attr, dtype] : types) node.SetAttr(attr, TypeValue(static_cast<int64_t>(dtype)));
  return node;
}

// Variables and other objects that nobody filled, and values that hold none.
std::vector<EditNode> Handles() {
  constexpr DType kFloat = DType::kFloat;
  const std::string shape = ShapeValue(Dims{2});
  std::vector<EditNode> nodes;
  for (const char* op : {"VarHandleOp", "Variable", "VariableV2"}) {
    nodes.push_back(WithTypes(op, {{"dtype", kFloat}}));
    nodes.back().SetAttr("shape", shape);
  }
  for (const char* op : {"HashTable", "HashTableV2", "MutableHashTable", "MutableHashTableV2"}) {
    nodes.push_back(WithTypes(op, {{"key_dtype", DType::kString}, {"value_dtype", DType::kInt64}}));
  }
  for (const char* op : {"FIFOQueue", "FIFOQueueV2", "Barrier"}) {
    nodes.push_back(NewNode(kName, op));
    nodes.back().SetAttr("component_types", ListOf({std::string("\x30\x01")}));
  }
  for (const char* op : {"Stack", "StackV2"}) nodes.push_back(WithTypes(op, {{"elem_type", kFloat}}));
  for (const char* op : {"ConditionalAccumulator", "ResourceConditionalAccumulator", "SparseConditionalAccumulator"}) {
    nodes.push_back(WithTypes(op, {{"dtype", kFloat}}));
    nodes.back().SetAttr("shape", shape);
  }
  for (const char* op : {"MutexV2", "OptionalNone", "EmptyTensorMap", "BoostedTreesEnsembleResourceHandleOp",
                         "DecisionTreeResourceHandleOp", "FertileStatsResourceHandleOp", "AnonymousSeedGenerator"}) {
    nodes.push_back(NewNode(kName, op));
  }
  std::erase_if(nodes, [](const EditNode& node) { return FindOp(node.op) == nullptr; });
  return nodes;
}

void AddSources(const Start& start, size_t input, std::vector<Change>* changes) {
  const bool is_handle = !start.values.contains(input);
  size_t index = 0;
  for (const EditNode& handle : Handles()) {
    // One in six for a plain input; it is refused for its type alone.
    if (!is_handle && (index++ + input) % 6 != 0) continue;
    changes->push_back({Cat("input ", input, " from ", handle.op),
                        [=](Attempt& attempt, EditNode& node) { Rewire(attempt, node, input, handle); }});
  }
  for (const DType dtype : {DType::kResource, DType::kVariant}) {
    changes->push_back(
        {Cat("input ", input, " a ", Name(dtype), " that was never set"), [=](Attempt& attempt, EditNode& node) {
           auto none = Tensor::Allocate(dtype, {}, *Allocator::Create());
           Give(attempt, node, input, *none, false);
         }});
    changes->push_back({Cat("input ", input, " no ", Name(dtype)), [=](Attempt& attempt, EditNode& node) {
                          auto none = Tensor::Allocate(dtype, {0}, *Allocator::Create());
                          Give(attempt, node, input, *none, false);
                        }});
  }
  changes->push_back({Cat("input ", input, " a list of tensors"), [=](Attempt& attempt, EditNode& node) {
                        attempt.graph.nodes.push_back(ConstOf("hostile/shape", Tensor::Scalar<int32_t>(-1)));
                        attempt.graph.nodes.push_back(ConstOf("hostile/most", Tensor::Scalar<int32_t>(-1)));
                        EditNode list = WithTypes("EmptyTensorList",
                                                  {{"element_dtype", DType::kFloat}, {"shape_type", DType::kInt32}});
                        list.inputs = {"hostile/shape", "hostile/most"};
                        Rewire(attempt, node, input, std::move(list));
                      }});
  changes->push_back({Cat("input ", input, " a tensor array"), [=](Attempt& attempt, EditNode& node) {
                        attempt.graph.nodes.push_back(ConstOf("hostile/size", Tensor::Scalar<int32_t>(2)));
                        EditNode array = WithTypes("TensorArrayV3", {{"dtype", DType::kFloat}});
                        array.inputs = {"hostile/size"};
                        Rewire(attempt, node, input, std::move(array));
                      }});
  if (!is_handle) return;
  for (const DType dtype : {DType::kFloat, DType::kInt32, DType::kString}) {
    changes->push_back({Cat("input ", input, " plain ", Name(dtype)), [=](Attempt& attempt, EditNode& node) {
                          Give(attempt, node, input, Refilled(Tensor::Scalar<double>(1), dtype, {2}), true);
                        }});
  }
}

}  // namespace

void AddInputChanges(const Start& start, std::vector<Change>* changes) {
  const auto& nodes = start.graph.nodes;
  const auto node =
      std::find_if(nodes.begin(), nodes.end(), [&](const EditNode& each) { return each.name == start.node; });
  size_t count = 0;
  while (count < node->inputs.size() && !node->IsControl(count)) ++count;
  for (size_t input = 0; input < count; ++input) {
    if (input >= kMostInputs && input + 1 < count) continue;
    const auto value = start.values.find(input);
    if (value != start.values.end()) {
      AddShapes(input, value->second, changes);
      AddValues(input, value->second, changes);
    }
    AddSources(start, input, changes);
  }
  AddTypes(start, changes);
}

}  // namespace rivulet::hostile
