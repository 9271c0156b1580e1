// Protobuf wire bytes, appended to a string.
#ifndef RIVULET_PREPARE_WIRE_WRITER_H_
#define RIVULET_PREPARE_WIRE_WRITER_H_

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "engine/base/wire.h"

namespace rivulet::prepare {

inline void AppendVarint(uint64_t value, std::string* out) {
  for (; value > 127; value >>= 7) out->push_back(static_cast<char>((value & 127) | 128));
  out->push_back(static_cast<char>(value));
}

inline void AppendTag(uint32_t field, WireType type, std::string* out) {
  AppendVarint(uint64_t{field} << 3 | static_cast<uint64_t>(type), out);
}

inline void AppendInt(uint32_t field, int64_t value, std::string* out) {
  AppendTag(field, WireType::kVarint, out);
  AppendVarint(static_cast<uint64_t>(value), out);
}

inline size_t VarintSize(uint64_t value) {
  size_t size = 1;
  for (; value > 127; value >>= 7) ++size;
  return size;
}

// Tag and length of what is `size` bytes long and follows.
inline void AppendBytesHead(uint32_t field, size_t size, std::string* out) {
  AppendTag(field, WireType::kBytes, out);
  AppendVarint(size, out);
}

// A string, bytes, or a nested message.
inline void AppendBytes(uint32_t field, std::string_view bytes, std::string* out) {
  AppendBytesHead(field, bytes.size(), out);
  out->append(bytes);
}

// What AppendBytes appends for so many bytes.
inline size_t BytesFieldSize(uint32_t field, size_t size) {
  return VarintSize(uint64_t{field} << 3) + VarintSize(size) + size;
}

inline void AppendFloat(uint32_t field, float value, std::string* out) {
  AppendTag(field, WireType::kFixed32, out);
  char bytes[sizeof(value)];
  std::memcpy(bytes, &value, sizeof(value));
  out->append(bytes, sizeof(value));
}

}  // namespace rivulet::prepare

#endif  // RIVULET_PREPARE_WIRE_WRITER_H_
