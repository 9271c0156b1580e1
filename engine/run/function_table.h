// The functions that a model's graphs call, instantiated and lowered once each.
#ifndef RIVULET_ENGINE_RUN_FUNCTION_TABLE_H_
#define RIVULET_ENGINE_RUN_FUNCTION_TABLE_H_

#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "engine/run/body.h"
#include "rivulet/limits.h"

namespace rivulet {

// Thread-safe. Knows the library of one model and the bodies that lowering made (the conditions and bodies of loops).
class FunctionTable {
 public:
  // `raise_loops`: whether loops of Switch and Merge become _Loop nodes where they can (lower.h).
  FunctionTable(const FunctionMap& functions, const Limits& limits, bool raise_loops)
      : functions_(functions), limits_(limits), raise_loops_(raise_loops) {}

  // The body of a call, lowered. What it returns stays valid as long as the table.
  Result<std::shared_ptr<const Body>> Find(const FunctionCall& call);

  // Keeps a body that is not of the library; returns the name to call it by.
  std::string Add(std::string_view stem, std::shared_ptr<const Body> body);

  // What a node calls directly and what is put in its place: PartitionedCall and its kin, or a node whose operator is
  // the function's name. Null for every other node.
  const FunctionCall* CallOf(const Node& node, FunctionCall* storage) const;

  // RESOURCE_EXHAUSTED when putting in all that `graph` calls would exceed the limits of nodes or depth. Counts without
  // making anything, so that 30 functions that each call the next one twice cost nothing.
  Status CheckSize(const Graph& graph);

  const FunctionMap& functions() const { return functions_; }
  const Limits& limits() const { return limits_; }
  bool raise_loops() const { return raise_loops_; }

 private:
  struct Size {
    int64_t nodes = 0;
    int depth = 0;
    bool counting = false;  // on the way: met again, it calls itself
  };
  Result<Size> SizeOf(const std::string& name, int depth);
  template <typename Nodes>
  Result<Size> SizeOfNodes(const Nodes& nodes, int depth);

  const FunctionMap& functions_;
  const Limits limits_;
  const bool raise_loops_;
  std::recursive_mutex mutex_;  // guards what follows; lowering a body finds others
  std::map<std::string, std::shared_ptr<const Body>, std::less<>> bodies_;
  std::map<std::string, Size, std::less<>> sizes_;
  int64_t num_added_ = 0;
  std::set<std::string> lowering_;  // keys of the bodies that are being made
};

}  // namespace rivulet

#endif  // RIVULET_ENGINE_RUN_FUNCTION_TABLE_H_
