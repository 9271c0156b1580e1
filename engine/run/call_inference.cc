#include "engine/run/call_inference.h"

#include "engine/run/freeze.h"
#include "engine/run/function_table.h"
#include "engine/run/sub_plan.h"

namespace rivulet {
namespace {

// The dims that two shapes share; the others unknown.
Shape Widen(const Shape& a, const Shape& b) {
  if (!a.has_rank() || !b.has_rank() || a.rank() != b.rank()) return Shape::UnknownRank();
  Shape out = a;
  for (int d = 0; d < a.rank(); ++d) {
    if (a[d] != b[d]) out.set_dim(d, Shape::kUnknownDim);
  }
  return out;
}

std::string KeyOf(const FunctionCall& call, const std::vector<Fact>& args) {
  Node node;
  std::string key = call.name;
  AppendPiece(key, reinterpret_cast<uint64_t>(call.attrs.get()));
  for (const Fact& fact : args) {
    key += Cat("|", fact.dtype, fact.shape);
    if (fact.value.valid()) {
      key += '=';
      AppendPiece(key, reinterpret_cast<uint64_t>(fact.value.raw()));
    }
  }
  return key;
}

}  // namespace

std::vector<FunctionCall> BranchesOf(const Node& node) {
  std::vector<FunctionCall> branches;
  if (const auto* list = node.attrs.Get<std::shared_ptr<const AttrList>>("branches")) branches = (*list)->functions;
  // As in Case, branch 1 is taken for 1: true.
  if (const auto* call = node.attrs.Get<FunctionCall>("else_branch")) branches.push_back(*call);
  if (const auto* call = node.attrs.Get<FunctionCall>("then_branch")) branches.push_back(*call);
  return branches;
}

Result<std::vector<Fact>> BodyInference::InferBody(const FunctionCall& call, const std::vector<Fact>& args) {
  RIVULET_RETURN_IF_ERROR(stop_.Why());
  if (depth_ >= environment_.functions.limits().function_depth) return ResourceExhausted("too deep to look into");
  const std::string key = KeyOf(call, args);
  auto known = known_.find(key);
  if (known == known_.end()) known = known_.emplace(key, InferNewBody(call, args)).first;
  if (!known->second.ok()) return known->second.status();
  return *known->second;
}

Result<std::vector<Fact>> BodyInference::InferNewBody(const FunctionCall& call, const std::vector<Fact>& args) {
  ++depth_;
  Result<std::vector<Fact>> results = [&]() -> Result<std::vector<Fact>> {
    RIVULET_ASSIGN_OR_RETURN(const std::shared_ptr<const Body> body, environment_.functions.Find(call));
    if (body->args.size() != args.size()) return InvalidArgument("wrong number of arguments");
    BoundBody bound = BindBody(*body, args);
    RIVULET_RETURN_IF_ERROR(BindResources(&bound.graph, environment_, stop_));
    RIVULET_RETURN_IF_ERROR(
        InferGraph(bound.graph, environment_.allocator, {.calls = this, .stop = stop_}, /*strict=*/true));
    std::vector<Fact> facts;
    for (const Edge& edge : body->results) {
      const Node& node = bound.graph.node(edge.node);
      if (static_cast<size_t>(edge.slot) >= node.outputs.size()) return InvalidArgument("no such output");
      facts.push_back(node.outputs[static_cast<size_t>(edge.slot)]);
    }
    return facts;
  }();
  --depth_;
  return results;
}

Status BodyInference::InferBranches(const Node& node, std::span<const Fact* const> inputs, std::vector<Fact>* outputs) {
  std::vector<Fact> args;
  for (size_t i = 1; i < inputs.size(); ++i) args.push_back(*inputs[i]);
  bool first = true;
  for (const FunctionCall& branch : BranchesOf(node)) {
    const Result<std::vector<Fact>> results = InferBody(branch, args);
    RIVULET_RETURN_IF_ERROR(stop_.Why());
    for (size_t i = 0; i < outputs->size(); ++i) {
      const Shape shape = results.ok() && i < results->size() ? (*results)[i].shape : Shape::UnknownRank();
      (*outputs)[i].shape = first ? shape : Widen((*outputs)[i].shape, shape);
    }
    first = false;
  }
  return Status();
}

std::vector<Fact> BodyInference::FindLoopFacts(const FunctionCall& call, std::vector<Fact> args,
                                               size_t first_variable) {
  const Result<std::shared_ptr<const Body>> body = environment_.functions.Find(call);
  const bool known =
      body.ok() && (*body)->args.size() == args.size() && (*body)->results.size() + first_variable == args.size();
  std::vector<bool> invariant(args.size(), false);
  for (size_t i = 0; i < args.size(); ++i) {
    const bool is_variable = i >= first_variable;
    invariant[i] = known && first_variable == 0 && is_variable && IsInvariant(**body, i);
    if (!invariant[i]) args[i].value = Tensor();
  }
  // Each round can only make shapes vaguer, and a shape can become vaguer but a few times.
  constexpr int kRounds = 8;
  for (int round = 0; known && round < kRounds; ++round) {
    const Result<std::vector<Fact>> results = InferBody(call, args);
    if (!results.ok()) break;
    bool changed = false;
    for (size_t i = first_variable; i < args.size(); ++i) {
      if (invariant[i]) continue;
      const Shape wider = Widen(args[i].shape, (*results)[i - first_variable].shape);
      changed |= !(wider == args[i].shape);
      args[i].shape = wider;
    }
    if (!changed) return args;
  }
  for (size_t i = first_variable; i < args.size(); ++i) {
    if (!invariant[i]) args[i].shape = Shape::UnknownRank();
  }
  return args;
}

Status BodyInference::InferLoop(const FunctionCall& body, std::vector<Fact> args, size_t first_variable,
                                std::vector<Fact>* outputs) {
  const std::vector<Fact> facts = FindLoopFacts(body, std::move(args), first_variable);
  RIVULET_RETURN_IF_ERROR(stop_.Why());
  for (size_t i = 0; i < outputs->size() && i + first_variable < facts.size(); ++i) {
    (*outputs)[i].shape = facts[i + first_variable].shape;
    (*outputs)[i].value = facts[i + first_variable].value;
  }
  return Status();
}

Status BodyInference::InferCall(const Node& node, std::span<const Fact* const> inputs, std::vector<Fact>* outputs) {
  if constexpr (!kBuilt.functions && !kBuilt.frames) return NotBuilt("functions and loops");
  if (!BranchesOf(node).empty()) return InferBranches(node, inputs, outputs);
  const auto* body = node.attrs.Get<FunctionCall>("body");
  if (body == nullptr || node.op == "_TokenLoop") return Status();
  const bool counts = node.op == "For";
  std::vector<Fact> args;
  if (counts) args.push_back({DType::kInt32, {}, Tensor()});
  for (size_t i = counts ? 3 : 0; i < inputs.size(); ++i) args.push_back(*inputs[i]);
  return InferLoop(*body, std::move(args), counts ? 1 : 0, outputs);
}

}  // namespace rivulet
