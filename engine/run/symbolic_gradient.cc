#include "engine/run/symbolic_gradient.h"

#include <map>

#include "engine/ops/infer.h"
#include "engine/ops/signature.h"
#include "engine/run/gradient_formula.h"

namespace rivulet {
namespace {

bool IsCall(const Node& node, const FunctionMap& functions) {
  return node.op == "PartitionedCall" || node.op == "StatefulPartitionedCall" || functions.contains(node.op);
}

// Gradients of bools are zeros, whatever came back.
bool GivesBool(const Node& node) {
  const DType* type = node.attrs.Get<DType>(node.op == "Cast" ? "DstT" : "T");
  return type != nullptr && *type == DType::kBool;
}

// Formulas count on the operator's signature.
Status CheckArity(const Node& node, size_t count) {
  size_t fixed = 0;
  bool has_list = false;
  for (const ArgSpec& arg : SignatureOf(*node.def).inputs) {
    const bool is_list = !arg.number_attr.empty() || !arg.list_attr.empty();
    has_list |= is_list;
    if (!is_list) ++fixed;
  }
  if (has_list ? count > fixed : count == fixed) return Status();
  return InvalidArgument(node.op, " wants ", has_list ? "more than " : "", static_cast<int64_t>(fixed), " inputs, got ",
                         static_cast<int64_t>(count));
}

class Backpropagation {
 public:
  Backpropagation(Body* body, const FunctionMap& functions, const Limits& limits)
      : body_(*body), graph_(body->graph), functions_(functions), limits_(limits) {}

  // `types` are those of the arguments to come: first the function's own, then one for each result.
  Status Run(const std::vector<DType>& types) {
    RIVULET_ASSIGN_OR_RETURN(const std::vector<int32_t> order, TopologicalOrder(graph_));
    FindPaths(order);
    const size_t num_args = body_.args.size();
    for (const Edge& result : body_.results) {
      const size_t position = body_.args.size();
      const DType type = position < types.size() ? types[position] : DType::kFloat;
      const auto index = static_cast<int64_t>(position);
      Node dy = ArgNode(graph_.FreeName(Cat("gradient:arg", index)), type, index);
      body_.args.push_back(graph_.AddNode(std::move(dy)));
      gradients_[result].push_back({body_.args.back(), 0});
    }
    for (auto index = order.rbegin(); index != order.rend(); ++index) {
      if (!is_needed_[static_cast<size_t>(*index)] || !reaches_[static_cast<size_t>(*index)]) continue;
      if (graph_.node(*index).op == "_Arg") continue;
      Status status = GoBack(*index);
      if (!status.ok()) return std::move(status).Framed(NodeFrame(graph_.node(*index)));
    }
    std::vector<Edge> results;
    for (size_t i = 0; i < num_args; ++i) results.push_back(SumOf({body_.args[i], 0}));
    body_.results = std::move(results);
    return Status();
  }

 private:
  // Which nodes the results are made of, and to which something flows back that reaches an argument in the end.
  void FindPaths(const std::vector<int32_t>& order) {
    is_needed_.assign(static_cast<size_t>(graph_.size()), false);
    reaches_.assign(static_cast<size_t>(graph_.size()), false);
    for (const Edge& result : body_.results) is_needed_[static_cast<size_t>(result.node)] = true;
    for (auto index = order.rbegin(); index != order.rend(); ++index) {
      if (!is_needed_[static_cast<size_t>(*index)]) continue;
      for (const Edge& edge : graph_.node(*index).inputs) is_needed_[static_cast<size_t>(edge.node)] = true;
    }
    for (const int32_t index : order) {
      const Node& node = graph_.node(index);
      bool reaches = node.op == "_Arg";
      if (!StopsGradient(node.op)) {
        for (const Edge& edge : node.inputs) reaches = reaches || reaches_[static_cast<size_t>(edge.node)];
      }
      reaches_[static_cast<size_t>(index)] = reaches;
    }
  }

  Status GoBack(int32_t index) {
    RIVULET_ASSIGN_OR_RETURN(const int64_t count, NumOutputs(graph_.node(index)));
    if (count > limits_.nodes - graph_.size()) return TooLarge();
    std::vector<Edge> dy;
    for (int32_t k = 0; k < count; ++k) dy.push_back(SumOf({index, k}));
    RIVULET_ASSIGN_OR_RETURN(const std::vector<Edge> dx, GradientsOf(index, std::move(dy)));
    const std::vector<Edge>& inputs = graph_.node(index).inputs;
    for (size_t i = 0; i < inputs.size(); ++i) gradients_[inputs[i]].push_back(dx[i]);
    return graph_.size() > limits_.nodes ? TooLarge() : Status();
  }

  Result<int64_t> NumOutputs(const Node& node) const {
    const auto function = functions_.find(node.op);
    if (function != functions_.end()) {
      RIVULET_ASSIGN_OR_RETURN(const Body callee, Instantiate(*function->second, node.attrs, functions_));
      return static_cast<int64_t>(callee.results.size());
    }
    if (node.def == nullptr) return Unimplemented("the gradient of an operator that is not known is wanted");
    RIVULET_ASSIGN_OR_RETURN(const int count, CountOutputs(node));
    return int64_t{count};
  }

