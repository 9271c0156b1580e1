// Constants squeezed without loss: one slice of a region, its elements' bytes coded plane by plane.
//
// Floats are turned left by a bit first, so that the exponent fills the highest byte and the sign lies lowest. Planes
// come highest first. Coded ones are a symbol for the upper half of each byte, by that of the byte before, and one for
// the lower half, by the upper one; what would not get shorter lies there as it is.
#ifndef RIVULET_ENGINE_IMPORT_SQUEEZED_BYTES_H_
#define RIVULET_ENGINE_IMPORT_SQUEEZED_BYTES_H_

#include <array>
#include <cstdint>
#include <span>

#include "engine/import/squeeze_model.h"
#include "rivulet/dtype.h"

namespace rivulet {

// Types whose elements are of 1, 2, 4 or 8 bytes.
bool HasBytePlanes(DType dtype);
// By how many bits the elements of this type are turned.
int PlaneTurn(DType dtype);

// The statistics of one plane.
struct ByteModels {
  std::array<SymbolModel, 16> upper;  // by the byte before
  std::array<SymbolModel, 16> lower;  // by the upper half
  ByteModels() {
    for (SymbolModel& model : upper) model.BeginUniform();
    for (SymbolModel& model : lower) model.BeginUniform();
  }
};

// A slice: which planes are coded, one bit each from the highest plane on, in 4 bytes; the others; the code of all
// those. False where the bytes are no such slice; what was written then means nothing.
bool DecodeByteSlice(std::span<const uint8_t> bytes, int64_t count, DType dtype, void* out);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_IMPORT_SQUEEZED_BYTES_H_
