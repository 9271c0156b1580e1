// TensorFlow's memmapped package: a graph whose large constants lie in the file as they are in memory.
//
//   regions, each padded to start at a multiple of 64; the graph is the region "memmapped_package://."
//   directory: MemmappedFileSystemDirectory { repeated element = 1 { offset = 1, name = 2, length = 3 } }
//   eight bytes: the directory's offset, little-endian
//
// Writers up to TensorFlow 1.12 gave no lengths: a region then ends where the next one, or the directory, starts.
//
// A pack (.rivulet) is such a package with regions of its own below "rivulet/", which TensorFlow's reader steps over:
//
//   rivulet/signature    first in the file: kSignature, by which a file without its end is still known
//   rivulet/metadata     what an app must feed, labels, samples: JSON, which the engine only hands out
//   rivulet/checksums    package_checksums.h
//   rivulet/packed/...   weights as the kernels read them: packed_regions.h
//   rivulet/samples/...  what the metadata refers to
//
// Constants of any package may be squeezed: regions rivulet/squeezed/..., squeezed_region.h.
#ifndef RIVULET_ENGINE_IMPORT_MEMMAPPED_PACKAGE_H_
#define RIVULET_ENGINE_IMPORT_MEMMAPPED_PACKAGE_H_

#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "engine/graph/graph.h"
#include "rivulet/limits.h"

namespace rivulet {

class MemmappedPackage {
 public:
  struct Region {
    uint64_t offset = 0;
    std::span<const uint8_t> bytes;
  };

  // DATA_LOSS where the directory and its regions do not fit the file or each other, or are not what a pack's checksums
  // say of them (as far as CheckPackageAtLoad looks); NOT_FOUND without a graph.
  static Result<MemmappedPackage> Read(std::span<const uint8_t> bytes, std::shared_ptr<void> owner);

  const Region* Find(std::string_view name) const;
  const Region& graph() const { return *Find(kGraphRegion); }
  const std::map<std::string, Region, std::less<>>& regions() const { return regions_; }
  const Region& directory() const { return directory_; }
  std::span<const uint8_t> file() const { return file_; }
  const std::shared_ptr<void>& owner() const { return owner_; }

  // What squeezed regions hold, by their names; for as long as the graph is read.
  void TakeDecoded(std::map<std::string, Tensor, std::less<>> decoded) { decoded_ = std::move(decoded); }
  // Where the others are decoded to, and by how many threads; without, memory is unlimited.
  void DecodeTo(std::shared_ptr<Allocator> allocator, int threads) {
    allocator_ = std::move(allocator);
    threads_ = threads;
  }
  Result<Tensor> DecodeSqueezed(const Region& region, DType dtype, const Shape& shape) const;
  // Of the region's name: what was decoded, or else as above.
  Result<Tensor> FindSqueezed(std::string_view name, const Region& region, DType dtype, const Shape& shape) const;

  static constexpr std::string_view kPrefix = "memmapped_package://";
  static constexpr std::string_view kGraphRegion = "memmapped_package://.";
  static constexpr std::string_view kOwnPrefix = "memmapped_package://rivulet/";
  static constexpr std::string_view kSignatureRegion = "memmapped_package://rivulet/signature";
  static constexpr std::string_view kMetadataRegion = "memmapped_package://rivulet/metadata";
  static constexpr std::string_view kChecksumsRegion = "memmapped_package://rivulet/checksums";
  static constexpr std::string_view kPackedPrefix = "memmapped_package://rivulet/packed/";
  static constexpr std::string_view kSamplesPrefix = "memmapped_package://rivulet/samples/";
  // No text, and changed by whatever changes the ends of lines.
  static constexpr std::string_view kSignature = "\x89RVLT\r\n\x1a\n";
  static constexpr std::string_view kSqueezedPrefix = "memmapped_package://rivulet/squeezed/";

 private:
  static Result<MemmappedPackage> ReadDirectory(std::span<const uint8_t> bytes);

  std::map<std::string, Region, std::less<>> regions_;
  Region directory_;
  std::span<const uint8_t> file_;
  std::shared_ptr<void> owner_;
  std::map<std::string, Tensor, std::less<>> decoded_;
  std::shared_ptr<Allocator> allocator_;
  int threads_ = 1;
};

// Whether the file ends as a package does, intact or not.
bool LooksLikePackage(std::span<const uint8_t> bytes);

// Makes an ImmutableConst a Const over its region of the package; a Const in error when it has none, which is said when
// the value is needed.
void PlaceRegion(const MemmappedPackage& package, Node* node);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_IMPORT_MEMMAPPED_PACKAGE_H_
