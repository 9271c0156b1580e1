#include "cli/view/graph.h"

#include <algorithm>
#include <map>

#include "engine/base/errors.h"
#include "engine/ops/infer.h"
#include "engine/ops/not_run.h"
#include "engine/run/flops.h"
#include "engine/run/function_facts.h"

namespace rivulet::cli::view {
namespace {

constexpr size_t kBudgetBytes = size_t{1} << 30;
constexpr int kMostRefusals = 16;  // each costs another look at the whole graph
constexpr int kShownValues = 12;

// Elements from which a constant is weights rather than an axis or a shape.
constexpr int64_t kLeastWeights = 16;

std::string ListText(const AttrList& list, size_t longest) {
  std::string text;
  const auto add = [&](const std::string& piece) {
    if (text.size() <= longest) text += Cat(text.empty() ? "" : ", ", piece);
  };
  for (const std::string& value : list.strings) add(Cat("\"", value, "\""));
  for (const int64_t value : list.ints) add(Cat(value));
  for (const float value : list.floats) add(Cat(value));
  for (const bool value : list.bools) add(Cat(value));
  for (const DType value : list.types) add(Cat(Name(value)));
  for (const Shape& value : list.shapes) add(ShapeText(value));
  for (const auto& value : list.tensors) add(AttrText(value, longest));
  for (const FunctionCall& value : list.functions) add(Cat(value.name, "()"));
  return Cat("[", text, "]");
}

struct TextOf {
  size_t longest;
  std::string operator()(std::monostate) const { return "?"; }
  std::string operator()(const std::string& value) const { return Cat("\"", value, "\""); }
  std::string operator()(int64_t value) const { return Cat(value); }
  std::string operator()(float value) const { return Cat(value); }
  std::string operator()(bool value) const { return value ? "true" : "false"; }
  std::string operator()(DType value) const { return std::string(Name(value)); }
  std::string operator()(const Shape& value) const { return ShapeText(value); }
  std::string operator()(const std::shared_ptr<const TensorLiteral>& value) const {
    if (value == nullptr) return "?";
    return Cat(Name(value->dtype), " ", ShapeText(value->shape), " ", FirstValues(*value, kShownValues));
  }
  std::string operator()(const std::shared_ptr<const AttrList>& value) const {
    return value == nullptr ? "[]" : ListText(*value, longest);
  }
  std::string operator()(const FunctionCall& value) const { return value.name + "()"; }
  std::string operator()(const AttrPlaceholder& value) const { return "$" + value.name; }
};

using FunctionIds = std::map<std::string, int32_t, std::less<>>;

void AddCalls(const AttrMap& attrs, const FunctionIds& functions, ViewNode* node) {
  const auto add = [&](const std::string& name) {
    if (const auto found = functions.find(name); found != functions.end()) node->calls.push_back(found->second);
  };
  add(node->op);
  for (const auto& [key, value] : attrs) {
    if (const auto* call = std::get_if<FunctionCall>(&value)) add(call->name);
    if (const auto* list = std::get_if<std::shared_ptr<const AttrList>>(&value); list != nullptr && *list != nullptr) {
      for (const FunctionCall& call : (*list)->functions) add(call.name);
    }
  }
}

// What a node says of itself, wherever it stands.
ViewNode MakeNode(const std::string& name, const std::string& op, const AttrMap& attrs, const FunctionIds& functions) {
  ViewNode node{.name = name, .op = op, .attrs = &attrs};
  AddCalls(attrs, functions, &node);
  const auto* literal = attrs.Get<std::shared_ptr<const TensorLiteral>>("value");
  if (op == "Const" && literal != nullptr && *literal != nullptr) {
    node.value = *literal;
    const int64_t count = std::max<int64_t>(node.value->shape.num_elements(), 0);
    node.cost.parameters = count;
    node.cost.parameter_bytes = node.value->prefix.valid() ? static_cast<int64_t>(node.value->prefix.bytes()) : 0;
    if (count >= kLeastWeights) node.weight = LookAtWeights(*node.value);
  }
  if (FindOp(op) == nullptr && !functions.contains(op)) node.problem = NoKernel(op);
  return node;
}

// The node that the error is about; null for an error about no node.
Node* FindRefused(Graph& graph, const Status& status) {
  for (Node& node : graph.nodes()) {
    if (node.def != nullptr && status.message().starts_with(NodeFrame(node) + ": ")) return &node;
  }
  return nullptr;
}

// Facts as far as they can be had: a node that is refused counts as one of an unknown operator.
void Infer(Graph* graph, CallInference* calls, std::map<std::string, std::string>* refused,
           std::vector<std::string>* problems) {
  for (int round = 0;; ++round) {
    const Status status = InferGraph(*graph, *Allocator::Create(kBudgetBytes), {.calls = calls, .stop = BriefLook()});
    if (status.ok()) return;
    Node* node = round < kMostRefusals ? FindRefused(*graph, status) : nullptr;
    if (node == nullptr) {
      problems->emplace_back(status.message());
      return;
    }
    refused->emplace(node->name, status.message());
    node->def = nullptr;
    for (Node& other : graph->nodes()) other.outputs.clear();
  }
}

// Whether an input's shape had to be made up.
bool FillUnknownDims(Graph* graph) {
  bool filled = false;
  for (Node& node : graph->nodes()) {
    const Shape* shape = node.attrs.Get<Shape>("shape");
    if (!node.op.starts_with("Placeholder") || shape == nullptr || !shape->has_rank() || shape->complete()) continue;
    Shape ones = *shape;
    for (int i = 0; i < ones.rank(); ++i) {
      if (ones[i] < 0) ones.set_dim(i, 1);
    }
    node.attrs.Set("shape", ones);
    filled = true;
  }
  return filled;
}

int64_t OutputBytes(const Node& node) {
  int64_t bytes = 0;
  for (const Fact& fact : node.outputs) {
    const int64_t count = fact.shape.num_elements();
    if (count > 0) bytes += std::min(count, int64_t{1} << 40) * static_cast<int64_t>(ElementBytes(fact.dtype));
  }
  return bytes;
}

// `facts`: of the inference that the graph's facts are of.
void AddCosts(const Graph& graph, const FunctionFacts& facts, ViewGraph* view) {
  for (int32_t i = 0; i < graph.size(); ++i) {
    const Node& node = graph.node(i);
    view->node(i).cost.flops = CountFlops(graph, node) + facts.FlopsOf(node.name);
    view->node(i).cost.bytes = OutputBytes(node);
  }
}

void AddGraph(const Model& model, Graph* working, const FunctionIds& functions, Allocator& allocator,
              const StopToken& stop, FunctionFacts* facts, ViewGraph* view) {
  Graph& graph = *working;
  std::map<std::string, std::string> refused;
  facts->KnowVariables(&graph);
  Infer(&graph, facts, &refused, &view->problems);
  for (int32_t i = 0; i < graph.size(); ++i) {
    const Node& node = model.graph().node(i);
    ViewNode made = MakeNode(node.name, node.op, node.attrs, functions);
    for (const Edge& edge : node.inputs) made.inputs.push_back({edge.node, edge.slot});
    for (const int32_t control : node.control_inputs) made.inputs.push_back({control, 0, true});
    made.outputs = graph.node(i).outputs;
    for (Fact& fact : made.outputs) fact.value = Tensor();
    if (const auto found = refused.find(node.name); found != refused.end()) made.problem = found->second;
    view->nodes.push_back(std::move(made));
  }
  if (!FillUnknownDims(&graph)) return AddCosts(graph, *facts, view);
  view->assumes_ones = true;
  for (Node& node : graph.nodes()) node.outputs.clear();
  std::vector<std::string> known;  // told already
  FunctionFacts with_ones(model.graph().functions, graph, allocator, stop);
  Infer(&graph, &with_ones, &refused, &known);
  AddCosts(graph, with_ones, view);
}

// "conv:output:1" is of node "conv"; which output that is, only the operator knows, so the last number serves.
Link BodyLink(std::string_view text, const std::map<std::string, int32_t, std::less<>>& index) {
  Link link{.node = -1};
  if (text.starts_with('^')) {
    link.is_control = true;
    text.remove_prefix(1);
  }
  const size_t colon = text.find(':');
  const auto found = index.find(text.substr(0, colon));
  if (found == index.end()) return link;
  link.node = found->second;
  const size_t last = text.rfind(':');
  if (last != std::string_view::npos) {
    for (const char c : text.substr(last + 1, 6)) link.slot = c >= '0' && c <= '9' ? link.slot * 10 + (c - '0') : 0;
  }
  return link;
}

Fact ArgumentFact(const FunctionArg& argument) {
  const DType* dtype = std::get_if<DType>(&argument.type);
  return {.dtype = dtype != nullptr ? *dtype : DType::kInvalid};
}

void AddFunction(const Function& function, int32_t id, const FunctionIds& functions, const FunctionFacts& facts,
                 ViewGraph* view) {
  std::map<std::string, int32_t, std::less<>> index;
  const auto add = [&](ViewNode node) {
    node.function = id;
    if (const std::vector<Fact>* known = facts.Of(function.name, node.name)) node.outputs = *known;
    view->nodes.push_back(std::move(node));
    return view->num_nodes() - 1;
  };
  const auto link = [&](int32_t node, std::string_view input) {
    const Link made = BodyLink(input, index);
    if (made.node >= 0) view->node(node).inputs.push_back(made);
  };
  for (const FunctionArg& argument : function.inputs)
    index[argument.name] = add({.name = argument.name, .op = "Argument", .outputs = {ArgumentFact(argument)}});
  std::vector<int32_t> body;
  for (const Function::BodyNode& node : function.body) {
    body.push_back(add(MakeNode(node.name, node.op, node.attrs, functions)));
    index[node.name] = body.back();
  }
  for (size_t i = 0; i < body.size(); ++i) {
    for (const std::string& input : function.body[i].inputs) link(body[i], input);
  }
  for (const auto& [name, tensor] : function.returns) {
    // A result and a node may be called the same.
    const int32_t result = add({.name = name, .op = "Result"});
    view->node(result).outputs.clear();
    link(result, tensor);
  }
}

}  // namespace

std::string ShapeText(const Shape& shape) {
  if (!shape.has_rank()) return "?";
  if (shape.rank() == 0) return "scalar";
  std::string text;
  for (int i = 0; i < shape.rank(); ++i) text += Cat(i == 0 ? "" : "×", shape[i] < 0 ? "?" : Cat(shape[i]));
  return text;
}

std::string TensorText(const Fact& fact) {
  if (fact.dtype == DType::kInvalid) return fact.shape.has_rank() ? ShapeText(fact.shape) : "?";
  return fact.shape.has_rank() ? Cat(Name(fact.dtype), " ", ShapeText(fact.shape)) : std::string(Name(fact.dtype));
}

std::string_view ShortName(std::string_view name) {
  const size_t slash = name.rfind('/');
  return slash == std::string_view::npos || slash + 1 == name.size() ? name : name.substr(slash + 1);
}

std::string AttrText(const AttrValue& value, size_t longest) {
  std::string text = std::visit(TextOf{longest}, value);
  if (text.size() <= longest) return text;
  text.resize(longest);
  return text + "…";
}

ViewGraph ReadGraph(std::shared_ptr<const Model> model) {
  ViewGraph view{.title = model->name(), .format = model->format(), .file_bytes = model->file_bytes()};
  const FunctionMap& functions = model->graph().functions;
  FunctionIds ids;
  for (const auto& [name, function] : functions) {
    ids.emplace(name, static_cast<int32_t>(view.functions.size()));
    view.functions.push_back(name);
  }
  const auto allocator = Allocator::Create(kBudgetBytes);
  const StopToken stop = BriefLook();
  Graph graph = model->graph();
  FunctionFacts facts(functions, graph, *allocator, stop);
  AddGraph(*model, &graph, ids, *allocator, stop, &facts, &view);
  for (const auto& [name, function] : functions) {
    if (function != nullptr) AddFunction(*function, ids.at(name), ids, facts, &view);
  }
  view.model = std::move(model);
  return view;
}

}  // namespace rivulet::cli::view
