#include "engine/run/body.h"

#include <charconv>
#include <unordered_map>

#include "engine/base/keyed_hash.h"
#include "engine/ops/infer.h"

namespace rivulet {
namespace {

Status InferArg(InferContext& c) {
  c.set_output(0, Shape::UnknownRank());
  return Status();
}

Status RunArg(RunContext&) { return Internal("a function's argument was not bound"); }

constexpr OpDef kArg = {.name = "_Arg",
                        .inputs = "",
                        .outputs = "output:T",
                        .attrs = "T:type; index:int",
                        .infer = InferArg,
                        .run = RunArg,
                        .flags = kStateful | kTakesObjects | kDataDependent};

// Attributes of a body's node with the caller's values in place of names.
class Substitution {
 public:
  Substitution(const Function& function, const AttrMap& call) : function_(function), call_(call) {}

  const AttrValue* Find(const std::string& name) const {
    const AttrValue* value = call_.Find(name);
    return value != nullptr ? value : function_.attrs.Find(name);
  }

  Result<AttrMap> Apply(const AttrMap& attrs) const {
    AttrMap out;
    for (const auto& [name, value] : attrs) {
      if (const auto* open = std::get_if<AttrPlaceholder>(&value)) {
        const AttrValue* given = Find(open->name);
        if (given == nullptr) {
          return InvalidArgument("attr ", Quoted(name), ": the call gives no attribute ", Quoted(open->name));
        }
        out.Set(name, *given);
      } else if (const auto* call = std::get_if<FunctionCall>(&value); call != nullptr && call->attrs != nullptr) {
        RIVULET_ASSIGN_OR_RETURN(AttrMap inner, Apply(*call->attrs));
        out.Set(name, FunctionCall{call->name, std::make_shared<const AttrMap>(std::move(inner))});
      } else {
        out.Set(name, value);
      }
    }
    return out;
  }

 private:
  const Function& function_;
  const AttrMap& call_;
};

// Of one function, and results: a call's few bytes say how many there are of an argument.
constexpr int64_t kMostArguments = 1 << 16;

// The dtypes an argument of a function stands for.
Result<std::vector<DType>> TypesOf(const FunctionArg& arg, const Substitution& attrs) {
  if (!arg.type_list_attr.empty()) {
    const AttrValue* value = attrs.Find(arg.type_list_attr);
    const auto* list = value != nullptr ? std::get_if<std::shared_ptr<const AttrList>>(value) : nullptr;
    if (list == nullptr) return InvalidArgument("the call gives no list of types ", Quoted(arg.type_list_attr));
    return (*list)->types;
  }
  DType dtype = DType::kInvalid;
  if (const auto* fixed = std::get_if<DType>(&arg.type)) dtype = *fixed;
  if (const auto* open = std::get_if<AttrPlaceholder>(&arg.type)) {
    const AttrValue* value = attrs.Find(open->name);
    if (const auto* given = value != nullptr ? std::get_if<DType>(value) : nullptr) dtype = *given;
  }
  if (dtype == DType::kInvalid) return InvalidArgument("argument ", Quoted(arg.name), " has no type");
  int64_t count = 1;
  if (!arg.number_attr.empty()) {
    const AttrValue* value = attrs.Find(arg.number_attr);
    const auto* number = value != nullptr ? std::get_if<int64_t>(value) : nullptr;
    if (number == nullptr || *number < 0 || *number > kMostArguments) {
      return InvalidArgument("the call gives no usable number ", Quoted(arg.number_attr));
    }
    count = *number;
  }
  return std::vector<DType>(static_cast<size_t>(count), dtype);
}

bool ReadIndex(std::string_view digits, int64_t* index) {
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), *index);
  return error == std::errc() && end == digits.data() + digits.size() && *index >= 0;
}

class Instantiator {
 public:
  Instantiator(const Function& function, const AttrMap& call, const FunctionMap& functions)
      : function_(function), attrs_(function, call), functions_(functions) {}

  Result<Body> Make() {
    RIVULET_RETURN_IF_ERROR(AddArguments());
    RIVULET_RETURN_IF_ERROR(AddNodes());
    for (size_t i = 0; i < function_.body.size(); ++i) RIVULET_RETURN_IF_ERROR(Connect(i));
    RIVULET_RETURN_IF_ERROR(Return());
    return std::move(body_);
  }

