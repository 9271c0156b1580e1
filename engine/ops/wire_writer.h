// Appends protobuf wire bytes to a string.
#ifndef RIVULET_ENGINE_OPS_WIRE_WRITER_H_
#define RIVULET_ENGINE_OPS_WIRE_WRITER_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/base/bit_cast.h"

namespace rivulet {

class WireWriter {
 public:
  explicit WireWriter(std::string* out) : out_(out) {}

  void Int(uint32_t field, int64_t value) {
    Tag(field, 0);
    Varint(static_cast<uint64_t>(value));
  }
  void Bytes(uint32_t field, std::string_view bytes) {
    Tag(field, 2);
    Varint(bytes.size());
    out_->append(bytes);
  }
  void Float(uint32_t field, float value) {
    Tag(field, 5);
    Fixed(BitCast<uint32_t>(value), 4);
  }
  void Double(uint32_t field, double value) {
    Tag(field, 1);
    Fixed(BitCast<uint64_t>(value), 8);
  }
  // Between its two tags instead of after its length.
  void Group(uint32_t field, std::string_view bytes) {
    Tag(field, 3);
    out_->append(bytes);
    Tag(field, 4);
  }
  void Fixed32(uint32_t field, uint32_t bits) {
    Tag(field, 5);
    Fixed(bits, 4);
  }
  void Fixed64(uint32_t field, uint64_t bits) {
    Tag(field, 1);
    Fixed(bits, 8);
  }

  // The parts: a tag, and values as they are after it or inside of a packed list.
  void Tag(uint32_t field, uint32_t type) { Varint(uint64_t{field} << 3 | type); }
  void PackedDouble(double value) { Fixed(BitCast<uint64_t>(value), 8); }
  void BareVarint(uint64_t value) { Varint(value); }
  void BareFixed32(uint32_t bits) { Fixed(bits, 4); }
  void BareFixed64(uint64_t bits) { Fixed(bits, 8); }

 private:
  void Varint(uint64_t value) {
    for (; value >= 0x80; value >>= 7) out_->push_back(static_cast<char>(value | 0x80));
    out_->push_back(static_cast<char>(value));
  }
  void Fixed(uint64_t bits, int count) {
    for (int i = 0; i < count; ++i) out_->push_back(static_cast<char>(bits >> (8 * i)));
  }

  std::string* out_;
};

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_WIRE_WRITER_H_
