#include <algorithm>
#include <deque>

#include "engine/base/errors.h"
#include "prepare/constants.h"
#include "prepare/function_calls.h"
#include "prepare/graph_edit.h"
#include "prepare/names.h"
#include "prepare/training_leftovers.h"

namespace rivulet::prepare {
namespace {

bool IsSwitch(const NodeDef& node) { return node.op == "Switch" || node.op == "RefSwitch"; }
bool IsMerge(const NodeDef& node) { return node.op == "Merge" || node.op == "RefMerge"; }

class BranchDropper {
 public:
  BranchDropper(GraphDef& graph, const TransformContext& context) : graph_(graph), context_(context) {}

  Status Run() {
    for (const NodeDef& node : graph_.nodes) by_name_.emplace(node.name, &node);
    for (NodeDef& node : graph_.nodes) {
      if (std::optional<int64_t> taken = BranchTaken(node)) RIVULET_RETURN_IF_ERROR(CallBranch(node, *taken));
    }
    for (const NodeDef& node : graph_.nodes) {
      const std::optional<Tensor> condition = IsSwitch(node) ? ConstBehind(node, 1) : std::nullopt;
      if (!condition || condition->dtype() != DType::kBool || condition->num_elements() != 1) continue;
      if (!context_.MayRewrite(node.name)) continue;
      live_port_.emplace(node.name, condition->data<bool>()[0] ? 1 : 0);
    }
    if (live_port_.empty()) return Status();
    SpreadDeath();
    for (const std::string& output : context_.outputs) {
      if (dead_.contains(ParseInput(output).node)) {
        return FailedPrecondition("output '", output, "' is of a branch that is never taken");
      }
    }
    RIVULET_RETURN_IF_ERROR(ReplaceMerges());
    Rewire();
    return Status();
  }

 private:
  // The value of a constant input, through Identity.
  std::optional<Tensor> ConstBehind(const NodeDef& node, size_t input) const {
    const NodeDef* at = &node;
    for (int hops = 0; hops < 64; ++hops) {
      if (input >= at->inputs.size()) return std::nullopt;
      const auto it = by_name_.find(ParseInput(at->inputs[input]).node);
      if (it == by_name_.end()) return std::nullopt;
      at = it->second;
      input = 0;
      if (at->op == "Const") {
        Result<Tensor> value = ValueOf(*at);
        return value.ok() ? std::optional<Tensor>(std::move(*value)) : std::nullopt;
      }
      if (at->op != "Identity") return std::nullopt;
    }
    return std::nullopt;
  }

  std::optional<int64_t> BranchTaken(const NodeDef& node) const {
    const bool is_if = node.op == "If" || node.op == "StatelessIf";
    if (!is_if && node.op != "Case" && node.op != "StatelessCase") return std::nullopt;
    const std::optional<Tensor> condition = ConstBehind(node, 0);
    if (!condition || condition->num_elements() != 1) return std::nullopt;
    switch (condition->dtype()) {
      case DType::kBool: return condition->data<bool>()[0] ? 0 : 1;  // then comes first
      case DType::kInt32: return is_if ? (condition->data<int32_t>()[0] != 0 ? 0 : 1) : condition->data<int32_t>()[0];
      case DType::kFloat:
        if (is_if) return condition->data<float>()[0] != 0 ? 0 : 1;
        return std::nullopt;
      default: return std::nullopt;
    }
  }

  Status CallBranch(NodeDef& node, int64_t taken) {
    std::vector<std::string> functions;
    for (const char* name : {"then_branch", "else_branch", "branches"}) {
      const Attr* attr = node.Find(name);
      if (attr == nullptr) continue;
      for (const std::string& function : FunctionsIn(*attr)) functions.push_back(function);
    }
    if (functions.empty() || !context_.MayRewrite(node.name)) return Status();
    const auto last = static_cast<int64_t>(functions.size()) - 1;
    // A Case takes its last branch for any number that is none.
    const int64_t branch = taken < 0 || taken > last ? last : taken;
    std::map<std::string, Attr, std::less<>> attrs;
    attrs["f"] = Attr::OfFunction(functions[static_cast<size_t>(branch)]);
    for (const char* name : {"Tin", "Tout"}) {
      if (const Attr* types = node.Find(name)) attrs[name] = *types;
    }
    // In place: other nodes are found by where this one's name lies.
    node.op = node.op.starts_with("Stateless") ? "PartitionedCall" : "StatefulPartitionedCall";
    node.inputs.erase(node.inputs.begin());
    node.attrs = std::move(attrs);
    return Status();
  }

  bool IsDead(const std::string& input) const {
    const InputName name = ParseInput(input);
    if (dead_.contains(name.node)) return true;
    const auto it = live_port_.find(name.node);
    return !name.is_control && it != live_port_.end() && it->second != name.port;
  }

