// Columns rather than objects: 50,000 nodes are read in a moment.
#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

#include "cli/view/escape.h"
#include "cli/view/write.h"

namespace rivulet::cli::view {
namespace {

using nlohmann::json;

constexpr size_t kLongestAttr = 400;

// Texts by number, each once.
class Texts {
 public:
  int32_t operator()(const std::string& text) {
    const auto [found, is_new] = ids_.emplace(text, static_cast<int32_t>(ids_.size()));
    if (is_new) all_.push_back(CleanText(text));
    return found->second;
  }
  json&& take() { return std::move(all_); }

 private:
  std::map<std::string, int32_t> ids_;
  json all_ = json::array();
};

// Texts as what they share with the one before, in UTF-16 units, and the rest: names begin with their scopes, which
// can be deep.
class FrontCoder {
 public:
  void operator()(std::string_view text) {
    std::string clean = CleanText(text);
    const SharedStart start = FindSharedStart(last_, clean);
    shared_.push_back(start.units);
    rest_.push_back(clean.substr(start.bytes));
    last_ = std::move(clean);
  }
  json take() { return {{"shared", std::move(shared_)}, {"rest", std::move(rest_)}}; }

 private:
  std::string last_;
  json shared_ = json::array(), rest_ = json::array();
};

// JSON has no infinities.
json Number(double value) { return std::isfinite(value) ? json(value) : json(nullptr); }

json WeightJson(const WeightFacts& weight) {
  return {{"min", Number(weight.min)},       {"max", Number(weight.max)}, {"mean", Number(weight.mean)},
          {"dev", Number(weight.deviation)}, {"count", weight.count},     {"zeros", weight.zeros},
          {"odd", weight.not_finite},        {"bins", weight.bins}};
}

class GraphJson {
 public:
  GraphJson(const Picture& picture) : graph_(*picture.graph), picture_(picture) {}

  json Make() {
    AddNodes();
    AddGroups();
    json open = json::array();
    for (size_t g = 0; g < picture_.open.size(); ++g) {
      if (picture_.open[g]) open.push_back(g);
    }
    json problems = json::array();
    for (const std::string& problem : graph_.problems) problems.push_back(CleanText(problem));
    return {{"title", CleanText(graph_.title)},
            {"format", graph_.format},
            {"fileBytes", graph_.file_bytes},
            {"onesAssumed", graph_.assumes_ones},
            {"timed", graph_.has_times},
            {"problems", problems},
            {"functions", functions_},
            {"ops", ops_},
            {"families", families_},
            {"nodes", nodes_},
            {"groups", groups_},
            {"paths", paths_},
            {"open", open},
            {"texts", texts_.take()}};
  }

 private:
  int32_t OpId(const std::string& op) {
    const auto [found, is_new] = op_ids_.emplace(op, static_cast<int32_t>(op_ids_.size()));
    if (is_new) {
      ops_.push_back(CleanText(op));
      families_.push_back(static_cast<int>(FamilyOf(op)));
    }
    return found->second;
  }

  json InputsJson(const ViewNode& node) const {
    json inputs = json::array();
    for (const Link& link : node.inputs) {
      inputs.push_back(link.node);
      inputs.push_back(link.slot);
      inputs.push_back((link.is_control ? 1 : 0) | (link.is_folded ? 2 : 0));
    }
    return inputs;
  }

