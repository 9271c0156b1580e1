// insert_logging: what nodes give is printed on the way, to stderr where TensorFlow runs the graph.
//
//   y = Relu(x), z = Neg(y)   becomes   y = Relu(x), y__print__ = Print(y, y), z = Neg(y__print__)
//
// The nodes of the given operators, or whose name starts with a prefix; both where both are given. Every output that is
// read is printed. Nodes that nobody reads, and the parts of loops, whose places are fixed, are left.
#include <algorithm>
#include <set>

#include "engine/base/errors.h"
#include "prepare/facts.h"
#include "prepare/graph_edit.h"
#include "prepare/transforms/transforms.h"

namespace rivulet::prepare {
namespace {

struct Wanted {
  std::vector<std::string> ops, prefixes;
  std::string message;
  bool show_op = false, show_name = false;
  int64_t first_n = -1, summarize = 1024;

  bool Has(const NodeDef& node) const {
    const auto starts = [&](const std::string& prefix) { return node.name.starts_with(prefix); };
    if (!ops.empty() && std::find(ops.begin(), ops.end(), node.op) == ops.end()) return false;
    return prefixes.empty() || std::any_of(prefixes.begin(), prefixes.end(), starts);
  }
};

Result<Wanted> ReadArguments(const Arguments& arguments) {
  Wanted wanted{.ops = arguments.All("op"), .prefixes = arguments.All("prefix")};
  RIVULET_ASSIGN_OR_RETURN(wanted.message, arguments.One("message", ""));
  RIVULET_ASSIGN_OR_RETURN(wanted.show_op, arguments.Bool("show_op", false));
  RIVULET_ASSIGN_OR_RETURN(wanted.show_name, arguments.Bool("show_name", false));
  RIVULET_ASSIGN_OR_RETURN(wanted.first_n, arguments.Int("first_n", -1));
  RIVULET_ASSIGN_OR_RETURN(wanted.summarize, arguments.Int("summarize", 1024));
  return wanted;
}

// The outputs of the node that others read as data.
std::set<int> ReadPorts(GraphEdit& edit, const NodeDef& node) {
  std::set<int> ports;
  for (const NodeDef* reader : edit.ReadersOf(node)) {
    for (const std::string& input : reader->inputs) {
      if (const InputName name = ParseInput(input); name.node == node.name && !name.is_control) ports.insert(name.port);
    }
  }
  return ports;
}

bool CanBePrinted(DType dtype) {
  return dtype != DType::kInvalid && dtype != DType::kResource && dtype != DType::kVariant;
}

void InsertPrint(GraphEdit& edit, const Facts& facts, const Wanted& wanted, NodeDef& node) {
  const std::set<int> ports = ReadPorts(edit, node);
  if (ports.empty() || IsControlFlow(node.op) || !CanBePrinted(facts.TypeOf(node.name))) return;
  NodeDef print{.name = edit.FreeName(node.name + "__print__"), .op = "Print", .device = node.device};
  print.inputs = {node.name};
  std::vector<DType> types;
  for (const int port : ports) {
    const std::string edge = ToText({.node = node.name, .port = port});
    if (!CanBePrinted(facts.TypeOf(edge))) continue;
    print.inputs.push_back(edge);
    types.push_back(facts.TypeOf(edge));
  }
  print.attrs["T"] = Attr::OfType(facts.TypeOf(node.name));
  print.attrs["U"] = Attr::OfTypes(types);
  std::string message;
  if (wanted.show_op) message += Cat(";", node.op, ";");
  if (wanted.show_name) message += Cat(";", print.name, ";");
  print.attrs["message"] = Attr::OfString(message + wanted.message);
  print.attrs["first_n"] = Attr::OfInt(wanted.first_n);
  print.attrs["summarize"] = Attr::OfInt(wanted.summarize);
  const std::string name = print.name;
  // Who waits for the node alone still waits for it alone.
  for (NodeDef* reader : edit.ReadersOf(node)) {
    std::vector<std::string> inputs = reader->inputs;
    for (std::string& input : inputs) {
      const InputName read = ParseInput(input);
      if (!read.is_control && read.node == node.name && read.port == 0) input = name;
    }
    edit.SetInputs(*reader, std::move(inputs));
  }
  edit.Add(std::move(print));
}

Status Apply(GraphDef& graph, const TransformContext& context) {
  RIVULET_ASSIGN_OR_RETURN(const Wanted wanted, ReadArguments(context.arguments));
  RIVULET_ASSIGN_OR_RETURN(const Facts facts, Facts::Of(graph));
  RIVULET_ASSIGN_OR_RETURN(GraphEdit edit, GraphEdit::Of(graph, context));
  for (NodeDef* node : edit.Nodes()) {
    if (wanted.Has(*node) && context.MayRewrite(node->name)) InsertPrint(edit, facts, wanted, *node);
  }
  std::move(edit).WriteTo(graph);
  return Status();
}

}  // namespace

const Transform kInsertLogging = {"insert_logging", "first_n message op prefix show_name show_op summarize", Apply};

}  // namespace rivulet::prepare
