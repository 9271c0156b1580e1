// A pack's checksums: what is seen at load, what by a full look, and the exact bytes of the region.
#include "engine/import/package_checksums.h"

#include <gtest/gtest.h>

#include "engine/import/import_testing.h"
#include "engine/import/memmapped_package.h"

namespace rivulet {
namespace {

struct Part {
  std::string name;
  std::string content;
  uint64_t claim = 0;  // what the directory says of its length, where that is a lie
  uint64_t offset = 0;
};

// A package of these regions, each at a multiple of 16, whose checksums, if it has that region, are right.
struct Package {
  std::string bytes;
  std::vector<Part> parts;
  uint64_t directory = 0;
};
Package Make(std::vector<Part> parts) {
  Package package;
  std::string directory;
  for (Part& part : parts) {
    if (part.name == MemmappedPackage::kChecksumsRegion) {
      part.content.assign(PackageChecksums::SerializedBytes(parts.size() - 1), '\0');
    }
    package.bytes.append((16 - package.bytes.size() % 16) % 16, '\0');
    part.offset = package.bytes.size();
    package.bytes += part.content;
    directory += WireNested(1, WireField(1, part.offset) + WireNested(2, part.name) +
                                   WireField(3, part.claim > 0 ? part.claim : part.content.size()));
  }
  PackageChecksums sums;
  sums.directory = ChecksumOf(AsBytes(directory));
  for (const Part& part : parts) {
    if (part.name != MemmappedPackage::kChecksumsRegion) sums.regions.push_back(ChecksumOf(AsBytes(part.content)));
  }
  for (Part& part : parts) {
    if (part.name != MemmappedPackage::kChecksumsRegion) continue;
    part.content = sums.Serialize();
    package.bytes.replace(part.offset, part.content.size(), part.content);
  }
  package.directory = package.bytes.size();
  package.bytes += directory + Little(package.directory, 8);
  package.parts = std::move(parts);
  return package;
}

Package Pack() {
  return Make({{std::string(MemmappedPackage::kSignatureRegion), std::string(MemmappedPackage::kSignature)},
               {"memmapped_package://w", "weights"},
               {std::string(MemmappedPackage::kPackedPrefix) + "w/0", "packed"},
               {std::string(MemmappedPackage::kMetadataRegion), "{}"},
               {std::string(MemmappedPackage::kChecksumsRegion), ""},
               {std::string(MemmappedPackage::kGraphRegion), "graph"}});
}

Result<MemmappedPackage> Read(const std::string& bytes) { return MemmappedPackage::Read(AsBytes(bytes), nullptr); }

bool IsReadAtLoad(const Part& part) {
  return part.name != "memmapped_package://w" && !part.name.starts_with(MemmappedPackage::kPackedPrefix);
}

TEST(PackageChecksums, ByteByByte) {
  PackageChecksums sums;
  sums.directory = {0x0102, 0xA1B2C3D4};
  sums.regions = {{5, 6}, {7, 8}};
  std::string want = "RVCS" + Little(1, 4) + Little(0x0102, 8) + Little(0xA1B2C3D4, 4) + Little(2, 4) + Little(5, 8) +
                     Little(6, 4) + Little(7, 8) + Little(8, 4);
  want += Little(ChecksumOf(AsBytes(want)).crc32c, 4);
  EXPECT_EQ(sums.Serialize(), want);
  EXPECT_EQ(PackageChecksums::SerializedBytes(2), want.size());
  EXPECT_EQ(ChecksumOf(AsBytes(std::string("123456789"))).crc32c, 0xE3069283u) << "the usual check value of CRC-32C";
  const auto read = PackageChecksums::Parse(AsBytes(want));
  ASSERT_TRUE(read.ok()) << read.status().ToString();
  EXPECT_EQ(read->directory.length, 0x0102u);
  ASSERT_EQ(read->regions.size(), 2u);
  EXPECT_EQ(read->regions[1].length, 7u);
  EXPECT_EQ(read->regions[1].crc32c, 8u);
}

TEST(PackageChecksums, AWholePackIsFine) {
  const Package pack = Pack();
  const auto package = Read(pack.bytes);
  ASSERT_TRUE(package.ok()) << package.status().ToString();
  const auto damage = FindPackageDamage(*package);
  ASSERT_TRUE(damage.ok());
  EXPECT_TRUE(damage->empty());
}

// Each bit of the file, once: what loading reads is an error then, and weights are found by the full look, which names
// the region.
TEST(PackageChecksums, EveryFlippedBitIsSeen) {
  const Package pack = Pack();
  for (size_t at = 0; at < pack.bytes.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string bytes = pack.bytes;
      bytes[at] = static_cast<char>(bytes[at] ^ 1 << bit);
      std::string region;
      bool must_fail = at >= pack.directory;
      for (const Part& part : pack.parts) {
        if (at < part.offset || at >= part.offset + part.content.size()) continue;
        region = part.name;
        must_fail = IsReadAtLoad(part);
      }
      const auto package = Read(bytes);
      ASSERT_EQ(package.ok(), !must_fail) << "byte " << at << " of region " << region;
      if (!package.ok()) continue;
      const auto damage = FindPackageDamage(*package);
      ASSERT_TRUE(damage.ok());
      ASSERT_EQ(damage->size(), 1u) << "byte " << at;
      EXPECT_EQ((*damage)[0].region, region) << "byte " << at;
      EXPECT_EQ((*damage)[0].status.code(), Code::kDataLoss);
    }
  }
}

TEST(PackageChecksums, EveryCutIsSeen) {
  const Package pack = Pack();
  for (size_t size = 0; size < pack.bytes.size(); ++size) {
    const std::string bytes = pack.bytes.substr(0, size);
    EXPECT_EQ(LooksLikePackage(AsBytes(bytes)), size >= MemmappedPackage::kSignature.size());
    const auto package = Read(bytes);
    ASSERT_FALSE(package.ok()) << size;
    if (size >= MemmappedPackage::kSignature.size()) {
      EXPECT_NE(package.status().message().find("was cut"), std::string_view::npos) << package.status().ToString();
    }
  }
}

TEST(PackageChecksums, APackWithoutThemIsRefusedAndAPackageIsNot) {
  const auto bare =
      Read(Make({{"memmapped_package://w", "weights"}, {std::string(MemmappedPackage::kGraphRegion), "g"}}).bytes);
  ASSERT_TRUE(bare.ok());
  EXPECT_EQ(FindPackageDamage(*bare).status().code(), Code::kFailedPrecondition);
  const auto pack = Read(Make({{std::string(MemmappedPackage::kPackedPrefix) + "w/0", "weights"},
                               {std::string(MemmappedPackage::kGraphRegion), "g"}})
                             .bytes);
  EXPECT_EQ(pack.status().code(), Code::kDataLoss);
  EXPECT_NE(pack.status().message().find("rivulet/checksums"), std::string_view::npos);
}

TEST(PackageChecksums, RegionsThatOverlapAreRefusedWhateverTheChecksums) {
  for (const size_t which : {1, 2, 5}) {
    std::vector<Part> parts = Pack().parts;
    for (Part& part : parts) part.offset = 0;
    parts[which].claim = 1000;
    const Status status = Read(Make(parts).bytes).status();
    EXPECT_EQ(status.code(), Code::kDataLoss);
    EXPECT_NE(status.message().find("1000 bytes reach beyond"), std::string_view::npos) << status.ToString();
  }
}

TEST(PackageChecksums, RegionsThatWereAddedOrOfALaterVersion) {
  PackageChecksums few;
  const std::string old = few.Serialize();
  std::string later = old;
  later[4] = 2;
  EXPECT_EQ(PackageChecksums::Parse(AsBytes(later)).status().code(), Code::kUnimplemented);
  EXPECT_EQ(PackageChecksums::Parse(AsBytes(old.substr(0, old.size() - 1))).status().code(), Code::kDataLoss);
  std::string many = old;
  many[20] = '\xFF';
  many[23] = '\xFF';  // billions of entries that are not there
  EXPECT_EQ(PackageChecksums::Parse(AsBytes(many)).status().code(), Code::kDataLoss);
}

}  // namespace
}  // namespace rivulet
