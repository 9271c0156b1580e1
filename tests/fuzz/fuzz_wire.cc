// Covers: engine/base/wire.cc engine/base/wire.h
// Protobuf wire bytes: the cursor accepts exactly what a plain walk of the encoding accepts, gives only bytes of its
// input, and a getter that does not fit ends the walk with a Status.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <vector>

#include "engine/base/wire.h"

namespace rivulet {
namespace {

using Bytes = std::span<const uint8_t>;

void Check(bool holds) {
  if (!holds) std::abort();
}

// The encoding, read as plainly as it can be: false at the first defect.
class PlainWalk {
 public:
  explicit PlainWalk(Bytes bytes) : bytes_(bytes) {}

  bool IsMessage() {
    std::vector<uint64_t> open_groups;
    while (at_ < bytes_.size()) {
      uint64_t tag = 0;
      if (!Varint(&tag)) return false;
      const uint64_t field = tag / 8;
      if (field == 0 || field >= (uint64_t{1} << 29)) return false;
      uint64_t length = 0;
      switch (tag % 8) {
        case 0:
          if (!Varint(&length)) return false;
          break;
        case 1:
          if (!Take(8)) return false;
          break;
        case 2:
          if (!Varint(&length) || !Take(length)) return false;
          break;
        case 3:
          if (open_groups.size() == WireCursor::kMaxGroupDepth) return false;
          open_groups.push_back(field);
          break;
        case 4:
          if (open_groups.empty() || open_groups.back() != field) return false;
          open_groups.pop_back();
          break;
        case 5:
          if (!Take(4)) return false;
          break;
        default: return false;
      }
    }
    return open_groups.empty();
  }

 private:
  bool Take(uint64_t count) {
    if (count > bytes_.size() - at_) return false;
    at_ += count;
    return true;
  }
  // Ten bytes at most; the tenth has one bit left to give.
  bool Varint(uint64_t* value) {
    *value = 0;
    for (unsigned i = 0; i < 10; ++i) {
      if (at_ == bytes_.size()) return false;
      const uint64_t byte = bytes_[at_++];
      if (i == 9 && byte > 1) return false;
      *value |= (byte % 128) << (7 * i);
      if (byte < 128) return true;
    }
    return false;
  }

  Bytes bytes_;
  size_t at_ = 0;
};

void SkipsExactlyMessages(Bytes bytes) {
  WireCursor cursor(bytes, 1000);
  uint64_t last = 1000;
  while (cursor.Next()) {
    cursor.Skip();
    Check(cursor.offset() > last && cursor.offset() <= 1000 + bytes.size());
    last = cursor.offset();
  }
  Check(cursor.status().ok() == PlainWalk(bytes).IsMessage());
}

// Reads every field by its type, and what is in length-delimited ones as messages too.
void ReadsInside(WireCursor cursor, Bytes whole, int depth) {
  while (cursor.Next()) {
    switch (cursor.type()) {
      case WireType::kVarint: cursor.Varint(); break;
      case WireType::kFixed32: cursor.Fixed32(); break;
      case WireType::kFixed64: cursor.Fixed64(); break;
      case WireType::kBytes:
        if (depth < 8) {
          ReadsInside(cursor.Message(), whole, depth + 1);
        } else {
          const Bytes inner = cursor.Bytes();
          Check(inner.empty() ||
                (inner.data() >= whole.data() && inner.data() + inner.size() <= whole.data() + whole.size()));
        }
        break;
      default: cursor.Skip();
    }
  }
}

// Getters taken from the input's own bytes, fitting or not.
void ReadsAnyhow(Bytes bytes) {
  WireCursor cursor(bytes.subspan(bytes.size() / 4), 0);
  for (size_t i = 0; cursor.Next(); i = (i + 1) % bytes.size()) {
    const WireType type = cursor.type();
    bool fits = true;
    switch (bytes[i] % 5) {
      case 0:
        cursor.Int32();
        fits = type == WireType::kVarint;
        break;
      case 1:
        cursor.Fixed32();
        fits = type == WireType::kFixed32;
        break;
      case 2:
        cursor.Fixed64();
        fits = type == WireType::kFixed64;
        break;
      case 3:
        cursor.Text();
        fits = type == WireType::kBytes;
        break;
      default: cursor.Skip();
    }
    Check(fits || !cursor.status().ok());
  }
}

}  // namespace
}  // namespace rivulet

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const rivulet::Bytes bytes(data, size);
  rivulet::SkipsExactlyMessages(bytes);
  rivulet::ReadsInside(rivulet::WireCursor(bytes, 0), bytes, 0);
  if (size > 0) rivulet::ReadsAnyhow(bytes);
  return 0;
}
