// A squeezed constant: a region of a memmapped package that is decoded when the model is loaded. Little-endian.
//
//   0  "RVSQ"                           36  f32 inner, f32 outer: LevelScale
//   4  u8 version, 1 or 2               44  u16 mean: LevelCoding
//   5  u8 coding: 1 levels, 2 bytes     46  u16 rows: 0; in version 2: 1 they have steps, 3 which levels follow
//   6  u8 dtype, TensorFlow's number    48  u32 elements of a slice, the last may have fewer
//   7  u8 low bits: LevelCoding         52  u32 slices, with those of channels and rows
//   8  u64 elements                     56  for each slice: u32 bytes, u32 CRC-32C of them
//   16 u64 row: LevelCoding                 u32 CRC-32C, masked, of all before
//   24 u32 channels, u32 run: LevelScale    the slices' bytes, one behind the other
//   32 f32 step
//
// Where there are channels but one, the first slice is theirs: quarters of octaves, coded as levels, by which their
// steps are larger than `step`. Where rows have steps, a slice of theirs follows. Of coding 2 all fields from 16 to 46
// but low bits are 0, channels is 1.
#ifndef RIVULET_ENGINE_IMPORT_SQUEEZED_REGION_H_
#define RIVULET_ENGINE_IMPORT_SQUEEZED_REGION_H_

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "engine/import/squeeze_model.h"
#include "engine/import/squeezed_levels.h"
#include "rivulet/tensor.h"

namespace rivulet {

struct SqueezedRegion {
  enum class Coding : uint8_t { kLevels = 1, kBytes = 2 };
  struct Slice {
    std::span<const uint8_t> bytes;
    uint32_t checksum = 0;
  };

  Coding coding = Coding::kLevels;
  DType dtype = DType::kInvalid;
  int64_t elements = 0;
  LevelCoding levels;
  LevelScale scale;
  int64_t slice_elements = 0;
  std::vector<Slice> slices;  // of elements

  static constexpr std::string_view kMagic = "RVSQ";
  static constexpr size_t kFixedBytes = 56;
  static constexpr int64_t kLargestSlice = int64_t{1} << 20;
  static constexpr int64_t kMostChannels = int64_t{1} << 20;
  static constexpr LevelCoding kChannelCoding = {.row = 0, .low_bits = 0, .mean = LevelContext::kUnit};
  // A code is at least this much of a slice's elements, whatever they are: no symbol is cheaper.
  static constexpr int64_t kMostElementsPerByte = 12200;
  // No region makes more than so many bytes, and so many more for each of its own. Who writes one that would cuts it
  // into more slices.
  static constexpr int64_t kFreeBytes = 1 << 16, kMostBytesPerByte = 1024;

  // DATA_LOSS where the header contradicts itself, is damaged, or asks for more than the bytes can hold. Slices are not
  // looked into.
  static Result<SqueezedRegion> Read(std::span<const uint8_t> bytes);
  // Whether the bytes begin as such a region does.
  static bool Is(std::span<const uint8_t> bytes);

  // The tensor, one-dimensional. Checksums are compared before memory is asked for. Slices are decoded by up to
  // `threads` threads.
  Result<Tensor> Decode(Allocator& allocator, int threads) const;

  // One slice after the other instead. DATA_LOSS where a slice's checksum is another.
  Status CheckSlices() const;
  int64_t ElementsOf(size_t slice) const;
  // Memory that DecodeSlice works in: so many elements.
  size_t NumColumns() const;
  // Fills `out` with the slice's elements; false where it is no code, and what was written means nothing.
  bool DecodeSlice(size_t slice, std::span<uint16_t> columns, void* out) const;
};

}  // namespace rivulet

#endif  // RIVULET_ENGINE_IMPORT_SQUEEZED_REGION_H_