  // References stay good: `graph_` grows only within the builder, which copies.
  Result<std::vector<Edge>> GradientsOf(int32_t index, std::vector<Edge> dy) {
    const Node node = graph_.node(index);
    if (IsCall(node, functions_)) return GradientsOfCall(node, std::move(dy));
    const GradientRule rule = FindGradient(node.op);
    if (rule == nullptr) return Unimplemented("no gradient is defined for the operator ", Quoted(node.op));
    RIVULET_RETURN_IF_ERROR(CheckArity(node, node.inputs.size()));
    GradientBuilder builder(&graph_, Cat(node.name, "/gradient"), node.attrs, node.inputs, std::move(dy));
    return rule(builder);
  }

  Result<std::vector<Edge>> GradientsOfCall(const Node& node, std::vector<Edge> dy) {
    FunctionCall call{node.op, std::make_shared<const AttrMap>(node.attrs)};
    if (!functions_.contains(node.op)) {
      const FunctionCall* f = node.attrs.Get<FunctionCall>("f");
      if (f == nullptr) return InvalidArgument("attr 'f' is missing");
      call = *f;
    }
    Node gradient;
    gradient.name = graph_.FreeName(Cat(node.name, "/gradient"));
    gradient.op = std::string(kSymbolicGradient);
    gradient.def = FindOp(kSymbolicGradient);
    gradient.attrs.Set("f", std::move(call));
    gradient.inputs = node.inputs;
    gradient.inputs.insert(gradient.inputs.end(), dy.begin(), dy.end());
    const int32_t index = graph_.AddNode(std::move(gradient));
    std::vector<Edge> out;
    for (size_t i = 0; i < node.inputs.size(); ++i) out.push_back({index, static_cast<int32_t>(i)});
    return out;
  }

  // All that came back to one output, zeros when nothing did.
  Edge SumOf(Edge edge) {
    const auto found = gradients_.find(edge);
    const size_t count = found == gradients_.end() ? 0 : found->second.size();
    if (count == 0 || GivesBool(graph_.node(edge.node))) return ZerosLike(edge);
    if (count == 1) return found->second[0];
    return Add("AddN", found->second, "sum");
  }

  Edge ZerosLike(Edge edge) {
    const DType* type = graph_.node(edge.node).attrs.Get<DType>("T");
    if (graph_.node(edge.node).op == "_Arg" && type != nullptr && *type == DType::kResource) {
      // TensorFlow takes every variable for one of floats here.
      edge = Add("ReadVariableOp", {edge}, "value");
      graph_.node(edge.node).attrs.Set("dtype", DType::kFloat);
    }
    return Add("ZerosLike", {edge}, "zeros");
  }

  Edge Add(std::string_view op, std::vector<Edge> inputs, std::string_view what) {
    Node node;
    node.name = graph_.FreeName(Cat(graph_.node(inputs[0].node).name, "/", what));
    node.op = std::string(op);
    node.def = FindOp(op);
    node.inputs = std::move(inputs);
    return {graph_.AddNode(std::move(node)), 0};
  }

  Status TooLarge() const {
    return ResourceExhausted("with its gradient, the function has more than ", limits_.nodes, " nodes");
  }

  Body& body_;
  Graph& graph_;
  const FunctionMap& functions_;
  const Limits& limits_;
  std::vector<bool> is_needed_;
  std::vector<bool> reaches_;
  std::map<Edge, std::vector<Edge>> gradients_;
};

// One operator as a function: what of `types` is not a gradient of an output is an input.
Result<Body> FunctionOf(const FunctionCall& f, const std::vector<DType>& types) {
  Node node;
  node.name = "f";
  node.op = f.name;
  node.def = FindOp(f.name);
  if (f.attrs != nullptr) node.attrs = *f.attrs;
  if (node.def == nullptr || (FindGradient(f.name) == nullptr && !StopsGradient(f.name))) {
    return Unimplemented("no gradient is defined for ", Quoted(f.name), ", which is no function of the library");
  }
  if (StopsGradient(f.name)) return InvalidArgument("nothing flows back through the operator ", Quoted(f.name));
  RIVULET_ASSIGN_OR_RETURN(const int outputs, CountOutputs(node));
  const int64_t count = static_cast<int64_t>(types.size()) - outputs;
  RIVULET_RETURN_IF_ERROR(CheckArity(node, static_cast<size_t>(std::max<int64_t>(count, 0))));
  Body body;
  for (int64_t i = 0; i < count; ++i) {
    const DType type = types[static_cast<size_t>(i)];
    body.args.push_back(body.graph.AddNode(ArgNode(Cat("x:arg", i), type, i)));
    node.inputs.push_back({body.args.back(), 0});
  }
  const int32_t index = body.graph.AddNode(std::move(node));
  for (int32_t k = 0; k < outputs; ++k) body.results.push_back({index, k});
  return body;
}

}  // namespace

Result<Body> GradientBody(const AttrMap& attrs, const FunctionMap& functions, const Limits& limits) {
  static const AttrMap kNone;
  const FunctionCall* call = attrs.Get<FunctionCall>("f");
  if (call == nullptr) return InvalidArgument("attr 'f' is missing");
  const FunctionCall& f = *call;
  const auto* list = attrs.Get<std::shared_ptr<const AttrList>>("Tin");
  const std::vector<DType> types = list != nullptr ? (*list)->types : std::vector<DType>();
  const auto function = functions.find(f.name);
  Result<Body> body = function != functions.end()
                          ? Instantiate(*function->second, f.attrs != nullptr ? *f.attrs : kNone, functions)
                          : FunctionOf(f, types);
  if (body.ok()) {
    Status status = Backpropagation(&*body, functions, limits).Run(types);
    if (status.ok()) return body;
    body = std::move(status);
  }
  return std::move(body).status().Framed(Cat("gradient of ", Quoted(f.name)));
}

}  // namespace rivulet
