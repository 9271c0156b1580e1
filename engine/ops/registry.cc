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

namespace {

// In the order of ops.list; made on first use, since the lists are constants of other files.
const std::vector<OpList>& Families() {
  static const std::vector<OpList> families = {
#define RIVULET_OPS(Family) k##Family##Ops,
#include RIVULET_OPS_LIST
#undef RIVULET_OPS
  };
  return families;
}

}  // namespace

std::vector<const OpDef*> AllOps() {
  std::vector<const OpDef*> all;
  for (const OpList& family : Families()) {
    for (const OpDef& def : family) all.push_back(&def);
  }
  return all;
}

const OpDef* FindOp(std::string_view name) {
  static const std::unordered_map<std::string_view, const OpDef*> index = [] {
    std::unordered_map<std::string_view, const OpDef*> map;
    for (const OpDef* def : AllOps()) map.emplace(def->name, def);
    return map;
  }();
  const auto it = index.find(name);
  return it == index.end() ? nullptr : it->second;
}

}  // namespace rivulet
