#include "cli/npz.h"

#include <zlib.h>

#include <algorithm>
#include <cstring>
#include <span>
#include <vector>

#include "cli/npy.h"
#include "engine/base/errors.h"
#include "engine/base/file.h"

namespace rivulet::cli {
namespace {

using Bytes = std::span<const uint8_t>;

enum : uint32_t { kFileHeader = 0x04034b50, kDirectoryEntry = 0x02014b50, kDirectoryEnd = 0x06054b50 };
enum : uint16_t { kStored = 0, kDeflated = 8, kZip64Extra = 1, kEncrypted = 1 };
constexpr size_t kFileHeaderBytes = 30, kEntryBytes = 46, kEndBytes = 22;
constexpr uint32_t kIn64 = 0xffffffff;  // a size that stands in the Zip64 extra field
// Deflate writes at least one bit for 258 bytes at most: a size beyond that is a lie.
constexpr uint64_t kMostExpansion = 1032;
constexpr uint64_t kMostBytes = uint64_t{1} << 33;
constexpr size_t kFirstPiece = size_t{1} << 20;

// Little-endian, 0 behind the end: callers look at the bounds of whole records first.
uint64_t Number(Bytes bytes, size_t at, size_t width) {
  uint64_t value = 0;
  for (size_t i = 0; i < width; ++i) {
    if (at + i < bytes.size()) value |= uint64_t{bytes[at + i]} << (8 * i);
  }
  return value;
}

struct Entry {
  std::string name;
  uint16_t method = 0;
  uint32_t crc = 0;
  uint64_t packed = 0;
  uint64_t size = 0;
  uint64_t offset = 0;
};

Status Cut(const char* what) { return DataLoss("the archive's ", what, " is cut or damaged"); }

// Sizes of 32 bits that did not suffice, in this order where they are missing.
void ReadZip64(Bytes extra, Entry* entry) {
  while (extra.size() >= 4) {
    const size_t length = Number(extra, 2, 2);
    if (length > extra.size() - 4) return;
    if (Number(extra, 0, 2) == kZip64Extra) {
      size_t at = 4;
      for (uint64_t* field : {&entry->size, &entry->packed, &entry->offset}) {
        if (*field != kIn64 || at + 8 > 4 + length) continue;
        *field = Number(extra, at, 8);
        at += 8;
      }
      return;
    }
    extra = extra.subspan(4 + length);
  }
}

Result<std::vector<Entry>> ReadDirectory(Bytes file) {
  if (file.size() < kEndBytes) return Cut("end");
  // A comment of up to 64 KiB may follow the end record.
  const size_t least = file.size() - std::min(file.size(), kEndBytes + 65535);
  size_t end = file.size() - kEndBytes;
  while (Number(file, end, 4) != kDirectoryEnd) {
    if (end == least) return InvalidArgument("want a ZIP archive, found no directory");
    --end;
  }
  const size_t count = Number(file, end + 10, 2);
  size_t at = Number(file, end + 16, 4);
  std::vector<Entry> entries;
  for (size_t i = 0; i < count; ++i) {
    if (at > file.size() || file.size() - at < kEntryBytes || Number(file, at, 4) != kDirectoryEntry)
      return Cut("directory");
    const size_t name = Number(file, at + 28, 2), extra = Number(file, at + 30, 2), comment = Number(file, at + 32, 2);
    if (file.size() - at - kEntryBytes < name + extra + comment) return Cut("directory");
    if ((Number(file, at + 8, 2) & kEncrypted) != 0) return Unimplemented("the archive is encrypted");
    Entry entry;
    entry.name.assign(reinterpret_cast<const char*>(file.data()) + at + kEntryBytes, name);
    entry.method = static_cast<uint16_t>(Number(file, at + 10, 2));
    entry.crc = static_cast<uint32_t>(Number(file, at + 16, 4));
    entry.packed = Number(file, at + 20, 4);
    entry.size = Number(file, at + 24, 4);
    entry.offset = Number(file, at + 42, 4);
    ReadZip64(file.subspan(at + kEntryBytes + name, extra), &entry);
    if (entry.name.ends_with(".npy")) entry.name.resize(entry.name.size() - 4);
    entries.push_back(std::move(entry));
    at += kEntryBytes + name + extra + comment;
  }
  return entries;
}

Result<std::vector<uint8_t>> Inflate(Bytes packed, uint64_t size) {
  if (size / kMostExpansion > packed.size()) return DataLoss("says that it has ", size, " bytes, which it cannot");
  if (size > kMostBytes) return ResourceExhausted("has ", size, " bytes, more than ", kMostBytes);
  std::vector<uint8_t> out;  // grows as data comes: what the directory says may be a lie
  z_stream stream{};
  constexpr int kRaw = -15;
  if (inflateInit2(&stream, kRaw) != Z_OK) return Internal("zlib cannot start");
  constexpr size_t kPiece = size_t{1} << 30;  // zlib counts in 32 bits
  size_t in = 0, done = 0;
  int code = Z_OK;
  while (code == Z_OK && (done < size || in < packed.size())) {
    if (done == out.size()) out.resize(std::min<size_t>(size, 2 * done + kFirstPiece));
    const size_t ask = std::min(packed.size() - in, kPiece), room = std::min(out.size() - done, kPiece);
    stream.next_in = const_cast<uint8_t*>(packed.data()) + in;
    stream.avail_in = static_cast<uInt>(ask);
    stream.next_out = out.data() + done;
    stream.avail_out = static_cast<uInt>(room);
    code = inflate(&stream, Z_NO_FLUSH);
    in += ask - stream.avail_in;
    done += room - stream.avail_out;
  }
  inflateEnd(&stream);
  if (code != Z_STREAM_END || done != size) return DataLoss("is cut or damaged");
  return out;
}

Result<Tensor> ReadEntry(Bytes file, const Entry& entry) {
  if (entry.offset > file.size() || file.size() - entry.offset < kFileHeaderBytes ||
      Number(file, entry.offset, 4) != kFileHeader) {
    return DataLoss("is not where the directory says");
  }
  // The local header has lengths of its own.
  const uint64_t start =
      entry.offset + kFileHeaderBytes + Number(file, entry.offset + 26, 2) + Number(file, entry.offset + 28, 2);
  if (start > file.size() || file.size() - start < entry.packed) return DataLoss("is cut");
  const Bytes packed = file.subspan(start, entry.packed);
  std::vector<uint8_t> inflated;
  Bytes bytes = packed;
  if (entry.method == kDeflated) {
    RIVULET_ASSIGN_OR_RETURN(inflated, Inflate(packed, entry.size));
    bytes = inflated;
  } else if (entry.method != kStored) {
    return Unimplemented("is packed by method ", static_cast<uint64_t>(entry.method), "; want stored or deflated");
  }
  uLong crc = crc32(0, nullptr, 0);
  for (size_t at = 0; at < bytes.size();) {
    const size_t piece = std::min(bytes.size() - at, size_t{1} << 30);
    crc = crc32(crc, bytes.data() + at, static_cast<uInt>(piece));
    at += piece;
  }
  if (crc != entry.crc) return DataLoss("is damaged: its checksum is another");
  return ParseNpy(bytes);
}

std::string Listed(const std::vector<Entry>& entries) {
  std::string text;
  for (const Entry& entry : entries) text += Cat(text.empty() ? "" : ", ", Quoted(entry.name));
  return text.empty() ? "none" : text;
}

Result<Tensor> Choose(Bytes file, const std::string& name) {
  RIVULET_ASSIGN_OR_RETURN(const std::vector<Entry> entries, ReadDirectory(file));
  if (name.empty() && entries.size() != 1) {
    return InvalidArgument("want the name of one array, as in FILE.npz[NAME]; there are ", Listed(entries));
  }
  for (const Entry& entry : entries) {
    if (!name.empty() && entry.name != name) continue;
    Result<Tensor> tensor = ReadEntry(file, entry);
    if (!tensor.ok()) return std::move(tensor).status().Framed(Cat("array ", Quoted(entry.name)));
    return tensor;
  }
  return NotFound("no array is called ", Quoted(name), "; there are ", Listed(entries));
}

}  // namespace

Result<Tensor> ReadNpz(const std::string& path, const std::string& name) {
  RIVULET_ASSIGN_OR_RETURN(const FileBytes file, OpenFile(path, FileAccess::kMap, int64_t{1} << 40));
  Result<Tensor> tensor = Choose(file.bytes, name);
  if (!tensor.ok()) return std::move(tensor).status().Framed(Quoted(path));
  return tensor;
}

Result<Tensor> ReadArrayFile(const std::string& text) {
  const size_t open = text.ends_with(']') ? text.rfind('[') : std::string::npos;
  const std::string path = text.substr(0, open);
  if (path.ends_with(".npz")) {
    return ReadNpz(path, open == std::string::npos ? "" : text.substr(open + 1, text.size() - open - 2));
  }
  if (path.ends_with(".pkl") || path.ends_with(".pickle")) {
    return Unimplemented(Quoted(path), ": want an .npy or .npz file; a pickle could run any program");
  }
  // A file of one array has no names in it; the original says so and goes on.
  return ReadNpy(path.ends_with(".npy") ? path : text);
}

}  // namespace rivulet::cli
