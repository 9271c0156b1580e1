// A GraphDef taken apart into nodes whose inputs and attributes can be changed one by one, and put together again.
#ifndef RIVULET_TESTS_HOSTILE_OPERATORS_GRAPH_EDIT_H_
#define RIVULET_TESTS_HOSTILE_OPERATORS_GRAPH_EDIT_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rivulet/tensor.h"

namespace rivulet::hostile {

struct EditNode {
  std::string name;
  std::string op;
  std::vector<std::string> inputs;                         // as written: "x", "x:1", "^x"
  std::vector<std::pair<std::string, std::string>> attrs;  // name and the bytes of its AttrValue
  std::string rest;                                        // other fields

  const std::string* FindAttr(std::string_view attr) const;
  void SetAttr(std::string_view attr, std::string value);
  void DropAttr(std::string_view attr);
  bool IsControl(size_t input) const { return inputs[input].starts_with("^"); }
};

struct EditGraph {
  std::vector<EditNode> nodes;
  std::string rest;  // functions and versions

  EditNode* Find(std::string_view name);
};

Result<EditGraph> TakeApart(std::span<const uint8_t> graph);
std::string PutTogether(const EditGraph& graph);

EditNode NewNode(std::string name, std::string op, std::vector<std::string> inputs = {});
EditNode ConstOf(const std::string& name, const Tensor& value);
EditNode PlaceholderOf(const std::string& name, DType dtype);
// A constant of that shape, however large, of which the file has one element.
EditNode SplatOf(const std::string& name, DType dtype, std::span<const int64_t> dims);

// AttrValues.
std::string TypeValue(int64_t dtype);
std::string IntValue(int64_t value);
std::string FloatValue(float value);
std::string BoolValue(bool value);
std::string TextValue(std::string_view value);
std::string ShapeValue(std::span<const int64_t> dims);
std::string FuncValue(std::string_view name);
std::string IntsValue(std::span<const int64_t> values);
// Of the same element, so many times: `element` is a field of ListValue.
std::string ListValue(std::string_view element, size_t count);

// The first field's number: which kind of AttrValue it is; 0 for an empty one.
uint32_t KindOf(std::string_view attr_value);
// The elements of a list AttrValue, each a whole field of ListValue, integers one by one.
std::vector<std::string> ElementsOf(std::string_view attr_value);
std::string ListOf(const std::vector<std::string>& elements);

}  // namespace rivulet::hostile

#endif  // RIVULET_TESTS_HOSTILE_OPERATORS_GRAPH_EDIT_H_
