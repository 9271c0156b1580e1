// Attributes of nodes, each set of them parsed once.
#ifndef RIVULET_ENGINE_IMPORT_KNOWN_ATTRS_H_
#define RIVULET_ENGINE_IMPORT_KNOWN_ATTRS_H_

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "engine/import/attr_value.h"

namespace rivulet {

// Attributes that were read, by their bytes: a network of thousands of nodes has some tens of sets of them, which its
// nodes share.
class KnownAttrs {
 public:
  // The bytes of all that is read outlive this.
  explicit KnownAttrs(const AttrSource& source) : source_(source), seen_(kPlaces) {}

  // `fields`: a NodeDef's attributes, each with its tag, and whatever lies between them. `offset` is where in the file
  // they begin.
  Status Read(std::span<const uint8_t> fields, uint64_t offset, AttrMap* attrs);

 private:
  static constexpr size_t kLongest = 512;
  static constexpr size_t kPlaces = 128;  // of several sets that fall to one, the last is known
  struct Seen {
    std::string_view bytes;
    AttrMap attrs;
  };

  Status Parse(std::span<const uint8_t> fields, uint64_t offset, AttrMap* attrs);

  const AttrSource& source_;
  std::vector<Seen> seen_;
  std::vector<AttrMap::Entry> entries_;  // of one node; empty between nodes
};

}  // namespace rivulet

#endif  // RIVULET_ENGINE_IMPORT_KNOWN_ATTRS_H_
