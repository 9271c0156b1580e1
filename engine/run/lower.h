// From a graph as TensorFlow writes it to one that can be planned: no calls, no references, no loops of tokens.
#ifndef RIVULET_ENGINE_RUN_LOWER_H_
#define RIVULET_ENGINE_RUN_LOWER_H_

#include <vector>

#include "engine/base/stop.h"
#include "engine/run/function_table.h"

namespace rivulet {

// All of the following, in order, asking between them whether to stop. `roots` and `root_nodes` must survive and are
// renumbered; what they do not need goes.
Status Lower(Graph* graph, std::vector<Edge>* roots, std::vector<int32_t>* root_nodes, FunctionTable& functions,
             const StopToken& stop = StopToken());

// Puts the bodies of called functions in place of the calls. What a call waits for, its effects wait for; who waits for
// the call waits for its effects and results.
Status InlineCalls(Graph* graph, std::vector<Edge>* roots, std::vector<int32_t>* root_nodes, FunctionTable& functions);

// What prints and is heard by nobody only hands on its first input, once the others are there.
void SilencePrints(Graph* graph);

// Reference variables become resources: where an operator takes the value of a reference, a ReadVariableOp with that
// operator's control inputs is put before it, which is when TensorFlow looks.
Status LowerReferences(Graph* graph, std::vector<Edge>* roots);

// What an array of tensors was made for, TensorArrayRead is told: its shape is known then before it runs, and checked
// when it does.
void NameElementShapes(Graph* graph);

// Loops made of Enter, Merge, Switch, NextIteration and Exit become _Loop nodes with a condition and a body, innermost
// first; a loop of another form becomes, whole, one _TokenLoop node (token_loop.h). With functions.raise_loops() off
// all become _TokenLoops.
Status LowerLoops(Graph* graph, std::vector<Edge>* roots, std::vector<int32_t>* root_nodes, FunctionTable& functions);

// In graphs with Switch: a constant that waits for a branch gets an Identity, which can be dead; constants cannot.
void GateConstants(Graph* graph, std::vector<Edge>* roots);

// In graphs that change no state and have no branch that could be dead: nobody waits for a constant, an argument, or a
// variable's value, nor are they run for their own sake, nor for what is read anyway. What can fail, as Assert, is
// still waited for.
void DropControls(Graph* graph, std::vector<int32_t>* root_nodes, FunctionTable& functions);

// Sets body->args from the _Arg nodes that are left; -1 for arguments that nothing reads.
void FindArgs(Body* body);

// Whether `graph`, or a function that a node of it may run, has an operator that changes state.
bool HasEffects(const Graph& graph, FunctionTable& functions);

// Keeps what `roots` and `root_nodes` need and renumbers them.
void KeepNeeded(Graph* graph, std::vector<Edge>* roots, std::vector<int32_t>* root_nodes);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_RUN_LOWER_H_
