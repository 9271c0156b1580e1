#include "engine/base/object.h"

#include <vector>

#include "engine/base/drop_reference.h"
#include "engine/base/guard.h"

namespace rivulet {
namespace {

struct Held {
  explicit Held(ObjectRef object) : reference(std::move(object)) {}
  ~Held() { DropReference(reference); }
  ObjectRef reference;
};

}  // namespace

void DropReference(ObjectRef& reference) {
  thread_local std::vector<ObjectRef>* waiting = nullptr;  // while this thread frees something
  if (waiting != nullptr && reference.use_count() == 1) {
    const Status kept = CatchBadAlloc([&] {
      waiting->push_back(std::move(reference));
      return Status();
    });
    if (!kept.ok()) reference.reset();  // within the other, after all
    return;
  }
  if (waiting != nullptr) {
    reference.reset();
    return;
  }
  std::vector<ObjectRef> rest;
  waiting = &rest;
  reference.reset();
  while (!rest.empty()) {
    ObjectRef next = std::move(rest.back());
    rest.pop_back();
    next.reset();
  }
  waiting = nullptr;
}

Tensor ScalarOf(DType dtype, ObjectRef object) {
  auto held = std::make_shared<Held>(std::move(object));
  ObjectRef* element = &held->reference;
  return Tensor::View(dtype, {}, element, std::move(held));
}

Result<ObjectRef> ReferenceIn(const Tensor& tensor) {
  if (tensor.dtype() != DType::kResource && tensor.dtype() != DType::kVariant) {
    return InvalidArgument("want a handle, got ", tensor.dtype());
  }
  if (tensor.num_elements() != 1) {
    return InvalidArgument("want one handle, got a tensor of shape ", tensor.shape());
  }
  return *tensor.data<ObjectRef>();
}

}  // namespace rivulet
