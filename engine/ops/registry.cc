#include <cstring>
#include <functional>
#include <iterator>
#include <string_view>
#include <vector>

#include "engine/ops/op.h"

// A narrowed build names another list.
#ifndef RIVULET_OPS_LIST
#define RIVULET_OPS_LIST "engine/ops/ops.list"
#endif

namespace rivulet {

#define RIVULET_OPS(Family) extern const OpList k##Family##Ops;
#include RIVULET_OPS_LIST
#undef RIVULET_OPS

namespace {

constexpr const OpList* kLists[] = {
#define RIVULET_OPS(Family) &k##Family##Ops,
#include RIVULET_OPS_LIST
#undef RIVULET_OPS
};

// One after the other, each with its zero.
constexpr char kListNames[] =
#define RIVULET_OPS(Family) #Family "\0"
#include RIVULET_OPS_LIST
#undef RIVULET_OPS
    ;

}  // namespace

// In the order of ops.list; made on first use, since the lists are constants of other files.
const std::vector<OpFamily>& OpFamilies() {
  static const std::vector<OpFamily> families = [] {
    std::vector<OpFamily> made;
    made.reserve(std::size(kLists));
    const char* name = kListNames;
    for (const OpList* list : kLists) {
      made.push_back({name, *list});
      name += std::strlen(name) + 1;
    }
    return made;
  }();
  return families;
}

std::vector<const OpDef*> AllOps() {
  std::vector<const OpDef*> all;
  for (const OpFamily& family : OpFamilies()) {
    for (const OpDef& def : family.ops) all.push_back(&def);
  }
  return all;
}

namespace {

// Operators by their names: an open table, at least half of it free. Made when a process loads its first model, which
// a map of a thousand blocks of memory would take a tenth of.
class NameTable {
 public:
  NameTable() {
    const std::vector<const OpDef*> all = AllOps();
    while (places_.size() < 2 * all.size()) places_.resize(2 * places_.size());
    for (const OpDef* def : all) {
      const OpDef*& place = PlaceOf(def->name);
      if (place == nullptr) place = def;
    }
  }

  const OpDef* Find(std::string_view name) { return PlaceOf(name); }

 private:
  const OpDef*& PlaceOf(std::string_view name) {
    size_t at = std::hash<std::string_view>()(name) & (places_.size() - 1);
    while (places_[at] != nullptr && name != places_[at]->name) at = (at + 1) & (places_.size() - 1);
    return places_[at];
  }

  std::vector<const OpDef*> places_ = std::vector<const OpDef*>(16);
};

}  // namespace

const OpDef* FindOp(std::string_view name) {
  static NameTable table;
  return table.Find(name);
}

}  // namespace rivulet
