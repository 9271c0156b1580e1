// A graph while nodes are put in place of others: nodes keep their address, and who reads whom is counted on the way.
#ifndef RIVULET_PREPARE_GRAPH_EDIT_H_
#define RIVULET_PREPARE_GRAPH_EDIT_H_

#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "prepare/names.h"
#include "prepare/transform.h"

namespace rivulet::prepare {

// A constant that an input reads, and what has to have happened before it is there: inside loops and branches a
// constant made from it must wait for the same.
struct ConstInput {
  NodeDef* node = nullptr;  // the Const
  Tensor value;
  std::vector<std::string> waits;  // "^name"
  bool is_own = false;             // read by this one input alone, directly: it may be changed in place
};

class GraphEdit {
 public:
  // Two nodes of one name, or an input without node, are errors.
  static Result<GraphEdit> Of(const GraphDef& graph, const TransformContext& context);

  GraphEdit(GraphEdit&&) = default;  // nodes stay where they are

  // The nodes that are there, in their order.
  std::vector<NodeDef*> Nodes();
  NodeDef* Find(std::string_view name);
  // The node of data input `i`, when it reads output 0 of one; else null.
  NodeDef* Producer(const NodeDef& node, size_t i);
  // The Const behind data input `i`, through Identity; nothing when there is none, or its value is broken.
  std::optional<ConstInput> ReadConst(const NodeDef& node, size_t i);

  // Inputs, data and order, that name the node.
  int Uses(const NodeDef& node) const;
  // Each once.
  std::vector<NodeDef*> ReadersOf(const NodeDef& node) const;
  // Fed or fetched.
  bool IsKept(const NodeDef& node) const { return kept_.contains(node.name); }
  // One data input alone sees its output 0.
  bool IsPrivate(const NodeDef& node) const;
  bool ReadsOtherOutputs(const NodeDef& node) const;

  std::string FreeName(std::string_view stem) const;
  // Puts a node before `before`, or at the end for null. Its name must be free.
  NodeDef& Add(NodeDef node, const NodeDef* before = nullptr);
  void SetInputs(NodeDef& node, std::vector<std::string> inputs);
  // Everybody who reads output 0 of `from` reads `to`; orders too.
  void Redirect(const NodeDef& from, const std::string& to);
  // Takes the node out. Nobody may read it, unless another of its name is added.
  void Remove(NodeDef& node);
  // Takes the node out if nobody reads it and nobody asked for it, then what only it read. Placeholders stay, and what
  // has effects.
  void RemoveUnread(const std::string& name);
  // `with` takes the name and the place of `old`, and what is private to `old` and no longer read goes.
  NodeDef& Replace(NodeDef& old, NodeDef with);

  void WriteTo(GraphDef& graph) &&;

 private:
  GraphEdit() = default;
  void Link(NodeDef& node);
  void Unlink(const NodeDef& node);

  std::list<NodeDef> nodes_;
  NameMap<std::list<NodeDef>::iterator> index_;
  NameMap<std::vector<NodeDef*>> readers_;  // of each name, once for each input
  NameSet kept_;
};

// The data inputs of a node, which come first.
size_t NumDataInputs(const NodeDef& node);
// "^name" inputs of a node.
std::vector<std::string> WaitsOf(const NodeDef& node);
// Appends those that are not there yet.
void AddWaits(const std::vector<std::string>& waits, std::vector<std::string>* inputs);

bool IsPlaceholder(const NodeDef& node);
// A placeholder that an app may feed, read or not: not those that TensorFlow's importer of loops leaves behind, one for
// each variable of a loop, which nothing reads and nobody feeds.
bool IsInput(const NodeDef& node);
// Parts of a loop or a branch as operators.
bool IsControlFlow(std::string_view op);

// Attributes with what holds where they are missing.
std::string StringAttr(const NodeDef& node, std::string_view name, std::string_view if_missing);
bool BoolAttr(const NodeDef& node, std::string_view name, bool if_missing);
float FloatAttr(const NodeDef& node, std::string_view name, float if_missing);
DType TypeAttr(const NodeDef& node, std::string_view name, DType if_missing = DType::kInvalid);
std::vector<int64_t> IntsAttr(const NodeDef& node, std::string_view name);
// Whether the list is missing, empty, or of this value alone.
bool AllAre(const NodeDef& node, std::string_view name, int64_t value);

}  // namespace rivulet::prepare

#endif  // RIVULET_PREPARE_GRAPH_EDIT_H_
