// The values that a node's attributes take, as in TensorFlow's AttrValue.
#ifndef RIVULET_ENGINE_GRAPH_ATTR_H_
#define RIVULET_ENGINE_GRAPH_ATTR_H_

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "rivulet/tensor.h"

namespace rivulet {

// A constant as the file gives it: the first elements, of which the last is repeated until `shape` is full. Most files
// give all of them, as a view of the mapped bytes. A literal that contradicts itself keeps the reason in `error` and is
// refused only when its value is needed.
struct TensorLiteral {
  DType dtype = DType::kInvalid;
  Shape shape;
  Tensor prefix;  // rank 1; possibly unaligned; empty means all zeros (or empty strings)
  Status error;

  bool is_whole() const { return prefix.num_elements() == shape.num_elements(); }
};

// The literal's tensor: a view where the prefix is whole, else filled memory from `allocator`.
Result<Tensor> Expand(const TensorLiteral& literal, Allocator& allocator);

class AttrMap;

// A function by name with its attributes.
struct FunctionCall {
  std::string name;
  std::shared_ptr<const AttrMap> attrs;
};

// At most one of the vectors has elements; all empty is an empty list of any type.
struct AttrList {
  std::vector<std::string> strings;
  std::vector<int64_t> ints;
  std::vector<float> floats;
  std::vector<bool> bools;
  std::vector<DType> types;
  std::vector<Shape> shapes;
  std::vector<std::shared_ptr<const TensorLiteral>> tensors;
  std::vector<FunctionCall> functions;
};

// A name to be replaced by the caller's attribute; only inside function bodies.
struct AttrPlaceholder {
  std::string name;
};

using AttrValue =
    std::variant<std::monostate, std::string, int64_t, float, bool, DType, Shape, std::shared_ptr<const TensorLiteral>,
                 std::shared_ptr<const AttrList>, FunctionCall, AttrPlaceholder>;

// Attributes by name; few per node, so a sorted vector. Copies share it until one of them is changed: a plan's nodes
// have the attributes of the model's, nearly all of them unchanged.
class AttrMap {
 public:
  using Entry = std::pair<std::string, AttrValue>;

  // Replaces an earlier value of that name.
  void Set(std::string_view name, AttrValue value);
  // Takes entries in any order; of several with one name the last one counts. They are moved from.
  void Assign(std::span<Entry> entries);
  void Erase(std::string_view name);
  const AttrValue* Find(std::string_view name) const;
  // Null unless present with that type.
  template <typename T>
  const T* Get(std::string_view name) const {
    const AttrValue* value = Find(name);
    return value ? std::get_if<T>(value) : nullptr;
  }

  const Entry* begin() const { return entries_ == nullptr ? nullptr : entries_->data(); }
  const Entry* end() const { return begin() + size(); }
  size_t size() const { return entries_ == nullptr ? 0 : entries_->size(); }

 private:
  // Entries that no other map has, to be changed.
  std::vector<Entry>& Own();

  std::shared_ptr<std::vector<Entry>> entries_;  // null: none
};

}  // namespace rivulet

#endif  // RIVULET_ENGINE_GRAPH_ATTR_H_
