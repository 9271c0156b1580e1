#include "engine/import/squeezed_bytes.h"

#include "engine/import/squeeze_rans.h"
#include "engine/import/squeeze_symbol-inl.h"

namespace rivulet {
namespace {

constexpr size_t kMaskBytes = 4;

// `count` elements of `planes` bytes each, the lowest first as in memory; plane 0 is that of the highest.
bool DecodePlanes(std::span<const uint8_t> bytes, int64_t count, int planes, uint8_t* out) {
  if (bytes.size() < kMaskBytes) return false;
  uint32_t mask = 0;
  for (size_t i = 0; i < kMaskBytes; ++i) mask |= uint32_t{bytes[i]} << (8 * i);
  if (mask >> planes != 0) return false;
  bytes = bytes.subspan(kMaskBytes);
  for (int plane = 0; plane < planes; ++plane) {
    if ((mask >> plane & 1) != 0) continue;
    if (bytes.size() < static_cast<uint64_t>(count)) return false;
    uint8_t* to = out + planes - 1 - plane;
    for (int64_t i = 0; i < count; ++i) to[i * planes] = bytes[static_cast<size_t>(i)];
    bytes = bytes.subspan(static_cast<size_t>(count));
  }
  if (mask == 0) return bytes.empty();
  RansReader reader(bytes);
  for (int plane = 0; plane < planes; ++plane) {
    if ((mask >> plane & 1) == 0) continue;
    uint8_t* to = out + planes - 1 - plane;
    ByteModels models;
    int upper = 0;
    for (int64_t i = 0; i < count; ++i, to += planes) {
      upper = TakeSymbol(&models.upper[static_cast<size_t>(upper)], &reader);
      const int lower = TakeSymbol(&models.lower[static_cast<size_t>(upper)], &reader);
      *to = static_cast<uint8_t>(upper << 4 | lower);
    }
  }
  return reader.IsDone();
}

template <typename T>
void TurnBack(T* elements, int64_t count, int turn) {
  for (int64_t i = 0; i < count; ++i)
    elements[i] = static_cast<T>(elements[i] >> turn | elements[i] << (8 * static_cast<int>(sizeof(T)) - turn));
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
  const size_t planes = ElementBytes(dtype);
  if (!DecodePlanes(bytes, count, static_cast<int>(planes), static_cast<uint8_t*>(out))) return false;
  const int turn = PlaneTurn(dtype);
  if (turn == 0) return true;
  switch (planes) {
    case 2: TurnBack(static_cast<uint16_t*>(out), count, turn); break;
    case 4: TurnBack(static_cast<uint32_t*>(out), count, turn); break;
    default: TurnBack(static_cast<uint64_t*>(out), count, turn);
  }
  return true;
}

}  // namespace rivulet
