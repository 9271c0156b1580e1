// Constants without loss: the writing side of engine/import/squeezed_bytes.h.
#ifndef RIVULET_PREPARE_SQUEEZE_BYTE_CODER_H_
#define RIVULET_PREPARE_SQUEEZE_BYTE_CODER_H_

#include <cstdint>
#include <string>

#include "rivulet/dtype.h"

namespace rivulet::prepare {

// `count` elements at `data`, of a type that HasBytePlanes; any alignment.
std::string EncodeByteSlice(const void* data, int64_t count, DType dtype);

}  // namespace rivulet::prepare

#endif  // RIVULET_PREPARE_SQUEEZE_BYTE_CODER_H_
