// Variables that a SavedModel of TensorFlow 2 restores into copies.
#ifndef RIVULET_ENGINE_IMPORT_VARIABLE_COPIES_H_
#define RIVULET_ENGINE_IMPORT_VARIABLE_COPIES_H_

#include <vector>

#include "engine/graph/graph.h"
#include "engine/graph/model_setup.h"

namespace rivulet {

// Keras 3 saves each variable "dense/kernel" as a copy "Variable_7" of it: the functions read the one, the restoring
// function writes the other, and the object graph alone says that they are one. A copy is known by its initialiser,
// which reads the variable, and by no object's having its name. It becomes a handle of the variable that it copies.
void JoinVariableCopies(Graph& graph, const std::vector<SavedObject>& objects);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_IMPORT_VARIABLE_COPIES_H_