  void AddNodes() {
    FrontCoder names;
    json op, group, function, width, height, mark, in, out, attrs, rows, folded;
    json cost = json::array();
    json weights = json::object(), problems = json::object(), changes = json::object(), calls = json::object();
    for (int32_t i = 0; i < graph_.num_nodes(); ++i) {
      const ViewNode& node = graph_.node(i);
      const Card& card = picture_.cards[static_cast<size_t>(i)];
      const std::string key = std::to_string(i);
      names(node.name);
      op.push_back(OpId(node.op));
      group.push_back(node.group);
      function.push_back(node.function);
      width.push_back(std::lround(card.width));
      height.push_back(std::lround(card.height));
      mark.push_back(static_cast<int>(node.mark));
      folded.push_back(node.is_folded ? 1 : 0);
      in.push_back(InputsJson(node));
      json facts = json::array();
      for (const Fact& fact : node.outputs) facts.push_back(texts_(TensorText(fact)));
      out.push_back(std::move(facts));
      json pairs = json::array();
      if (node.attrs != nullptr) {
        for (const auto& [key_text, value] : *node.attrs) {
          pairs.push_back(texts_(key_text));
          pairs.push_back(texts_(AttrText(value, kLongestAttr)));
        }
      }
      attrs.push_back(std::move(pairs));
      json lines = json::array();
      for (const Card::Row& row : card.rows) {
        lines.push_back(texts_(row.label));
        lines.push_back(texts_(row.text));
        lines.push_back(row.node);
      }
      rows.push_back(std::move(lines));
      AddCost(node.cost, &cost);
      if (node.weight) weights[key] = WeightJson(*node.weight);
      if (!node.problem.empty()) problems[key] = CleanText(node.problem);
      for (const std::string& change : node.changes) changes[key].push_back(CleanText(change));
      if (!node.calls.empty()) calls[key] = node.calls;
    }
    nodes_ = {{"name", names.take()},          {"op", std::move(op)},           {"group", std::move(group)},
              {"fn", std::move(function)},     {"w", std::move(width)},         {"h", std::move(height)},
              {"mark", std::move(mark)},       {"folded", std::move(folded)},   {"in", std::move(in)},
              {"out", std::move(out)},         {"attrs", std::move(attrs)},     {"rows", std::move(rows)},
              {"cost", std::move(cost)},       {"weights", std::move(weights)}, {"problems", std::move(problems)},
              {"changes", std::move(changes)}, {"calls", std::move(calls)}};
  }

  static void AddCost(const Cost& cost, json* to) {
    to->push_back(cost.flops);
    to->push_back(cost.bytes);
    to->push_back(cost.parameters);
    to->push_back(cost.parameter_bytes);
    to->push_back(std::round(cost.ms * 1e5) / 1e5);
  }

  json ChainJson(const Layout::Chain& chain) {
    int32_t fact = -1;
    const ViewNode& from = graph_.node(chain.tensor.node);
    if (!chain.is_control && static_cast<size_t>(chain.tensor.slot) < from.outputs.size())
      fact = texts_(TensorText(from.outputs[static_cast<size_t>(chain.tensor.slot)]));
    json line = {(chain.is_control ? 1 : 0) | (chain.goes_up ? 2 : 0),
                 chain.count,
                 fact,
                 chain.out_port,
                 chain.in_port,
                 chain.tensor.node};
    for (const int32_t cell : chain.cells) line.push_back(cell);
    return line;
  }

  void AddGroups() {
    FrontCoder paths;
    groups_ = json::array();
    for (size_t g = 0; g < graph_.groups.size(); ++g) {
      const Group& group = graph_.groups[g];
      const Card& card = picture_.cards[graph_.nodes.size() + g];
      json chains = json::array();
      for (const Layout::Chain& chain : group.layout.chains) chains.push_back(ChainJson(chain));
      json cost = json::array();
      AddCost(group.cost, &cost);
      paths(group.path);
      groups_.push_back({{"label", CleanText(group.label)},
                         {"parent", group.parent},
                         {"size", group.size},
                         {"sub", card.subtitle},
                         {"w", std::lround(card.width)},
                         {"h", std::lround(card.height)},
                         {"mark", static_cast<int>(group.mark)},
                         {"fn", group.is_function},
                         {"kids", group.kids},
                         {"cost", cost},
                         {"cells", group.layout.cells},
                         {"layers", group.layout.layers},
                         {"chains", chains}});
    }
    paths_ = paths.take();
    for (const std::string& function : graph_.functions) functions_.push_back(CleanText(function));
  }

  const ViewGraph& graph_;
  const Picture& picture_;
  Texts texts_;
  std::map<std::string, int32_t> op_ids_;
  json ops_ = json::array(), families_ = json::array(), functions_ = json::array();
  json nodes_, groups_, paths_;
};

}  // namespace

std::string ToJson(std::span<const Picture> pictures) {
  json models = json::array();
  for (const Picture& picture : pictures) models.push_back(GraphJson(picture).Make());
  json names = json::array();
  for (int family = 0; family < kNumFamilies; ++family) names.push_back(FamilyName(static_cast<Family>(family)));
  return json{{"models", models}, {"familyNames", names}}.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace rivulet::cli::view
