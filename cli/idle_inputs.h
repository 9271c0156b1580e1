// Inputs that nothing reads: apps that feed them must find them, and nobody needs values for them.
#ifndef RIVULET_CLI_IDLE_INPUTS_H_
#define RIVULET_CLI_IDLE_INPUTS_H_

#include <vector>

#include "rivulet/model.h"

namespace rivulet::cli {

// In file order; those that TensorFlow's importer of loops leaves behind are none.
std::vector<Model::Input> IdleInputs(const Model& model);

}  // namespace rivulet::cli

#endif  // RIVULET_CLI_IDLE_INPUTS_H_
