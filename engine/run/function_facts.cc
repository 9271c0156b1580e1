#include "engine/run/function_facts.h"

#include <algorithm>

#include "engine/base/checked.h"
#include "engine/base/errors.h"
#include "engine/run/body.h"
#include "engine/run/call_inference.h"
#include "engine/run/cut.h"
#include "engine/run/flops.h"
#include "engine/run/sub_plan.h"

namespace rivulet {
namespace {

// Graphs call each other some levels deep; a file can make that many more, and each level twice as many calls.
constexpr int kDeepest = 32;
constexpr size_t kMostLooks = 4096;

// The dims that two shapes share; the others unknown.
Shape Shared(const Shape& a, const Shape& b) {
  if (!a.has_rank() || !b.has_rank() || a.rank() != b.rank()) return Shape::UnknownRank();
  Shape out = a;
  for (int i = 0; i < a.rank(); ++i) {
    if (a[i] != b[i]) out.set_dim(i, Shape::kUnknownDim);
  }
  return out;
}

int64_t Sum(int64_t a, int64_t b) {
  const CheckedSize sum = CheckedSize(a) + b;
  return sum.valid() ? sum.value() : 0;
}

}  // namespace

std::string FunctionFacts::KeyOf(const FunctionCall& call, const std::vector<Arg>& args) {
  std::string key = Cat(call.name, "@", reinterpret_cast<uint64_t>(call.attrs.get()));
  for (const auto& [fact, variable] : args) {
    key += Cat("|", Name(fact.dtype), fact.shape.ToString());
    if (fact.value.valid()) key += Cat("=", reinterpret_cast<uint64_t>(fact.value.raw()));
    if (variable.dtype != DType::kInvalid) key += Cat(">", Name(variable.dtype), variable.shape.ToString());
  }
  return key;
}

FunctionFacts::Variable FunctionFacts::VariableBehind(const Edge& edge) const {
  if (const auto known = level_.variables.find(edge.node); known != level_.variables.end()) return known->second;
  const Node& node = level_.graph->node(edge.node);
  const DType* dtype = node.op == "VarHandleOp" ? node.attrs.Get<DType>("dtype") : nullptr;
  const Shape* shape = node.attrs.Get<Shape>("shape");
  return dtype == nullptr || shape == nullptr ? Variable() : Variable{*dtype, *shape};
}

const std::vector<Fact>* FunctionFacts::Of(const std::string& function, const std::string& node) const {
  const auto of_function = facts_.find(function);
  if (of_function == facts_.end()) return nullptr;
  const auto found = of_function->second.find(node);
  return found == of_function->second.end() ? nullptr : &found->second;
}

int64_t FunctionFacts::FlopsOf(const std::string& node) const {
  const auto found = level_.flops.find(node);
  return found == level_.flops.end() ? 0 : found->second;
}

// Of all nodes of the graph that was inferred, and of what they call.
int64_t FunctionFacts::FlopsHere() const {
  int64_t flops = 0;
  for (const Node& node : level_.graph->nodes()) flops = Sum(flops, CountFlops(*level_.graph, node));
  for (const auto& [node, of_call] : level_.flops) flops = Sum(flops, of_call);
  return flops;
}

void FunctionFacts::Keep(const std::string& function, const std::string& node, const std::vector<Fact>& facts) {
  const auto [at, is_new] = facts_[function].try_emplace(node, facts);
  for (size_t i = 0; i < at->second.size(); ++i) {
    Fact& kept = at->second[i];
    kept.value = Tensor();
    if (is_new || i >= facts.size()) continue;
    kept.shape = Shared(kept.shape, facts[i].shape);
    if (kept.dtype != facts[i].dtype) kept.dtype = DType::kInvalid;
  }
}

void FunctionFacts::KnowVariables(Graph* graph) const {
  for (Node& node : graph->nodes()) {
    if (node.op != "ReadVariableOp" || node.inputs.size() != 1) continue;
    const Variable variable = VariableBehind(node.inputs[0]);
    if (variable.dtype != DType::kInvalid) node = FeedNode(node.name, variable.dtype, variable.shape);
  }
}

FunctionFacts::Seen FunctionFacts::LookAnew(const FunctionCall& call, const Function& function,
                                            const std::vector<Arg>& args) {
  static const AttrMap kNone;
  const Result<Body> body = Instantiate(function, call.attrs == nullptr ? kNone : *call.attrs, functions_);
  if (!body.ok() || body->args.size() != args.size() || args.size() != function.inputs.size()) return {};
  for (size_t i = 0; i < args.size(); ++i) Keep(call.name, function.inputs[i].name, {args[i].fact});
  std::vector<Fact> facts;
  for (const Arg& arg : args) facts.push_back(arg.fact);
  BoundBody bound = BindBody(*body, facts);
  Level level{&bound.graph, {}, {}};
  for (size_t i = 0; i < args.size(); ++i) {
    const bool is_variable = body->args[i] >= 0 && args[i].variable.dtype != DType::kInvalid;
    if (is_variable) level.variables[body->args[i]] = args[i].variable;
  }
  std::swap(level, level_);
  KnowVariables(&bound.graph);
  // What was inferred before an error is worth showing.
  const Status status = InferGraph(bound.graph, allocator_, {.calls = this, .stop = stop_});
  const int64_t flops = FlopsHere();
  std::swap(level, level_);
  for (int32_t i = 0; i < bound.graph.size(); ++i) {
    const Node& node = bound.graph.node(i);
    if (!node.outputs.empty()) Keep(call.name, node.name, node.outputs);
  }
  Seen seen{.results = {}, .is_known = status.ok(), .flops = flops};
  for (const Edge& edge : body->results) {
    const std::vector<Fact>& outputs = bound.graph.node(edge.node).outputs;
    const bool is_there = edge.slot >= 0 && static_cast<size_t>(edge.slot) < outputs.size();
    seen.results.push_back(is_there ? outputs[static_cast<size_t>(edge.slot)] : Fact());
  }
  return seen;
}

FunctionFacts::Seen FunctionFacts::Look(const FunctionCall& call, const std::vector<Arg>& args) {
  const auto function = functions_.find(call.name);
  if (function == functions_.end() || function->second == nullptr || depth_ >= kDeepest) return {};
  std::string key = KeyOf(call, args);
  if (const auto known = known_.find(key); known != known_.end()) return known->second;
  if (known_.size() >= kMostLooks || !stop_.Why().ok()) return {};
  ++depth_;
  Seen seen = LookAnew(call, *function->second, args);
  --depth_;
  return known_.emplace(std::move(key), std::move(seen)).first->second;
}

// Shapes become vaguer until the body keeps them, and each can but a few times; the last look is the widest.
FunctionFacts::Seen FunctionFacts::LookAtLoop(const Node& node, const FunctionCall& body, std::vector<Arg> args,
                                              size_t first_variable) {
  constexpr int kRounds = 8;
  for (Arg& arg : args) arg.fact.value = Tensor();
  Seen seen;
  for (int round = 0; round < kRounds; ++round) {
    seen = Look(body, args);
    if (!seen.is_known || seen.results.size() + first_variable != args.size()) return {};
    bool has_changed = false;
    for (size_t i = first_variable; i < args.size(); ++i) {
      const Shape wider = Shared(args[i].fact.shape, seen.results[i - first_variable].shape);
      has_changed |= !(wider == args[i].fact.shape);
      args[i].fact.shape = wider;
    }
    if (has_changed) continue;
    if (const auto* condition = node.attrs.Get<FunctionCall>("cond"))
      seen.flops = Sum(seen.flops, Look(*condition, args).flops);
    for (size_t i = 0; i < seen.results.size(); ++i) seen.results[i] = args[i + first_variable].fact;
    return seen;
  }
  return {};
}

Status FunctionFacts::InferCall(const Node& node, std::span<const Fact* const> inputs, std::vector<Fact>* outputs) {
  std::vector<Arg> args;
  const auto take = [&](size_t from) {
    for (size_t i = from; i < inputs.size(); ++i) args.push_back({*inputs[i], VariableBehind(node.inputs[i])});
  };
  const auto fill = [&](const Seen& seen, bool is_first) {
    int64_t& flops = level_.flops[node.name];
    flops = is_first ? seen.flops : std::max(flops, seen.flops);
    for (size_t i = 0; i < outputs->size(); ++i) {
      const Shape shape = i < seen.results.size() ? seen.results[i].shape : Shape::UnknownRank();
      (*outputs)[i].shape = is_first ? shape : Shared((*outputs)[i].shape, shape);
    }
  };
  if (const std::vector<FunctionCall> branches = BranchesOf(node); !branches.empty()) {
    take(1);
    for (size_t i = 0; i < branches.size(); ++i) fill(Look(branches[i], args), i == 0);
    return Status();
  }
  if (const auto* call = node.attrs.Get<FunctionCall>("f")) {
    take(0);
    const Seen seen = Look(*call, args);
    fill(seen, true);
    return Status();
  }
  const auto* body = node.attrs.Get<FunctionCall>("body");
  if (body == nullptr) return Status();
  const bool counts = node.op == "For";
  if (counts) args.push_back({{DType::kInt32, {}, Tensor()}, {}});
  take(counts ? 3 : 0);
  fill(LookAtLoop(node, *body, std::move(args), counts ? 1 : 0), true);
  return Status();
}

}  // namespace rivulet
