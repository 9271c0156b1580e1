#include "cli/tf/type_name.h"

#include <charconv>

#include "cli/tf/flags.h"
#include "engine/base/errors.h"

namespace rivulet::tf {

std::string_view TypeName(DType dtype) {
  switch (dtype) {
    case DType::kFloat: return "float";
    case DType::kDouble: return "double";
    case DType::kHalf: return "half";
    default: return Name(dtype);
  }
}

Result<DType> TypeCalled(std::string_view name) {
  for (int i = 1; i <= static_cast<int>(DType::kUint64); ++i) {
    const auto dtype = static_cast<DType>(i);
    if (TypeName(dtype) == name || Name(dtype) == name) return dtype;
  }
  return InvalidArgument("want a type such as float, int32 or string, got ", Quoted(name));
}

Result<DType> TypeNumbered(std::string_view number) {
  int value = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), value);
  const auto dtype = static_cast<DType>(value);
  if (error != std::errc() || end != number.data() + number.size() || !IsKnown(dtype)) {
    return InvalidArgument("want a number of a type (1 float, 3 int32, 4 uint8, 7 string, 9 int64, 10 bool), got ",
                           Quoted(number));
  }
  return dtype;
}

Result<Shape> ShapeCalled(std::string_view text) {
  Shape shape;
  for (const std::string& part : SplitList(text)) {
    int64_t dim = 0;
    const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), dim);
    if (error != std::errc() || end != part.data() + part.size() || dim < -1 || shape.rank() >= Shape::kMaxRank) {
      return InvalidArgument("want a shape such as 1,224,224,3, got ", Quoted(text));
    }
    shape.push_back(dim);
  }
  return shape;
}

std::string ShapeText(const Shape& shape) { return shape.has_rank() ? shape.ToString() : "None"; }

}  // namespace rivulet::tf
