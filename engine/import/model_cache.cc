#include "engine/import/model_cache.h"

#include <algorithm>
#include <array>

#include "engine/base/bit_cast.h"
#include "engine/base/errors.h"
#include "engine/import/package_checksums.h"
#include "engine/import/packed_regions.h"

namespace rivulet {
namespace {

constexpr size_t kKeyDigits = 16;
// Plans for other sizes may want other forms of the same constants. What is beyond so many times the constants' bytes
// is packed at each load.
constexpr uint64_t kMostForms = 4;

uint64_t HashOf(std::string_view text) {
  uint64_t hash = 0xCBF29CE484222325u;
  for (const char c : text) hash = (hash ^ static_cast<uint8_t>(c)) * 0x100000001B3u;
  return hash;
}

bool IsLittleEndian() { return BitCast<uint32_t>(std::array<uint8_t, 4>{1, 0, 0, 0}) == 1; }

// All that decides what decoding and packing give. The checksums have the length and CRC of every region.
std::string IdentityOf(const MemmappedPackage& package) {
  const auto sums = package.Find(MemmappedPackage::kChecksumsRegion)->bytes;
  std::string identity = Cat("rivulet cache, decoder 1, packed ", kPackedLayout, IsLittleEndian() ? "little" : "big",
                             " endian, a pack of ", static_cast<uint64_t>(package.file().size()), " bytes: ");
  return identity.append(reinterpret_cast<const char*>(sums.data()), sums.size());
}

std::string KeyOf(std::string_view identity) {
  const uint64_t hash = HashOf(identity);
  std::string key;
  for (size_t i = 0; i < kKeyDigits; ++i) key += "0123456789abcdef"[hash >> (60 - 4 * i) & 15];
  return key;
}

bool IsCacheFileName(std::string_view name) {
  return name.size() > kKeyDigits && name.find_first_not_of("0123456789abcdef") == kKeyDigits &&
         (name.substr(kKeyDigits) == ".weights" || name.substr(kKeyDigits) == ".packed");
}

bool HasSqueezed(const MemmappedPackage& package) {
  const auto at = package.regions().lower_bound(MemmappedPackage::kSqueezedPrefix);
  return at != package.regions().end() && at->first.starts_with(MemmappedPackage::kSqueezedPrefix);
}

}  // namespace

ModelCache::ModelCache(const MemmappedPackage& package, const LoadOptions& options)
    : folder_(options.cache_folder),
      identity_(IdentityOf(package)),
      note_(options.cache_note),
      access_(options.map_file ? FileAccess::kMap : FileAccess::kRead),
      check_all_(options.check_regions) {
  const std::string stem = Cat(folder_, folder_.ends_with('/') ? "" : "/", KeyOf(identity_));
  weights_path_ = stem + ".weights";
  packed_path_ = stem + ".packed";
}

void ModelCache::Note(const Status& why) const {
  if (note_) note_(Cat("the cache is not used: ", why.message()));
}

std::shared_ptr<ModelCache> ModelCache::Open(const MemmappedPackage& package, const LoadOptions& options) {
  if (options.cache_folder.empty() || !HasSqueezed(package) ||
      package.Find(MemmappedPackage::kChecksumsRegion) == nullptr) {
    return nullptr;
  }
  std::shared_ptr<ModelCache> cache(new ModelCache(package, options));
  if (const Status status = cache->OpenWeights(package, options); !status.ok()) {
    cache->Note(status);
    return nullptr;
  }
  for (const auto& [name, region] : cache->weights_.regions()) cache->constant_at_.emplace(region.bytes.data(), name);
  Result<CacheFile> packed = cache->OpenFile(cache->packed_path_);
  if (packed.ok()) cache->packed_ = *std::move(packed);
  return cache;
}

Result<CacheFile> ModelCache::OpenFile(const std::string& path) const {
  return CacheFile::Open(path, identity_, access_, check_all_);
}

Status ModelCache::OpenWeights(const MemmappedPackage& package, const LoadOptions& options) {
  Result<CacheFile> found = OpenFile(weights_path_);
  if (!found.ok()) {
    RIVULET_RETURN_IF_ERROR(MakeWeights(package, options));
    has_decoded_ = true;
    found = OpenFile(weights_path_);
  }
  if (!found.ok()) return std::move(found).status();
  weights_ = *std::move(found);
  return Status();
}

Status ModelCache::MakeWeights(const MemmappedPackage& package, const LoadOptions& options) {
  RIVULET_RETURN_IF_ERROR(MakeOwnFolder(folder_));
  RemoveAbandoned(folder_, IsCacheFileName);
  // What is kept under these checksums must be what they were made of.
  RIVULET_ASSIGN_OR_RETURN(const std::vector<PackageDamage> damage, FindPackageDamage(package));
  if (!damage.empty()) return damage[0].status;
  RIVULET_ASSIGN_OR_RETURN(const std::unique_ptr<CacheFileWriter> writer,
                           CacheFileWriter::Create(weights_path_, identity_));
  const int threads = std::clamp(options.num_threads, 1, 1024);
  RIVULET_RETURN_IF_ERROR(DecodeToFile(package, *options.allocator, threads, writer.get()));
  return writer->Keep();
}

DecodedConstants ModelCache::Constants() const {
  DecodedConstants constants;
  for (const auto& [name, region] : weights_.regions()) {
    const size_t element = ElementBytes(region.dtype);
    if (element == 0 || region.bytes.size() % element != 0) continue;
    const auto count = static_cast<int64_t>(region.bytes.size() / element);
    constants.emplace(
        name, Tensor::View(region.dtype, {count}, const_cast<uint8_t*>(region.bytes.data()), weights_.file().owner));
  }
  return constants;
}

void ModelCache::DropPages() const { rivulet::DropPages(weights_.file()); }
void ModelCache::DropPages(std::span<const uint8_t> part) const { rivulet::DropPages(weights_.file(), part); }

ModelCache::Recording::Recording(ModelCache* cache) : cache_(cache) {
  if (cache_ == nullptr) return;
  lock_ = std::unique_lock<std::mutex>(cache_->recording_, std::try_to_lock);
  if (!lock_.owns_lock() || cache_->has_failed_) return;
  recording_ = std::make_unique<PackedOperands::Recording>(
      [this](const Tensor& constant, std::string_view form, std::span<const uint8_t> bytes) {
        See(constant, form, bytes);
      });
}

void ModelCache::Recording::See(const Tensor& constant, std::string_view form, std::span<const uint8_t> bytes) {
  const auto at = cache_->constant_at_.find(constant.raw());
  if (at == cache_->constant_at_.end() || cache_->has_failed_) return;
  std::string name = PackedRegionName(at->second, form);
  if (cache_->forms().contains(name) || cache_->written_.contains(name)) return;
  if (const Status status = Write(std::move(name), bytes); !status.ok()) GiveUp(status);
}

Status ModelCache::Recording::Write(std::string name, std::span<const uint8_t> bytes) {
  if (writer_ == nullptr) RIVULET_RETURN_IF_ERROR(Begin());
  const uint64_t most = kMostForms * cache_->weights_.file().bytes.size();
  if (writer_->Has(name) || bytes.size() > most || writer_->size() > most - bytes.size()) return Status();
  return writer_->Add(std::move(name), DType::kInvalid, bytes);
}

// A new file, with what is in the old one, perhaps by another process since.
Status ModelCache::Recording::Begin() {
  RIVULET_RETURN_IF_ERROR(MakeOwnFolder(cache_->folder_));
  RemoveAbandoned(cache_->folder_, IsCacheFileName);
  RIVULET_ASSIGN_OR_RETURN(writer_, CacheFileWriter::Create(cache_->packed_path_, cache_->identity_));
  const Result<CacheFile> before = cache_->OpenFile(cache_->packed_path_);
  if (!before.ok()) return Status();
  for (const auto& [name, region] : before->regions()) {
    RIVULET_RETURN_IF_ERROR(writer_->Add(name, region.dtype, region.bytes));
  }
  return Status();
}

void ModelCache::Recording::GiveUp(const Status& why) {
  writer_.reset();
  cache_->has_failed_ = true;
  cache_->Note(why);
}

void ModelCache::Recording::Keep() {
  recording_.reset();
  if (writer_ == nullptr) return;
  if (const Status status = writer_->Keep(); !status.ok()) return GiveUp(status);
  cache_->written_ = writer_->names();
  writer_.reset();
}

}  // namespace rivulet
