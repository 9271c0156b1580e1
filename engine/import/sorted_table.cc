// The file: data blocks, an index block, and 48 bytes of footer: two handles (of the meta index, which is not needed,
// and of the index), padding, eight bytes of magic. A handle is offset and size as varints; the block's size is
// followed by one byte that says how it is compressed and four of masked CRC-32C over block and that byte.
//
// In a block: entries, then the offsets of the restarts (32 bits each) and their number. An entry is three varints
// (bytes shared with the key before, further bytes of the key, bytes of the value), those bytes, the value. The index
// block's values are the handles of the data blocks.
#include "engine/import/sorted_table.h"

#include <algorithm>
#include <cstring>

#include "engine/base/crc32c.h"
#include "engine/base/errors.h"
#include "engine/import/inflate.h"
#include "engine/import/snappy.h"

namespace rivulet {
namespace {

constexpr size_t kFooterBytes = 48;
constexpr size_t kTrailerBytes = 5;
constexpr uint8_t kMagic[8] = {0x57, 0xFB, 0x80, 0x8B, 0x24, 0x75, 0x47, 0xDB};
enum Compression : uint8_t { kNone = 0, kSnappy = 1, kZlib = 2 };

uint32_t Little32(const uint8_t* p) {
  return uint32_t{p[0]} | uint32_t{p[1]} << 8 | uint32_t{p[2]} << 16 | uint32_t{p[3]} << 24;
}

// Varints and bytes from the front of `rest`; false when they are broken.
bool TakeVarint(std::span<const uint8_t>* rest, uint64_t* value) {
  *value = 0;
  for (int shift = 0; shift < 64 && !rest->empty(); shift += 7) {
    const uint8_t byte = rest->front();
    *rest = rest->subspan(1);
    if (shift == 63 && byte > 1) return false;
    *value |= static_cast<uint64_t>(byte & 0x7F) << shift;
    if (byte < 0x80) return true;
  }
  return false;
}

struct Handle {
  uint64_t offset = 0;
  uint64_t size = 0;
};
bool TakeHandle(std::span<const uint8_t>* rest, Handle* handle) {
  return TakeVarint(rest, &handle->offset) && TakeVarint(rest, &handle->size);
}

// What the table holds alive besides the file.
struct Held {
  std::shared_ptr<void> file;
  std::vector<std::vector<uint8_t>> blocks;
};

class Reader {
 public:
  Reader(const FileBytes& file, const Limits& limits, bool verify, Held* held)
      : bytes_(file.bytes), limits_(limits), verify_(verify), held_(*held) {}

  Status Read(std::vector<SortedTable::Entry>* out) {
    if (!LooksLikeSortedTable(bytes_)) {
      return DataLoss("want a checkpoint's table, got a file of ", static_cast<uint64_t>(bytes_.size()),
                      " bytes that does not end as one");
    }
    std::span<const uint8_t> footer = bytes_.last(kFooterBytes).first(kFooterBytes - sizeof(kMagic));
    bytes_ = bytes_.first(bytes_.size() - kFooterBytes);
    Handle unused, index;
    if (!TakeHandle(&footer, &unused) || !TakeHandle(&footer, &index)) {
      return DataLoss("the table's footer is broken");
    }
    std::vector<SortedTable::Entry> handles;
    RIVULET_RETURN_IF_ERROR(ReadBlock(index, &handles));
    uint64_t end = 0;
    for (const SortedTable::Entry& entry : handles) {
      std::span<const uint8_t> value = entry.value;
      Handle handle;
      if (!TakeHandle(&value, &handle)) return DataLoss("the table's index holds a broken handle");
      if (handle.offset < end) {
        return DataLoss("block at offset ", handle.offset, ": want one after offset ", end,
                        ", where the block before ends");
      }
      RIVULET_RETURN_IF_ERROR(ReadBlock(handle, out));
      end = handle.offset + handle.size + kTrailerBytes;
    }
    return Status();
  }

 private:
  Status Charge(uint64_t bytes) {
    used_ += bytes;  // each addition is at most 2^33: no wrap before the limit is met
    if (used_ <= static_cast<uint64_t>(limits_.index_bytes)) return Status();
    return ResourceExhausted("the table needs more than ", limits_.index_bytes, " bytes (Limits::index_bytes)");
  }

