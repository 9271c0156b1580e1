// The inputs of benchmark_model, as its flags describe them.
#ifndef RIVULET_CLI_TF_BENCHMARK_INPUTS_H_
#define RIVULET_CLI_TF_BENCHMARK_INPUTS_H_

#include <string>

#include "rivulet/session.h"

namespace rivulet::tf {

struct InputFlags {
  std::string layers = "input:0", shapes = "1,224,224,3", types = "float", values;
};

// Zeros, or the values that were given; the messages name the flags.
Result<Feeds> MakeInputs(const InputFlags& flags);

}  // namespace rivulet::tf

#endif  // RIVULET_CLI_TF_BENCHMARK_INPUTS_H_
