// Edges of nodes become edges of the grid of each group that they pass.
#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "cli/view/graph.h"
#include "cli/view/layers.h"

namespace rivulet::cli::view {
namespace {

// More ways in or out than this are drawn as one.
constexpr size_t kMostPorts = 12;

// An edge between nodes, of which one at least is within the group that is laid out.
struct Passing {
  int32_t from = 0;
  Link link;
  int32_t to = 0;
  int32_t outer = -1;  // where one end is outside: what the parent's grid calls that end
};

// The cells of a group's ports, by what the parent's grid calls the other end.
struct Ports {
  std::map<int32_t, int32_t> in, out;
};

class GroupLayout {
 public:
  GroupLayout(ViewGraph* graph, int32_t group) : graph_(*graph), id_(group) {}

  Ports Make(const std::vector<Passing>& edges) {
    Group& group = graph_.groups[static_cast<size_t>(id_)];
    for (const Item kid : group.kids) locals_.emplace(kid, static_cast<int32_t>(locals_.size()));
    num_kids_ = static_cast<int32_t>(group.kids.size());
    FindPorts(edges);
    for (const Passing& edge : edges) Add(edge);
    FindTrunks();
    const LayerGrid grid = MakeLayers(input_);
    const Ports ports = Fill(grid);
    LayOutKids();
    return ports;
  }

 private:
  // The kid that a node is in; -1 when it is outside.
  int32_t Local(int32_t node) const {
    const Item whole = graph_.num_nodes() + id_;
    Item at = node;
    for (Item up = graph_.parent(at); up >= 0; at = up, up = graph_.parent(at)) {
      if (up == whole) return locals_.find(at)->second;
    }
    return -1;
  }

  // Outer ends that lead to the same kids share a port.
  static std::map<int32_t, int32_t> Share(const std::map<int32_t, std::set<int32_t>>& kids_of, int32_t* count) {
    std::map<std::set<int32_t>, int32_t> ports;
    std::map<int32_t, int32_t> port_of;
    for (const auto& [outer, kids] : kids_of)
      port_of[outer] = ports.emplace(kids, static_cast<int32_t>(ports.size())).first->second;
    if (ports.size() > kMostPorts) {
      for (auto& [outer, port] : port_of) port = 0;
    }
    *count = static_cast<int32_t>(ports.size() > kMostPorts ? 1 : ports.size());
    return port_of;
  }

  void FindPorts(const std::vector<Passing>& edges) {
    std::map<int32_t, std::set<int32_t>> in, out;
    for (const Passing& edge : edges) {
      if (edge.outer < 0) continue;
      const int32_t from = Local(edge.from);
      if (from < 0) {
        in[edge.outer].insert(Local(edge.to));
      } else {
        out[edge.outer].insert(from);
      }
    }
    int32_t num_in = 0, num_out = 0;
    in_ = Share(in, &num_in);
    out_ = Share(out, &num_out);
    input_.first_source = num_kids_;
    input_.first_sink = num_kids_ + num_in;
    input_.size = num_kids_ + num_in + num_out;
  }

  void Add(const Passing& edge) {
    const int32_t from_kid = Local(edge.from), to_kid = Local(edge.to);
    const int32_t from = from_kid >= 0 ? from_kid : input_.first_source + in_.find(edge.outer)->second;
    const int32_t to = to_kid >= 0 ? to_kid : input_.first_sink + out_.find(edge.outer)->second;
    if (from_kid >= 0 && from < num_kids_)
      passing_[from].push_back({edge.from, edge.link, edge.to, from == to ? -1 : to});
    if (to_kid >= 0 && from != to) passing_[to].push_back({edge.from, edge.link, edge.to, from});
    if (from == to) return;
    const auto [found, is_new] = chain_of_.emplace(std::pair(from, to), chains_.size());
    if (is_new) {
      input_.edges.emplace_back(from, to);
      is_mixed_.push_back(false);
      chains_.push_back({.tensor = {edge.from, edge.link.slot}, .is_control = edge.link.is_control});
      return;
    }
    Layout::Chain& chain = chains_[found->second];
    ++chain.count;
    is_mixed_[found->second] = is_mixed_[found->second] || chain.tensor.node != edge.from ||
                               chain.tensor.slot != edge.link.slot || chain.is_control != edge.link.is_control;
    if (chain.is_control && !edge.link.is_control) chain.tensor = {edge.from, edge.link.slot};
    chain.is_control &= edge.link.is_control;
  }

