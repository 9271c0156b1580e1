// What a session does once, before the first run that needs state: the model's variables are restored and its
// initialiser is run.
#ifndef RIVULET_ENGINE_RUN_INITIALIZE_H_
#define RIVULET_ENGINE_RUN_INITIALIZE_H_

#include <string>
#include <vector>

#include "engine/graph/model_setup.h"
#include "engine/run/environment.h"

namespace rivulet {

// Whether a run of `fetches` and `targets` can meet a variable, a table or another named object of the session. Names
// that do not exist need nothing.
bool NeedsState(const Graph& graph, const std::vector<std::string>& fetches, const std::vector<std::string>& targets);

// Follows `setup`. May be repeated after an error.
Status Initialize(const Graph& graph, const ModelSetup& setup, const Environment& environment, const StopToken& stop);

// The nodes that fill the graph's tables, for messages: what runs all of them, where there is such a node, else their
// own names, at most three. Empty where none does.
std::string TableInitializers(const Graph& graph);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_RUN_INITIALIZE_H_
