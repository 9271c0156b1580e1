#include <unordered_map>

#include "engine/ops/op.h"

// A narrowed build names another list.
#ifndef RIVULET_OPS_LIST
#define RIVULET_OPS_LIST "engine/ops/ops.list"
#endif

namespace rivulet {

#define RIVULET_OPS(Family) extern const OpList k##Family##Ops;
#include RIVULET_OPS_LIST
#undef RIVULET_OPS

// In the order of ops.list; made on first use, since the lists are constants of other files.
const std::vector<OpFamily>& OpFamilies() {
  static const std::vector<OpFamily> families = {
#define RIVULET_OPS(Family) {#Family, k##Family##Ops},
#include RIVULET_OPS_LIST
#undef RIVULET_OPS
  };
  return families;
}

std::vector<const OpDef*> AllOps() {
  std::vector<const OpDef*> all;
  for (const OpFamily& family : OpFamilies()) {
    for (const OpDef& def : family.ops) all.push_back(&def);
  }
  return all;
}

const OpDef* FindOp(std::string_view name) {
  static const std::unordered_map<std::string_view, const OpDef*> index = [] {
    std::unordered_map<std::string_view, const OpDef*> map;
    const std::vector<const OpDef*> all = AllOps();
    map.reserve(all.size());
    for (const OpDef* def : all) map.emplace(def->name, def);
    return map;
  }();
  const auto it = index.find(name);
  return it == index.end() ? nullptr : it->second;
}

}  // namespace rivulet
