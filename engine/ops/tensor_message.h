// Tensors as serialised TensorProto messages.
#ifndef RIVULET_ENGINE_OPS_TENSOR_MESSAGE_H_
#define RIVULET_ENGINE_OPS_TENSOR_MESSAGE_H_

#include <string>
#include <string_view>

#include "engine/ops/op.h"

namespace rivulet {

// How strings are written: as string_val, or as tensor_content (all lengths, then all bytes).
enum class StringsAs { kValues, kContent };

// type, shape, and the elements as tensor_content. The tensor must not hold references.
std::string WriteTensorMessage(const Tensor& tensor, StringsAs strings = StringsAs::kValues);
// The bytes that it will have at most.
Result<int64_t> TensorMessageBytes(const Tensor& tensor);

// A tensor of `dtype` from tensor_content or from the typed lists, of which a short one ends in copies of its last
// element and an empty one means zeros.
Result<Tensor> ReadTensorMessage(std::string_view message, DType dtype, Allocator& allocator);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_TENSOR_MESSAGE_H_
