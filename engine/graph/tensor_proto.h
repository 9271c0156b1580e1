// TensorProto and TensorShapeProto.
#ifndef RIVULET_ENGINE_GRAPH_TENSOR_PROTO_H_
#define RIVULET_ENGINE_GRAPH_TENSOR_PROTO_H_

#include "engine/base/wire.h"
#include "engine/graph/attr.h"
#include "rivulet/limits.h"

namespace rivulet {

// A type number of a file: reference types count as their plain type, an unknown number is kept.
DType DTypeFromFile(int32_t number);

// Broken wire bytes and too many dims fail the cursor's message; returns what was read until then.
Shape ReadShape(WireCursor message, const Limits& limits, Status* status);

// A literal whose bytes are views of `owner`'s memory where they are contiguous. Wire defects are in *status; a literal
// that contradicts itself (sizes, types) carries that in its own `error`.
TensorLiteral ReadTensor(WireCursor message, const std::shared_ptr<void>& owner, const Limits& limits, Status* status);

// The values of a TensorProto that says neither type nor shape, as checkpoints of version 1 write them.
TensorLiteral ReadTensorValues(WireCursor message, DType dtype, const Shape& shape, const std::shared_ptr<void>& owner,
                               Status* status);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_GRAPH_TENSOR_PROTO_H_
