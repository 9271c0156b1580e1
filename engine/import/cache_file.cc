#include "engine/import/cache_file.h"

#include <algorithm>

#include "engine/base/crc32c.h"
#include "engine/base/errors.h"

namespace rivulet {
namespace {

constexpr uint32_t kVersion = 1;
constexpr std::string_view kMagic = "RVCF";
constexpr size_t kTrailerBytes = 8 + 4 + 4;
constexpr uint64_t kAlignment = 64;
// Of regions that are written in one go.
constexpr uint64_t kPiece = 1 << 20;

void Put(uint64_t value, int width, std::string* out) {
  for (int i = 0; i < width; ++i) out->push_back(static_cast<char>(value >> (8 * i)));
}

void PutText(std::string_view text, std::string* out) {
  Put(text.size(), 4, out);
  *out += text;
}

// Takes fields off the front; after one that is not there all are zero and empty.
class Taker {
 public:
  explicit Taker(std::span<const uint8_t> bytes) : bytes_(bytes) {}
  uint64_t Take(size_t width) {
    uint64_t value = 0;
    const std::span<const uint8_t> field = Bytes(width);
    for (size_t i = 0; i < field.size(); ++i) value |= uint64_t{field[i]} << (8 * i);
    return value;
  }
  std::string_view Text() {
    const std::span<const uint8_t> text = Bytes(Take(4));
    return {reinterpret_cast<const char*>(text.data()), text.size()};
  }
  std::span<const uint8_t> Bytes(uint64_t count) {
    if (count > bytes_.size()) {
      is_short_ = true;
      bytes_ = {};
      return {};
    }
    const auto taken = bytes_.first(count);
    bytes_ = bytes_.subspan(count);
    return taken;
  }
  bool is_short() const { return is_short_; }
  bool is_empty() const { return bytes_.empty(); }

