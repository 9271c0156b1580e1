// AttrValue and NameAttrList.
#ifndef RIVULET_ENGINE_IMPORT_ATTR_VALUE_H_
#define RIVULET_ENGINE_IMPORT_ATTR_VALUE_H_

#include <utility>

#include "engine/base/wire.h"
#include "engine/graph/attr.h"
#include "rivulet/limits.h"

namespace rivulet {

// What reading attributes needs besides the bytes.
struct AttrSource {
  const std::shared_ptr<void>& owner;
  const Limits& limits;
};

// One entry of a map<string, AttrValue>. `depth` counts messages within messages from the file's root.
Status ReadAttrEntry(WireCursor entry, const AttrSource& source, int depth, AttrMap::Entry* out);

// Calls `store` for each number of a repeated varint field, packed or not.
template <typename Store>
void ReadRepeatedVarints(WireCursor& cursor, const Store& store) {
  if (cursor.type() != WireType::kBytes) return store(cursor.Varint());
  const std::span<const uint8_t> packed = cursor.Bytes();
  uint64_t value = 0;
  int shift = 0;
  for (const uint8_t byte : packed) {
    if (shift > 63)
      return cursor.Fail(DataLoss("offset ", cursor.OffsetOf(packed.data()), ": a number of more than 64 bits"));
    value |= static_cast<uint64_t>(byte & 0x7F) << shift;
    shift += 7;
    if ((byte & 0x80) != 0) continue;
    store(value);
    value = 0;
    shift = 0;
  }
  if (shift != 0)
    cursor.Fail(DataLoss("offset ", cursor.OffsetOf(packed.data()), ": packed numbers end inside a number"));
}

}  // namespace rivulet

#endif  // RIVULET_ENGINE_IMPORT_ATTR_VALUE_H_
