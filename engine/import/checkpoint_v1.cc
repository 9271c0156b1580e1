// Version 1: each shard is a sorted table. Its key "" holds a SavedTensorSlices message with the names, types, shapes
// and slices of the shard's tensors; the key of each slice holds one with the values, as a TensorProto without type and
// shape.
#include <map>

#include "engine/base/errors.h"
#include "engine/import/checkpoint.h"
#include "engine/import/sorted_table.h"
#include "engine/graph/tensor_proto.h"

namespace rivulet {
namespace {

constexpr int kFormatVersion = 1;
constexpr int64_t kMostShards = 99'999;

struct Meta {
  std::string name;
  DType dtype = DType::kInvalid;
  Shape shape;
  std::vector<TensorSlice> slices;
};

Status ReadTensorMeta(WireCursor message, const Limits& limits, Meta* meta) {
  Status nested;
  while (message.Next() && nested.ok()) {
    switch (message.field()) {
      case 1: meta->name = std::string(message.Text()); break;
      case 2: meta->shape = ReadShape(message.Message(), limits, &nested); break;
      case 3: meta->dtype = DTypeFromFile(message.Int32()); break;
      case 4: {
        RIVULET_ASSIGN_OR_RETURN(TensorSlice slice, ReadTensorSlice(message.Message()));
        meta->slices.push_back(std::move(slice));
        break;
      }
      default: message.Skip();
    }
  }
  if (!nested.ok()) return DataLoss("shape: ", nested.message());
  RIVULET_RETURN_IF_ERROR(message.status());
  if (meta->shape.num_elements() < 0) {
    return DataLoss("shape: want a complete one of fewer than 2^63 elements, got ", meta->shape);
  }
  return Status();
}

Status ReadVersions(WireCursor message) {
  int32_t min_consumer = 0;
  while (message.Next()) {
    if (message.field() == 2) {
      min_consumer = message.Int32();
    } else {
      message.Skip();
    }
  }
  RIVULET_RETURN_IF_ERROR(message.status());
  if (min_consumer > kFormatVersion) {
    return FailedPrecondition("the checkpoint wants a reader of version ", min_consumer, " or newer, this one has ",
                              kFormatVersion);
  }
  return Status();
}

Status ReadMeta(WireCursor message, const Limits& limits, std::vector<Meta>* metas) {
  while (message.Next()) {
    if (message.field() == 1) {
      Meta meta;
      Status status = ReadTensorMeta(message.Message(), limits, &meta);
      if (!status.ok()) return std::move(status).Framed(Cat("tensor ", Quoted(meta.name)));
      metas->push_back(std::move(meta));
    } else if (message.field() == 2) {
      RIVULET_RETURN_IF_ERROR(ReadVersions(message.Message()));
    } else {
      message.Skip();
    }
  }
  return message.status();
}

// The nested message `field` of the one that `value` holds; an empty cursor when it is not there.
Result<WireCursor> Inner(std::span<const uint8_t> value, uint32_t field) {
  WireCursor message(value, 0), found({}, 0);
  while (message.Next()) {
    if (message.field() == field) {
      found = message.Message();
    } else {
      message.Skip();
    }
  }
  RIVULET_RETURN_IF_ERROR(message.status());
  return found;
}

class SlicesReader : public CheckpointReader {
 public:
  SlicesReader(std::shared_ptr<const FileSource> files, const std::string& prefix, const Options& options)
      : CheckpointReader(files->Describe(prefix), 1), files_(std::move(files)), options_(options) {}

  Status Load(const std::vector<std::string>& shards) {
    std::map<std::string, Entry, std::less<>> entries;
    for (const std::string& shard : shards) {
      RIVULET_ASSIGN_OR_RETURN(const FileBytes file, files_->Open(shard));
      Status status = LoadShard(file, &entries);
      if (!status.ok()) return std::move(status).Framed(Quoted(files_->Describe(shard)));
    }
    std::vector<Entry> sorted;
    for (auto& [name, entry] : entries) {
      // One slice that is the whole tensor is no partition.
      if (entry.slices.size() == 1) {
        Result<TensorSlice> box = Resolve(entry.slices[0], entry.shape);
        if (box.ok() && IsWhole(*box, entry.shape)) {
          whole_.emplace(name, entry.slices[0]);
          entry.slices.clear();
        }
      }
      sorted.push_back(std::move(entry));
    }
    return Finish(std::move(sorted));
  }

  void DropPages() const override {
    for (const FileBytes& file : shards_) rivulet::DropPages(file);
  }

