#include "rivulet/dtype.h"

#include "engine/base/bit_cast.h"

namespace rivulet {
namespace {

struct Entry {
  DType dtype;
  uint8_t bytes;
  std::string_view name;
};

// Indexed by the number of the type.
constexpr Entry kEntries[] = {
    {DType::kInvalid, 0, "invalid"},
    {DType::kFloat, 4, "float32"},
    {DType::kDouble, 8, "float64"},
    {DType::kInt32, 4, "int32"},
    {DType::kUint8, 1, "uint8"},
    {DType::kInt16, 2, "int16"},
    {DType::kInt8, 1, "int8"},
    {DType::kString, 0, "string"},
    {DType::kComplex64, 8, "complex64"},
    {DType::kInt64, 8, "int64"},
    {DType::kBool, 1, "bool"},
    {DType::kQint8, 1, "qint8"},
    {DType::kQuint8, 1, "quint8"},
    {DType::kQint32, 4, "qint32"},
    {DType::kBfloat16, 2, "bfloat16"},
    {DType::kQint16, 2, "qint16"},
    {DType::kQuint16, 2, "quint16"},
    {DType::kUint16, 2, "uint16"},
    {DType::kComplex128, 16, "complex128"},
    {DType::kHalf, 2, "float16"},
    {DType::kResource, 0, "resource"},
    {DType::kVariant, 0, "variant"},
    {DType::kUint32, 4, "uint32"},
    {DType::kUint64, 8, "uint64"},
    // Types that only messages know.
    {DType::kInvalid, 0, "float8_e5m2"},
    {DType::kInvalid, 0, "float8_e4m3fn"},
    {DType::kInvalid, 0, "float8_e4m3fnuz"},
    {DType::kInvalid, 0, "float8_e4m3b11fnuz"},
    {DType::kInvalid, 0, "float8_e5m2fnuz"},
    {DType::kInvalid, 0, "int4"},
    {DType::kInvalid, 0, "uint4"},
};
constexpr int kNumEntries = static_cast<int>(std::size(kEntries));

const Entry& Find(DType dtype) {
  const int number = static_cast<int>(dtype);
  return kEntries[number > 0 && number < kNumEntries ? number : 0];
}

}  // namespace

bool IsKnown(DType dtype) { return Find(dtype).dtype != DType::kInvalid; }
size_t ElementBytes(DType dtype) { return Find(dtype).bytes; }
std::string_view Name(DType dtype) { return Find(dtype).name; }

Half::Half(float value) {
  const uint32_t f = BitCast<uint32_t>(value);
  const uint32_t sign = (f >> 16) & 0x8000u;
  const uint32_t magnitude = f & 0x7FFFFFFFu;
  if (magnitude >= 0x7F800000u) {  // inf or nan (kept quiet)
    bits = static_cast<uint16_t>(sign | 0x7C00u | (magnitude > 0x7F800000u ? 0x0200u : 0u));
  } else if (magnitude >= 0x477FF000u) {  // rounds to 65536 or more
    bits = static_cast<uint16_t>(sign | 0x7C00u);
  } else if (magnitude < 0x38800000u) {  // subnormal half: adding 0.5f lets the FPU round at the right bit
    const float shifted = BitCast<float>(magnitude) + 0.5f;
    bits = static_cast<uint16_t>(sign | (BitCast<uint32_t>(shifted) - 0x3F000000u));
  } else {
    const uint32_t odd = (magnitude >> 13) & 1u;
    bits = static_cast<uint16_t>(sign | ((magnitude - 0x38000000u + 0x0FFFu + odd) >> 13));
  }
}

Half::operator float() const {
  const uint32_t sign = static_cast<uint32_t>(bits & 0x8000u) << 16;
  const uint32_t exponent = (bits >> 10) & 31u;
  const uint32_t mantissa = bits & 0x3FFu;
  if (exponent == 31) return BitCast<float>(sign | 0x7F800000u | (mantissa << 13));
  if (exponent == 0) {
    const float magnitude = static_cast<float>(mantissa) * 0x1p-24f;
    return sign ? -magnitude : magnitude;
  }
  return BitCast<float>(sign | ((exponent + 112u) << 23) | (mantissa << 13));
}

BFloat16::BFloat16(float value) {
  const uint32_t f = BitCast<uint32_t>(value);
  if ((f & 0x7FFFFFFFu) > 0x7F800000u) {
    bits = static_cast<uint16_t>(((f >> 16) & 0x8000u) | 0x7FC0u);
  } else {
    bits = static_cast<uint16_t>((f + 0x7FFFu + ((f >> 16) & 1u)) >> 16);
  }
}

BFloat16::operator float() const { return BitCast<float>(static_cast<uint32_t>(bits) << 16); }

}  // namespace rivulet
