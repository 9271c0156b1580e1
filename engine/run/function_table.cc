#include "engine/run/function_table.h"

#include <algorithm>

#include "engine/base/built.h"
#include "engine/base/errors.h"
#include "engine/graph/gradient_function.h"
#include "engine/graph/text_form.h"
#include "engine/run/lower.h"
#include "engine/run/symbolic_gradient.h"

namespace rivulet {
namespace {

bool IsCallOp(std::string_view op) {
  return op == "PartitionedCall" || op == "StatefulPartitionedCall" || op == "BatchFunction";
}

// A call as text: equal for equal bodies.
std::string KeyOf(const FunctionCall& call) {
  Graph graph;
  Node node;
  node.name = "f";
  node.op = call.name;
  if (call.attrs != nullptr) node.attrs = *call.attrs;
  graph.AddNode(node);
  return PrintNode(graph, graph.node(0));
}

}  // namespace

const FunctionCall* FunctionTable::CallOf(const Node& node, FunctionCall* storage) const {
  if (IsCallOp(node.op)) return node.attrs.Get<FunctionCall>("f");
  const bool is_gradient = node.op == kSymbolicGradient && node.attrs.Get<FunctionCall>("f") != nullptr;
  if (!is_gradient && (node.def != nullptr || functions_.find(node.op) == functions_.end())) return nullptr;
  *storage = {node.op, std::make_shared<const AttrMap>(node.attrs)};
  return storage;
}

template <typename AnyNode>
FunctionTable::Callee FunctionTable::CalleeOf(const AnyNode& node) const {
  const bool is_gradient = node.op == kSymbolicGradient;
  if (is_gradient || IsCallOp(node.op)) {
    const FunctionCall* call = node.attrs.template Get<FunctionCall>("f");
    return call != nullptr ? Callee{call->name, is_gradient} : Callee{};
  }
  return functions_.find(node.op) != functions_.end() ? Callee{node.op, false} : Callee{};
}

const std::string* FunctionTable::GradientOf(const std::string& name) const {
  const auto function = functions_.find(name);
  return function != functions_.end() ? function->second->attrs.Get<std::string>(kGradientFunction) : nullptr;
}

template <typename Nodes>
Result<FunctionTable::Size> FunctionTable::SizeOfNodes(const Nodes& nodes, bool is_gradient, int depth) {
  Size total;
  const auto add = [&](const Callee& callee) -> Status {
    RIVULET_ASSIGN_OR_RETURN(const Size inner, SizeOf(callee, depth + 1));
    total.nodes += inner.nodes;
    total.depth = std::max(total.depth, inner.depth + 1);
    return Status();
  };
  for (const auto& node : nodes) {
    total.nodes += 1;
    if (is_gradient) total.nodes += kLongestGradient + 2 * static_cast<int64_t>(node.inputs.size());
    const Callee callee = CalleeOf(node);
    if (!callee.name.empty()) {
      RIVULET_RETURN_IF_ERROR(add(callee));
      if (is_gradient && !callee.is_gradient) RIVULET_RETURN_IF_ERROR(add({callee.name, true}));
    }
    if (total.nodes > limits_.nodes) {
      return ResourceExhausted("with the functions it calls, the graph has more than ", limits_.nodes, " nodes");
    }
  }
  return total;
}

Result<FunctionTable::Size> FunctionTable::SizeOf(const Callee& callee, int depth) {
  const auto function = functions_.find(callee.name);
  // Fails when it is called; the gradient of an operator is one formula.
  if (function == functions_.end()) return Size{callee.is_gradient ? kLongestGradient : 0, 0, false};
  if (depth > limits_.function_depth) {
    return ResourceExhausted("functions call each other more than ", limits_.function_depth, " deep, at ",
                             Quoted(callee.name));
  }
  // No function of a library has a line break in front.
  const std::string key = callee.is_gradient ? Cat("\n", callee.name) : callee.name;
  const auto known = sizes_.find(key);
  if (known != sizes_.end()) {
    if (known->second.counting) return InvalidArgument("function ", Quoted(callee.name), " calls itself without end");
    return known->second;
  }
  sizes_[key].counting = true;
  // Whatever ends the count early, memory that is short too, must not leave the function "being counted".
  struct Forget {
    std::map<std::string, Size, std::less<>>& sizes;
    const std::string& key;
    bool counted = false;
    ~Forget() {
      if (!counted) sizes.erase(key);
    }
  } forget{sizes_, key};
  const std::string* gradient = callee.is_gradient ? GradientOf(callee.name) : nullptr;
  RIVULET_ASSIGN_OR_RETURN(const Size size, gradient != nullptr
                                                ? SizeOf({*gradient, false}, depth)
                                                : SizeOfNodes(function->second->body, callee.is_gradient, depth));
  if (size.depth + depth > limits_.function_depth) {
    return ResourceExhausted("functions call each other more than ", limits_.function_depth, " deep, at ",
                             Quoted(callee.name));
  }
  sizes_[key] = size;
  forget.counted = true;
  return size;
}

Status FunctionTable::CheckSize(const Graph& graph) {
  std::lock_guard<std::recursive_mutex> lock(mutex_);
  return SizeOfNodes(graph.nodes(), false, 0).status();
}

std::string FunctionTable::Add(std::string_view stem, std::shared_ptr<const Body> body, std::shared_ptr<void>* keeper) {
  struct Keeper {
    std::weak_ptr<Added> added;
    std::string name;
    ~Keeper() {
      const std::shared_ptr<Added> all = added.lock();
      if (all == nullptr) return;
      std::shared_ptr<const Body> last;  // goes after the lock: it may keep others
      std::lock_guard<std::mutex> lock(all->mutex);
      const auto found = all->bodies.find(name);
      if (found == all->bodies.end()) return;
      last = std::move(found->second);
      all->bodies.erase(found);
    }
  };
  auto made = std::make_shared<Keeper>();
  std::lock_guard<std::mutex> lock(added_->mutex);
  // No key of a library function has a line break in front.
  std::string name = Cat("\n", stem, ":", added_->count++);
  added_->bodies[name] = std::move(body);
  made->name = name;
  made->added = added_;
  *keeper = std::move(made);
  return name;
}

size_t FunctionTable::num_added() const {
  std::lock_guard<std::mutex> lock(added_->mutex);
  return added_->bodies.size();
}

Result<Body> FunctionTable::Make(const FunctionCall& call) const {
  static const AttrMap kNone;
  const AttrMap& attrs = call.attrs != nullptr ? *call.attrs : kNone;
  if (call.name != kSymbolicGradient) return Instantiate(*functions_.find(call.name)->second, attrs, functions_);
  if constexpr (!kBuilt.gradients) return NotBuilt("gradients of functions");
  return GradientBody(attrs, functions_, limits_);
}

Result<std::shared_ptr<const Body>> FunctionTable::Find(const FunctionCall& call) {
  if constexpr (!kBuilt.functions && !kBuilt.frames) return NotBuilt("functions and loops");
  std::lock_guard<std::recursive_mutex> lock(mutex_);
  {
    std::lock_guard<std::mutex> added_lock(added_->mutex);
    const auto made = added_->bodies.find(call.name);
    if (made != added_->bodies.end()) return made->second;
  }
  const bool is_gradient = call.name == kSymbolicGradient;
  const FunctionCall* f = is_gradient && call.attrs != nullptr ? call.attrs->Get<FunctionCall>("f") : &call;
  if (f == nullptr) return InvalidArgument(call.name, ": attr 'f' is missing");
  if (!is_gradient && functions_.find(call.name) == functions_.end()) {
    return NotFound("function ", Quoted(call.name), " is not in the library");
  }
  RIVULET_RETURN_IF_ERROR(SizeOf({f->name, is_gradient}, 0).status());
  if (is_gradient) {
    const std::string* gradient = GradientOf(f->name);
    if (gradient != nullptr) return Find({*gradient, f->attrs});
  }
  const std::string key = KeyOf(call);
  const auto known = bodies_.find(key);
  if (known != bodies_.end()) return known->second;
  // A body may refer to itself, in one of its branches; while it is lowered, what it does is not known yet.
  if (lowering_.size() >= static_cast<size_t>(std::max(limits_.function_depth, 1))) {
    return ResourceExhausted("functions refer to each other more than ", limits_.function_depth, " deep, at ",
                             Quoted(call.name));
  }
  if (!lowering_.insert(key).second) {
    return FailedPrecondition("function ", Quoted(call.name), " is being lowered");
  }
  struct Done {
    std::set<std::string>& keys;
    const std::string& key;
    ~Done() { keys.erase(key); }
  } done{lowering_, key};
  RIVULET_ASSIGN_OR_RETURN(Body body, Make(call));
  Status status = Lower(&body.graph, &body.results, &body.effects, *this);
  if (!status.ok()) return std::move(status).Framed(Cat(is_gradient ? "gradient of " : "function ", Quoted(f->name)));
  FindArgs(&body);
  auto shared = std::make_shared<const Body>(std::move(body));
  bodies_[key] = shared;
  return shared;
}

}  // namespace rivulet
