// The tensor bundle. Keys of the index are tensors' names, except "", whose value is the header, and the keys of parts
// of partitioned variables (SliceKey). A BundleEntryProto tells type, shape, shard, offset, size and the masked CRC-32C
// of the bytes.
#include <algorithm>
#include <cstring>
#include <map>
#include <mutex>

#include "engine/base/checked.h"
#include "engine/base/crc32c.h"
#include "engine/base/errors.h"
#include "engine/import/checkpoint.h"
#include "engine/import/sorted_table.h"
#include "engine/graph/tensor_proto.h"

namespace rivulet {
namespace {

constexpr int kBundleVersion = 1;
constexpr int64_t kMostShards = 99'999;  // what five digits of the files' names count

struct BundleEntry {
  DType dtype = DType::kInvalid;
  Shape shape;
  int32_t shard = 0;
  int64_t offset = 0;
  int64_t size = 0;
  uint32_t crc = 0;  // masked
  std::vector<TensorSlice> slices;
};

struct Header {
  int32_t shards = 0;
  bool big_endian = false;
};

Status ReadHeader(std::span<const uint8_t> value, Header* header) {
  WireCursor message(value, 0);
  int32_t endianness = 0, min_consumer = 0;
  while (message.Next()) {
    switch (message.field()) {
      case 1: header->shards = message.Int32(); break;
      case 2: endianness = message.Int32(); break;
      case 3: {
        WireCursor version = message.Message();
        while (version.Next()) {
          if (version.field() == 2) {
            min_consumer = version.Int32();
          } else {
            version.Skip();
          }
        }
        RIVULET_RETURN_IF_ERROR(version.status());
        break;
      }
      default: message.Skip();
    }
  }
  RIVULET_RETURN_IF_ERROR(message.status());
  if (header->shards < 0 || header->shards > kMostShards) {
    return DataLoss("num_shards: want 0 to ", kMostShards, ", got ", header->shards);
  }
  if (endianness != 0 && endianness != 1) return DataLoss("endianness: want 0 (little) or 1 (big), got ", endianness);
  header->big_endian = endianness == 1;
  if (min_consumer > kBundleVersion) {
    return FailedPrecondition("the checkpoint wants a reader of bundle version ", min_consumer,
                              " or newer, this one has ", kBundleVersion);
  }
  return Status();
}

Status ReadEntry(std::span<const uint8_t> value, const Header& header, const Limits& limits, BundleEntry* entry) {
  WireCursor message(value, 0);
  Status nested;
  while (message.Next() && nested.ok()) {
    switch (message.field()) {
      case 1: entry->dtype = DTypeFromFile(message.Int32()); break;
      case 2: entry->shape = ReadShape(message.Message(), limits, &nested); break;
      case 3: entry->shard = message.Int32(); break;
      case 4: entry->offset = message.Int(); break;
      case 5: entry->size = message.Int(); break;
      case 6: entry->crc = message.Fixed32(); break;
      case 7: {
        RIVULET_ASSIGN_OR_RETURN(TensorSlice slice, ReadTensorSlice(message.Message()));
        entry->slices.push_back(std::move(slice));
        break;
      }
      default: message.Skip();
    }
  }
  if (!nested.ok()) return DataLoss("shape: ", nested.message());
  RIVULET_RETURN_IF_ERROR(message.status());
  if (entry->shape.num_elements() < 0) {
    return DataLoss("shape: want a complete one of fewer than 2^63 elements, got ", entry->shape);
  }
  if (!entry->slices.empty()) return Status();  // the parts have entries of their own
  if (entry->shard < 0 || entry->shard >= header.shards) {
    return DataLoss("shard_id: want 0 to ", header.shards - 1, ", got ", entry->shard);
  }
  if (entry->offset < 0 || entry->size < 0) {
    return DataLoss("offset ", entry->offset, " and size ", entry->size, ": want both >= 0");
  }
  const auto element = static_cast<int64_t>(ElementBytes(entry->dtype));
  if (element == 0) return Status();
  const CheckedSize bytes = CheckedSize(entry->shape.num_elements()) * element;
  if (!bytes.valid() || bytes.value() != entry->size) {
    return DataLoss("a ", entry->dtype, " tensor of shape ", entry->shape, " has ", entry->size, " bytes, want ",
                    bytes.valid() ? Cat(bytes.value()) : std::string("more than 2^63"));
  }
  return Status();
}

// Reverses the bytes of each number; complex elements are two numbers.
void SwapBytes(Tensor* tensor) {
  size_t size = ElementBytes(tensor->dtype());
  size_t count = static_cast<size_t>(tensor->num_elements());
  if (tensor->dtype() == DType::kComplex64 || tensor->dtype() == DType::kComplex128) {
    size /= 2;
    count *= 2;
  }
  auto* bytes = static_cast<uint8_t*>(tensor->raw());
  for (size_t i = 0; i < count; ++i) std::reverse(bytes + i * size, bytes + (i + 1) * size);
}

class BundleReader : public CheckpointReader {
 public:
  BundleReader(std::shared_ptr<const FileSource> files, const std::string& prefix, const Options& options)
      : CheckpointReader(files->Describe(prefix), 2), files_(std::move(files)), prefix_(prefix), options_(options) {}

