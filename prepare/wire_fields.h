// A message walked field by field, where what is not taken is kept as it was.
#ifndef RIVULET_PREPARE_WIRE_FIELDS_H_
#define RIVULET_PREPARE_WIRE_FIELDS_H_

#include <span>
#include <string>
#include <string_view>

#include "engine/base/wire.h"

namespace rivulet::prepare {

inline std::span<const uint8_t> BytesOf(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

// Calls read(cursor) for each field of `bytes`, which takes it and says true, or leaves it and says false: then it is
// copied to `rest`.
template <typename Read>
Status ReadMessage(std::span<const uint8_t> bytes, std::string* rest, const Read& read) {
  WireCursor cursor(bytes, 0);
  uint64_t start = 0;
  while (cursor.Next()) {
    if (!read(cursor)) {
      cursor.Skip();
      if (!cursor.status().ok()) break;
      rest->append(reinterpret_cast<const char*>(bytes.data()) + start, static_cast<size_t>(cursor.offset() - start));
    }
    start = cursor.offset();
  }
  return cursor.status();
}

}  // namespace rivulet::prepare

#endif  // RIVULET_PREPARE_WIRE_FIELDS_H_