  // A node with a dead input never runs; a Merge only when all are dead.
  void SpreadDeath() {
    NameViewMap<std::vector<const NodeDef*>> readers;
    for (const NodeDef& node : graph_.nodes) {
      for (const std::string& input : node.inputs) readers[ParseInput(input).node].push_back(&node);
    }
    std::deque<const NodeDef*> waiting;
    for (const auto& [name, port] : live_port_) {
      for (const NodeDef* reader : readers[name]) waiting.push_back(reader);
    }
    while (!waiting.empty()) {
      const NodeDef& node = *waiting.front();
      waiting.pop_front();
      if (dead_.contains(node.name)) continue;
      const size_t data = NumDataInputs(node);
      const auto is_dead = [&](const std::string& input) { return IsDead(input); };
      const auto end = node.inputs.begin() + static_cast<ptrdiff_t>(data);
      const bool dies = IsMerge(node) ? data > 0 && std::all_of(node.inputs.begin(), end, is_dead)
                                      : std::any_of(node.inputs.begin(), node.inputs.end(), is_dead);
      if (!dies) continue;
      dead_.insert(node.name);
      for (const NodeDef* reader : readers[node.name]) waiting.push_back(reader);
    }
  }

  Status ReplaceMerges() {
    for (NodeDef& node : graph_.nodes) {
      if (!IsMerge(node) || dead_.contains(node.name)) continue;
      const size_t data = NumDataInputs(node);
      std::vector<size_t> live;
      for (size_t i = 0; i < data; ++i) {
        if (!IsDead(node.inputs[i])) live.push_back(i);
      }
      if (live.size() == data) continue;
      if (live.size() != 1) return Unimplemented("node '", node.name, "' joins several branches of which one is dead");
      const auto index = static_cast<int32_t>(live[0]);
      const std::string source = node.inputs[live[0]];
      std::vector<std::string> inputs = {source};
      for (size_t i = data; i < node.inputs.size(); ++i) inputs.push_back(node.inputs[i]);
      node.op = "Identity";
      node.attrs.erase("N");
      node.inputs = std::move(inputs);
      added_.push_back(MakeConst(node.name + "/value_index", Tensor::Scalar<int32_t>(index)));
      index_of_.emplace(node.name, added_.back().name);
    }
    // Those that somebody reads.
    for (NodeDef& node : graph_.nodes) {
      for (std::string& input : node.inputs) {
        const InputName name = ParseInput(input);
        const auto it = index_of_.find(std::string(name.node));
        if (it == index_of_.end() || name.is_control || name.port != 1) continue;
        input = it->second;
        used_.insert(it->second);
      }
    }
    std::erase_if(added_, [&](const NodeDef& node) { return !used_.contains(node.name); });
    return Status();
  }

  // Readers of a Switch read what it was given; what is dead goes.
  void Rewire() {
    NameMap<std::string> source;
    for (const auto& [name, port] : live_port_) source.emplace(std::string(name), by_name_.at(name)->inputs[0]);
    // Who was followed before leads to the end at once. Switches in a circle end somewhere in it.
    const auto follow = [&](const std::string& text) {
      std::string end = text;
      std::vector<std::string*> passed;
      while (passed.size() <= source.size()) {
        const auto it = source.find(std::string(ParseInput(end).node));
        if (it == source.end()) break;
        end = it->second;
        passed.push_back(&it->second);
      }
      for (std::string* on_the_way : passed) *on_the_way = end;
      return ParseInput(text).is_control ? Cat("^", ParseInput(end).node) : end;
    };
    NameSet kept;
    for (const std::string& name : context_.outputs) kept.insert(std::string(ParseInput(name).node));
    std::vector<NodeDef> nodes;
    for (NodeDef& node : graph_.nodes) {
      if (dead_.contains(node.name) || (source.contains(node.name) && !kept.contains(node.name))) continue;
      nodes.push_back(node);
      for (std::string& input : nodes.back().inputs) input = follow(input);
    }
    for (NodeDef& node : added_) nodes.push_back(std::move(node));
    graph_.nodes = std::move(nodes);
  }

  GraphDef& graph_;
  const TransformContext& context_;
  NameViewMap<const NodeDef*> by_name_;
  NameViewMap<int> live_port_;  // of Switches with a constant condition
  NameViewSet dead_;
  NameMap<std::string> index_of_;  // of a Merge that is gone: which input it took
  NameSet used_;
  std::vector<NodeDef> added_;
};

Status DropDeadBranches(GraphDef& graph, const TransformContext& context) {
  RIVULET_RETURN_IF_ERROR(CheckReferences(graph));
  return BranchDropper(graph, context).Run();
}

}  // namespace

const Transform kDropDeadBranches = {"drop_dead_branches", "", DropDeadBranches};

}  // namespace rivulet::prepare
