#include "engine/import/squeezed_bytes.h"

#include <cstring>

#include "engine/import/squeeze_rans.h"
#include "engine/import/squeeze_symbol-inl.h"

namespace rivulet {
namespace {

constexpr size_t kMaskBytes = 4;

template <typename T>
bool Decode(std::span<const uint8_t> bytes, int64_t count, int turn, T* out) {
  constexpr int kPlanes = sizeof(T), kBits = 8 * kPlanes;
  if (bytes.size() < kMaskBytes) return false;
  uint32_t mask = 0;
  for (size_t i = 0; i < kMaskBytes; ++i) mask |= uint32_t{bytes[i]} << (8 * i);
  if (mask >> kPlanes != 0) return false;
  bytes = bytes.subspan(kMaskBytes);
  std::memset(out, 0, static_cast<size_t>(count) * sizeof(T));
  for (int plane = 0; plane < kPlanes; ++plane) {
    if ((mask >> plane & 1) != 0) continue;
    if (bytes.size() < static_cast<uint64_t>(count)) return false;
    const int shift = kBits - 8 * (plane + 1);
    for (int64_t i = 0; i < count; ++i)
      out[i] |= static_cast<T>(static_cast<T>(bytes[static_cast<size_t>(i)]) << shift);
    bytes = bytes.subspan(static_cast<size_t>(count));
  }
  if (mask == 0 ? !bytes.empty() : false) return false;
  if (mask != 0) {
    RansReader reader(bytes);
    for (int plane = 0; plane < kPlanes; ++plane) {
      if ((mask >> plane & 1) == 0) continue;
      const int shift = kBits - 8 * (plane + 1);
      ByteModels models;
      int upper = 0;
      for (int64_t i = 0; i < count; ++i) {
        upper = TakeSymbol(&models.upper[static_cast<size_t>(upper)], &reader);
        const int lower = TakeSymbol(&models.lower[static_cast<size_t>(upper)], &reader);
        out[i] |= static_cast<T>(static_cast<T>(upper << 4 | lower) << shift);
      }
    }
    if (!reader.IsDone()) return false;
  }
  if (turn > 0) {
    for (int64_t i = 0; i < count; ++i) out[i] = static_cast<T>(out[i] >> turn | out[i] << (kBits - turn));
  }
  return true;
}

}  // namespace

bool HasBytePlanes(DType dtype) {
  const size_t bytes = ElementBytes(dtype);
  return bytes == 1 || bytes == 2 || bytes == 4 || (bytes == 8 && dtype != DType::kComplex64);
}

int PlaneTurn(DType dtype) {
  const bool is_float =
      dtype == DType::kFloat || dtype == DType::kDouble || dtype == DType::kHalf || dtype == DType::kBfloat16;
  return is_float ? 1 : 0;
}

bool DecodeByteSlice(std::span<const uint8_t> bytes, int64_t count, DType dtype, void* out) {
  if (!HasBytePlanes(dtype)) return false;
  switch (ElementBytes(dtype)) {
    case 1: return Decode(bytes, count, 0, static_cast<uint8_t*>(out));
    case 2: return Decode(bytes, count, PlaneTurn(dtype), static_cast<uint16_t*>(out));
    case 4: return Decode(bytes, count, PlaneTurn(dtype), static_cast<uint32_t*>(out));
    default: return Decode(bytes, count, PlaneTurn(dtype), static_cast<uint64_t*>(out));
  }
}

}  // namespace rivulet
