#include "prepare/int8/plan.h"

#include <algorithm>
#include <list>
#include <map>
#include <set>

#include "engine/base/errors.h"
#include "prepare/int8/functions.h"
#include "prepare/int8/operators.h"
#include "prepare/names.h"
#include "prepare/needed.h"

namespace rivulet::prepare {
namespace {

class Planner {
 public:
  Planner(const std::vector<const NodeDef*>& order, GraphEdit& edit, const std::set<std::string>& stay_float)
      : order_(order), edit_(edit), stay_float_(stay_float), inner_(WithinLoopsAndBranches(order)) {}

  Result<Int8Plan> Run() {
    for (const NodeDef* node : order_) {
      if (!inner_.contains(node->name))
        Visit(*edit_.Find(node->name));
      else if (IsFloatProduct(*node))
        ++inner_products_;
    }
    for (auto it = groups_.rbegin(); it != groups_.rend(); ++it) DropIfUnused(&*it);
    for (Group& group : groups_) {
      if (group.is_used) PlanInputs(group);
    }
    ShareRanges();
    for (const Group& group : groups_) {
      if (group.product) plan_.products.push_back(ProductOf(group));
    }
    if (inner_products_ > 0) {
      plan_.notes.push_back(Cat(inner_products_, inner_products_ == 1 ? " product" : " products",
                                " inside of loops or branches stay float"));
    }
    if (several_filters_ > 0) {
      plan_.notes.push_back(Cat(several_filters_, several_filters_ == 1 ? " depthwise product" : " depthwise products",
                                " of several filters a channel stay float"));
    }
    if (plan_.products.empty()) return NothingToDo();
    return std::move(plan_);
  }

 private:
  // An 8-bit operator and what belongs to it.
  struct Group {
    NodeDef* node = nullptr;
    std::optional<Product> product;
    NodeDef* bias = nullptr;  // or the product
    NodeDef* end = nullptr;
    std::vector<size_t> inputs;               // those that are activations
    std::optional<ElementFunction> function;  // whose last operator `node` is
    bool is_used = false;                     // is a product, or goes to one
  };

  // Where a value was made: passed on by operators that keep to their input's values.
  struct Origin {
    Group* group = nullptr;
    bool is_rounded = false;  // by a FakeQuant of the graph
  };

  Origin OriginOf(const std::string& edge) {
    InputName name = ParseInput(edge);
    for (;;) {
      const NodeDef* node = edit_.Find(name.node);
      if (node == nullptr) return {};
      if (const auto it = group_at_.find(node->name); it != group_at_.end()) {
        return {it->second->end->name == node->name ? it->second : nullptr, false};
      }
      if (IsFakeQuant(*node)) return {nullptr, true};
      const std::optional<size_t> input = PassedOn(*node);
      if (!input || *input >= NumDataInputs(*node)) return {};
      name = ParseInput(node->inputs[*input]);
    }
  }

  bool IsRounded(const std::string& edge) {
    const Origin origin = OriginOf(edge);
    return origin.group != nullptr || origin.is_rounded;
  }

  void Visit(NodeDef& node) {
    Group group{.node = &node, .bias = &node, .end = &node};
    if (IsFloatProduct(node)) {
      if (stay_float_.contains(node.name)) return;
      group.product = ReadProduct(edit_, &node);
      if (!group.product || !HasCodes(*group.product)) {
        other_products_ += IsCodedAlready(node) ? 0 : 1;
        coded_products_ += IsCodedAlready(node) ? 1 : 0;
        return;
      }
      if (node.op == "DepthwiseConv2dNative" && group.product->filter.value.dim(3) != 1) {
        ++several_filters_;
        return;
      }
      group.inputs = {0};
      group.is_used = true;
    } else {
      group.function = ReadElementFunction(edit_, node, [&](const std::string& edge) { return IsRounded(edge); });
      if (!group.function) group.inputs = SoftInputs(edit_, node);
      const auto is_rounded = [&](size_t input) { return IsRounded(node.inputs[input]); };
      if (!group.function &&
          (group.inputs.empty() || !std::all_of(group.inputs.begin(), group.inputs.end(), is_rounded))) {
        return;
      }
    }
    FindEnd(&group);
    groups_.push_back(std::move(group));
    Group* kept = &groups_.back();
    if (kept->function) {
      for (const NodeDef* inner : kept->function->inner) group_within_[inner->name] = kept;
    }
    group_at_[kept->node->name] = group_at_[kept->bias->name] = group_at_[kept->end->name] = kept;
  }

  // The one reader, when there is no other and nobody fetches what it reads.
  NodeDef* OnlyReader(const NodeDef& node) {
    if (!edit_.IsPrivate(node)) return nullptr;
    NodeDef* reader = edit_.ReadersOf(node)[0];
    return std::any_of(reader->inputs.begin(), reader->inputs.end(),
                       [&](const std::string& input) { return input == Cat("^", node.name); })
               ? nullptr
               : reader;
  }

  void FindEnd(Group* group) {
    NodeDef* next = OnlyReader(*group->end);
    if (group->product && next != nullptr && IsBiasOf(edit_, *group->product, *next)) {
      group->bias = group->end = next;
      next = OnlyReader(*next);
    }
    if (next != nullptr && (next->op == "Relu" || next->op == "Relu6")) group->end = next;
  }