 private:
  std::span<const uint8_t> bytes_;
  bool is_short_ = false;
};

uint32_t SealOf(uint32_t checksum) { return 1 + checksum % kMostSeal; }

std::string TrailerOf(std::string_view table) {
  std::string out;
  Put(table.size(), 8, &out);
  Put(Crc32c({reinterpret_cast<const uint8_t*>(table.data()), table.size()}), 4, &out);
  return out += kMagic;
}

template <typename... Args>
Status Unfit(const std::string& path, const Args&... args) {
  return DataLoss(Quoted(path), ": no file of this cache: ", args...);
}

bool SumsFit(std::span<const uint8_t> bytes, uint64_t piece, std::span<const uint8_t> sums) {
  Taker taker(sums);
  for (uint64_t at = 0; at < bytes.size(); at += piece) {
    if (taker.Take(4) != Crc32c(bytes.subspan(at, std::min<uint64_t>(piece, bytes.size() - at)))) return false;
  }
  return true;
}

}  // namespace

Result<CacheFile> CacheFile::Open(const std::string& path, std::string_view identity, FileAccess access, bool all) {
  RIVULET_ASSIGN_OR_RETURN(OwnFile own, OpenOwnFile(path, access, INT64_MAX));
  const std::span<const uint8_t> bytes = own.file.bytes;
  if (bytes.size() < kTrailerBytes) return Unfit(path, "it has ", static_cast<uint64_t>(bytes.size()), " bytes");
  Taker trailer(bytes.last(kTrailerBytes));
  const uint64_t length = trailer.Take(8);
  const auto checksum = static_cast<uint32_t>(trailer.Take(4));
  const auto magic = trailer.Bytes(kMagic.size());
  if (!std::equal(magic.begin(), magic.end(), kMagic.begin())) return Unfit(path, "it ends otherwise");
  const uint64_t rest = bytes.size() - kTrailerBytes;
  if (length > rest) return Unfit(path, "a table of ", length, " bytes");
  const auto table = bytes.subspan(rest - length, length);
  if (Crc32c(table) != checksum) return Unfit(path, "its table's checksum is another");
  const bool is_sealed = own.seal == SealOf(checksum);

  Taker taker(table);
  if (const uint64_t version = taker.Take(4); version != kVersion) return Unfit(path, "version ", version);
  if (taker.Text() != identity) return Unfit(path, "it is of another model, or of another version of this program");
  CacheFile cache;
  for (uint64_t left = taker.Take(4); left > 0 && !taker.is_short(); --left) {
    const std::string_view name = taker.Text();
    Region region;
    region.dtype = static_cast<DType>(taker.Take(1));
    const uint64_t offset = taker.Take(8), size = taker.Take(8), piece = taker.Take(8);
    const uint64_t end = rest - length;
    if (offset % kAlignment != 0 || offset > end || size > end - offset || (piece == 0 && size > 0)) {
      return Unfit(path, "region ", Quoted(name), " does not fit it");
    }
    region.bytes = bytes.subspan(offset, size);
    const uint64_t pieces = size == 0 ? 0 : (size - 1) / piece + 1;
    const auto sums = taker.Bytes(pieces * 4);
    if (taker.is_short()) break;
    if ((all || !is_sealed) && !SumsFit(region.bytes, piece, sums)) {
      return Unfit(path, "region ", Quoted(name), " was changed");
    }
    if (!cache.regions_.emplace(std::string(name), region).second) return Unfit(path, Quoted(name), " is there twice");
  }
  if (taker.is_short() || !taker.is_empty()) return Unfit(path, "its table has another length");
  if (!is_sealed) SealFile(path, SealOf(checksum));
  cache.file_ = std::move(own.file);
  return cache;
}

Result<std::unique_ptr<CacheFileWriter>> CacheFileWriter::Create(const std::string& path, std::string identity) {
  RIVULET_ASSIGN_OR_RETURN(std::unique_ptr<NewFile> file, NewFile::Create(path));
  return std::unique_ptr<CacheFileWriter>(new CacheFileWriter(std::move(file), std::move(identity)));
}

size_t CacheFileWriter::Reserve(std::string name, DType dtype, uint64_t length, uint64_t piece) {
  Entry& entry = entries_.emplace_back();
  entry.name = *names_.insert(std::move(name)).first;
  entry.dtype = dtype;
  entry.offset = end_;
  entry.length = length;
  entry.piece = piece;
  entry.checksums.resize(length == 0 ? 0 : (length - 1) / piece + 1);
  end_ = (end_ + length + kAlignment - 1) / kAlignment * kAlignment;
  return entries_.size() - 1;
}

int CacheFileWriter::TryWritePiece(size_t region, uint64_t index, std::span<const uint8_t> bytes) {
  Entry& entry = entries_[region];
  entry.checksums[index] = Crc32c(bytes);
  return file_->TryWriteAt(entry.offset + index * entry.piece, bytes);
}

Status CacheFileWriter::Add(std::string name, DType dtype, std::span<const uint8_t> bytes) {
  const size_t region = Reserve(std::move(name), dtype, bytes.size(), kPiece);
  for (uint64_t at = 0; at < bytes.size(); at += kPiece) {
    const auto piece = bytes.subspan(at, std::min<uint64_t>(kPiece, bytes.size() - at));
    if (const int error = TryWritePiece(region, at / kPiece, piece); error != 0) return WriteFailed(error);
  }
  return Status();
}

Status CacheFileWriter::Keep() {
  std::string table;
  Put(kVersion, 4, &table);
  PutText(identity_, &table);
  Put(entries_.size(), 4, &table);
  for (const Entry& entry : entries_) {
    PutText(entry.name, &table);
    Put(static_cast<uint64_t>(entry.dtype), 1, &table);
    for (const uint64_t field : {entry.offset, entry.length, entry.piece}) Put(field, 8, &table);
    for (const uint32_t checksum : entry.checksums) Put(checksum, 4, &table);
  }
  const uint32_t checksum = Crc32c({reinterpret_cast<const uint8_t*>(table.data()), table.size()});
  table += TrailerOf(table);
  RIVULET_RETURN_IF_ERROR(file_->WriteAt(end_, {reinterpret_cast<const uint8_t*>(table.data()), table.size()}));
  return file_->Keep(SealOf(checksum));
}

}  // namespace rivulet
