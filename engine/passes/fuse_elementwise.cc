// Element-wise nodes that read one another become one node, which goes over memory once.
//
//   a = AddV2(x, 3)
//   r = Relu6(a)               becomes      y = _ElementwiseChain(x, 3, 1/6) {steps=["AddV2 x0 x1", "Relu6 s0",
//   m = Mul(x, r)                               "Mul x0 s1", "Mul s2 x2"]}
//   y = Mul(m, 1/6)
//
// A group has one result; every other node of it is read inside the group only and has the result's shape. What it
// reads from outside may be spread over the shape, all of it over the same rows and columns (elementwise_chain.h).
// Groups are found from the results backwards.
#include <algorithm>

#include "engine/ops/elementwise_chain.h"
#include "engine/passes/match.h"

namespace rivulet {
namespace {

struct Group {
  int32_t result;
  std::vector<int32_t> nodes;  // the result first, each after those that read it
  SpreadGrid grid;
};

float AlphaOf(const Node& node) {
  if (node.op != "LeakyRelu") return 0;
  const float* alpha = node.attrs.Get<float>("alpha");
  return alpha != nullptr ? *alpha : 0.2f;
}

class Fuser {
 public:
  explicit Fuser(const PassContext& context)
      : graph_(context.graph),
        group_(static_cast<size_t>(graph_.size()), kFree),
        user_(static_cast<size_t>(graph_.size()), kFree),
        step_(static_cast<size_t>(graph_.size()), kFree) {
    for (const Node& node : graph_.nodes()) {
      for (const int32_t control : node.control_inputs) user_[static_cast<size_t>(control)] = kMany;
    }
    for (const Edge& root : context.roots) user_[static_cast<size_t>(root.node)] = kMany;
  }

  Status Run(PatchSink& sink) {
    RIVULET_ASSIGN_OR_RETURN(const std::vector<int32_t> order, TopologicalOrder(graph_));
    for (auto it = order.rbegin(); it != order.rend(); ++it) Visit(*it);
    for (const Group& group : groups_) {
      if (group.nodes.size() > 1) Emit(group, sink);
    }
    return Status();
  }

 private:
  static constexpr int32_t kFree = -1;
  static constexpr int32_t kMany = -2;
  static constexpr size_t kMostNodes = 24;

  // All readers of `index` were visited: joins the group that has them all, or starts one.
  void Visit(int32_t index) {
    const Node& node = graph_.node(index);
    const auto i = static_cast<size_t>(index);
    if (IsElementwise(index)) {
      const int32_t users = user_[i];
      if (users < 0 || !Join(index, users)) {
        SpreadGrid grid;
        if (Fits(node, node.outputs[0].shape, &grid)) {
          group_[i] = static_cast<int32_t>(groups_.size());
          groups_.push_back({index, {index}, grid});
        }
      }
    }
    for (const Edge& edge : node.inputs) {
      int32_t& user = user_[static_cast<size_t>(edge.node)];
      const bool same = user == kFree || user == group_[i];
      user = same && group_[i] >= 0 && edge.slot == 0 ? group_[i] : kMany;
    }
  }

  bool Join(int32_t index, int32_t to) {
    const Node& node = graph_.node(index);
    Group& group = groups_[static_cast<size_t>(to)];
    const Shape& shape = node.outputs[0].shape;
    if (group.nodes.size() == kMostNodes || !(shape == graph_.fact({group.result, 0}).shape)) return false;
    SpreadGrid grid = group.grid;
    if (!Fits(node, shape, &grid)) return false;
    group.nodes.push_back(index);
    if (!Describes(group)) {
      group.nodes.pop_back();
      return false;
    }
    group.grid = grid;
    group_[static_cast<size_t>(index)] = to;
    return true;
  }

