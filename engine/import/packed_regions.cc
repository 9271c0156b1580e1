#include "engine/import/packed_regions.h"

#include "engine/base/errors.h"
#include "engine/import/model_cache.h"

namespace rivulet {
namespace {

// What kernels need of what they read. In the file it is 64; bytes that a caller gave may lie anywhere.
constexpr uintptr_t kAlignment = alignof(float);

}  // namespace

std::string PackedRegionName(std::string_view region, std::string_view form) {
  uint64_t hash = 0xCBF29CE484222325u;
  for (const char c : form) hash = (hash ^ static_cast<uint8_t>(c)) * 0x100000001B3u;
  std::string name(MemmappedPackage::kPackedPrefix);
  name += region.substr(MemmappedPackage::kPrefix.size());
  name += '/';
  for (int shift = 60; shift >= 0; shift -= 4) name += "0123456789abcdef"[hash >> shift & 15];
  return name;
}

PackedRegions::PackedRegions(const MemmappedPackage& package, std::shared_ptr<const ModelCache> cache)
    : owner_(package.owner()) {
  for (const auto& [name, region] : package.regions()) {
    if (name.starts_with(MemmappedPackage::kPackedPrefix)) {
      packed_.emplace(name, region.bytes);
    } else if (!name.starts_with(MemmappedPackage::kOwnPrefix)) {
      region_at_.emplace(region.bytes.data(), name);
    }
  }
  if (cache != nullptr) {
    for (const auto& [name, form] : cache->forms()) packed_.emplace(name, form.bytes);
    for (const auto& [name, constant] : cache->Constants()) region_at_.emplace(constant.raw(), name);
    using Both = std::pair<std::shared_ptr<void>, std::shared_ptr<const ModelCache>>;
    owner_ = std::make_shared<Both>(package.owner(), std::move(cache));
  }
  if (packed_.empty()) region_at_.clear();
}

std::string_view PackedRegions::RegionAt(const void* constant) const {
  const auto at = region_at_.find(constant);
  return at == region_at_.end() ? std::string_view() : std::string_view(at->second);
}

std::span<const uint8_t> PackedRegions::Find(const void* constant, std::string_view form) const {
  const std::string_view region = RegionAt(constant);
  if (region.empty()) return {};
  const auto at = packed_.find(PackedRegionName(region, form));
  if (at == packed_.end() || reinterpret_cast<uintptr_t>(at->second.data()) % kAlignment != 0) return {};
  return at->second;
}

}  // namespace rivulet
