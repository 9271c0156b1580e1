// Operators of TensorFlow that this engine does not run on purpose, and why.
#ifndef RIVULET_ENGINE_OPS_NOT_RUN_H_
#define RIVULET_ENGINE_OPS_NOT_RUN_H_

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace rivulet {

// Each reason ends the sentence "it is not run: ...".
struct Refusal {
  std::string_view reason;
  std::span<const char* const> ops;
};

// Refused by name, for what they would do. More are refused by how their names begin: Xla, TPU, _Mkl.
std::span<const Refusal> Refusals();

// Input pipelines of training (tf.data, iterators), which stand in front of many exported networks: they load, and do
// not matter where a feed cuts them off.
bool IsDeadWeight(std::string_view op);

// Why an operator without kernel is not run and what to do; empty for one that is only unknown.
std::string WhyNotRun(std::string_view op);

// What is said of a node without kernel.
std::string NoKernel(std::string_view op);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_NOT_RUN_H_
