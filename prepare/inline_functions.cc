#include "prepare/inline_functions.h"

#include <memory>

#include "engine/base/errors.h"
#include "engine/import/graphdef.h"
#include "engine/ops/op.h"
#include "engine/run/body.h"
#include "prepare/function_calls.h"
#include "prepare/function_def.h"
#include "prepare/idle_waits.h"
#include "prepare/names.h"

namespace rivulet::prepare {
namespace {

constexpr int kDeepest = 128;

class Inliner {
 public:
  Inliner(GraphDef& graph, const Limits& limits) : graph_(graph), limits_(limits) {}

  Result<InlinedCalls> Run() {
    RIVULET_ASSIGN_OR_RETURN(library_, TakeLibrary(graph_));
    const Status status = library_.functions.empty() ? Status() : InlineAll();
    PutLibrary(library_, graph_);
    RIVULET_RETURN_IF_ERROR(status);
    return std::move(calls_);
  }

 private:
  struct Made {
    const FunctionDef* function;
    Body body;
    NameViewMap<const NodeDef*> nodes;
  };

  Status InlineAll() {
    RIVULET_RETURN_IF_ERROR(ImportFunctions());
    for (const NodeDef& node : graph_.nodes) names_.insert(node.name);
    for (int depth = 0;; ++depth) {
      std::vector<NodeDef> next;
      bool any = false;
      for (NodeDef& node : graph_.nodes) {
        const FunctionDef* function = CalledBy(node);
        if (function == nullptr) {
          next.push_back(std::move(node));
          continue;
        }
        if (depth == kDeepest) {
          return InvalidArgument("node '", node.name, "' (", node.op, "): function '", function->name,
                                 "' calls itself, or calls go deeper than ", kDeepest);
        }
        any = true;
        const Status status = Splice(node, *function, &next);
        if (!status.ok()) return Status(status).Framed(Cat("node '", node.name, "' (", node.op, ")"));
        if (static_cast<int64_t>(next.size()) > limits_.nodes) {
          return ResourceExhausted("more than ", limits_.nodes,
                                   " nodes when functions are put in place of their calls");
        }
      }
      graph_.nodes = std::move(next);
      if (!any) break;
    }
    for (NodeDef& node : graph_.nodes) Rewire(node);
    return Status();
  }

  Status ImportFunctions() {
    GraphDef functions;
    PutLibrary(library_, functions);
    bytes_ = std::make_shared<std::string>(Serialize(functions));
    const std::span<const uint8_t> view(reinterpret_cast<const uint8_t*>(bytes_->data()), bytes_->size());
    RIVULET_ASSIGN_OR_RETURN(imported_, ImportGraphDef(view, bytes_, limits_));
    return Status();
  }

  // Null for what is no call, or stays one.
  const FunctionDef* CalledBy(const NodeDef& node) const {
    const bool is_call = node.op == "PartitionedCall" || node.op == "StatefulPartitionedCall";
    std::string name = node.op;
    if (is_call) {
      const Attr* attr = node.Find("f");
      const std::vector<std::string> names = attr == nullptr ? std::vector<std::string>() : FunctionsIn(*attr);
      if (names.size() != 1) return nullptr;
      name = names[0];
    }
    const FunctionDef* function = library_.Find(name);
    return function != nullptr && function->IsPlain() ? function : nullptr;
  }

  Result<const Made*> MakeBody(const FunctionDef& function) {
    std::unique_ptr<Made>& made = bodies_[function.name];
    if (made != nullptr) return made.get();
    const auto found = imported_.functions.find(function.name);
    if (found == imported_.functions.end()) return Internal("function '", function.name, "' is not there");
    RIVULET_ASSIGN_OR_RETURN(Body body, Instantiate(*found->second, AttrMap(), imported_.functions));
    made = std::make_unique<Made>(Made{&function, std::move(body), {}});
    for (const NodeDef& node : function.nodes) made->nodes.emplace(node.name, &node);
    return made.get();
  }

  std::string FreeName(const std::string& stem) {
    std::string name =
        rivulet::FreeName(stem, names_.size(), [&](const std::string& tried) { return names_.contains(tried); });
    names_.insert(name);
    return name;
  }

