#include "prepare/squeeze/region_writer.h"

#include <algorithm>
#include <cmath>

#include "engine/base/bit_cast.h"
#include "engine/base/crc32c.h"
#include "engine/import/squeezed_region.h"
#include "prepare/squeeze/byte_coder.h"
#include "prepare/squeeze/level_coder.h"

namespace rivulet::prepare {
namespace {

void Put(uint64_t value, int width, std::string* out) {
  for (int i = 0; i < width; ++i) out->push_back(static_cast<char>(value >> (8 * i)));
}
void PutFloat(float value, std::string* out) { Put(BitCast<uint32_t>(value), 4, out); }

uint32_t Checksum(std::string_view bytes) {
  return Crc32c({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()});
}

// The region of these fields; the fixed part of the header is made from it.
std::string Assemble(const SqueezedRegion& region, int64_t channels, const std::vector<std::string>& slices) {
  std::string out(SqueezedRegion::kMagic);
  const bool has_rows = !region.scale.row_quarters.empty();
  Put(has_rows ? 2 : 1, 1, &out);
  Put(static_cast<uint64_t>(region.coding), 1, &out);
  Put(static_cast<uint64_t>(region.dtype), 1, &out);
  Put(static_cast<uint64_t>(region.levels.low_bits), 1, &out);
  Put(static_cast<uint64_t>(region.elements), 8, &out);
  Put(static_cast<uint64_t>(region.levels.row), 8, &out);
  Put(static_cast<uint64_t>(channels), 4, &out);
  Put(static_cast<uint64_t>(region.scale.run), 4, &out);
  PutFloat(region.scale.steps[0], &out);
  PutFloat(region.scale.inner, &out);
  PutFloat(region.scale.outer, &out);
  Put(region.levels.mean, 2, &out);
  Put(!has_rows ? 0 : region.levels.follows_rows ? 3 : 1, 2, &out);
  Put(static_cast<uint64_t>(region.slice_elements), 4, &out);
  Put(slices.size(), 4, &out);
  for (const std::string& slice : slices) {
    Put(slice.size(), 4, &out);
    Put(Checksum(slice), 4, &out);
  }
  Put(MaskCrc32c(Checksum(out)), 4, &out);
  for (const std::string& slice : slices) out += slice;
  return out;
}

// Whole rows where they are not longer than a slice, so that columns begin alike.
int64_t SliceFor(int64_t row, int64_t wanted) {
  const int64_t slice = row > 0 && row <= wanted ? wanted / row * row : wanted;
  return std::min(slice, SqueezedRegion::kLargestSlice);
}

}  // namespace

float QuantizedWeights::StepOf(int64_t element) const {
  if (quarters.empty()) return step;
  return step * QuarterOctaves(quarters[static_cast<size_t>(element / run) % quarters.size()]);
}

float QuantizedWeights::WiderOf(int64_t element) const {
  return row_quarters.empty() ? 1.0f : QuarterOctaves(row_quarters[static_cast<size_t>(element / row)]);
}

float QuantizedWeights::ValueOf(int64_t element) const {
  const int32_t level = levels[static_cast<size_t>(element)];
  const int32_t magnitude = std::abs(level);
  if (magnitude == 0) return 0;
  const float size =
      (static_cast<float>(magnitude) - (magnitude == 1 ? inner : outer)) * StepOf(element) * WiderOf(element);
  return level < 0 ? -size : size;
}

namespace {

std::string WriteSlices(const QuantizedWeights& weights, const LevelCoding& coding, int64_t slice_elements) {
  SqueezedRegion region;
  region.coding = SqueezedRegion::Coding::kLevels;
  region.dtype = weights.dtype;
  region.elements = static_cast<int64_t>(weights.levels.size());
  region.levels = coding;
  region.scale.row_quarters = weights.row_quarters;
  region.scale.steps = {weights.step};
  region.scale.run = weights.run;
  region.scale.inner = weights.inner;
  region.scale.outer = weights.outer;
  region.slice_elements = SliceFor(region.levels.row, slice_elements);
  std::vector<std::string> slices;
  if (weights.quarters.size() > 1) {
    slices.push_back(EncodeLevelSlice(weights.quarters, SqueezedRegion::kChannelCoding, 0));
  }
  if (!weights.row_quarters.empty()) {
    slices.push_back(EncodeLevelSlice(weights.row_quarters, SqueezedRegion::kChannelCoding, 0));
  }
  const std::span<const int32_t> levels(weights.levels);
  for (int64_t first = 0; first < region.elements; first += region.slice_elements) {
    const int64_t count = std::min(region.slice_elements, region.elements - first);
    slices.push_back(EncodeLevelSlice(levels.subspan(static_cast<size_t>(first), static_cast<size_t>(count)),
                                      region.levels, first, weights.row_quarters));
  }
  return Assemble(region, std::max<int64_t>(1, static_cast<int64_t>(weights.quarters.size())), slices);
}

std::string WriteByteSlices(const Tensor& tensor, int64_t slice_elements) {
  SqueezedRegion region;
  region.coding = SqueezedRegion::Coding::kBytes;
  region.dtype = tensor.dtype();
  region.elements = tensor.num_elements();
  region.slice_elements = SliceFor(0, slice_elements);
  const auto* data = static_cast<const uint8_t*>(tensor.raw());
  std::vector<std::string> slices;
  for (int64_t first = 0; first < region.elements; first += region.slice_elements) {
    slices.push_back(EncodeByteSlice(data + static_cast<size_t>(first) * ElementBytes(region.dtype),
                                     std::min(region.slice_elements, region.elements - first), region.dtype));
  }
  return Assemble(region, 1, slices);
}

// A row without low bits has levels of that size at most.
bool CanFollowRows(const QuantizedWeights& weights) {
  return !weights.row_quarters.empty() && std::all_of(weights.levels.begin(), weights.levels.end(),
                                                      [](int32_t level) { return std::abs(level) <= kLargestLevel; });
}

// What a reader refuses; slices of few elements have more bytes.
bool IsTooMuch(int64_t elements, DType dtype, size_t bytes) {
  return elements * static_cast<int64_t>(ElementBytes(dtype)) >
         SqueezedRegion::kFreeBytes + SqueezedRegion::kMostBytesPerByte * static_cast<int64_t>(bytes);
}

}  // namespace

std::string WriteLevels(const QuantizedWeights& weights, int64_t slice_elements) {
  std::string region;
  for (const bool follows_rows : {false, true}) {
    if (follows_rows && !CanFollowRows(weights)) break;
    std::string one = WriteSlices(weights, CodingFor(weights, follows_rows), slice_elements);
    if (region.empty() || one.size() < region.size()) region = std::move(one);
  }
  return IsTooMuch(static_cast<int64_t>(weights.levels.size()), weights.dtype, region.size())
             ? WriteLevels(weights, slice_elements / 2)
             : region;
}

std::string WriteBytes(const Tensor& tensor, int64_t slice_elements) {
  std::string region = WriteByteSlices(tensor, slice_elements);
  return IsTooMuch(tensor.num_elements(), tensor.dtype(), region.size()) ? WriteBytes(tensor, slice_elements / 2)
                                                                         : region;
}

}  // namespace rivulet::prepare
