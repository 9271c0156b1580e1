// The value of a variant that is nothing but a tensor. Its elements may be such variants again, up to a depth: what is
// nested without end by a loop is freed by as many calls within calls.
#ifndef RIVULET_ENGINE_OPS_TENSOR_VARIANT_H_
#define RIVULET_ENGINE_OPS_TENSOR_VARIANT_H_

#include <algorithm>
#include <memory>
#include <utility>

#include "engine/base/object.h"

namespace rivulet {

class TensorVariant : public Object {
 public:
  static constexpr std::string_view kKind = "tensor in a variant";
  static constexpr int kMaxDepth = 64;

  // The tensor must own its memory.
  static Result<ObjectRef> Make(Tensor tensor) {
    int depth = 0;
    for (int64_t i = 0; tensor.dtype() == DType::kVariant && i < tensor.num_elements(); ++i) {
      const ObjectRef& element = tensor.data<ObjectRef>()[i];
      if (element == nullptr || element->kind() != kKind) continue;
      depth = std::max(depth, static_cast<const TensorVariant&>(*element).depth_ + 1);
    }
    if (depth > kMaxDepth) return ResourceExhausted("variants within variants, more than ", kMaxDepth, " deep");
    return ObjectRef(std::make_shared<TensorVariant>(std::move(tensor), depth));
  }
  TensorVariant(Tensor tensor, int depth) : tensor_(std::move(tensor)), depth_(depth) {}
  std::string_view kind() const override { return kKind; }
  const Tensor& tensor() const { return tensor_; }

 private:
  const Tensor tensor_;
  const int depth_;  // of variants in it
};

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_TENSOR_VARIANT_H_