  bool IsElementwise(int32_t index) {
    const Node& node = graph_.node(index);
    if (!node.control_inputs.empty() || node.outputs.size() != 1 || node.outputs[0].dtype != DType::kFloat)
      return false;
    const Shape& shape = node.outputs[0].shape;
    if (node.outputs[0].value.valid() || !shape.complete() || shape.num_elements() == 0) return false;
    const auto step = ElementStepOf(node.op, AlphaOf(node));
    if (!step) return false;
    if (node.op == "BiasAdd") {
      const std::string* format = node.attrs.Get<std::string>("data_format");
      if (format != nullptr && *format == "NCHW") return false;
    }
    step_[static_cast<size_t>(index)] = static_cast<int32_t>(steps_.size());
    steps_.push_back(*step);
    return true;
  }

  bool Fits(const Node& node, const Shape& shape, SpreadGrid* grid) const {
    for (const Edge& edge : node.inputs) {
      const Fact& fact = graph_.fact(edge);
      if (fact.dtype != DType::kFloat || !fact.shape.complete() || !SpreadOver(fact.shape, shape, grid)) return false;
    }
    return true;
  }

  struct Description {
    std::vector<Edge> inputs;
    std::vector<std::string> texts;
    std::vector<float> alphas;
    std::vector<ElementStep> steps;
    std::vector<std::pair<int32_t, int32_t>> done;  // node, step
  };

  // Texts are for the node that is made at last.
  void Describe(const Group& group, bool with_texts, Description* description) const {
    Description& out = *description;
    out.inputs.clear();
    out.texts.clear();
    out.alphas.clear();
    out.steps.clear();
    out.done.clear();
    for (auto it = group.nodes.rbegin(); it != group.nodes.rend(); ++it) {
      const Node& node = graph_.node(*it);
      ElementStep step = steps_[static_cast<size_t>(step_[static_cast<size_t>(*it)])];
      std::string text = with_texts ? node.op : std::string();
      for (size_t i = 0; i < node.inputs.size(); ++i) {
        const ElementOperand operand = OperandOf(node.inputs[i], out.done, &out.inputs);
        if (with_texts) text += Cat(operand.is_step ? " s" : " x", operand.index);
        (i == 0 ? step.a : step.b) = operand;
      }
      out.done.emplace_back(*it, static_cast<int32_t>(out.steps.size()));
      out.steps.push_back(step);
      if (!with_texts) continue;
      out.texts.push_back(std::move(text));
      out.alphas.push_back(AlphaOf(node));
    }
  }

  static ElementOperand OperandOf(Edge edge, const std::vector<std::pair<int32_t, int32_t>>& done,
                                  std::vector<Edge>* inputs) {
    for (const auto& [node, step] : done) {
      if (node == edge.node) return {true, step};
    }
    const auto found = std::find(inputs->begin(), inputs->end(), edge);
    const auto index = static_cast<int32_t>(found - inputs->begin());
    if (found == inputs->end()) inputs->push_back(edge);
    return {false, index};
  }

  // Whether one chain can do all of it. So few steps keep no more results than there are registers and, each with two
  // operands at most, read fewer values than there are inputs.
  bool Describes(const Group& group) {
    static_assert(ElementChain::kMaxRegisters < ElementChain::kMaxInputs);
    if (group.nodes.size() <= ElementChain::kMaxRegisters) return true;
    Describe(group, /*with_texts=*/false, &tried_);
    ElementChain chain;
    return tried_.inputs.size() <= ElementChain::kMaxInputs && ElementChain::Make(tried_.steps, &chain);
  }

  void Emit(const Group& group, PatchSink& sink) const {
    Description description;
    Describe(group, /*with_texts=*/true, &description);
    Node node = ChainNode(graph_.node(group.result).name, std::move(description.inputs), std::move(description.texts),
                          std::move(description.alphas));
    sink.Begin();
    sink.Replace({group.result, 0}, sink.Add(std::move(node)));
  }

  const Graph& graph_;
  std::vector<int32_t> group_;  // each node's, or kFree
  std::vector<int32_t> user_;   // the group that has all readers of a node visited so far, kFree or kMany
  std::vector<int32_t> step_;   // of element-wise nodes: which of steps_, whose operands are not filled in
  std::vector<ElementStep> steps_;
  std::vector<Group> groups_;
  Description tried_;  // kept for its memory
};

}  // namespace

Status FuseElementwise(const PassContext& context, PatchSink& sink) { return Fuser(context).Run(sink); }

}  // namespace rivulet
