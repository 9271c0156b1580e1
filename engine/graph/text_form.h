// A graph as text that a person can read and diff, and that parses back to the same graph.
//
//   x = Placeholder() {dtype=float32, shape=shape[?,3]}
//   c = Const() {dtype=float32, value=float32[2]{1.5, 2}}
//   y = "_My op"(x, c:0, ^init) {N=2, alpha=0.2f, fused=strings["BiasAdd"]} -> float32[?,2]
//
// One node a line, inputs by name; what follows "->" are facts, for the reader only. '#' starts a comment. Names with
// other characters than letters, digits and _ . / - are quoted. Functions of the library are not part of the form.
#ifndef RIVULET_ENGINE_GRAPH_TEXT_FORM_H_
#define RIVULET_ENGINE_GRAPH_TEXT_FORM_H_

#include <string>
#include <string_view>

#include "engine/graph/graph.h"

namespace rivulet {

struct PrintOptions {
  bool facts = true;
  // Tensors of more elements are cut with "..."; the text then does not parse back. -1 prints all.
  int64_t max_elements = -1;
};

std::string PrintGraph(const Graph& graph, const PrintOptions& options = {});
std::string PrintNode(const Graph& graph, const Node& node, const PrintOptions& options = {});

// Messages name the line. Operators are not looked up: Node::def stays null.
Result<Graph> ParseGraph(std::string_view text);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_GRAPH_TEXT_FORM_H_
