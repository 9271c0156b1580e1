// Protobuf wire bytes, read in place: bounds-checked, without recursion, without exceptions.
#ifndef RIVULET_ENGINE_BASE_WIRE_H_
#define RIVULET_ENGINE_BASE_WIRE_H_

#include <cstdint>
#include <span>
#include <string_view>

#include "engine/base/errors.h"

namespace rivulet {

enum class WireType : uint8_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kStartGroup = 3, kEndGroup = 4, kFixed32 = 5 };

// Walks the fields of one message:
//
//   WireCursor cursor(bytes, file_offset);
//   while (cursor.Next()) {
//     switch (cursor.field()) { case 1: name = cursor.Text(); break; default: cursor.Skip(); }
//   }
//   RIVULET_RETURN_IF_ERROR(cursor.status());
//
// Next reads the tag; exactly one of the getters or Skip follows. The first defect ends the walk and stays in status()
// with its offset in the file. A getter of the wrong wire type is such a defect.
class WireCursor {
 public:
  WireCursor(std::span<const uint8_t> bytes, uint64_t file_offset)
      : begin_(bytes.data()), at_(bytes.data()), end_(bytes.data() + bytes.size()), file_offset_(file_offset) {}

  bool Next();
  uint32_t field() const { return field_; }
  WireType type() const { return type_; }

  uint64_t Varint();
  int64_t Int() { return static_cast<int64_t>(Varint()); }
  // int32 and enum fields are written as 64-bit varints when negative; the low half counts.
  int32_t Int32() { return static_cast<int32_t>(static_cast<uint32_t>(Varint())); }
  bool Bool() { return Varint() != 0; }
  uint32_t Fixed32();
  uint64_t Fixed64();
  std::span<const uint8_t> Bytes();
  std::string_view Text();
  // The bytes of a nested message, with the offset that its cursor needs.
  WireCursor Message() {
    const std::span<const uint8_t> bytes = Bytes();
    return WireCursor(bytes, OffsetOf(bytes.data()));
  }
  // Passes over the field whatever it is; groups by counting, at most kMaxGroupDepth deep.
  void Skip();

  uint64_t OffsetOf(const uint8_t* p) const { return file_offset_ + static_cast<uint64_t>(p - begin_); }
  uint64_t offset() const { return OffsetOf(at_); }
  const Status& status() const { return status_; }
  void Fail(Status status);

  static constexpr int kMaxGroupDepth = 100;

 private:
  // Most numbers of a graph are one byte long.
  uint64_t ReadVarint() { return at_ != end_ && *at_ < 0x80 ? *at_++ : ReadLongVarint(); }
  uint64_t ReadLongVarint();
  bool Take(size_t count, const uint8_t** start);
  bool Expect(WireType type);
  void SkipGroup(uint32_t field);

  const uint8_t* begin_;
  const uint8_t* at_;
  const uint8_t* end_;
  uint64_t file_offset_;
  uint32_t field_ = 0;
  WireType type_ = WireType::kVarint;
  Status status_;
};

}  // namespace rivulet

#endif  // RIVULET_ENGINE_BASE_WIRE_H_
