#include "engine/import/squeezed_region.h"

#include <algorithm>
#include <atomic>
#include <cmath>

#include "engine/base/bit_cast.h"
#include "engine/base/crc32c.h"
#include "engine/base/errors.h"
#include "engine/base/thread_pool.h"
#include "engine/import/squeezed_bytes.h"

namespace rivulet {
namespace {

constexpr int kVersion = 2;
constexpr int kRowsHaveSteps = 1, kLevelsFollowRows = 2;

class Fields {
 public:
  explicit Fields(std::span<const uint8_t> bytes) : bytes_(bytes) {}
  uint64_t Take(int width) {
    uint64_t value = 0;
    for (int i = 0; i < width; ++i) value |= uint64_t{bytes_[at_++]} << (8 * i);
    return value;
  }
  int64_t Int(int width) { return static_cast<int64_t>(Take(width)); }
  float Float() { return BitCast<float>(static_cast<uint32_t>(Take(4))); }
  void Skip(size_t count) { at_ += count; }

 private:
  std::span<const uint8_t> bytes_;
  size_t at_ = 0;
};

bool IsFinite(float value) { return std::abs(value) <= 3.4e38f; }

bool IsLevelType(DType dtype) { return dtype == DType::kFloat || dtype == DType::kHalf || dtype == DType::kBfloat16; }

template <typename... Args>
Status Damaged(const Args&... args) {
  return DataLoss("a squeezed constant that is damaged: ", args...);
}

// What the fields say of each other.
Status CheckFields(const SqueezedRegion& region, int64_t channels) {
  const bool is_levels = region.coding == SqueezedRegion::Coding::kLevels;
  if (region.coding != SqueezedRegion::Coding::kLevels && region.coding != SqueezedRegion::Coding::kBytes) {
    return Damaged("coding ", static_cast<int>(region.coding), ", want 1 or 2");
  }
  if (!IsKnown(region.dtype) || !(is_levels ? IsLevelType(region.dtype) : HasBytePlanes(region.dtype))) {
    return Damaged("type ", static_cast<int>(region.dtype), " is not squeezed in this way");
  }
  if (region.elements < 0 || region.slice_elements < 1 || region.slice_elements > SqueezedRegion::kLargestSlice) {
    return Damaged(region.elements, " elements in slices of ", region.slice_elements);
  }
  if (region.levels.row < 0 || region.levels.row > LevelContext::kLongestRow) return Damaged("row ", region.levels.row);
  if (channels < 1 || channels > SqueezedRegion::kMostChannels || (region.scale.run < 1 && is_levels)) {
    return Damaged(channels, " channels in runs of ", region.scale.run);
  }
  if (!IsFinite(region.scale.steps[0]) || !IsFinite(region.scale.inner) || !IsFinite(region.scale.outer)) {
    return Damaged("its step is not finite");
  }
  if (region.levels.low_bits > LevelContext::kMostLowBits ||
      region.levels.mean > LevelContext::kLargest * LevelContext::kUnit) {
    return Damaged("low bits ", region.levels.low_bits, ", mean ", static_cast<int>(region.levels.mean));
  }
  return Status();
}

// So many quarters of octaves from the region's first slice, which is taken away.
Status TakeQuarters(const char* whose, int64_t count, std::vector<SqueezedRegion::Slice>* slices,
                    std::vector<int32_t>* quarters) {
  constexpr int32_t kMostQuarters = 4 * 64;
  if (slices->empty()) return Damaged("the steps of its ", whose, " are not there");
  const SqueezedRegion::Slice slice = slices->front();
  slices->erase(slices->begin());
  if (Crc32c(slice.bytes) != slice.checksum) return Damaged("the checksum of its ", whose, "' steps is another");
  if (count > SqueezedRegion::kMostElementsPerByte * static_cast<int64_t>(slice.bytes.size())) {
    return Damaged(slice.bytes.size(), " bytes cannot hold the steps of ", count, " ", whose);
  }
  quarters->resize(static_cast<size_t>(count));
  const bool is_code = DecodeLevels(slice.bytes, SqueezedRegion::kChannelCoding, *quarters);
  if (!is_code ||
      !std::all_of(quarters->begin(), quarters->end(), [](int32_t q) { return std::abs(q) <= kMostQuarters; })) {
    return Damaged("the steps of its ", whose, " are no code");
  }
  return Status();
}

// Steps of channels, and those of rows.
Status TakeSteps(int64_t channels, bool has_rows, SqueezedRegion* region) {
  if (channels > 1) {
    std::vector<int32_t> quarters;
    RIVULET_RETURN_IF_ERROR(TakeQuarters("channels", channels, &region->slices, &quarters));
    const float step = region->scale.steps[0];
    region->scale.steps.clear();
    for (const int32_t q : quarters) region->scale.steps.push_back(step * QuarterOctaves(q));
    if (!std::all_of(region->scale.steps.begin(), region->scale.steps.end(), IsFinite)) {
      return Damaged("the steps of its channels are not finite");
    }
  }
  if (has_rows) {
    const int64_t row = region->levels.row;
    if (row < 1 || region->elements % row != 0 || region->elements / row > SqueezedRegion::kMostChannels) {
      return Damaged("steps of rows of ", row, " in ", region->elements, " elements");
    }
    return TakeQuarters("rows", region->elements / row, &region->slices, &region->scale.row_quarters);
  }
  return Status();
}

}  // namespace

bool SqueezedRegion::Is(std::span<const uint8_t> bytes) {
  return bytes.size() >= kMagic.size() && std::equal(kMagic.begin(), kMagic.end(), bytes.begin());
}

Result<SqueezedRegion> SqueezedRegion::Read(std::span<const uint8_t> bytes) {
  if (!Is(bytes) || bytes.size() < kFixedBytes) return Damaged("it has ", bytes.size(), " bytes, a header has more");
  SqueezedRegion region;
  Fields fields(bytes);
  fields.Skip(kMagic.size());
  if (const int64_t version = fields.Int(1); version < 1 || version > kVersion) {
    return Unimplemented("a squeezed constant of version ", version, ", this engine reads up to version ", kVersion);
  }
  region.coding = static_cast<Coding>(fields.Take(1));
  region.dtype = static_cast<DType>(fields.Take(1));
  region.levels.low_bits = static_cast<int>(fields.Take(1));
  region.elements = fields.Int(8);
  region.levels.row = fields.Int(8);
  const int64_t channels = fields.Int(4);
  region.scale.run = fields.Int(4);
  region.scale.steps[0] = fields.Float();
  region.scale.inner = fields.Float();
  region.scale.outer = fields.Float();
  region.levels.mean = static_cast<uint16_t>(fields.Take(2));
  const auto rows = static_cast<int>(fields.Take(2));
  region.levels.follows_rows = rows == (kRowsHaveSteps | kLevelsFollowRows);
  region.slice_elements = fields.Int(4);
  const int64_t num_slices = fields.Int(4);
  constexpr int64_t kSliceBytes = 8, kChecksumBytes = 4;
  const int64_t header = static_cast<int64_t>(kFixedBytes) + num_slices * kSliceBytes + kChecksumBytes;
  if (header > static_cast<int64_t>(bytes.size())) {
    return Damaged("a header of ", header, " bytes in a region of ", bytes.size());
  }
  std::vector<Slice> slices(static_cast<size_t>(num_slices));
  uint64_t at = static_cast<uint64_t>(header);
  for (Slice& slice : slices) {
    const uint64_t length = fields.Take(4);
    slice.checksum = static_cast<uint32_t>(fields.Take(4));
    if (length > bytes.size() - at) return Damaged("its slices reach beyond its ", bytes.size(), " bytes");
    slice.bytes = bytes.subspan(at, length);
    at += length;
  }
  if (fields.Take(4) != MaskCrc32c(Crc32c(bytes.first(static_cast<size_t>(header - kChecksumBytes))))) {
    return Damaged("its header's checksum is another");
  }
  if (at != bytes.size()) return Damaged(bytes.size() - at, " bytes too many");
  RIVULET_RETURN_IF_ERROR(CheckFields(region, channels));
  const int64_t most = kFreeBytes + kMostBytesPerByte * static_cast<int64_t>(bytes.size());
  if (region.elements > most / static_cast<int64_t>(ElementBytes(region.dtype))) {
    return Damaged(bytes.size(), " bytes may not stand for ", region.elements, " elements");
  }
  if (rows != 0 && rows != kRowsHaveSteps && !region.levels.follows_rows) return Damaged("rows of kind ", rows);
  region.slices = std::move(slices);
  RIVULET_RETURN_IF_ERROR(TakeSteps(channels, rows != 0, &region));
  const auto wanted = region.elements / region.slice_elements + (region.elements % region.slice_elements > 0 ? 1 : 0);
  if (static_cast<int64_t>(region.slices.size()) != wanted) {
    return Damaged(region.slices.size(), " slices of ", region.slice_elements, " for ", region.elements, " elements");
  }
  for (size_t i = 0; i < region.slices.size(); ++i) {
    const int64_t count = region.ElementsOf(i);
    const auto own = static_cast<int64_t>(region.slices[i].bytes.size());
    if (count > kMostElementsPerByte * own) {
      return Damaged(own, " bytes cannot hold slice ", i, "'s ", count, " elements");
    }
  }
  return region;
}

Status SqueezedRegion::CheckSlices() const {
  for (size_t i = 0; i < slices.size(); ++i) {
    if (Crc32c(slices[i].bytes) != slices[i].checksum) return Damaged("slice ", i, "'s checksum is another");
  }
  return Status();
}

int64_t SqueezedRegion::ElementsOf(size_t slice) const {
  return std::min(slice_elements, elements - static_cast<int64_t>(slice) * slice_elements);
}

size_t SqueezedRegion::NumColumns() const { return static_cast<size_t>(std::max<int64_t>(levels.row, 1)); }

bool SqueezedRegion::DecodeSlice(size_t slice, std::span<uint16_t> columns, void* out) const {
  const int64_t first = static_cast<int64_t>(slice) * slice_elements;
  return coding == Coding::kLevels ? DecodeLevelSlice(slices[slice].bytes, levels, scale, first, ElementsOf(slice),
                                                      columns.first(NumColumns()), dtype, out)
                                   : DecodeByteSlice(slices[slice].bytes, ElementsOf(slice), dtype, out);
}

Result<Tensor> SqueezedRegion::Decode(Allocator& allocator, int threads) const {
  RIVULET_RETURN_IF_ERROR(CheckSlices());
  RIVULET_ASSIGN_OR_RETURN(Tensor tensor, Tensor::Allocate(dtype, {elements}, allocator));
  auto* out = static_cast<uint8_t*>(tensor.raw());
  const size_t slice_bytes = static_cast<size_t>(slice_elements) * ElementBytes(dtype);
  const auto num_slices = static_cast<int64_t>(slices.size());
  const int used = static_cast<int>(std::max<int64_t>(1, std::min<int64_t>(threads, num_slices)));
  std::vector<uint16_t> columns(NumColumns() * static_cast<size_t>(used));  // of each thread: workers allocate nothing
  std::atomic<int64_t> broken = -1;
  const auto decode = [&](int64_t begin, int64_t end, int thread) {
    const std::span<uint16_t> own(columns.data() + NumColumns() * static_cast<size_t>(thread), NumColumns());
    for (auto i = static_cast<size_t>(begin); i < static_cast<size_t>(end); ++i) {
      if (!DecodeSlice(i, own, out + i * slice_bytes)) {
        broken.store(static_cast<int64_t>(i), std::memory_order_relaxed);
      }
    }
  };
  if (used > 1) {
    ThreadPool(used).ParallelFor(num_slices, 1, StopToken(), decode);
  } else {
    decode(0, num_slices, 0);
  }
  if (broken >= 0) return Damaged("slice ", broken.load(), " is no code");
  return tensor;
}

}  // namespace rivulet