  Status Load() {
    RIVULET_ASSIGN_OR_RETURN(const FileBytes file, files_->Open(prefix_ + ".index"));
    Status status = LoadIndex(file);
    return std::move(status).Framed(Quoted(files_->Describe(prefix_ + ".index")));
  }

  void DropPages() const override {
    std::lock_guard<std::mutex> lock(mutex_);
    for (const auto& [shard, file] : shards_) rivulet::DropPages(file);
  }

 private:
  Status LoadIndex(const FileBytes& file) {
    RIVULET_ASSIGN_OR_RETURN(const SortedTable table,
                             SortedTable::Read(file, options_.limits, options_.verify_checksums));
    const SortedTable::Entry* header = table.Find("");
    if (header == nullptr) return DataLoss("the header entry is missing");
    Status status = ReadHeader(header->value, &header_);
    if (!status.ok()) return std::move(status).Framed("header");
    std::vector<Entry> whole;
    for (const SortedTable::Entry& stored : table.entries()) {
      if (stored.key.empty()) continue;
      BundleEntry entry;
      status = ReadEntry(stored.value, header_, options_.limits, &entry);
      if (!status.ok()) return std::move(status).Framed(Cat("tensor ", Quoted(stored.key)));
      // Names do not start with a zero byte, keys of slices do.
      if (stored.key[0] != '\0') {
        whole.push_back({stored.key, entry.dtype, entry.shape, entry.size, entry.slices});
      }
      stored_.emplace(stored.key, std::move(entry));
    }
    for (Entry& entry : whole) {
      for (const TensorSlice& slice : entry.slices) {
        const auto part = stored_.find(SliceKey(entry.name, slice));
        if (part == stored_.end()) {
          return DataLoss("tensor ", Quoted(entry.name), ": slice ", Quoted(slice.ToString()), " is missing");
        }
        entry.bytes += part->second.size;
      }
    }
    return Finish(std::move(whole));
  }

  Result<FileBytes> Shard(int32_t shard) const {
    std::lock_guard<std::mutex> lock(mutex_);
    const auto known = shards_.find(shard);
    if (known != shards_.end()) return known->second;
    RIVULET_ASSIGN_OR_RETURN(FileBytes file, files_->Open(ShardFile(prefix_ + ".data", shard, header_.shards)));
    shards_.emplace(shard, file);
    return file;
  }

  Result<Tensor> ReadPart(const Entry& entry, const TensorSlice& written, const TensorSlice& box,
                          Allocator& allocator) const override {
    const std::string key = entry.slices.empty() ? entry.name : SliceKey(entry.name, written);
    const BundleEntry& stored = stored_.find(key)->second;  // Load has seen it
    if (stored.dtype != entry.dtype || !(stored.shape == ShapeOf(box)) || !stored.slices.empty()) {
      return DataLoss("slice ", Quoted(written.ToString()), " is ", stored.dtype, stored.shape, ", want ", entry.dtype,
                      ShapeOf(box));
    }
    if (ElementBytes(stored.dtype) == 0 && stored.dtype != DType::kString) {
      return Unimplemented("type ", IsKnown(stored.dtype) ? Name(stored.dtype) : "unknown", " (",
                           static_cast<int>(stored.dtype), ") is not read");
    }
    RIVULET_ASSIGN_OR_RETURN(const FileBytes file, Shard(stored.shard));
    const std::string shard_name = ShardFile(prefix_ + ".data", stored.shard, header_.shards);
    const auto offset = static_cast<uint64_t>(stored.offset), size = static_cast<uint64_t>(stored.size);
    if (offset > file.bytes.size() || size > file.bytes.size() - offset) {
      return DataLoss(size, " bytes at offset ", offset, " do not fit in ", Quoted(files_->Describe(shard_name)),
                      ", which has ", static_cast<uint64_t>(file.bytes.size()));
    }
    const std::span<const uint8_t> bytes = file.bytes.subspan(static_cast<size_t>(offset), static_cast<size_t>(size));
    if (stored.dtype == DType::kString) return ReadStrings(stored, bytes, shard_name, allocator);
    if (options_.verify_checksums && MaskCrc32c(Crc32c(bytes)) != stored.crc) return WrongChecksum(shard_name);
    Tensor view = Tensor::View(stored.dtype, stored.shape, const_cast<uint8_t*>(bytes.data()), file.owner);
    const bool swap = header_.big_endian && ElementBytes(stored.dtype) > 1;
    if (view.is_aligned() && !swap) return view;
    RIVULET_ASSIGN_OR_RETURN(Tensor copy, Clone(view, allocator));
    if (swap) SwapBytes(&copy);
    return copy;
  }

