// TensorFlow's C++ spelling of types: "float", "half", where Python says "float32", "float16".
#ifndef RIVULET_CLI_TF_TYPE_NAME_H_
#define RIVULET_CLI_TF_TYPE_NAME_H_

#include <string>
#include <string_view>

#include "rivulet/status.h"
#include "rivulet/tensor.h"

namespace rivulet::tf {

std::string_view TypeName(DType dtype);
// Either spelling. INVALID_ARGUMENT for another word.
Result<DType> TypeCalled(std::string_view name);
// A number of the enumeration DataType, as text.
Result<DType> TypeNumbered(std::string_view number);
// "1,224,224,3"; nothing is a scalar. -1 is an unknown dim where those are wanted.
Result<Shape> ShapeCalled(std::string_view text);
// "[1,?,3]", "None" without a rank.
std::string ShapeText(const Shape& shape);

}  // namespace rivulet::tf

#endif  // RIVULET_CLI_TF_TYPE_NAME_H_
