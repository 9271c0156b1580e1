// The weights of a pack as the kernels read them. The form of the constant whose region is `memmapped_package://NAME`
// is the region
//
//   memmapped_package://rivulet/packed/NAME/0123456789abcdef
//
// where the digits are the FNV-1a hash of the form's text, which has the version of the layout, every size and every
// factor. A program that wants another form finds none, and packs for itself.
#ifndef RIVULET_ENGINE_IMPORT_PACKED_REGIONS_H_
#define RIVULET_ENGINE_IMPORT_PACKED_REGIONS_H_

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "engine/import/memmapped_package.h"
#include "engine/ops/packed_operands.h"

namespace rivulet {

class ModelCache;

class PackedRegions : public PackedForms {
 public:
  // Of the package, and of its cache where there is one.
  explicit PackedRegions(const MemmappedPackage& package, std::shared_ptr<const ModelCache> cache = nullptr);

  std::span<const uint8_t> Find(const void* constant, std::string_view form) const override;
  const std::shared_ptr<void>& owner() const override { return owner_; }

  // Empty when no region starts at `constant`.
  std::string_view RegionAt(const void* constant) const;

 private:
  std::unordered_map<const void*, std::string> region_at_;
  std::map<std::string, std::span<const uint8_t>, std::less<>> packed_;
  std::shared_ptr<void> owner_;
};

// The whole name of the packed region of `form` of `region`, a whole name too.
std::string PackedRegionName(std::string_view region, std::string_view form);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_IMPORT_PACKED_REGIONS_H_
