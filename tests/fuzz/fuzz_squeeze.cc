// Covers: engine/import/squeezed_region.cc engine/import/squeezed_levels.cc engine/import/squeezed_bytes.cc
// A squeezed constant from a stranger. The first byte says what the others are: a whole region, whose checksums keep
// most of them from the decoders; or the decoders' own input, with numbers that a header may have.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "engine/import/squeezed_bytes.h"
#include "engine/import/squeezed_region.h"

namespace rivulet {
namespace {

constexpr size_t kBudget = 16 << 20;

void Region(std::span<const uint8_t> bytes) {
  const auto region = SqueezedRegion::Read(bytes);
  if (!region.ok()) {
    if (region.status().message().empty()) std::abort();
    return;
  }
  const auto allocator = Allocator::Create(kBudget);
  const auto tensor = region->Decode(*allocator, 1);
  if (allocator->peak_bytes() > kBudget) std::abort();
  if (tensor.ok() && tensor->num_elements() != region->elements) std::abort();
}

void Levels(std::span<const uint8_t> bytes) {
  constexpr size_t kNumbers = 8;
  if (bytes.size() < kNumbers) return;
  LevelCoding coding{.row = bytes[0] * int64_t{17},
                     .low_bits = bytes[1] % (LevelContext::kMostLowBits + 1),
                     .mean = static_cast<uint16_t>(bytes[2] * LevelContext::kLargest)};
  LevelScale scale{.steps = std::vector<float>(1 + bytes[3] % 5, 0.5f), .run = 1 + bytes[4] % 7, .inner = 0.25f};
  const int64_t first = bytes[5], count = bytes[6] * int64_t{9};
  if (coding.row > 0 && bytes[3] >= 128) {
    for (int64_t k = 0; k <= (first + count) / coding.row; ++k) {
      scale.row_quarters.push_back(static_cast<int32_t>(k * bytes[4] % 513) - 256);
    }
    coding.follows_rows = bytes[3] >= 192;
  }
  constexpr DType kTypes[] = {DType::kFloat, DType::kHalf, DType::kBfloat16};
  const DType dtype = kTypes[bytes[7] % 3];
  std::vector<uint16_t> columns(static_cast<size_t>(coding.row > 0 ? coding.row : 1));
  std::vector<float> out(static_cast<size_t>(count) + 1);
  static_cast<void>(DecodeLevelSlice(bytes.subspan(kNumbers), coding, scale, first, count, columns, dtype, out.data()));
  std::vector<int32_t> levels(static_cast<size_t>(count));
  static_cast<void>(DecodeLevels(bytes.subspan(kNumbers), coding, levels));
}

void Bytes(std::span<const uint8_t> bytes) {
  if (bytes.size() < 2) return;
  constexpr DType kTypes[] = {DType::kFloat, DType::kHalf, DType::kDouble, DType::kUint8, DType::kInt64, DType::kInt16};
  const int64_t count = bytes[1];
  std::vector<uint64_t> out(static_cast<size_t>(count) + 1);
  static_cast<void>(DecodeByteSlice(bytes.subspan(2), count, kTypes[bytes[0] % 6], out.data()));
}

}  // namespace
}  // namespace rivulet

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::span<const uint8_t> rest(data + 1, size - 1);
  switch (data[0] % 3) {
    case 0: rivulet::Region(rest); break;
    case 1: rivulet::Levels(rest); break;
    default: rivulet::Bytes(rest);
  }
  return 0;
}
