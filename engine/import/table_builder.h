// For tests: sorted tables and checkpoints byte by byte, so that broken ones can be made. Test-only.
#ifndef RIVULET_ENGINE_IMPORT_TABLE_BUILDER_H_
#define RIVULET_ENGINE_IMPORT_TABLE_BUILDER_H_

#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/crc32c.h"
#include "engine/base/errors.h"
#include "engine/base/folder.h"

namespace rivulet {

inline std::span<const uint8_t> AsBytes(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}
inline void PutVarint(uint64_t value, std::string* out) {
  for (; value >= 0x80; value >>= 7) out->push_back(static_cast<char>(value | 0x80));
  out->push_back(static_cast<char>(value));
}
inline std::string Little(uint64_t value, int bytes) {
  std::string out;
  for (int i = 0; i < bytes; ++i) out.push_back(static_cast<char>(value >> (8 * i)));
  return out;
}

using Pairs = std::vector<std::pair<std::string, std::string>>;

// A block's content: each key shares what it can with the one before; a restart at every `interval`-th entry.
inline std::string BlockOf(const Pairs& entries, size_t interval = 16) {
  std::string out, before, restarts;
  uint32_t count = 0;
  for (size_t i = 0; i < entries.size(); ++i) {
    const auto& [key, value] = entries[i];
    size_t shared = 0;
    if (i % interval == 0) {
      restarts += Little(out.size(), 4);
      ++count;
    } else {
      while (shared < std::min(key.size(), before.size()) && key[shared] == before[shared]) ++shared;
    }
    PutVarint(shared, &out);
    PutVarint(key.size() - shared, &out);
    PutVarint(value.size(), &out);
    out += key.substr(shared) + value;
    before = key;
  }
  return out + restarts + Little(count, 4);
}

// The block with its trailer: how it is compressed and the checksum.
inline std::string Sealed(const std::string& block, char compression = 0) {
  const std::string whole = block + compression;
  return whole + Little(MaskCrc32c(Crc32c(AsBytes(whole))), 4);
}

// A table of the given blocks, already compressed as said.
struct RawBlock {
  std::string last_key;
  std::string bytes;
  char compression = 0;
};
inline std::string TableOf(const std::vector<RawBlock>& blocks) {
  std::string out;
  Pairs index;
  for (const RawBlock& block : blocks) {
    std::string handle;
    PutVarint(out.size(), &handle);
    PutVarint(block.bytes.size(), &handle);
    index.emplace_back(block.last_key, handle);
    out += Sealed(block.bytes, block.compression);
  }
  std::string footer;
  const std::string meta = BlockOf({});
  PutVarint(out.size(), &footer);
  PutVarint(meta.size(), &footer);
  out += Sealed(meta);
  const std::string index_block = BlockOf(index, 1);
  PutVarint(out.size(), &footer);
  PutVarint(index_block.size(), &footer);
  out += Sealed(index_block);
  footer.resize(40, '\0');
  return out + footer + "\x57\xfb\x80\x8b\x24\x75\x47\xdb";
}
inline std::string TableOf(const Pairs& entries) {
  return TableOf(std::vector<RawBlock>{{entries.empty() ? "" : entries.back().first, BlockOf(entries)}});
}

// Files in memory.
class MemoryFiles : public FileSource {
 public:
  std::map<std::string, std::string> files;

  Result<FileBytes> Open(const std::string& path) const override {
    const auto found = files.find(path);
    if (found == files.end()) return NotFound(Quoted(path), ": cannot open: no such file");
    FileBytes file;
    // A block of exactly the size, so that a sanitizer sees the first byte read too far.
    auto exact = std::shared_ptr<void>(::operator new(found->second.size()), [](void* p) { ::operator delete(p); });
    std::memcpy(exact.get(), found->second.data(), found->second.size());
    file.bytes = {static_cast<const uint8_t*>(exact.get()), found->second.size()};
    file.owner = std::move(exact);
    return file;
  }
};

}  // namespace rivulet

#endif  // RIVULET_ENGINE_IMPORT_TABLE_BUILDER_H_
