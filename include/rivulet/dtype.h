// The element types of tensors, with TensorFlow's numbers.
#ifndef RIVULET_DTYPE_H_
#define RIVULET_DTYPE_H_

#include <complex>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace rivulet {

enum class DType : int32_t {
  kInvalid = 0,
  kFloat = 1,
  kDouble = 2,
  kInt32 = 3,
  kUint8 = 4,
  kInt16 = 5,
  kInt8 = 6,
  kString = 7,
  kComplex64 = 8,
  kInt64 = 9,
  kBool = 10,
  kQint8 = 11,
  kQuint8 = 12,
  kQint32 = 13,
  kBfloat16 = 14,
  kQint16 = 15,
  kQuint16 = 16,
  kUint16 = 17,
  kComplex128 = 18,
  kHalf = 19,
  kResource = 20,
  kVariant = 21,
  kUint32 = 22,
  kUint64 = 23,
};

// A known type that a tensor can have (not kInvalid, not a reference type).
bool IsKnown(DType dtype);

// Bytes of one element in memory; 0 for types that are not plain bytes (string, resource, variant) and kInvalid.
size_t ElementBytes(DType dtype);

// TensorFlow's Python spelling: "float32", "half" is "float16", "qint8", ...
std::string_view Name(DType dtype);

// IEEE half precision as its bits; arithmetic is done in float.
struct Half {
  uint16_t bits = 0;
  Half() = default;
  explicit Half(float value);
  explicit operator float() const;
};

// The upper half of a float; rounded to nearest, ties to even.
struct BFloat16 {
  uint16_t bits = 0;
  BFloat16() = default;
  explicit BFloat16(float value);
  explicit operator float() const;
};

using Complex64 = std::complex<float>;
using Complex128 = std::complex<double>;

// DTypeOf<T>: the DType whose elements are stored as T. Quantised types are read as their plain integers.
template <typename T>
inline constexpr DType DTypeOf = DType::kInvalid;
template <>
inline constexpr DType DTypeOf<float> = DType::kFloat;
template <>
inline constexpr DType DTypeOf<double> = DType::kDouble;
template <>
inline constexpr DType DTypeOf<int32_t> = DType::kInt32;
template <>
inline constexpr DType DTypeOf<uint8_t> = DType::kUint8;
template <>
inline constexpr DType DTypeOf<int16_t> = DType::kInt16;
template <>
inline constexpr DType DTypeOf<int8_t> = DType::kInt8;
template <>
inline constexpr DType DTypeOf<std::string> = DType::kString;
template <>
inline constexpr DType DTypeOf<Complex64> = DType::kComplex64;
template <>
inline constexpr DType DTypeOf<int64_t> = DType::kInt64;
template <>
inline constexpr DType DTypeOf<bool> = DType::kBool;
template <>
inline constexpr DType DTypeOf<BFloat16> = DType::kBfloat16;
template <>
inline constexpr DType DTypeOf<uint16_t> = DType::kUint16;
template <>
inline constexpr DType DTypeOf<Complex128> = DType::kComplex128;
template <>
inline constexpr DType DTypeOf<Half> = DType::kHalf;
template <>
inline constexpr DType DTypeOf<uint32_t> = DType::kUint32;
template <>
inline constexpr DType DTypeOf<uint64_t> = DType::kUint64;

}  // namespace rivulet

#endif  // RIVULET_DTYPE_H_
