// What reads variables, in a graph or in a function's body, reads constants instead.
#ifndef RIVULET_PREPARE_FREEZE_BODY_H_
#define RIVULET_PREPARE_FREEZE_BODY_H_

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "prepare/function_def.h"
#include "prepare/names.h"

namespace rivulet::prepare {

// A tensor that was a variable's reference or handle and is its value now.
struct Frozen {
  DType type = DType::kInvalid;
  Shape shape;
  std::string variable;  // for messages
  bool is_handle = false;
};

// Functions that were made for calls with frozen arguments: each once.
class FrozenFunctions {
 public:
  explicit FrozenFunctions(FunctionLibrary& library) : library_(library) {}

  struct Made {
    std::string name;
    std::map<size_t, Frozen> results;  // by position: those that hand a frozen argument back
  };
  // The function `name` where arguments are frozen; it joins the library. NOT_FOUND where there is none of that name.
  Result<Made> Make(const std::string& name, const std::map<size_t, Frozen>& arguments);
  bool Has(const std::string& name) const { return library_.Find(name) != nullptr; }

 private:
  FunctionLibrary& library_;
  std::map<std::string, Made> made_;
  std::set<std::string> making_;
};

class BodyFreezer {
 public:
  // `in_function`: inputs are texts as functions have them, "node:output:0".
  BodyFreezer(std::vector<NodeDef>& nodes, FrozenFunctions& functions, bool in_function)
      : nodes_(nodes), functions_(functions), in_function_(in_function) {}

  // All outputs of the node, or the argument, of that name are frozen.
  void Seed(const std::string& name, Frozen frozen) { frozen_.emplace(name, std::move(frozen)); }

  // Follows them, through loops and calls too, and rewrites their readers. An error names a node that writes to one, or
  // takes it in a way that has no other operator.
  Status Run();

  // What a text names, where that is frozen.
  const Frozen* SourceOf(const std::string& text) const;
  // The text as it is after Run: an operator's output may have another name now.
  std::string Renamed(const std::string& text) const;

 private:
  const Frozen* SourceOf(const NodeDef& node, size_t input) const;
  bool Spread();
  Result<bool> FreezeOneCall();
  Status FreezeCall(NodeDef& node, size_t first);
  Status Rewrite(NodeDef& node);
  Status RewriteGather(NodeDef& node, const Frozen& source);
  Status CheckOthers(const NodeDef& node) const;

  std::vector<NodeDef>& nodes_;
  FrozenFunctions& functions_;
  const bool in_function_;
  NameMap<Frozen> frozen_;       // by name, or by "name:position" of a call's result
  std::set<std::string> calls_;  // that were frozen
  std::set<std::string> renamed_;
  std::vector<NodeDef> added_;
};

}  // namespace rivulet::prepare

#endif  // RIVULET_PREPARE_FREEZE_BODY_H_
