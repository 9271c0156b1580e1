// What is known of the operators beside their signatures: how each is proved.
#ifndef RIVULET_CLI_OP_FACTS_H_
#define RIVULET_CLI_OP_FACTS_H_

#include <cstdint>
#include <map>
#include <string>

#include "engine/ops/op.h"

namespace rivulet::cli {

// Golden cases by attribute ("" without types) and type, of one operator.
using Counts = std::map<std::string, std::map<std::string, int64_t>>;

const Counts& CountsOf(const OpDef& def);

// Of the attribute that has most of them: a case with two attributes is not counted twice.
int64_t NumCases(const Counts& counts);

// Types of the attribute that has most of them; an operator without a choice of types counts once.
size_t NumTypes(const OpDef& def);

// Whether every type of every attribute has a golden case; handles and objects are not types of elements.
bool IsProved(const OpDef& def);

// How near results come to TensorFlow's: "exact" without floats, "rule" (engine/base/equality.h), or its own bounds.
std::string Exactness(const OpDef& def);

// Whether SymbolicGradient goes through it.
bool HasGradient(const OpDef& def);

// How many there are, in one line.
std::string OpTotals();
// docs/operators.md.
std::string OpsPage();

}  // namespace rivulet::cli

#endif  // RIVULET_CLI_OP_FACTS_H_
