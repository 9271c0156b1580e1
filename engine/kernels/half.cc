#include "engine/kernels/half.h"

#include "engine/base/bit_cast.h"

namespace rivulet {
namespace {

// Without branches, so that the compiler makes vector code of the loops below.

inline float Widen(Half x) {
  const uint32_t sign = static_cast<uint32_t>(x.bits & 0x8000u) << 16;
  const uint32_t magnitude = static_cast<uint32_t>(x.bits & 0x7FFFu) << 13;
  // A half's exponent field means 112 less than a float's. Subnormal halves are counted in units of 2^-24, never taken
  // for subnormal floats, which may be read as zero (engine/base/float_state.h).
  const uint32_t normal = magnitude + 0x38000000u;
  const uint32_t small = BitCast<uint32_t>(static_cast<float>(static_cast<int32_t>(x.bits & 0x3FFu)) * 0x1p-24f);
  const uint32_t special = magnitude | 0x7F800000u;
  return BitCast<float>(sign | (magnitude >= 0x0F800000u ? special : magnitude < 0x00800000u ? small : normal));
}

inline Half Narrow(float value) {
  const uint32_t f = BitCast<uint32_t>(value);
  const uint32_t sign = (f >> 16) & 0x8000u;
  const uint32_t magnitude = f & 0x7FFFFFFFu;
  const uint32_t normal = (magnitude - 0x38000000u + 0x0FFFu + ((magnitude >> 13) & 1u)) >> 13;
  // Adding a half puts the last bit of a subnormal half at the last bit of the float.
  const float capped = magnitude < 0x38800000u ? BitCast<float>(magnitude) : 0.0f;
  const uint32_t subnormal = BitCast<uint32_t>(capped + 0.5f) - 0x3F000000u;
  uint32_t bits = magnitude < 0x38800000u ? subnormal : normal;
  bits = magnitude >= 0x477FF000u ? 0x7C00u : bits;
  bits = magnitude > 0x7F800000u ? 0x7E00u : bits;
  Half out;
  out.bits = static_cast<uint16_t>(sign | bits);
  return out;
}

inline float Widen(BFloat16 x) { return BitCast<float>(static_cast<uint32_t>(x.bits) << 16); }

inline BFloat16 NarrowToBFloat16(float value) {
  const uint32_t f = BitCast<uint32_t>(value);
  const uint32_t rounded = (f + 0x7FFFu + ((f >> 16) & 1u)) >> 16;
  const uint32_t nan = ((f >> 16) & 0x8000u) | 0x7FC0u;
  BFloat16 out;
  out.bits = static_cast<uint16_t>((f & 0x7FFFFFFFu) > 0x7F800000u ? nan : rounded);
  return out;
}

}  // namespace

void WidenHalf(DType dtype, const void* from, int64_t n, float* to) {
  if (dtype == DType::kHalf) {
    const Half* x = static_cast<const Half*>(from);
    for (int64_t i = 0; i < n; ++i) to[i] = Widen(x[i]);
  } else {
    const BFloat16* x = static_cast<const BFloat16*>(from);
    for (int64_t i = 0; i < n; ++i) to[i] = Widen(x[i]);
  }
}

void NarrowToHalf(DType dtype, const float* from, int64_t n, void* to) {
  if (dtype == DType::kHalf) {
    Half* y = static_cast<Half*>(to);
    for (int64_t i = 0; i < n; ++i) y[i] = Narrow(from[i]);
  } else {
    BFloat16* y = static_cast<BFloat16*>(to);
    for (int64_t i = 0; i < n; ++i) y[i] = NarrowToBFloat16(from[i]);
  }
}

}  // namespace rivulet