  // The block's plain bytes.
  Status Unpack(Handle handle, std::span<const uint8_t>* block, bool* in_file) {
    if (handle.offset > bytes_.size() || handle.size > bytes_.size() - handle.offset ||
        bytes_.size() - handle.offset - handle.size < kTrailerBytes) {
      return DataLoss(handle.size, " bytes do not fit in the file's ", static_cast<uint64_t>(bytes_.size()));
    }
    const size_t size = static_cast<size_t>(handle.size);
    const uint8_t* start = bytes_.data() + handle.offset;
    if (verify_) {
      const uint32_t want = Little32(start + size + 1);
      if (MaskCrc32c(Crc32c({start, size + 1})) != want) return DataLoss("the checksum does not match its bytes");
    }
    const std::span<const uint8_t> stored(start, size);
    *in_file = start[size] == kNone;
    if (*in_file) {
      *block = stored;
      return Status();
    }
    if (start[size] != kSnappy && start[size] != kZlib) {
      return DataLoss("compression ", start[size], ": want 0 (none), 1 (snappy) or 2 (zlib)");
    }
    const uint64_t left = static_cast<uint64_t>(limits_.index_bytes) - used_;
    RIVULET_ASSIGN_OR_RETURN(std::vector<uint8_t> plain,
                             start[size] == kSnappy ? SnappyDecode(stored, left) : Inflate(stored, left));
    RIVULET_RETURN_IF_ERROR(Charge(plain.size()));
    held_.blocks.push_back(std::move(plain));
    *block = held_.blocks.back();
    return Status();
  }

  Status ReadBlock(Handle handle, std::vector<SortedTable::Entry>* out) {
    std::span<const uint8_t> block;
    bool in_file = true;
    Status status = Unpack(handle, &block, &in_file);
    if (status.ok()) status = ReadEntries(block, in_file, out);
    return std::move(status).Framed(Cat("block at offset ", handle.offset));
  }

  Status ReadEntries(std::span<const uint8_t> block, bool in_file, std::vector<SortedTable::Entry>* out) {
    if (block.size() < 4) return DataLoss("a block of ", static_cast<uint64_t>(block.size()), " bytes");
    const uint64_t restarts = Little32(block.data() + block.size() - 4);
    if (restarts > (block.size() - 4) / 4) return DataLoss(restarts, " restarts do not fit in the block");
    std::span<const uint8_t> rest = block.first(block.size() - 4 - static_cast<size_t>(restarts) * 4);
    std::string key;
    while (!rest.empty()) {
      uint64_t shared = 0, added = 0, length = 0;
      if (!TakeVarint(&rest, &shared) || !TakeVarint(&rest, &added) || !TakeVarint(&rest, &length) ||
          shared > key.size() || added > rest.size() || length > rest.size() - added) {
        return DataLoss("entry ", static_cast<uint64_t>(out->size()), " is broken");
      }
      RIVULET_RETURN_IF_ERROR(Charge(shared + added + sizeof(SortedTable::Entry)));
      key.resize(static_cast<size_t>(shared));
      key.append(reinterpret_cast<const char*>(rest.data()), static_cast<size_t>(added));
      if (!out->empty() && key <= out->back().key) {
        return DataLoss("key ", Quoted(key), " comes after ", Quoted(out->back().key), "; keys must rise");
      }
      out->push_back({key, rest.subspan(static_cast<size_t>(added), static_cast<size_t>(length)), in_file});
      rest = rest.subspan(static_cast<size_t>(added + length));
    }
    return Status();
  }

  std::span<const uint8_t> bytes_;
  const Limits& limits_;
  const bool verify_;
  Held& held_;
  uint64_t used_ = 0;
};

}  // namespace

bool LooksLikeSortedTable(std::span<const uint8_t> bytes) {
  return bytes.size() >= kFooterBytes &&
         std::memcmp(bytes.data() + bytes.size() - sizeof(kMagic), kMagic, sizeof(kMagic)) == 0;
}

Result<SortedTable> SortedTable::Read(const FileBytes& file, const Limits& limits, bool verify) {
  SortedTable table;
  auto held = std::make_shared<Held>();
  held->file = file.owner;
  RIVULET_RETURN_IF_ERROR(Reader(file, limits, verify, held.get()).Read(&table.entries_));
  table.owner_ = std::move(held);
  return table;
}

const SortedTable::Entry* SortedTable::Find(std::string_view key) const {
  const auto at = std::lower_bound(entries_.begin(), entries_.end(), key,
                                   [](const Entry& entry, std::string_view k) { return entry.key < k; });
  return at != entries_.end() && at->key == key ? &*at : nullptr;
}

}  // namespace rivulet