  // Edges that carry the same tensor and nothing else share their way.
  void FindTrunks() {
    std::map<std::tuple<int32_t, int32_t, int32_t, bool>, int32_t> trunks;
    for (size_t i = 0; i < chains_.size(); ++i) {
      const Layout::Chain& chain = chains_[i];
      const std::tuple key(input_.edges[i].first, chain.tensor.node, chain.tensor.slot, chain.is_control);
      const auto next = static_cast<int32_t>(trunks.size());
      input_.trunks.push_back(is_mixed_[i] ? -1 : trunks.emplace(key, next).first->second);
    }
  }

  Ports Fill(const LayerGrid& grid) {
    Layout layout;
    std::vector<int32_t> now(grid.cells.size());  // cells in the order of layers
    std::vector<int32_t> cell_of(static_cast<size_t>(input_.size));
    for (const auto& layer : grid.layers) {
      layout.layers.push_back(static_cast<int32_t>(layer.size()));
      for (const int32_t cell : layer) {
        const int32_t vertex = grid.cells[static_cast<size_t>(cell)];
        now[static_cast<size_t>(cell)] = static_cast<int32_t>(layout.cells.size());
        if (vertex >= 0) cell_of[static_cast<size_t>(vertex)] = static_cast<int32_t>(layout.cells.size());
        layout.cells.push_back(vertex < 0                      ? Layout::kBend
                               : vertex >= input_.first_sink   ? Layout::kOutPort
                               : vertex >= input_.first_source ? Layout::kInPort
                                                               : KidAt(vertex));
      }
    }
    for (size_t i = 0; i < chains_.size(); ++i) {
      Layout::Chain chain = std::move(chains_[i]);
      chain.goes_up = grid.chains[i].goes_up;
      for (const int32_t cell : grid.chains[i].cells) chain.cells.push_back(now[static_cast<size_t>(cell)]);
      layout.chains.push_back(std::move(chain));
    }
    Ports ports;
    for (const auto& [outer, port] : in_) ports.in[outer] = cell_of[static_cast<size_t>(input_.first_source + port)];
    for (const auto& [outer, port] : out_) ports.out[outer] = cell_of[static_cast<size_t>(input_.first_sink + port)];
    graph_.groups[static_cast<size_t>(id_)].layout = std::move(layout);
    return ports;
  }

  Item KidAt(int32_t local) const { return graph_.groups[static_cast<size_t>(id_)].kids[static_cast<size_t>(local)]; }

  void LayOutKids() {
    std::map<int32_t, Ports> ports;
    for (int32_t kid = 0; kid < num_kids_; ++kid) {
      if (!graph_.is_group(KidAt(kid))) continue;
      ports[kid] = GroupLayout(&graph_, KidAt(kid) - graph_.num_nodes()).Make(passing_[kid]);
    }
    for (size_t i = 0; i < input_.edges.size(); ++i) {
      Layout::Chain& chain = graph_.groups[static_cast<size_t>(id_)].layout.chains[i];
      const auto [from, to] = input_.edges[i];
      if (const auto found = ports.find(from); found != ports.end()) chain.out_port = found->second.out.at(to);
      if (const auto found = ports.find(to); found != ports.end()) chain.in_port = found->second.in.at(from);
    }
  }

  ViewGraph& graph_;
  const int32_t id_;
  int32_t num_kids_ = 0;
  std::map<Item, int32_t> locals_;
  std::map<int32_t, int32_t> in_, out_;  // ports by the outer end
  LayerInput input_;
  std::map<std::pair<int32_t, int32_t>, size_t> chain_of_;
  std::vector<Layout::Chain> chains_;
  std::vector<bool> is_mixed_;                       // by chain: edges of several tensors
  std::map<int32_t, std::vector<Passing>> passing_;  // by kid
};

}  // namespace

void LayOut(ViewGraph* graph) {
  std::vector<Passing> edges;
  for (int32_t to = 0; to < graph->num_nodes(); ++to) {
    if (graph->node(to).is_folded) continue;
    for (const Link& link : graph->node(to).inputs) {
      if (!link.is_folded && link.node != to) edges.push_back({link.node, link, to, -1});
    }
  }
  GroupLayout(graph, 0).Make(edges);
}

}  // namespace rivulet::cli::view
