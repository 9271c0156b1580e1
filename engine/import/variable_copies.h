// Variables that a SavedModel of TensorFlow 2 restores into copies.
#ifndef RIVULET_ENGINE_IMPORT_VARIABLE_COPIES_H_
#define RIVULET_ENGINE_IMPORT_VARIABLE_COPIES_H_

#include <string_view>

#include "engine/graph/graph.h"

namespace rivulet {

// Keras 3 saves each variable "dense/kernel" with a copy "Variable_7" of it: the functions read the one, the function
// behind `restore_op` writes the other, and the graph of Python objects alone says that they are one. A copy is known
// by its initialiser, which reads the variable, and by being restored where the variable is not. It becomes a handle of
// the variable.
void JoinVariableCopies(Graph& graph, std::string_view restore_op);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_IMPORT_VARIABLE_COPIES_H_