 private:
  Status LoadShard(const FileBytes& file, std::map<std::string, Entry, std::less<>>* entries) {
    RIVULET_ASSIGN_OR_RETURN(SortedTable table, SortedTable::Read(file, options_.limits, options_.verify_checksums));
    const SortedTable::Entry* header = table.Find("");
    if (header == nullptr) return DataLoss("the entry with the tensors' names is missing");
    RIVULET_ASSIGN_OR_RETURN(const WireCursor meta, Inner(header->value, 1));
    std::vector<Meta> metas;
    RIVULET_RETURN_IF_ERROR(ReadMeta(meta, options_.limits, &metas));
    for (Meta& found : metas) {
      Entry& entry = (*entries)[found.name];
      const bool is_new = entry.name.empty() && entry.dtype == DType::kInvalid;
      if (!is_new && (entry.dtype != found.dtype || !(entry.shape == found.shape))) {
        return DataLoss("tensor ", Quoted(found.name), " is ", found.dtype, found.shape, " here, another shard has ",
                        entry.dtype, entry.shape);
      }
      entry.name = found.name;
      entry.dtype = found.dtype;
      entry.shape = found.shape;
      for (TensorSlice& slice : found.slices) {
        const SortedTable::Entry* stored = table.Find(SliceKey(found.name, slice));
        if (stored == nullptr) {
          return DataLoss("tensor ", Quoted(found.name), ": slice ", Quoted(slice.ToString()), " is missing");
        }
        entry.bytes += static_cast<int64_t>(stored->value.size());
        parts_[SliceKey(found.name, slice)] = {stored->value, table.owner()};
        entry.slices.push_back(std::move(slice));
      }
    }
    shards_.push_back(file);
    return Status();
  }

  Result<Tensor> ReadPart(const Entry& entry, const TensorSlice& written, const TensorSlice& box,
                          Allocator& allocator) const override {
    const auto whole = whole_.find(entry.name);
    if (entry.slices.empty() && whole == whole_.end()) return DataLoss("no slice of it is there");
    const auto part = parts_.find(SliceKey(entry.name, entry.slices.empty() ? whole->second : written));
    if (part == parts_.end()) return DataLoss("slice ", Quoted(written.ToString()), " is missing");
    const Stored& stored = part->second;
    RIVULET_ASSIGN_OR_RETURN(WireCursor slice, Inner(stored.value, 2));
    WireCursor data({}, 0);
    std::string_view name;
    while (slice.Next()) {
      if (slice.field() == 1) {
        name = slice.Text();
      } else if (slice.field() == 3) {
        data = slice.Message();
      } else {
        slice.Skip();
      }
    }
    RIVULET_RETURN_IF_ERROR(slice.status());
    if (name != entry.name) return DataLoss("its values are stored under the name ", Quoted(name));
    Status status;
    const TensorLiteral literal = ReadTensorValues(data, entry.dtype, ShapeOf(box), stored.owner, &status);
    RIVULET_RETURN_IF_ERROR(status);
    if (!literal.error.ok()) return literal.error;
    if (!literal.is_whole()) {
      return DataLoss(literal.prefix.num_elements(), " values for ", literal.shape.num_elements(),
                      " elements of shape ", literal.shape);
    }
    Tensor tensor = literal.prefix.Reshaped(literal.shape);
    if (tensor.dtype() == DType::kString || tensor.is_aligned()) return tensor;
    return Clone(tensor, allocator);
  }

  struct Stored {
    std::span<const uint8_t> value;
    std::shared_ptr<void> owner;
  };

  const std::shared_ptr<const FileSource> files_;
  const Options options_;
  std::map<std::string, Stored, std::less<>> parts_;       // by key
  std::map<std::string, TensorSlice, std::less<>> whole_;  // how the only slice of a tensor is written, by name
  std::vector<FileBytes> shards_;
};

// The files of "m", which may itself be one shard, and of the pattern "m-?????-of-00002".
Result<std::vector<std::string>> ShardsOf(const std::string& prefix) {
  constexpr std::string_view kAny = "-\?\?\?\?\?-of-";
  const size_t at = prefix.rfind(kAny);
  if (at == std::string::npos || prefix.size() != at + kAny.size() + 5) {
    return std::vector<std::string>{prefix};
  }
  int64_t shards = 0;
  for (const char c : prefix.substr(at + kAny.size())) {
    if (c < '0' || c > '9') return InvalidArgument(Quoted(prefix), ": want five digits at the end");
    shards = shards * 10 + (c - '0');
  }
  if (shards > kMostShards) return InvalidArgument(Quoted(prefix), ": too many shards");
  std::vector<std::string> out;
  for (int64_t shard = 0; shard < shards; ++shard) out.push_back(ShardFile(prefix.substr(0, at), shard, shards));
  return out;
}

}  // namespace

Result<std::shared_ptr<const CheckpointReader>> OpenCheckpointV1(std::shared_ptr<const FileSource> files,
                                                                 const std::string& prefix,
                                                                 const CheckpointReader::Options& options) {
  RIVULET_ASSIGN_OR_RETURN(const std::vector<std::string> shards, ShardsOf(prefix));
  auto reader = std::make_shared<SlicesReader>(std::move(files), prefix, options);
  RIVULET_RETURN_IF_ERROR(reader->Load(shards));
  return std::shared_ptr<const CheckpointReader>(std::move(reader));
}

}  // namespace rivulet
