#include "engine/graph/graph.h"

#include <algorithm>
#include <utility>

#include "engine/base/errors.h"
#include "engine/base/free_name.h"
#include "engine/base/keyed_hash.h"

namespace rivulet {

namespace {

uint32_t HashOf(std::string_view name) {
  const uint64_t hash = KeyedHash()(name);
  return static_cast<uint32_t>(hash ^ hash >> 32);
}

}  // namespace

void Graph::MakeTable(size_t names) {
  size_t places = 16;
  while (places < 2 * names) places *= 2;
  const std::vector<Named> before = std::exchange(table_, std::vector<Named>(places));
  num_taken_ = 0;
  for (const Named& named : before) {
    if (named.node >= 0) Enter(named);
  }
}

void Graph::Enter(Named named) {
  size_t at = named.hash & (table_.size() - 1);
  while (table_[at].node != kFree) at = (at + 1) & (table_.size() - 1);
  table_[at] = named;
  ++num_taken_;
}

void Graph::Reserve(size_t count) {
  nodes_.reserve(count);
  if (2 * count > table_.size()) MakeTable(count);
}

int32_t Graph::AddNode(Node node) {
  const int32_t index = size();
  if (2 * (num_taken_ + 1) > table_.size()) MakeTable(2 * (static_cast<size_t>(index) + 1));
  Enter({HashOf(node.name), index});
  nodes_.push_back(std::move(node));
  return index;
}

int32_t Graph::Find(std::string_view name) const {
  if (table_.empty()) return -1;
  const uint32_t hash = HashOf(name);
  for (size_t at = hash & (table_.size() - 1); table_[at].node != kFree; at = (at + 1) & (table_.size() - 1)) {
    const Named& named = table_[at];
    if (named.hash == hash && named.node >= 0 && node(named.node).name == name) return named.node;
  }
  return -1;
}

std::string Graph::FreeName(std::string_view stem) const {
  return rivulet::FreeName(stem, nodes_.size(), [&](const std::string& name) { return Find(name) >= 0; });
}

void Graph::Compact(const std::vector<bool>& keep) {
  std::vector<int32_t> moved(nodes_.size(), -1);
  int32_t next = 0;
  for (size_t i = 0; i < nodes_.size(); ++i) {
    if (!keep[i]) continue;
    moved[i] = next;
    if (static_cast<size_t>(next) != i) nodes_[static_cast<size_t>(next)] = std::move(nodes_[i]);
    ++next;
  }
  nodes_.resize(static_cast<size_t>(next));
  for (Named& named : table_) {
    if (named.node < 0) continue;
    const int32_t to = moved[static_cast<size_t>(named.node)];
    named.node = to >= 0 ? to : kDropped;
  }
  for (Node& kept : nodes_) {
    for (Edge& edge : kept.inputs) edge.node = moved[static_cast<size_t>(edge.node)];
    for (int32_t& control : kept.control_inputs) control = moved[static_cast<size_t>(control)];
  }
}

namespace {

bool IsNext(const Node& node) {
  const std::string_view op = node.op;
  return op == "NextIteration" || op == "RefNextIteration";
}

// To which back edges lead.
bool IsMerge(const Node& node) {
  const std::string_view op = node.op;
  return op == "Merge" || op == "RefMerge";
}

}  // namespace

Result<std::vector<int32_t>> TopologicalOrder(const Graph& graph) { return TopologicalOrder(graph, {}); }

Result<std::vector<int32_t>> TopologicalOrder(const Graph& graph, const std::vector<bool>& late) {
  const auto count = static_cast<size_t>(graph.size());
  // What each node waits for, as one flat array: nodes are looked at once.
  std::vector<int32_t> waiting(count);
  std::vector<int32_t> producers;
  producers.reserve(2 * count);
  for (size_t i = 0; i < count; ++i) {
    const Node& node = graph.nodes()[i];
    const size_t before = producers.size();
    const bool ends_loop = IsMerge(node);
    for (const Edge& edge : node.inputs) {
      if (!ends_loop || !IsNext(graph.node(edge.node))) producers.push_back(edge.node);
    }
    producers.insert(producers.end(), node.control_inputs.begin(), node.control_inputs.end());
    waiting[i] = static_cast<int32_t>(producers.size() - before);
  }
  // Consumers of each node, likewise.
  std::vector<int32_t> first(count + 1, 0);
  for (const int32_t producer : producers) ++first[static_cast<size_t>(producer) + 1];
  for (size_t i = 0; i < count; ++i) first[i + 1] += first[i];
  std::vector<int32_t> consumers(producers.size());
  std::vector<int32_t> fill(first.begin(), first.end() - 1);
  auto producer = producers.begin();
  for (size_t i = 0; i < count; ++i) {
    for (int32_t k = 0; k < waiting[i]; ++k) {
      consumers[static_cast<size_t>(fill[static_cast<size_t>(*producer++)]++)] = static_cast<int32_t>(i);
    }
  }

  // Depth first from the nodes in file order keeps producers near their consumers.
  std::vector<int32_t> order;
  order.reserve(count);
  std::vector<int32_t> ready;
  std::vector<int32_t> ready_late;  // the first one at the end, as in `ready`
  const auto make_ready = [&](int32_t node) {
    (!late.empty() && late[static_cast<size_t>(node)] ? ready_late : ready).push_back(node);
  };
  for (int32_t i = graph.size() - 1; i >= 0; --i) {
    if (waiting[static_cast<size_t>(i)] == 0) make_ready(i);
  }
  while (!ready.empty() || !ready_late.empty()) {
    std::vector<int32_t>& from = ready.empty() ? ready_late : ready;
    const int32_t next = from.back();
    from.pop_back();
    order.push_back(next);
    for (int32_t k = first[static_cast<size_t>(next) + 1] - 1; k >= first[static_cast<size_t>(next)]; --k) {
      const int32_t consumer = consumers[static_cast<size_t>(k)];
      if (--waiting[static_cast<size_t>(consumer)] == 0) make_ready(consumer);
    }
  }
  if (order.size() == count) return order;
  for (int32_t i = 0; i < graph.size(); ++i) {
    if (waiting[static_cast<size_t>(i)] > 0) {
      return InvalidArgument("node ", Quoted(graph.node(i).name), " (", Quoted(graph.node(i).op),
                             ") waits for its own output: the graph has a cycle that is not a loop");
    }
  }
  return order;
}

std::vector<bool> Reachable(const Graph& graph, const std::vector<int32_t>& roots) {
  std::vector<bool> reached(static_cast<size_t>(graph.size()), false);
  std::vector<int32_t> stack;
  const auto push = [&](int32_t node) {
    if (node < 0 || reached[static_cast<size_t>(node)]) return;
    reached[static_cast<size_t>(node)] = true;
    stack.push_back(node);
  };
  for (const int32_t root : roots) push(root);
  while (!stack.empty()) {
    const Node& node = graph.node(stack.back());
    stack.pop_back();
    for (const Edge& edge : node.inputs) push(edge.node);
    for (const int32_t control : node.control_inputs) push(control);
  }
  return reached;
}

Node ConstNode(std::string name, const Tensor& value) {
  auto literal = std::make_shared<TensorLiteral>();
  literal->dtype = value.dtype();
  literal->shape = value.shape();
  literal->prefix = Tensor::View(value.dtype(), {value.num_elements()}, const_cast<void*>(value.raw()), value.owner());
  Node node;
  node.name = std::move(name);
  node.op = "Const";
  AttrMap::Entry entries[] = {{"dtype", value.dtype()},
                              {"value", std::shared_ptr<const TensorLiteral>(std::move(literal))}};
  node.attrs.Assign(entries);
  return node;
}

std::string EdgeName(const Graph& graph, Edge edge) {
  const std::string& name = graph.node(edge.node).name;
  return edge.slot == 0 ? name : Cat(name, ":", edge.slot);
}

}  // namespace rivulet
