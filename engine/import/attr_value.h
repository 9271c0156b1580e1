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

}  // namespace rivulet

#endif  // RIVULET_ENGINE_IMPORT_ATTR_VALUE_H_