 private:
  Status AddArguments() {
    for (const FunctionArg& arg : function_.inputs) {
      RIVULET_ASSIGN_OR_RETURN(const std::vector<DType> types, TypesOf(arg, attrs_));
      if (body_.args.size() + types.size() > kMostArguments) {
        return ResourceExhausted("more than ", kMostArguments, " arguments");
      }
      if (!first_arg_.emplace(arg.name, body_.args.size()).second) {
        return InvalidArgument("two arguments are called ", Quoted(arg.name));
      }
      for (size_t i = 0; i < types.size(); ++i) {
        // Never the plain name: a body's node may have it.
        Node node =
            ArgNode(Cat(arg.name, ":arg", static_cast<int64_t>(i)), types[i], static_cast<int64_t>(body_.args.size()));
        body_.args.push_back(body_.graph.AddNode(std::move(node)));
      }
    }
    return Status();
  }

  Status AddNodes() {
    for (const Function::BodyNode& written : function_.body) {
      if (body_.graph.Find(written.name) >= 0) return InvalidArgument("two nodes are called ", Quoted(written.name));
      Node node;
      node.name = written.name;
      node.op = written.op;
      node.def = FindOp(written.op);
      Result<AttrMap> attrs = attrs_.Apply(written.attrs);
      if (!attrs.ok()) return std::move(attrs).status().Framed(Cat("node ", Quoted(written.name)));
      node.attrs = std::move(*attrs);
      // A resource without a name of its own is known by its node's, wherever the function is called.
      if (node.def != nullptr && (node.def->flags & kNamedResource) == kNamedResource &&
          AttrReader(node).Str("shared_name").empty()) {
        node.attrs.Set("shared_name", written.name);
      }
      index_[written.name] = body_.graph.AddNode(std::move(node));
    }
    return Status();
  }

  Status Connect(size_t i) {
    const Function::BodyNode& written = function_.body[i];
    const int32_t index = index_.at(written.name);
    std::vector<Edge> inputs;
    std::vector<int32_t> controls;
    for (const std::string& input : written.inputs) {
      Status status = Status();
      if (!input.empty() && input.front() == '^') {
        const std::string name = input.substr(1);
        const auto node = index_.find(name);
        if (node != index_.end()) {
          controls.push_back(node->second);
        } else if (first_arg_.find(name) == first_arg_.end()) {
          status = InvalidArgument("input ", Quoted(input), " names no node of the function");
        }
      } else {
        Result<Edge> edge = Resolve(input);
        if (edge.ok()) {
          inputs.push_back(*edge);
        } else {
          status = std::move(edge).status();
        }
      }
      if (!status.ok()) return std::move(status).Framed(Cat("node ", Quoted(written.name)));
    }
    Node& node = body_.graph.node(index);
    node.inputs = std::move(inputs);
    node.control_inputs = std::move(controls);
    return Status();
  }

  // "arg", "arg:1", "node:output", "node:output:1"; also "node" and "node:1", which old writers used.
  Result<Edge> Resolve(const std::string& text) {
    const size_t colon = text.find(':');
    const std::string name = text.substr(0, colon);
    const std::string rest = colon == std::string::npos ? std::string() : text.substr(colon + 1);
    int64_t index = 0;
    const auto arg = first_arg_.find(name);
    if (arg != first_arg_.end()) {
      if (!rest.empty() && !ReadIndex(rest, &index)) return InvalidArgument("input ", Quoted(text), " cannot be read");
      const size_t position = arg->second + static_cast<size_t>(std::min<int64_t>(index, 1 << 20));
      if (position >= body_.args.size()) return InvalidArgument("input ", Quoted(text), " names no argument");
      return Edge{body_.args[position], 0};
    }
    const auto found = index_.find(name);
    if (found == index_.end()) return InvalidArgument("input ", Quoted(text), " names no node of the function");
    if (rest.empty() || ReadIndex(rest, &index)) return Edge{found->second, Bounded(index)};
    const size_t second = rest.find(':');
    const std::string output = rest.substr(0, second);
    if (second != std::string::npos && !ReadIndex(rest.substr(second + 1), &index)) {
      return InvalidArgument("input ", Quoted(text), " cannot be read");
    }
    RIVULET_ASSIGN_OR_RETURN(const int32_t slot, Position(found->second, output, index));
    return Edge{found->second, slot};
  }

  static int32_t Bounded(int64_t index) { return static_cast<int32_t>(std::min<int64_t>(index, 1 << 20)); }

