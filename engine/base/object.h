// What the elements of resource and variant tensors are: shared references to objects that operators keep.
//
// A resource names an object of the session (a variable, a table); its operators change it in place. A variant is a
// value (a list of tensors): an operator changes it only when it holds the sole reference, and copies it otherwise.
#ifndef RIVULET_ENGINE_BASE_OBJECT_H_
#define RIVULET_ENGINE_BASE_OBJECT_H_

#include <memory>
#include <string_view>

#include "engine/base/errors.h"
#include "rivulet/tensor.h"

namespace rivulet {

class Object {
 public:
  virtual ~Object() = default;
  // What it is, for messages and for ObjectIn: a class derived from Object has a constant kKind and returns it.
  virtual std::string_view kind() const = 0;
};

using ObjectRef = std::shared_ptr<Object>;

// A resource or variant scalar that refers to `object`.
Tensor ScalarOf(DType dtype, ObjectRef object);

// The reference in a resource or variant tensor of one element; null when it was never set.
Result<ObjectRef> ReferenceIn(const Tensor& tensor);

// The object as a T, which has a constant kKind; an error says what else it is.
template <typename T>
Result<std::shared_ptr<T>> ObjectIn(const Tensor& tensor) {
  RIVULET_ASSIGN_OR_RETURN(ObjectRef object, ReferenceIn(tensor));
  if (object == nullptr) return InvalidArgument("want a ", T::kKind, ", got a handle that was never set");
  if (object->kind() != T::kKind) return InvalidArgument("want a ", T::kKind, ", got a ", object->kind());
  return std::static_pointer_cast<T>(std::move(object));
}

}  // namespace rivulet

#endif  // RIVULET_ENGINE_BASE_OBJECT_H_
