// The functions of a GraphDef's library as their file has them: what FunctionDef is to GraphDef's nodes.
//
// A body's inputs are texts of another kind than a graph's: "arg", "node:output:0", "^node". Nothing that this does not
// know is lost: it is kept as bytes.
#ifndef RIVULET_PREPARE_FUNCTION_DEF_H_
#define RIVULET_PREPARE_FUNCTION_DEF_H_

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "prepare/graph_def.h"
#include "prepare/names.h"

namespace rivulet::prepare {

struct FunctionArg {
  std::string name;
  DType type = DType::kInvalid;  // kInvalid: an attribute of the call says it
  bool is_one = true;            // one tensor, not a list whose length the call says
  std::string rest;
};

struct FunctionDef {
  std::string name;
  std::vector<FunctionArg> inputs;
  std::vector<FunctionArg> outputs;
  std::vector<NodeDef> nodes;
  std::vector<std::pair<std::string, std::string>> returns;          // result -> "node:output:0"
  std::vector<std::pair<std::string, std::string>> control_returns;  // name -> node
  std::vector<std::pair<int64_t, std::string>> argument_attrs;       // by position, as bytes
  std::string signature_rest;
  std::string rest;

  // Whether each argument and result is one tensor of a type that the function itself says.
  bool IsPlain() const;
};

struct FunctionLibrary {
  std::vector<FunctionDef> functions;
  std::string rest;  // gradients

  const FunctionDef* Find(std::string_view name) const;
  std::string FreeName(std::string_view stem) const;

 private:
  // Where the first of each name lies, as far as somebody has asked: functions may come at the end between two
  // questions.
  mutable NameMap<size_t> places_;
  mutable size_t num_placed_ = 0;
};

// Takes the library out of the graph's unread bytes. A graph without one has an empty library.
Result<FunctionLibrary> TakeLibrary(GraphDef& graph);
// Puts it there; an empty one leaves no bytes.
void PutLibrary(const FunctionLibrary& library, GraphDef& graph);

}  // namespace rivulet::prepare

#endif  // RIVULET_PREPARE_FUNCTION_DEF_H_
