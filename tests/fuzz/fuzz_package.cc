// Covers: engine/import/memmapped_package.cc engine/import/package_checksums.cc engine/import/packed_regions.cc
// TensorFlow's memmapped packages: directory and regions read, the graph imported, and every byte of every constant
// that lies in a region read.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "engine/import/graphdef.h"
#include "engine/import/memmapped_package.h"
#include "engine/import/package_checksums.h"
#include "engine/import/packed_regions.h"

namespace rivulet {
namespace {

void Check(bool holds) {
  if (!holds) std::abort();
}

void Read(std::span<const uint8_t> bytes) {
  (void)LooksLikePackage(bytes);
  const auto package = MemmappedPackage::Read(bytes, nullptr);
  if (!package.ok()) {
    Check(!package.status().message().empty());
    return;
  }
  for (const auto& [name, region] : package->regions()) {
    Check(name.starts_with(MemmappedPackage::kPrefix) && !region.bytes.empty());
    Check(region.bytes.data() >= bytes.data() &&
          region.bytes.data() + region.bytes.size() <= bytes.data() + bytes.size());
  }
  // The checksums of what was read at load are right; those of the rest may not be.
  const auto damage = FindPackageDamage(*package);
  if (damage.ok()) {
    for (const PackageDamage& found : *damage) Check(!found.status.ok());
  } else {
    Check(package->Find(MemmappedPackage::kChecksumsRegion) == nullptr);
  }
  const PackedRegions packed(*package);
  for (const auto& [name, region] : package->regions()) {
    Check(packed.Find(region.bytes.data(), "no such form").empty());
  }
  const auto sums = PackageChecksums::Parse(bytes);
  Check(!sums.ok() || sums->Serialize().size() == bytes.size());
  const auto graph =
      ImportGraphDef(WireCursor(package->graph().bytes, package->graph().offset), nullptr, Limits::Strict(), &*package);
  if (!graph.ok()) return;
  for (const Node& node : graph->nodes()) {
    Check(node.op != "ImmutableConst");
    const auto* value = node.attrs.Get<std::shared_ptr<const TensorLiteral>>("value");
    if (node.op != "Const" || value == nullptr || *value == nullptr || !(*value)->error.ok()) continue;
    const Tensor& prefix = (*value)->prefix;
    if (!prefix.valid() || ElementBytes(prefix.dtype()) == 0) continue;
    uint8_t sum = 0;
    for (size_t i = 0; i < prefix.bytes(); ++i) sum = static_cast<uint8_t>(sum + prefix.data<uint8_t>()[i]);
    static_cast<void>(sum);
  }
}

}  // namespace
}  // namespace rivulet

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  rivulet::Read({data, size});
  return 0;
}