  // Where each result of a call begins. Those of the call that was asked for last are kept: who reads one reads more.
  Status FindResults(int32_t call, const Function& callee) {
    if (results_of_ == call) return Status();
    results_of_ = -1;
    results_.clear();
    const Substitution attrs(callee, body_.graph.node(call).attrs);
    int64_t position = 0;
    for (const FunctionArg& result : callee.outputs) {
      results_.emplace(result.name, position);
      RIVULET_ASSIGN_OR_RETURN(const std::vector<DType> types, TypesOf(result, attrs));
      position += static_cast<int64_t>(types.size());
      if (position > kMostArguments) return ResourceExhausted("more than ", kMostArguments, " results");
    }
    results_of_ = call;
    return Status();
  }

  Result<int32_t> Position(int32_t of, const std::string& output, int64_t index) {
    const Node& node = body_.graph.node(of);
    const auto callee = functions_.find(node.op);
    if (callee != functions_.end()) {
      RIVULET_RETURN_IF_ERROR(FindResults(of, *callee->second));
      const auto found = results_.find(output);
      if (found != results_.end()) return Bounded(found->second + index);
      return InvalidArgument("function ", Quoted(node.op), " has no result called ", Quoted(output));
    }
    // An operator that this build does not know: the node fails when it is needed, with that message.
    if (node.def == nullptr) return Bounded(index);
    return OutputPosition(node, output, index);
  }

  Status Return() {
    std::unordered_map<std::string_view, const std::string*, KeyedHash> sources;  // the last one of a name counts
    for (const auto& [name, tensor] : function_.returns) sources[name] = &tensor;
    for (const FunctionArg& result : function_.outputs) {
      RIVULET_ASSIGN_OR_RETURN(const std::vector<DType> types, TypesOf(result, attrs_));
      if (body_.results.size() + types.size() > kMostArguments) {
        return ResourceExhausted("more than ", kMostArguments, " results");
      }
      const auto source = sources.find(result.name);
      if (source == sources.end()) return InvalidArgument("result ", Quoted(result.name), " is not returned");
      RIVULET_ASSIGN_OR_RETURN(const Edge first, Resolve(*source->second));
      for (size_t i = 0; i < types.size(); ++i) {
        Edge edge = first;
        const bool is_arg = body_.graph.node(first.node).op == "_Arg";
        if (is_arg) {
          const size_t position = static_cast<size_t>(*body_.graph.node(first.node).attrs.Get<int64_t>("index")) + i;
          if (position >= body_.args.size()) return InvalidArgument("result ", Quoted(result.name), " is too long");
          edge = {body_.args[position], 0};
        } else {
          edge.slot += static_cast<int32_t>(i);
        }
        body_.results.push_back(edge);
      }
    }
    for (const auto& [name, node] : function_.control_returns) {
      const auto found = index_.find(node);
      if (found == index_.end()) return InvalidArgument("control result ", Quoted(name), " names no node");
      body_.effects.push_back(found->second);
    }
    // Functions from before control results were written: what has an effect runs.
    if (function_.control_returns.empty()) {
      for (int32_t i = 0; i < body_.graph.size(); ++i) {
        const OpDef* def = body_.graph.node(i).def;
        if (def != nullptr && (def->flags & kEffect) == kEffect) body_.effects.push_back(i);
      }
    }
    return Status();
  }

  const Function& function_;
  const Substitution attrs_;
  const FunctionMap& functions_;
  Body body_;
  std::unordered_map<std::string, size_t, KeyedHash> first_arg_;
  std::unordered_map<std::string, int32_t, KeyedHash> index_;
  int32_t results_of_ = -1;
  std::unordered_map<std::string_view, int64_t, KeyedHash> results_;
};

}  // namespace

Node ArgNode(std::string name, DType dtype, int64_t index) {
  Node node;
  node.name = std::move(name);
  node.op = kArg.name;
  node.def = &kArg;
  node.attrs.Set("T", dtype);
  node.attrs.Set("index", index);
  return node;
}

Result<Body> Instantiate(const Function& function, const AttrMap& attrs, const FunctionMap& functions) {
  Result<Body> body = Instantiator(function, attrs, functions).Make();
  if (!body.ok()) return std::move(body).status().Framed(Cat("function ", Quoted(function.name)));
  return body;
}

}  // namespace rivulet