  // What is no product is worth 8 bits where it lies between products.
  void DropIfUnused(Group* group) {
    std::vector<const NodeDef*> waiting = {group->end};
    std::set<const NodeDef*> seen;
    while (!waiting.empty() && !group->is_used) {
      const NodeDef* node = waiting.back();
      waiting.pop_back();
      if (!seen.insert(node).second) continue;
      for (const NodeDef* reader : edit_.ReadersOf(*node)) {
        const auto it = group_at_.find(reader->name);
        const auto within = group_within_.find(reader->name);
        if (within != group_within_.end()) group->is_used = group->is_used || within->second->is_used;
        if (it != group_at_.end() && it->second->node->name == reader->name) {
          group->is_used = group->is_used || it->second->is_used;
        } else if (PassedOn(*reader)) {
          waiting.push_back(reader);
        }
      }
    }
  }

  void PlanInputs(Group& group) {
    if (group.function) PlanInput(group, group.function->source, 0);
    for (const size_t input : group.inputs) PlanInput(group, group.node->inputs[input], input);
  }

  void PlanInput(Group& group, const std::string& edge, size_t input) {
    const Origin origin = OriginOf(edge);
    if (origin.is_rounded) return;
    const bool is_end = origin.group != nullptr && origin.group->is_used;
    const size_t number = is_end ? AddEnd(*origin.group) : AddEdge(edge, *group.node, input);
    readers_[number].insert(&group);
    if (group.product) input_of_[group.node->name] = number;
  }

  size_t Add(std::string edge, bool* is_new) {
    const auto [it, added] = number_of_.emplace(edge, plan_.activations.size());
    *is_new = added;
    if (added) plan_.activations.push_back({.edge = std::move(edge), .readers = {}, .range_of = it->second});
    return it->second;
  }

  // Everybody reads the rounded one.
  size_t AddEnd(const Group& group) {
    bool is_new = false;
    const size_t number = Add(group.end->name, &is_new);
    for (const NodeDef* reader : is_new ? edit_.ReadersOf(*group.end) : std::vector<NodeDef*>()) {
      for (size_t i = 0; i < NumDataInputs(*reader); ++i) {
        if (ParseInput(reader->inputs[i]).node == group.end->name) {
          plan_.activations[number].readers.emplace_back(reader->name, i);
        }
      }
    }
    return number;
  }

  size_t AddEdge(const std::string& edge, const NodeDef& reader, size_t input) {
    bool is_new = false;
    const size_t number = Add(ToText(ParseInput(edge)), &is_new);
    plan_.activations[number].readers.emplace_back(reader.name, input);
    return number;
  }

  // A part that only the concatenation reads is rounded with its range.
  void ShareRanges() {
    for (size_t i = 0; i < plan_.activations.size(); ++i) {
      const std::set<Group*>& readers = readers_[i];
      if (readers.size() != 1 || !IsConcat(*(*readers.begin())->node)) continue;
      const auto whole = number_of_.find((*readers.begin())->end->name);
      if (whole != number_of_.end()) plan_.activations[i].range_of = whole->second;
    }
    for (Int8Activation& activation : plan_.activations) {
      // Of a concatenation of concatenations, the outermost.
      while (activation.range_of != plan_.activations[activation.range_of].range_of) {
        activation.range_of = plan_.activations[activation.range_of].range_of;
      }
    }
  }

  Int8Product ProductOf(const Group& group) {
    const auto input = input_of_.find(group.node->name);
    return {.node = group.node->name,
            .last = group.bias->name,
            .end = group.end->name,
            .input = input == input_of_.end() ? kRoundedAlready : input->second};
  }

  bool IsCodedAlready(const NodeDef& node) {
    const NodeDef* filter = edit_.Producer(node, 1);
    for (int hops = 0; filter != nullptr && hops < 8; ++hops) {
      if (IsFakeQuant(*filter) || filter->op == "Dequantize") return true;
      if (filter->op != "Reshape" && filter->op != "Identity") return false;
      filter = edit_.Producer(*filter, 0);
    }
    return false;
  }

  Status NothingToDo() const {
    if (coded_products_ > 0) {
      return FailedPrecondition("the graph is 8-bit already: the weights of ", coded_products_,
                                " of its products are behind FakeQuant or Dequantize");
    }
    std::string why = "no Conv2D, DepthwiseConv2dNative or MatMul of floats with constant weights";
    if (inner_products_ > 0) why += Cat(" outside of loops and branches (", inner_products_, " are inside)");
    if (other_products_ > 0) why += Cat(" (", other_products_, " have weights that are computed, or are transposed)");
    if (several_filters_ > 0) why += Cat(" (", several_filters_, " depthwise ones have several filters a channel)");
    return NotFound(why, ": there is nothing to compute in 8 bits");
  }

  const std::vector<const NodeDef*>& order_;
  GraphEdit& edit_;
  const std::set<std::string>& stay_float_;
  const NameSet inner_;
  std::list<Group> groups_;  // in the order of execution
  NameMap<Group*> group_at_;
  NameMap<Group*> group_within_;  // at a function's operators before the last
  NameMap<size_t> number_of_;
  NameMap<size_t> input_of_;
  std::map<size_t, std::set<Group*>> readers_;
  size_t inner_products_ = 0, other_products_ = 0, coded_products_ = 0, several_filters_ = 0;
  Int8Plan plan_;
};

}  // namespace

Result<Int8Plan> PlanInt8(const GraphDef& graph, GraphEdit& edit, const std::set<std::string>& stay_float) {
  RIVULET_ASSIGN_OR_RETURN(const std::vector<const NodeDef*> order, ExecutionOrder(graph));
  return Planner(order, edit, stay_float).Run();
}

}  // namespace rivulet::prepare
