// A sorted table: leveldb's file of keys and values, in which TensorFlow keeps its checkpoints' indexes.
#ifndef RIVULET_ENGINE_IMPORT_SORTED_TABLE_H_
#define RIVULET_ENGINE_IMPORT_SORTED_TABLE_H_

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/file.h"
#include "rivulet/limits.h"

namespace rivulet {

class SortedTable {
 public:
  struct Entry {
    std::string key;
    std::span<const uint8_t> value;
    bool in_file = true;  // false: the value lies in an uncompressed copy of its block
  };

  // Reads all entries. Every block's checksum is compared unless `verify` is off (fuzzing). DATA_LOSS for anything that
  // is no table or a damaged one: keys must rise, blocks must lie one after the other. Uncompressed blocks, keys
  // and entries together take at most limits.index_bytes.
  static Result<SortedTable> Read(const FileBytes& file, const Limits& limits, bool verify = true);

  // Sorted by key, bytewise.
  const std::vector<Entry>& entries() const { return entries_; }
  const Entry* Find(std::string_view key) const;
  // Keeps the values alive.
  const std::shared_ptr<void>& owner() const { return owner_; }

 private:
  std::vector<Entry> entries_;
  std::shared_ptr<void> owner_;
};

// Whether the file ends as a sorted table does.
bool LooksLikeSortedTable(std::span<const uint8_t> bytes);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_IMPORT_SORTED_TABLE_H_
