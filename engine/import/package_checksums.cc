#include "engine/import/package_checksums.h"

#include <algorithm>

#include "engine/base/crc32c.h"
#include "engine/base/errors.h"
#include "engine/base/sort.h"
#include "engine/import/memmapped_package.h"

namespace rivulet {
namespace {

constexpr uint32_t kMagic = 0x53435652;  // "RVCS"
constexpr uint32_t kVersion = 1;
constexpr size_t kHeadBytes = 4 + 4 + 8 + 4 + 4;
constexpr size_t kEntryBytes = 8 + 4;
constexpr size_t kOwnBytes = 4;

void Put(uint64_t value, int bytes, std::string* out) {
  for (int i = 0; i < bytes; ++i) out->push_back(static_cast<char>(value >> (8 * i)));
}

// Takes numbers off the front of bytes that are known to be there.
class Taker {
 public:
  explicit Taker(std::span<const uint8_t> bytes) : bytes_(bytes) {}
  uint64_t Take(size_t count) {
    uint64_t value = 0;
    for (size_t i = 0; i < count; ++i) value |= uint64_t{bytes_[i]} << (8 * i);
    bytes_ = bytes_.subspan(count);
    return value;
  }
  uint32_t Take32() { return static_cast<uint32_t>(Take(4)); }

