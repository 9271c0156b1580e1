// Checksums of a package's regions, in a region of their own. All numbers are little-endian:
//
//   u32 magic "RVCS", u32 version = 1
//   u64 length and u32 crc32c of the directory, u32 count
//   count times: u64 length and u32 crc32c of a region, in the order of their offsets, this one left out
//   u32 crc32c of all of the above
//
// A package that TensorFlow wrote has none, and nothing of it can be checked.
#ifndef RIVULET_ENGINE_IMPORT_PACKAGE_CHECKSUMS_H_
#define RIVULET_ENGINE_IMPORT_PACKAGE_CHECKSUMS_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rivulet/status.h"

namespace rivulet {

class MemmappedPackage;

struct PackageChecksum {
  uint64_t length = 0;
  uint32_t crc32c = 0;
};

PackageChecksum ChecksumOf(std::span<const uint8_t> bytes);

struct PackageChecksums {
  PackageChecksum directory;
  std::vector<PackageChecksum> regions;

  // DATA_LOSS where the bytes are no such region or were changed, UNIMPLEMENTED for another version.
  static Result<PackageChecksums> Parse(std::span<const uint8_t> bytes);
  std::string Serialize() const;
  static size_t SerializedBytes(size_t num_regions);
};

// What is looked at whenever a package is read: the directory, the length of every region, and the content of those
// that loading reads anyway: graph, metadata, signature. Weights are not touched. A package without checksums is fine
// unless it has other regions of a pack.
Status CheckPackageAtLoad(const MemmappedPackage& package);

// A region that is not as it was written, or bytes between regions that are not zero.
struct PackageDamage {
  std::string region;
  Status status;
};
// Reads everything; empty when all of it is as it was written. FAILED_PRECONDITION when there are no checksums.
Result<std::vector<PackageDamage>> FindPackageDamage(const MemmappedPackage& package);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_IMPORT_PACKAGE_CHECKSUMS_H_
