// Tensors as serialised TensorProto messages.
#ifndef RIVULET_ENGINE_OPS_TENSOR_MESSAGE_H_
#define RIVULET_ENGINE_OPS_TENSOR_MESSAGE_H_

#include <string>
#include <string_view>

#include "engine/ops/op.h"

namespace rivulet {

// type, shape, and the elements as tensor_content (strings as string_val). The tensor must not hold references.
std::string WriteTensorMessage(const Tensor& tensor);
// The bytes that it will have at most.
Result<int64_t> TensorMessageBytes(const Tensor& tensor);

// A tensor of `dtype` from tensor_content or from the typed lists, of which a short one ends in copies of its last
// element and an empty one means zeros.
Result<Tensor> ReadTensorMessage(std::string_view message, DType dtype, Allocator& allocator);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_TENSOR_MESSAGE_H_
