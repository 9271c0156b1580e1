// A file of the cache: named regions that are mapped and used where they lie. Little-endian.
//
//   regions, each at a multiple of 64
//   table: u32 version, text identity, u32 count, count times:
//            text name, u8 dtype, u64 offset, u64 length, u64 piece, for each piece of the length u32 CRC-32C of it
//          where a text is a u32 length and so many bytes
//   u64 length of the table, u32 CRC-32C of it, "RVCF"
//
// The file is of use to nothing but what made it: its identity says all that its content depends on, and a file of
// another identity, or with any fault, is as good as none.
#ifndef RIVULET_ENGINE_IMPORT_CACHE_FILE_H_
#define RIVULET_ENGINE_IMPORT_CACHE_FILE_H_

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/new_file.h"
#include "rivulet/dtype.h"

namespace rivulet {

class CacheFile {
 public:
  struct Region {
    DType dtype = DType::kInvalid;  // kInvalid: bytes as kernels read them
    std::span<const uint8_t> bytes;
  };

  // The whole table is checked. Regions are compared with their checksums where `all`, and where the file was touched
  // since it was written (its seal is broken). NOT_FOUND: there is no file; every other error: none that can be used.
  static Result<CacheFile> Open(const std::string& path, std::string_view identity, FileAccess access, bool all);

  const std::map<std::string, Region, std::less<>>& regions() const { return regions_; }
  const FileBytes& file() const { return file_; }

 private:
  FileBytes file_;
  std::map<std::string, Region, std::less<>> regions_;
};

class CacheFileWriter {
 public:
  static Result<std::unique_ptr<CacheFileWriter>> Create(const std::string& path, std::string identity);

  // A region's place, which is to be filled in pieces of `piece` bytes, the last with what is left. Names are each
  // given once.
  size_t Reserve(std::string name, DType dtype, uint64_t length, uint64_t piece);
  // Thread-safe while nothing is reserved. The error that the system gave, or 0; for threads that may not allocate.
  int TryWritePiece(size_t region, uint64_t index, std::span<const uint8_t> bytes);
  Status WriteFailed(int error) const { return file_->WriteFailed(error); }
  // Both at once.
  Status Add(std::string name, DType dtype, std::span<const uint8_t> bytes);

  bool Has(std::string_view name) const { return names_.contains(name); }
  const std::set<std::string, std::less<>>& names() const { return names_; }
  uint64_t size() const { return end_; }
  // The table, and the name.
  Status Keep();

 private:
  struct Entry {
    std::string_view name;  // of names_
    DType dtype;
    uint64_t offset = 0, length = 0, piece = 0;
    std::vector<uint32_t> checksums;
  };

  CacheFileWriter(std::unique_ptr<NewFile> file, std::string identity)
      : file_(std::move(file)), identity_(std::move(identity)) {}

  std::unique_ptr<NewFile> file_;
  const std::string identity_;
  std::vector<Entry> entries_;
  std::set<std::string, std::less<>> names_;
  uint64_t end_ = 0;
};

}  // namespace rivulet

#endif  // RIVULET_ENGINE_IMPORT_CACHE_FILE_H_
