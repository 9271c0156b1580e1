// The model as nodes and edges, portable and printable; what importers make and passes rewrite.
#ifndef RIVULET_ENGINE_GRAPH_GRAPH_H_
#define RIVULET_ENGINE_GRAPH_GRAPH_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/graph/attr.h"

namespace rivulet {

struct OpDef;  // engine/ops/op.h

// Output `slot` of the node with index `node`.
struct Edge {
  int32_t node = -1;
  int32_t slot = 0;
  friend bool operator==(const Edge&, const Edge&) = default;
  friend auto operator<=>(const Edge&, const Edge&) = default;
};

// What is known of one output before it is computed.
struct Fact {
  DType dtype = DType::kInvalid;
  Shape shape = Shape::UnknownRank();
  Tensor value;  // valid() when the output is a known constant
};

struct Node {
  std::string name;
  std::string op;
  const OpDef* def = nullptr;  // null: an operator this build does not know; fails only when it is needed
  std::vector<Edge> inputs;
  std::vector<int32_t> control_inputs;
  AttrMap attrs;
  std::vector<Fact> outputs;  // filled by Infer; empty before
};

// A function of the library, as written.
struct Function;
using FunctionMap = std::map<std::string, std::shared_ptr<const Function>, std::less<>>;

class Graph {
 public:
  // Appends; the name must be free and the edges must exist or be filled in before use.
  int32_t AddNode(Node node);
  // Room for so many nodes, and for their names to be found.
  void Reserve(size_t count);
  // The index of a node, or -1.
  int32_t Find(std::string_view name) const;
  // `stem`, or `stem` with a number, so that no node has that name.
  std::string FreeName(std::string_view stem) const;

  int32_t size() const { return static_cast<int32_t>(nodes_.size()); }
  Node& node(int32_t index) { return nodes_[static_cast<size_t>(index)]; }
  const Node& node(int32_t index) const { return nodes_[static_cast<size_t>(index)]; }
  std::vector<Node>& nodes() { return nodes_; }
  const std::vector<Node>& nodes() const { return nodes_; }
  const Fact& fact(Edge edge) const { return node(edge.node).outputs[static_cast<size_t>(edge.slot)]; }

  // Keeps the nodes with keep[i], in their order, and renumbers all edges. Kept nodes must not use dropped ones.
  void Compact(const std::vector<bool>& keep);

  // Bytes that constants point into.
  void KeepAlive(std::shared_ptr<void> owner) { owners_.push_back(std::move(owner)); }

  int producer = 0;           // GraphDef.versions.producer; 0 when absent
  bool has_versions = false;  // without versions, `shape {}` of a placeholder means unknown
  FunctionMap functions;

 private:
  // An open table of names: where a name's hash would be, or behind it, lies a node of that hash. Names themselves are
  // the nodes'; a node that is called otherwise later is found no more.
  struct Named {
    uint32_t hash = 0;
    int32_t node = -1;  // or kFree or kDropped
  };
  static constexpr int32_t kFree = -1;
  static constexpr int32_t kDropped = -2;  // the name is gone; others that came after it may lie behind
  // Makes a table for so many names.
  void MakeTable(size_t names);
  void Enter(Named named);

  std::vector<Node> nodes_;
  std::vector<Named> table_;  // of 2^n places, at least half of them free
  size_t num_taken_ = 0;      // places that are not free
  std::vector<std::shared_ptr<void>> owners_;
};

struct FunctionArg {
  std::string name;
  AttrValue type;           // a DType, or a placeholder naming the attribute that gives it
  std::string number_attr;  // for N*T arguments
  std::string type_list_attr;
};

struct Function {
  std::string name;
  std::vector<FunctionArg> inputs;
  std::vector<FunctionArg> outputs;
  bool is_stateful = false;
  AttrMap attrs;
  // The body's nodes with their inputs as written ("x", "conv:output:0", "^init"): resolved when the function is
  // instantiated, since positions depend on the attributes.
  struct BodyNode {
    std::string name;
    std::string op;
    std::vector<std::string> inputs;
    AttrMap attrs;
  };
  std::vector<BodyNode> body;
  std::vector<std::pair<std::string, std::string>> returns;          // output argument -> body tensor
  std::vector<std::pair<std::string, std::string>> control_returns;  // name -> body node
};

// Node indices so that every node comes after its inputs and control inputs; in file order where free. Back edges of
// v1 loops (into Merge from NextIteration) are not counted. INVALID_ARGUMENT names a node on any other cycle.
Result<std::vector<int32_t>> TopologicalOrder(const Graph& graph);
// The same, where a node with late[i] comes only when no other can.
Result<std::vector<int32_t>> TopologicalOrder(const Graph& graph, const std::vector<bool>& late);

// keep[i] is true for the nodes that `roots` need through inputs and control inputs.
std::vector<bool> Reachable(const Graph& graph, const std::vector<int32_t>& roots);

// A Const of the tensor's value, sharing its bytes. Its operator is looked up by whoever adds it.
Node ConstNode(std::string name, const Tensor& value);

// "name:1", or "name" for slot 0.
std::string EdgeName(const Graph& graph, Edge edge);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_GRAPH_GRAPH_H_
