// Calls with frozen arguments: their functions are made anew for them.
#include <algorithm>

#include "engine/base/errors.h"
#include "prepare/freeze_body.h"
#include "prepare/function_calls.h"

namespace rivulet::prepare {
namespace {

// How an operator calls functions.
struct CallKind {
  std::string_view op;
  size_t first = 0;                         // input that is argument 0
  std::vector<std::string_view> functions;  // attributes; each takes all arguments
  std::string_view in_types = "Tin";
  std::string_view out_types = "Tout";
};

const CallKind* KindOf(std::string_view op) {
  static const std::vector<CallKind> kKinds = {
      {"PartitionedCall", 0, {"f"}},
      {"StatefulPartitionedCall", 0, {"f"}},
      {"If", 1, {"then_branch", "else_branch"}},
      {"StatelessIf", 1, {"then_branch", "else_branch"}},
      {"Case", 1, {"branches"}},
      {"StatelessCase", 1, {"branches"}},
      {"While", 0, {"cond", "body"}, "T", "T"},
      {"StatelessWhile", 0, {"cond", "body"}, "T", "T"},
  };
  for (const CallKind& kind : kKinds) {
    if (kind.op == op) return &kind;
  }
  return nullptr;
}

// BatchFunction is a call whose captured values are arguments like the others, with types in a list of their own.
void MakePlainCall(NodeDef& node) {
  if (node.op != "BatchFunction") return;
  std::vector<DType> types;
  for (const char* name : {"Tin", "Tcaptured"}) {
    const Attr* attr = node.Find(name);
    const std::optional<std::vector<DType>> some = attr == nullptr ? std::nullopt : attr->AsTypes();
    if (!some) return;
    types.insert(types.end(), some->begin(), some->end());
  }
  node.op = "StatefulPartitionedCall";
  std::erase_if(node.attrs, [](const auto& entry) { return entry.first != "f" && entry.first != "Tout"; });
  node.attrs["Tin"] = Attr::OfTypes(types);
}

void SetTypes(NodeDef& node, std::string_view name, const std::map<size_t, Frozen>& frozen) {
  const Attr* attr = node.Find(name);
  std::optional<std::vector<DType>> types = attr == nullptr ? std::nullopt : attr->AsTypes();
  if (!types) return;
  for (const auto& [i, value] : frozen) {
    if (i < types->size()) (*types)[i] = value.type;
  }
  node.attrs[std::string(name)] = Attr::OfTypes(*types);
}

void SetShapes(NodeDef& node, const std::map<size_t, Frozen>& frozen) {
  const Attr* attr = node.Find("output_shapes");
  std::optional<std::vector<Shape>> shapes = attr == nullptr ? std::nullopt : attr->AsShapes();
  if (!shapes) return;
  for (const auto& [i, value] : frozen) {
    if (i < shapes->size()) (*shapes)[i] = value.shape;
  }
  node.attrs["output_shapes"] = Attr::OfShapes(*shapes);
}

}  // namespace

Result<FrozenFunctions::Made> FrozenFunctions::Make(const std::string& name,
                                                    const std::map<size_t, Frozen>& arguments) {
  std::string key = name;
  for (const auto& [i, frozen] : arguments) key += Cat("\n", i, " ", frozen.variable);
  if (const auto it = made_.find(key); it != made_.end()) return it->second;
  const FunctionDef* original = library_.Find(name);
  if (original == nullptr) return NotFound("the graph has no function '", name, "'");
  if (!original->IsPlain()) return Unimplemented("function '", name, "' leaves its types to the call");
  // What a file can nest this deeply calls itself.
  constexpr size_t kDeepest = 128;
  if (making_.size() >= kDeepest || !making_.insert(key).second) {
    return Unimplemented("function '", name, "' calls itself, or calls go deeper than ", kDeepest);
  }
  FunctionDef function = *original;
  function.name = library_.FreeName(name + "_frozen");
  BodyFreezer body(function.nodes, *this, true);
  for (const auto& [i, frozen] : arguments) {
    if (i >= function.inputs.size()) return InvalidArgument("function '", name, "' has no argument ", i);
    FunctionArg& arg = function.inputs[i];
    arg.type = frozen.type;
    arg.rest.clear();  // spoke of a handle
    body.Seed(arg.name, frozen);
    std::erase_if(function.argument_attrs,
                  [at = static_cast<int64_t>(i)](const auto& entry) { return entry.first == at; });
  }
  const Status status = body.Run();
  making_.erase(key);
  if (!status.ok()) return Status(status).Framed(Cat("function '", name, "'"));
  Made made{function.name, {}};
  for (size_t k = 0; k < function.outputs.size(); ++k) {
    for (auto& [result, text] : function.returns) {
      if (result != function.outputs[k].name) continue;
      if (const Frozen* source = body.SourceOf(text)) {
        made.results[k] = *source;
        function.outputs[k].type = source->type;
        function.outputs[k].rest.clear();
      }
      text = body.Renamed(text);
    }
  }
  library_.functions.push_back(std::move(function));
  return made_.emplace(key, std::move(made)).first->second;
}

Result<bool> BodyFreezer::FreezeOneCall() {
  for (NodeDef& node : nodes_) {
    MakePlainCall(node);
    const CallKind* kind = KindOf(node.op);
    if ((kind == nullptr && !functions_.Has(node.op)) || calls_.contains(node.name)) continue;
    const size_t first = kind == nullptr ? 0 : kind->first;
    const bool any = std::any_of(node.inputs.begin(), node.inputs.end(), [&](const std::string& input) {
      const Frozen* source = SourceOf(input);
      return source != nullptr && source->is_handle;
    });
    if (!any) continue;
    RIVULET_RETURN_IF_ERROR(FreezeCall(node, first));
    return true;
  }
  return false;
}

Status BodyFreezer::FreezeCall(NodeDef& node, size_t first) {
  std::map<size_t, Frozen> arguments;
  const Frozen* some = nullptr;
  for (size_t i = first; i < node.inputs.size(); ++i) {
    const Frozen* source = SourceOf(node, i);
    if (source == nullptr || !source->is_handle) continue;
    arguments.emplace(i - first, *source);
    some = source;
  }
  if (some == nullptr) return CheckOthers(node);
  const std::string at =
      Cat("node '", node.name, "' (", node.op, ") calls a function with variable '", some->variable, "'");
  std::vector<FrozenFunctions::Made> made;
  const CallKind* kind = KindOf(node.op);
  if (kind == nullptr) {
    Result<FrozenFunctions::Made> function = functions_.Make(node.op, arguments);
    if (!function.ok()) return Status(function.status()).Framed(at);
    node.op = function->name;
    made.push_back(std::move(*function));
  } else {
    for (const std::string_view name : kind->functions) {
      const Attr* attr = node.Find(name);
      std::vector<std::string> names = attr == nullptr ? std::vector<std::string>() : FunctionsIn(*attr);
      if (names.empty()) return InvalidArgument(at, ": attribute '", name, "' names no function");
      for (std::string& function_name : names) {
        Result<FrozenFunctions::Made> function = functions_.Make(function_name, arguments);
        if (!function.ok()) return Status(function.status()).Framed(at);
        function_name = function->name;
        made.push_back(std::move(*function));
      }
      node.attrs[std::string(name)] = WithFunctions(*attr, names);
    }
  }
  // A loop's condition gives a bool, its body what the loop goes on with.
  const bool is_loop = kind != nullptr && kind->in_types == kind->out_types;
  const std::map<size_t, Frozen>& results = made.back().results;
  const auto same_places = [](const auto& a, const auto& b) {
    return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](const auto& x, const auto& y) {
             return x.first == y.first && x.second.type == y.second.type;
           });
  };
  for (const FrozenFunctions::Made& one : made) {
    if (is_loop ? !same_places(results, arguments) : !same_places(one.results, results)) {
      return Unimplemented(at, ": which variable comes back depends on how it goes");
    }
  }
  if (kind != nullptr) {
    SetTypes(node, kind->in_types, arguments);
    SetTypes(node, kind->out_types, results);
    SetShapes(node, results);
  }
  node.attrs.erase("_output_shapes");
  for (const auto& [i, frozen] : results) frozen_.emplace(Cat(node.name, ":", i), frozen);
  calls_.insert(node.name);
  return Status();
}

}  // namespace rivulet::prepare