  Status WrongChecksum(const std::string& shard_name) const {
    return DataLoss("the checksum does not match the bytes in ", Quoted(files_->Describe(shard_name)),
                    "; the file is damaged, or index and data are from different saves");
  }

  // All lengths as varints, the masked CRC of the lengths, all texts. A length counts into the checksums as a number of
  // 32 bits, or 64 where it needs them; the tensor's checksum goes on over the lengths' checksum and the texts.
  Result<Tensor> ReadStrings(const BundleEntry& stored, std::span<const uint8_t> bytes, const std::string& shard_name,
                             Allocator& allocator) const {
    if (header_.big_endian) return FailedPrecondition("strings of a big-endian checkpoint are not read");
    const int64_t count = stored.shape.num_elements();
    // Each takes at least the byte of its length: nothing is allocated for strings that are not there.
    if (static_cast<uint64_t>(count) > bytes.size()) {
      return DataLoss(count, " strings do not fit in ", static_cast<uint64_t>(bytes.size()), " bytes");
    }
    std::vector<uint64_t> lengths(static_cast<size_t>(count));
    uint32_t crc = 0;
    size_t at = 0;
    CheckedSize text = 0;
    for (uint64_t& length : lengths) {
      for (int shift = 0;; shift += 7) {
        if (at == bytes.size() || shift > 56) return DataLoss("a string's length is broken");
        const uint8_t byte = bytes[at++];
        length |= static_cast<uint64_t>(byte & 0x7F) << shift;
        if (byte < 0x80) break;
      }
      text += static_cast<int64_t>(length);
      uint8_t number[8];
      for (int i = 0; i < 8; ++i) number[i] = static_cast<uint8_t>(length >> (8 * i));
      crc = ExtendCrc32c(crc, {number, length <= UINT32_MAX ? size_t{4} : size_t{8}});
    }
    if (!text.valid() || bytes.size() - at < 4 || static_cast<uint64_t>(text.value()) != bytes.size() - at - 4) {
      return DataLoss("the strings have ", text.valid() ? text.value() : INT64_MAX, " bytes of text, ",
                      static_cast<uint64_t>(bytes.size() - at), " are there with their checksum");
    }
    const std::span<const uint8_t> stored_crc = bytes.subspan(at, 4);
    uint32_t lengths_crc = 0;
    for (int i = 0; i < 4; ++i) lengths_crc |= uint32_t{stored_crc[static_cast<size_t>(i)]} << (8 * i);
    if (options_.verify_checksums && MaskCrc32c(crc) != lengths_crc) return WrongChecksum(shard_name);
    crc = ExtendCrc32c(crc, stored_crc);
    crc = ExtendCrc32c(crc, bytes.subspan(at + 4));
    if (options_.verify_checksums && MaskCrc32c(crc) != stored.crc) return WrongChecksum(shard_name);
    at += 4;
    // The tensor's budget counts the string objects; their text is bounded by the file, which was.
    RIVULET_ASSIGN_OR_RETURN(Tensor out, Tensor::Allocate(DType::kString, stored.shape, allocator));
    for (int64_t i = 0; i < count; ++i) {
      const auto length = static_cast<size_t>(lengths[static_cast<size_t>(i)]);
      out.data<std::string>()[i].assign(reinterpret_cast<const char*>(bytes.data()) + at, length);
      at += length;
    }
    return out;
  }

  const std::shared_ptr<const FileSource> files_;
  const std::string prefix_;
  const Options options_;
  Header header_;
  std::map<std::string, BundleEntry, std::less<>> stored_;
  mutable std::mutex mutex_;
  mutable std::map<int32_t, FileBytes> shards_;
};

}  // namespace

Result<std::shared_ptr<const CheckpointReader>> OpenCheckpointV2(std::shared_ptr<const FileSource> files,
                                                                 const std::string& prefix,
                                                                 const CheckpointReader::Options& options) {
  auto reader = std::make_shared<BundleReader>(std::move(files), prefix, options);
  RIVULET_RETURN_IF_ERROR(reader->Load());
  return std::shared_ptr<const CheckpointReader>(std::move(reader));
}

}  // namespace rivulet
