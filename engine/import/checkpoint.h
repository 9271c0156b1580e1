// TensorFlow's checkpoints, both versions: tensors by name.
//
//   V2 ("tensor bundle")  PREFIX.index, a sorted table of where each tensor lies in PREFIX.data-00000-of-00001 ...
//   V1                    PREFIX, or PREFIX-00000-of-00002 ...: sorted tables that hold the tensors themselves
#ifndef RIVULET_ENGINE_IMPORT_CHECKPOINT_H_
#define RIVULET_ENGINE_IMPORT_CHECKPOINT_H_

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/folder.h"
#include "engine/import/tensor_slice.h"
#include "rivulet/limits.h"
#include "rivulet/tensor.h"

namespace rivulet {

// Thread-safe after Open.
class CheckpointReader {
 public:
  struct Entry {
    std::string name;
    DType dtype = DType::kInvalid;
    Shape shape;
    int64_t bytes = 0;                // as stored
    std::vector<TensorSlice> slices;  // of a partitioned variable; empty when it is stored whole
  };

  struct Options {
    Limits limits;
    bool verify_checksums = true;  // off only for fuzzing, which would find nothing behind them
  };

  virtual ~CheckpointReader() = default;

  // `prefix` within `files`. NOT_FOUND names the file that is missing, DATA_LOSS what is broken in which.
  static Result<std::shared_ptr<const CheckpointReader>> Open(std::shared_ptr<const FileSource> files,
                                                              const std::string& prefix, const Options& options);

  int version() const { return version_; }
  // Sorted by name.
  std::span<const Entry> entries() const { return entries_; }
  std::vector<std::string> Names() const;
  const Entry* Find(std::string_view name) const;

  // The tensor: a view of the mapped file where it is stored whole, uncompressed and at an address that its type can be
  // read from, else memory of `allocator`. Its checksum is compared. NOT_FOUND has the nearest names.
  Result<Tensor> Read(std::string_view name, Allocator& allocator) const;
  // A part of it: `spec` as in "4 5 0,2:-"; empty for all of it.
  Result<Tensor> ReadSlice(std::string_view name, std::string_view spec, Allocator& allocator) const;

  // The system may take back pages of the mapped files; they are read again when touched.
  virtual void DropPages() const {}

 protected:
  CheckpointReader(std::string prefix, int version) : prefix_(std::move(prefix)), version_(version) {}

  // One stored part: `box` is resolved; `written` is the part as the file names it.
  virtual Result<Tensor> ReadPart(const Entry& entry, const TensorSlice& written, const TensorSlice& box,
                                  Allocator& allocator) const = 0;

  // Sorts by name and refuses a name that comes twice.
  Status Finish(std::vector<Entry> entries);

 private:
  Result<Tensor> ReadBox(const Entry& entry, const TensorSlice& box, Allocator& allocator) const;

  const std::string prefix_;
  const int version_;
  std::vector<Entry> entries_;
};

// The two versions; Open tells them apart.
Result<std::shared_ptr<const CheckpointReader>> OpenCheckpointV1(std::shared_ptr<const FileSource> files,
                                                                 const std::string& prefix,
                                                                 const CheckpointReader::Options& options);
Result<std::shared_ptr<const CheckpointReader>> OpenCheckpointV2(std::shared_ptr<const FileSource> files,
                                                                 const std::string& prefix,
                                                                 const CheckpointReader::Options& options);

// The prefix that a file named `path` belongs to: "m" for "m.index" and for "m.data-00000-of-00002"; `path` itself
// otherwise.
std::string CheckpointPrefix(const std::string& path);

// "PREFIX<stem>-00001-of-00004": a shard's file.
std::string ShardFile(const std::string& stem, int64_t shard, int64_t shards);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_IMPORT_CHECKPOINT_H_