 private:
  std::span<const uint8_t> bytes_;
};

using Region = MemmappedPackage::Region;
struct NamedRegion {
  std::string_view name;
  const Region* region;
};

std::vector<NamedRegion> InOrder(const MemmappedPackage& package) {
  std::vector<NamedRegion> regions;
  for (const auto& [name, region] : package.regions()) regions.push_back({name, &region});
  Sort(regions.begin(), regions.end(),
       [](const NamedRegion& a, const NamedRegion& b) { return a.region->offset < b.region->offset; });
  return regions;
}

Status Compare(std::string_view what, uint64_t offset, std::span<const uint8_t> bytes, const PackageChecksum& want) {
  if (bytes.size() != want.length) {
    return DataLoss(what, " at offset ", offset, " has ", static_cast<uint64_t>(bytes.size()), " bytes, ", want.length,
                    " were written");
  }
  if (Crc32c(bytes) == want.crc32c) return Status();
  return DataLoss(what, " at offset ", offset, ", ", want.length, " bytes: the checksum differs, the file was changed");
}

std::string Named(std::string_view region) { return Cat("region ", Quoted(region)); }

Result<PackageChecksums> ChecksumsOf(const MemmappedPackage& package, size_t num_regions) {
  const Region* own = package.Find(MemmappedPackage::kChecksumsRegion);
  const auto framed = [](const Status& status) {
    return Status(status).Framed(Named(MemmappedPackage::kChecksumsRegion));
  };
  Result<PackageChecksums> sums = PackageChecksums::Parse(own->bytes);
  if (!sums.ok()) return framed(sums.status());
  if (sums->regions.size() != num_regions - 1) {
    return framed(DataLoss(static_cast<uint64_t>(sums->regions.size()), " regions were written, the directory has ",
                           static_cast<uint64_t>(num_regions - 1)));
  }
  return sums;
}

bool IsReadAtLoad(std::string_view name) {
  return name == MemmappedPackage::kGraphRegion || name == MemmappedPackage::kMetadataRegion ||
         name == MemmappedPackage::kSignatureRegion;
}

// The bytes from `begin` to `end` of the file, which belong to no region.
Status CheckGap(const MemmappedPackage& package, uint64_t begin, uint64_t end) {
  const auto gap = package.file().subspan(begin, end - begin);
  const auto odd = std::find_if(gap.begin(), gap.end(), [](uint8_t byte) { return byte != 0; });
  if (odd == gap.end()) return Status();
  return DataLoss("the byte at offset ", begin + static_cast<uint64_t>(odd - gap.begin()),
                  " lies between regions and is not zero, the file was changed");
}

}  // namespace

PackageChecksum ChecksumOf(std::span<const uint8_t> bytes) { return {bytes.size(), Crc32c(bytes)}; }

size_t PackageChecksums::SerializedBytes(size_t num_regions) {
  return kHeadBytes + num_regions * kEntryBytes + kOwnBytes;
}

std::string PackageChecksums::Serialize() const {
  std::string out;
  Put(kMagic, 4, &out);
  Put(kVersion, 4, &out);
  Put(directory.length, 8, &out);
  Put(directory.crc32c, 4, &out);
  Put(regions.size(), 4, &out);
  for (const PackageChecksum& region : regions) {
    Put(region.length, 8, &out);
    Put(region.crc32c, 4, &out);
  }
  Put(Crc32c({reinterpret_cast<const uint8_t*>(out.data()), out.size()}), 4, &out);
  return out;
}

Result<PackageChecksums> PackageChecksums::Parse(std::span<const uint8_t> bytes) {
  if (bytes.size() < kHeadBytes + kOwnBytes) {
    return DataLoss("want at least ", static_cast<uint64_t>(kHeadBytes + kOwnBytes), " bytes, got ",
                    static_cast<uint64_t>(bytes.size()));
  }
  Taker head(bytes);
  if (const uint32_t magic = head.Take32(); magic != kMagic) {
    return DataLoss("want it to begin with ", uint64_t{kMagic}, ", got ", uint64_t{magic});
  }
  if (const uint32_t version = head.Take32(); version != kVersion) {
    return Unimplemented("checksums of version ", uint64_t{version}, "; this program knows version ",
                         uint64_t{kVersion});
  }
  PackageChecksums sums;
  sums.directory.length = head.Take(8);
  sums.directory.crc32c = head.Take32();
  const uint32_t count = head.Take32();
  const size_t rest = bytes.size() - kHeadBytes - kOwnBytes;
  if (rest % kEntryBytes != 0 || rest / kEntryBytes != count) {
    return DataLoss("want ", uint64_t{count}, " entries of ", static_cast<uint64_t>(kEntryBytes), " bytes, got ",
                    static_cast<uint64_t>(rest), " bytes of them");
  }
  if (Taker(bytes.last(kOwnBytes)).Take32() != Crc32c(bytes.first(bytes.size() - kOwnBytes))) {
    return DataLoss("its own checksum differs, the file was changed");
  }
  for (uint32_t i = 0; i < count; ++i) {
    PackageChecksum& region = sums.regions.emplace_back();
    region.length = head.Take(8);
    region.crc32c = head.Take32();
  }
  return sums;
}

Status CheckPackageAtLoad(const MemmappedPackage& package) {
  const std::vector<NamedRegion> regions = InOrder(package);
  if (package.Find(MemmappedPackage::kChecksumsRegion) == nullptr) {
    for (const NamedRegion& entry : regions) {
      if (!entry.name.starts_with(MemmappedPackage::kOwnPrefix)) continue;
      return DataLoss("the package has ", Named(entry.name), " of a pack, but no region ",
                      MemmappedPackage::kChecksumsRegion);
    }
    return Status();
  }
  RIVULET_ASSIGN_OR_RETURN(const PackageChecksums sums, ChecksumsOf(package, regions.size()));
  RIVULET_RETURN_IF_ERROR(
      Compare("the directory", package.directory().offset, package.directory().bytes, sums.directory));
  auto want = sums.regions.begin();
  for (const auto& [name, region] : regions) {
    if (name == MemmappedPackage::kChecksumsRegion) continue;
    PackageChecksum sum = *want++;
    if (IsReadAtLoad(name)) {
      RIVULET_RETURN_IF_ERROR(Compare(Named(name), region->offset, region->bytes, sum));
    } else if (region->bytes.size() != sum.length) {
      return DataLoss(Named(name), " has ", static_cast<uint64_t>(region->bytes.size()), " bytes, ", sum.length,
                      " were written");
    }
  }
  return Status();
}

Result<std::vector<PackageDamage>> FindPackageDamage(const MemmappedPackage& package) {
  if (package.Find(MemmappedPackage::kChecksumsRegion) == nullptr) {
    return FailedPrecondition("the package has no checksums: it was not written by 'rivulet pack'");
  }
  const std::vector<NamedRegion> regions = InOrder(package);
  RIVULET_ASSIGN_OR_RETURN(const PackageChecksums sums, ChecksumsOf(package, regions.size()));
  std::vector<PackageDamage> found;
  const auto note = [&](std::string_view region, Status status) {
    if (!status.ok()) found.push_back({std::string(region), std::move(status)});
  };
  note("", Compare("the directory", package.directory().offset, package.directory().bytes, sums.directory));
  auto want = sums.regions.begin();
  uint64_t end = 0;
  for (const auto& [name, region] : regions) {
    note("", CheckGap(package, end, region->offset));
    end = region->offset + region->bytes.size();
    if (name == MemmappedPackage::kChecksumsRegion) continue;
    note(name, Compare(Named(name), region->offset, region->bytes, *want++));
  }
  note("", CheckGap(package, end, package.directory().offset));
  return found;
}

}  // namespace rivulet
