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
  // `raise_loops`: whether loops of Switch and Merge become _Loop nodes where they can (lower.h). `prints`: whether
  // somebody hears what Print says.
  FunctionTable(const FunctionMap& functions, const Limits& limits, bool raise_loops, bool prints = false)
      : functions_(functions), limits_(limits), raise_loops_(raise_loops), prints_(prints) {}

  // The body of a call, lowered. What it returns stays valid as long as the table.
  Result<std::shared_ptr<const Body>> Find(const FunctionCall& call);

  // Keeps a body that is not of the library for as long as `*keeper` or a copy of it lives, which the graph with the
  // call takes (Graph::KeepAlive): a session's plans come and go. Returns the name to call it by.
  std::string Add(std::string_view stem, std::shared_ptr<const Body> body, std::shared_ptr<void>* keeper);
  // How many of those there are.
  size_t num_added() const;

  // What a node calls directly and what is put in its place: PartitionedCall and its kin, a node whose operator is the
  // function's name, or a SymbolicGradient, which is a call by that name with the node's attributes. Null for every
  // other node.
  const FunctionCall* CallOf(const Node& node, FunctionCall* storage) const;

  // RESOURCE_EXHAUSTED when putting in all that `graph` calls would exceed the limits of nodes or depth. Counts without
  // making anything, so that 30 functions that each call the next one twice cost nothing.
  Status CheckSize(const Graph& graph);

  const FunctionMap& functions() const { return functions_; }
  const Limits& limits() const { return limits_; }
  bool raise_loops() const { return raise_loops_; }
  bool prints() const { return prints_; }

 private:
  struct Size {
    int64_t nodes = 0;
    int depth = 0;
    bool counting = false;  // on the way: met again, it calls itself
  };
  struct Callee {
    std::string name;  // empty: none
    bool is_gradient = false;
  };
  template <typename AnyNode>
  Callee CalleeOf(const AnyNode& node) const;
  Result<Size> SizeOf(const Callee& callee, int depth);
  // `is_gradient`: with all that goes back through the nodes.
  template <typename Nodes>
  Result<Size> SizeOfNodes(const Nodes& nodes, bool is_gradient, int depth);
  // The function that the library names as the gradient of `name`; null when there is none.
  const std::string* GradientOf(const std::string& name) const;
  // The body of a call, not yet lowered.
  Result<Body> Make(const FunctionCall& call) const;

  // Bodies of plans. On its own, so that a keeper can outlive the table.
  struct Added {
    std::mutex mutex;
    std::map<std::string, std::shared_ptr<const Body>, std::less<>> bodies;
    int64_t count = 0;  // of all there ever were
  };

  const FunctionMap& functions_;
  const Limits limits_;
  const bool raise_loops_;
  const bool prints_;
  const std::shared_ptr<Added> added_ = std::make_shared<Added>();
  std::recursive_mutex mutex_;  // guards what follows; lowering a body finds others
  std::map<std::string, std::shared_ptr<const Body>, std::less<>> bodies_;
  std::map<std::string, Size, std::less<>> sizes_;
  std::set<std::string> lowering_;  // keys of the bodies that are being made
};

}  // namespace rivulet

#endif  // RIVULET_ENGINE_RUN_FUNCTION_TABLE_H_
