// A node's attribute as its file has it: an AttrValue in wire bytes, read when it is asked.
#ifndef RIVULET_PREPARE_ATTR_H_
#define RIVULET_PREPARE_ATTR_H_

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/graph/attr.h"
#include "rivulet/tensor.h"

namespace rivulet::prepare {

class Attr {
 public:
  Attr() = default;
  // Bytes that lie in memory of `owner`.
  Attr(std::string_view bytes, std::shared_ptr<void> owner) : bytes_(bytes), owner_(std::move(owner)) {}

  static Attr OfString(std::string_view value);
  static Attr OfInt(int64_t value);
  static Attr OfFloat(float value);
  static Attr OfBool(bool value);
  static Attr OfType(DType value);
  static Attr OfShape(const Shape& value);
  static Attr OfTensor(const Tensor& value);
  static Attr OfInts(const std::vector<int64_t>& values);
  static Attr OfTypes(const std::vector<DType>& values);
  static Attr OfStrings(const std::vector<std::string>& values);
  static Attr OfFunction(std::string_view name);
  static Attr OfShapes(const std::vector<Shape>& values);

  // Nothing where the attribute is of another kind, or broken.
  std::optional<std::string> AsString() const;
  std::optional<int64_t> AsInt() const;
  std::optional<float> AsFloat() const;
  std::optional<bool> AsBool() const;
  std::optional<DType> AsType() const;
  std::optional<Shape> AsShape() const;
  std::optional<std::vector<int64_t>> AsInts() const;
  std::optional<std::vector<std::string>> AsStrings() const;
  std::optional<std::vector<DType>> AsTypes() const;
  std::optional<std::vector<Shape>> AsShapes() const;
  // A view of the file where the tensor's bytes are whole.
  Result<Tensor> AsTensor() const;
  // The same as its file describes it: nothing is filled in, and its bytes are a view of the file.
  Result<TensorLiteral> AsLiteral() const;
  // Of a tensor, whose values are not read.
  std::optional<Shape> AsTensorShape() const;

  std::string_view bytes() const { return bytes_; }
  // The same bytes; the same value may have been written in another way.
  friend bool operator==(const Attr& a, const Attr& b) {
    const bool is_one = a.bytes_.data() == b.bytes_.data() && a.bytes_.size() == b.bytes_.size();
    return is_one || a.bytes_ == b.bytes_;
  }

 private:
  static Attr OfBytes(std::string bytes);

  std::string_view bytes_;
  std::shared_ptr<void> owner_;
};

}  // namespace rivulet::prepare

#endif  // RIVULET_PREPARE_ATTR_H_
