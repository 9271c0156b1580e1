// The value of a variant that TensorList operators make: a list of tensors of one dtype.
#ifndef RIVULET_ENGINE_OPS_TENSOR_LIST_VALUE_H_
#define RIVULET_ENGINE_OPS_TENSOR_LIST_VALUE_H_

#include <memory>

#include "engine/base/object.h"
#include "engine/ops/element_store.h"
#include "engine/ops/op.h"

namespace rivulet {

class TensorList : public Object {
 public:
  static constexpr std::string_view kKind = "tensor list";
  TensorList(DType dtype, Shape shape) : element_shape(std::move(shape)), elements(dtype) {}
  std::string_view kind() const override { return kKind; }

  Shape element_shape;        // what all elements must fit; dims or rank may be unknown
  int64_t max_elements = -1;  // that PushBack, not PushBackBatch, may reach; below 0: any
  ElementStore elements;
};

// The list that a variant scalar refers to, whose elements must be `dtype` (kInvalid: any). Valid as long as `handle`.
Result<const TensorList*> ListIn(const Tensor& handle, DType dtype = DType::kInvalid);

// ---- Lists to be changed: the very object where this step is the last to see it, else a copy (which shares the
// elements) ----

// The variants of input `i`, in a tensor that nobody else holds.
Result<Tensor> TakeVariants(RunContext& c, int i);
// The list at `reference`, which is replaced where others refer to it too.
Result<TensorList*> OwnList(ObjectRef& reference, DType dtype = DType::kInvalid);

// Both, for a scalar: the tensor to give out, and the list.
struct ChangingList {
  Tensor handle;
  TensorList* list = nullptr;
};
Result<ChangingList> TakeList(RunContext& c, int i, DType dtype = DType::kInvalid);

// What an element that was never set reads as: zeros of the shape that the list and `shape` tell together, and, where
// `others_tell`, the other elements.
Result<Tensor> ZeroElement(const TensorList& list, Shape shape, bool others_tell, Allocator& allocator);

// The sum of two tensors, and zeros like one, whose elements may be lists: these are added element by element.
Result<Tensor> AddTensors(const Tensor& a, const Tensor& b, Allocator& allocator);
Result<Tensor> ZerosLikeTensor(const Tensor& tensor, Allocator& allocator);

// ---- Element shapes as operators take them: int32 or int64; a vector with -1 for unknown dims, or the scalar -1 ----

Result<Shape> ReadElementShape(const Tensor& tensor);
// The same of input `i` as far as it is known.
Result<Shape> ElementShapeFact(const InferContext& c, int i);
// What both say; an error where they contradict each other.
Result<Shape> MergeElementShapes(const Shape& list, const Shape& given);
// OK unless a tensor of `shape` cannot be an element.
Status WantFits(const Shape& element_shape, const Shape& shape);
// `shape` with a dim in front, or without its first.
Shape WithFirstDim(int64_t dim, const Shape& shape);
Shape WithoutFirstDim(const Shape& shape);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_TENSOR_LIST_VALUE_H_
