#include "engine/run/function_table.h"

#include <algorithm>

#include "engine/base/errors.h"
#include "engine/graph/text_form.h"
#include "engine/run/lower.h"

namespace rivulet {
namespace {

bool IsCallOp(std::string_view op) { return op == "PartitionedCall" || op == "StatefulPartitionedCall"; }

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
  if (node.def != nullptr || functions_.find(node.op) == functions_.end()) return nullptr;
  *storage = {node.op, std::make_shared<const AttrMap>(node.attrs)};
  return storage;
}

template <typename Nodes>
Result<FunctionTable::Size> FunctionTable::SizeOfNodes(const Nodes& nodes, int depth) {
  Size total;
  total.nodes = static_cast<int64_t>(nodes.size());
  for (const auto& node : nodes) {
    std::string callee;
    if (IsCallOp(node.op)) {
      const FunctionCall* call = node.attrs.template Get<FunctionCall>("f");
      if (call != nullptr) callee = call->name;
    } else if (functions_.find(node.op) != functions_.end()) {
      callee = node.op;
    }
    if (callee.empty()) continue;
    RIVULET_ASSIGN_OR_RETURN(const Size inner, SizeOf(callee, depth + 1));
    total.nodes += inner.nodes;
    total.depth = std::max(total.depth, inner.depth + 1);
    if (total.nodes > limits_.nodes) {
      return ResourceExhausted("with the functions it calls, the graph has more than ", limits_.nodes, " nodes");
    }
  }
  return total;
}

Result<FunctionTable::Size> FunctionTable::SizeOf(const std::string& name, int depth) {
  const auto function = functions_.find(name);
  if (function == functions_.end()) return Size();  // fails when it is called
  if (depth > limits_.function_depth) {
    return ResourceExhausted("functions call each other more than ", limits_.function_depth, " deep, at ",
                             Quoted(name));
  }
  const auto known = sizes_.find(name);
  if (known != sizes_.end()) {
    if (known->second.counting) return InvalidArgument("function ", Quoted(name), " calls itself without end");
    return known->second;
  }
  sizes_[name].counting = true;
  // Whatever ends the count early, memory that is short too, must not leave the function "being counted".
  struct Forget {
    std::map<std::string, Size, std::less<>>& sizes;
    const std::string& name;
    bool counted = false;
    ~Forget() {
      if (!counted) sizes.erase(name);
    }
  } forget{sizes_, name};
  RIVULET_ASSIGN_OR_RETURN(const Size size, SizeOfNodes(function->second->body, depth));
  if (size.depth + depth > limits_.function_depth) {
    return ResourceExhausted("functions call each other more than ", limits_.function_depth, " deep, at ",
                             Quoted(name));
  }
  sizes_[name] = size;
  forget.counted = true;
  return size;
}

Status FunctionTable::CheckSize(const Graph& graph) {
  std::lock_guard<std::recursive_mutex> lock(mutex_);
  return SizeOfNodes(graph.nodes(), 0).status();
}

std::string FunctionTable::Add(std::string_view stem, std::shared_ptr<const Body> body) {
  std::lock_guard<std::recursive_mutex> lock(mutex_);
  // No key of a library function has a line break in front.
  std::string name = Cat("\n", stem, ":", num_added_++);
  bodies_[name] = std::move(body);
  return name;
}

Result<std::shared_ptr<const Body>> FunctionTable::Find(const FunctionCall& call) {
  std::lock_guard<std::recursive_mutex> lock(mutex_);
  const auto made = bodies_.find(call.name);
  if (made != bodies_.end()) return made->second;
  const auto function = functions_.find(call.name);
  if (function == functions_.end()) return NotFound("function ", Quoted(call.name), " is not in the library");
  RIVULET_RETURN_IF_ERROR(SizeOf(call.name, 0).status());
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
  static const AttrMap kNone;
  RIVULET_ASSIGN_OR_RETURN(Body body,
                           Instantiate(*function->second, call.attrs != nullptr ? *call.attrs : kNone, functions_));
  Status status = Lower(&body.graph, &body.results, &body.effects, *this);
  if (!status.ok()) return std::move(status).Framed(Cat("function ", Quoted(call.name)));
  FindArgs(&body);
  auto shared = std::make_shared<const Body>(std::move(body));
  bodies_[key] = shared;
  return shared;
}

}  // namespace rivulet
