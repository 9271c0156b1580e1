// Graphs for terminals and for Graphviz.
#include "cli/view/card.h"
#include "cli/view/escape.h"
#include "cli/view/write.h"
#include "engine/base/errors.h"

namespace rivulet::cli::view {
namespace {

std::string LinkText(const ViewGraph& graph, const Link& link) {
  const std::string& name = graph.node(link.node).name;
  if (link.is_control) return "^" + name;
  return link.slot == 0 ? name : Cat(name, ":", link.slot);
}

std::string NodeLine(const ViewGraph& graph, const ViewNode& node) {
  std::string line = Cat(NameWithin(graph, node), " = ", node.op, "(");
  for (size_t i = 0; i < node.inputs.size(); ++i) line += Cat(i == 0 ? "" : ", ", LinkText(graph, node.inputs[i]));
  line += ")";
  for (size_t i = 0; i < node.outputs.size(); ++i) line += Cat(i == 0 ? " → " : ", ", TensorText(node.outputs[i]));
  if (node.cost.flops > 0) line += Cat("   ", view::Short(static_cast<double>(node.cost.flops)), "FLOP");
  return CleanText(line);
}

std::string GroupLine(const Group& group) {
  std::string line = Cat(group.label, "/   ", group.size, group.size == 1 ? " node" : " nodes");
  if (group.cost.parameters > 0) line += Cat(", ", view::Short(static_cast<double>(group.cost.parameters)), " weights");
  if (group.cost.flops > 0) line += Cat(", ", view::Short(static_cast<double>(group.cost.flops)), "FLOP");
  return CleanText(line);
}

void AddTree(const ViewGraph& graph, const Group& group, const std::string& indent, std::string* out) {
  for (size_t i = 0; i < group.kids.size(); ++i) {
    const bool is_last = i + 1 == group.kids.size();
    const Item kid = group.kids[i];
    *out += indent + (is_last ? "└ " : "├ ");
    if (!graph.is_group(kid)) {
      *out += NodeLine(graph, graph.node(kid)) + "\n";
      continue;
    }
    *out += GroupLine(graph.group_of(kid)) + "\n";
    AddTree(graph, graph.group_of(kid), indent + (is_last ? "  " : "│ "), out);
  }
}

void AddClusters(const ViewGraph& graph, const Group& group, const std::string& indent, std::string* out) {
  for (const Item kid : group.kids) {
    if (!graph.is_group(kid)) {
      const ViewNode& node = graph.node(kid);
      *out += Cat(indent, "n", kid, " [label=\"", DotText(node.op), "\\n",
                  DotText(std::string(NameWithin(graph, node))), "\", tooltip=\"", DotText(node.name), "\"];\n");
      continue;
    }
    const Group& inner = graph.group_of(kid);
    *out += Cat(indent, "subgraph cluster_", kid, " {\n", indent, "  label=\"", DotText(inner.label), "\";\n");
    AddClusters(graph, inner, indent + "  ", out);
    *out += indent + "}\n";
  }
}

void AddMarked(const ViewGraph& graph, Mark mark, const char* sign, std::string* out) {
  for (const ViewNode& node : graph.nodes) {
    if (node.mark != mark) continue;
    const std::string where = node.function < 0 ? "" : graph.functions[static_cast<size_t>(node.function)] + ": ";
    *out += CleanText(Cat(sign, " ", where, node.name, " (", node.op, ")")) + "\n";
    for (const std::string& change : node.changes) *out += CleanText("    " + change) + "\n";
  }
}

}  // namespace

std::string ToText(const ViewGraph& graph) {
  std::string out = CleanText(Cat(graph.title, ": ", graph.format, ", ", graph.nodes.size(), " nodes")) + "\n";
  AddTree(graph, graph.groups[0], "", &out);
  return out;
}

std::string ToDot(const ViewGraph& graph) {
  std::string out =
      "digraph model {\n  rankdir=TB;\n  node [shape=box, style=\"rounded,filled\", fillcolor=\"#f4f5f7\", "
      "fontname=\"Helvetica\", fontsize=10];\n  edge [fontname=\"Helvetica\", fontsize=8, color=\"#8a93a3\"];\n"
      "  graph [style=\"rounded\", color=\"#c9ced8\", fontname=\"Helvetica\", fontsize=11];\n";
  AddClusters(graph, graph.groups[0], "  ", &out);
  for (int32_t i = 0; i < graph.num_nodes(); ++i) {
    if (graph.node(i).is_folded) continue;
    for (const Link& link : graph.node(i).inputs) {
      if (link.is_folded) continue;
      const ViewNode& from = graph.node(link.node);
      out += Cat("  n", link.node, " -> n", i);
      if (link.is_control) {
        out += " [style=dashed]";
      } else if (static_cast<size_t>(link.slot) < from.outputs.size()) {
        out += Cat(" [label=\"", DotText(TensorText(from.outputs[static_cast<size_t>(link.slot)])), "\"]");
      }
      out += ";\n";
    }
  }
  return out + "}\n";
}

std::string DifferenceText(const ViewGraph& before, const ViewGraph& after) {
  std::string out;
  AddMarked(before, Mark::kRemoved, "-", &out);
  AddMarked(after, Mark::kAdded, "+", &out);
  AddMarked(after, Mark::kChanged, "~", &out);
  return out;
}

}  // namespace rivulet::cli::view