  Status Splice(const NodeDef& call, const FunctionDef& function, std::vector<NodeDef>* out) {
    RIVULET_ASSIGN_OR_RETURN(const Made* made, MakeBody(function));
    const Graph& body = made->body.graph;
    std::vector<std::string> arguments, waits;
    for (const std::string& input : call.inputs) (input.starts_with('^') ? waits : arguments).push_back(input);
    if (arguments.size() != made->body.args.size()) {
      return InvalidArgument("function '", function.name, "' takes ", made->body.args.size(), " arguments, got ",
                             arguments.size());
    }
    std::vector<std::string> names(static_cast<size_t>(body.size()));
    for (int32_t i = 0; i < body.size(); ++i) {
      if (body.node(i).op != "_Arg") names[static_cast<size_t>(i)] = FreeName(Cat(call.name, "/", body.node(i).name));
    }
    const auto text_of = [&](Edge edge) {
      const Node& source = body.node(edge.node);
      if (source.op == "_Arg") return arguments[static_cast<size_t>(*source.attrs.Get<int64_t>("index"))];
      return ToText({.node = names[static_cast<size_t>(edge.node)], .port = edge.slot});
    };
    for (int32_t i = 0; i < body.size(); ++i) {
      const Node& node = body.node(i);
      if (node.op == "_Arg") continue;
      NodeDef copy = *made->nodes.at(node.name);
      copy.name = names[static_cast<size_t>(i)];
      copy.attrs.erase("_class");
      copy.inputs.clear();
      for (const Edge& edge : node.inputs) copy.inputs.push_back(text_of(edge));
      for (const int32_t control : node.control_inputs) {
        if (body.node(control).op != "_Arg") copy.inputs.push_back("^" + names[static_cast<size_t>(control)]);
      }
      if (!waits.empty() && (copy.inputs.empty() || MayHaveEffects(copy.op))) {
        copy.inputs.insert(copy.inputs.end(), waits.begin(), waits.end());
      }
      if (copy.device.empty()) copy.device = call.device;
      NameObject(node.name, &copy);
      out->push_back(std::move(copy));
    }
    InlinedCall& result = calls_[call.name];
    for (const int32_t effect : made->body.effects) {
      const Node& node = body.node(effect);
      // NoOp gathers others, and so must stay where it does.
      if (MayHaveEffects(node.op) || !node.control_inputs.empty()) {
        result.controls.push_back("^" + names[static_cast<size_t>(effect)]);
      }
    }
    for (const Edge& edge : made->body.results) result.results.push_back(text_of(edge));
    if (!result.controls.empty()) HoldBack(call, function, &result, out);
    if (result.controls.empty()) result.controls = waits;
    return Status();
  }

  // A resource without a name of its own is known by its node's, wherever the function is called.
  static void NameObject(const std::string& name, NodeDef* node) {
    const OpDef* def = FindOp(node->op);
    if (def == nullptr || (def->flags & kNamedResource) != kNamedResource) return;
    const Attr* shared = node->Find("shared_name");
    if (shared == nullptr || shared->AsString().value_or("").empty()) node->attrs["shared_name"] = Attr::OfString(name);
  }

  // What the function changes is changed before anyone sees what it returns.
  void HoldBack(const NodeDef& call, const FunctionDef& function, InlinedCall* result, std::vector<NodeDef>* out) {
    for (size_t i = 0; i < result->results.size(); ++i) {
      NodeDef identity{.name = FreeName(Cat(call.name, "/result", i)), .op = "Identity"};
      identity.attrs["T"] = Attr::OfType(function.outputs[i].type);
      identity.inputs = result->controls;
      identity.inputs.insert(identity.inputs.begin(), result->results[i]);
      result->results[i] = identity.name;
      out->push_back(std::move(identity));
    }
  }

  void Rewire(NodeDef& node) const {
    std::vector<std::string> inputs, waits;
    for (const std::string& input : node.inputs) {
      if (!input.starts_with('^')) {
        inputs.push_back(AfterInlining(calls_, input));
      } else {
        AddWait(input, 0, &waits);
      }
    }
    NameSet seen;
    for (std::string& wait : waits) {
      if (wait.substr(1) != node.name && seen.insert(wait).second) inputs.push_back(std::move(wait));
    }
    node.inputs = std::move(inputs);
  }

  void AddWait(const std::string& wait, int depth, std::vector<std::string>* waits) const {
    const auto call = calls_.find(std::string_view(wait).substr(1));
    if (call == calls_.end() || depth > kDeepest) {
      waits->push_back(wait);
      return;
    }
    for (const std::string& inner : call->second.controls) AddWait(inner, depth + 1, waits);
  }

  GraphDef& graph_;
  const Limits& limits_;
  FunctionLibrary library_;
  std::shared_ptr<std::string> bytes_;
  Graph imported_;
  NameMap<std::unique_ptr<Made>> bodies_;
  NameSet names_;
  InlinedCalls calls_;
};

}  // namespace

Result<InlinedCalls> InlineFunctions(GraphDef& graph, const Limits& limits) { return Inliner(graph, limits).Run(); }

std::string AfterInlining(const InlinedCalls& calls, const std::string& tensor) {
  std::string text = tensor;
  // A call's argument may be another call's result; each hop leaves one behind.
  for (size_t hops = 0; hops <= calls.size(); ++hops) {
    const InputName name = ParseInput(text);
    const auto call = calls.find(name.node);
    if (call == calls.end() || static_cast<size_t>(name.port) >= call->second.results.size()) return text;
    text = call->second.results[static_cast<size_t>(name.port)];
  }
  return text;
}

}  // namespace rivulet::prepare
