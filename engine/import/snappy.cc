// A block is the uncompressed length as a varint, then elements. An element starts with a tag byte; its low two bits:
//   0  literal: length - 1 in the upper six bits, or 60..63 for that length in the 1..4 bytes that follow; the bytes
//   1  copy: length - 4 in bits 2..4, offset in bits 5..7 and the next byte
//   2  copy: length - 1 in the upper six bits, offset in the next two bytes
//   3  copy: the same with four bytes
// A copy repeats what lies `offset` bytes before the end of the output; it may overlap what it writes.
#include "engine/import/snappy.h"

#include "engine/base/errors.h"

namespace rivulet {
namespace {

class Input {
 public:
  explicit Input(std::span<const uint8_t> bytes) : bytes_(bytes) {}

  bool empty() const { return at_ == bytes_.size(); }
  size_t left() const { return bytes_.size() - at_; }
  // A little-endian number of `count` bytes; false when fewer are left.
  bool Number(size_t count, uint32_t* value) {
    if (left() < count) return false;
    *value = 0;
    for (size_t i = 0; i < count; ++i) *value |= uint32_t{bytes_[at_ + i]} << (8 * i);
    at_ += count;
    return true;
  }
  std::span<const uint8_t> Take(size_t count) {
    at_ += count;
    return bytes_.subspan(at_ - count, count);
  }

 private:
  std::span<const uint8_t> bytes_;
  size_t at_ = 0;
};

// A copy of 64 bytes takes three: no element gives more for its size.
constexpr uint64_t kMostExpansion = 22;

}  // namespace

Result<std::vector<uint8_t>> SnappyDecode(std::span<const uint8_t> compressed, uint64_t max_bytes) {
  Input in(compressed);
  uint64_t length = 0;
  for (int shift = 0;; shift += 7) {
    uint32_t byte = 0;
    if (shift > 28 || !in.Number(1, &byte)) return DataLoss("snappy: the length is broken");
    length |= uint64_t{byte & 0x7F} << shift;
    if (byte < 0x80) break;
  }
  if (length > max_bytes) return ResourceExhausted("snappy: ", length, " uncompressed bytes, the limit is ", max_bytes);
  if (length > compressed.size() * kMostExpansion) {
    return DataLoss("snappy: ", static_cast<uint64_t>(compressed.size()), " bytes cannot hold ", length);
  }
  std::vector<uint8_t> out;
  out.reserve(static_cast<size_t>(length));
  const auto broken = [&] {
    return DataLoss("snappy: a broken element after ", static_cast<uint64_t>(out.size()), " of ", length, " bytes");
  };
  while (!in.empty()) {
    uint32_t tag = 0, count = 0, offset = 0;
    in.Number(1, &tag);
    if ((tag & 3) == 0) {
      count = tag >> 2;
      if (count >= 60 && !in.Number(count - 59, &count)) return broken();
      // The stored number is one less than the length, which may be 2^32.
      if (count >= in.left() || count >= length - out.size()) return broken();
      const std::span<const uint8_t> literal = in.Take(size_t{count} + 1);
      out.insert(out.end(), literal.begin(), literal.end());
      continue;
    }
    if ((tag & 3) == 1) {
      count = 4 + ((tag >> 2) & 7);
      if (!in.Number(1, &offset)) return broken();
      offset |= (tag >> 5) << 8;
    } else {
      count = 1 + (tag >> 2);
      if (!in.Number((tag & 3) == 2 ? 2 : 4, &offset)) return broken();
    }
    if (offset == 0 || offset > out.size() || count > length - out.size()) return broken();
    // Byte by byte: the copied stretch may grow while it is copied.
    for (size_t from = out.size() - offset; count > 0; --count, ++from) out.push_back(out[from]);
  }
  if (out.size() != length) {
    return DataLoss("snappy: the block ends after ", static_cast<uint64_t>(out.size()), " of ", length, " bytes");
  }
  return out;
}

}  // namespace rivulet
