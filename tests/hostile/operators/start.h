// What the changes start from: a legal use of one operator. Of a recording, whose inputs are right for it; or, where it
// has none, made of its signature.
#ifndef RIVULET_TESTS_HOSTILE_OPERATORS_START_H_
#define RIVULET_TESTS_HOSTILE_OPERATORS_START_H_

#include <map>
#include <string>
#include <vector>

#include "engine/ops/op.h"
#include "rivulet/session.h"
#include "tests/golden/golden.h"
#include "tests/hostile/operators/graph_edit.h"

namespace rivulet::hostile {

// Files by their paths in the folder of a model.
using ModelFolder = std::map<std::string, std::string>;
inline constexpr char kModelFolder[] = "model";  // of the process's own folder

struct Start {
  std::string name;
  const OpDef* def = nullptr;
  EditGraph graph;
  std::string node;  // the one of that operator that is changed
  Feeds feeds;
  std::vector<std::string> fetches;
  std::vector<std::string> targets;
  // Of the node's inputs, by their place: values that can be known. The others are handles, references, and what could
  // not be computed.
  std::map<size_t, Tensor> values;
  ModelFolder files;
};

// One for each operator of the case that is in this build and among its nodes.
std::vector<Start> StartsOf(const golden::GoldenCase& record);
// One node with its inputs fed, and attributes that its signature allows.
Start StartOfSignature(const OpDef& def);

}  // namespace rivulet::hostile

#endif  // RIVULET_TESTS_HOSTILE_OPERATORS_START_H_
