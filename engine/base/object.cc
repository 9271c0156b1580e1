#include "engine/base/object.h"

namespace rivulet {

Tensor ScalarOf(DType dtype, ObjectRef object) {
  auto held = std::make_shared<ObjectRef>(std::move(object));
  ObjectRef* element = held.get();
  return Tensor::View(dtype, {}, element, std::move(held));
}

Result<ObjectRef> ReferenceIn(const Tensor& tensor) {
  if (tensor.dtype() != DType::kResource && tensor.dtype() != DType::kVariant) {
    return InvalidArgument("want a handle, got ", Name(tensor.dtype()));
  }
  if (tensor.num_elements() != 1) {
    return InvalidArgument("want one handle, got a tensor of shape ", tensor.shape().ToString());
  }
  return *tensor.data<ObjectRef>();
}

}  // namespace rivulet
