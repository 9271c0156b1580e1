// rivulet ops --for MODEL --narrow FOLDER: what an engine for these models alone is built from.
#ifndef RIVULET_CLI_NARROW_H_
#define RIVULET_CLI_NARROW_H_

#include <set>
#include <string>

#include "engine/base/built_uses.h"
#include "engine/base/errors.h"
#include "engine/graph/graph.h"
#include "rivulet/model.h"

namespace rivulet::cli {

class Narrowing {
 public:
  void Add(const Model& model);

  // FOLDER/ops.list names the operator files, FOLDER/built.h what of them is built (engine/base/built.h).
  Status Write(const std::string& folder) const;

  // Operators with what passes may make of them.
  const std::set<std::string>& ops() const { return ops_; }

 private:
  void AddOp(const std::string& op, const AttrMap& attrs);
  void AddUses(const Graph& graph);
  void AddFilter(const Shape& input, const Shape& filter, bool channels_last);
  void AddRewrites();

  std::set<std::string> ops_;
  std::set<DType> types_;
  BuiltParts parts_ = {};
  BuiltUses uses_ = {false, false, false, false, false, false, 1 << 20};
};

}  // namespace rivulet::cli

#endif  // RIVULET_CLI_NARROW_H_
