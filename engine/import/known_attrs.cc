#include "engine/import/known_attrs.h"

#include <functional>

namespace rivulet {

Status KnownAttrs::Read(std::span<const uint8_t> fields, uint64_t offset, AttrMap* attrs) {
  const std::string_view bytes(reinterpret_cast<const char*>(fields.data()), fields.size());
  // What is long is a constant, which is like no other.
  if (bytes.size() > kLongest) return Parse(fields, offset, attrs);
  Seen& seen = seen_[std::hash<std::string_view>()(bytes) % kPlaces];
  if (seen.bytes != bytes) {
    RIVULET_RETURN_IF_ERROR(Parse(fields, offset, attrs));
    seen = {bytes, *attrs};
    return Status();
  }
  *attrs = seen.attrs;
  return Status();
}

Status KnownAttrs::Parse(std::span<const uint8_t> fields, uint64_t offset, AttrMap* attrs) {
  constexpr uint32_t kAttr = 5;
  entries_.clear();
  WireCursor cursor(fields, offset);
  while (cursor.Next()) {
    if (cursor.field() == kAttr) {
      RIVULET_RETURN_IF_ERROR(ReadAttrEntry(cursor.Message(), source_, 1, &entries_.emplace_back()));
    } else {
      cursor.Skip();
    }
  }
  RIVULET_RETURN_IF_ERROR(cursor.status());
  attrs->Assign(entries_);
  entries_.clear();
  return Status();
}

}  // namespace rivulet
