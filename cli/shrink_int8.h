// rivulet shrink --int8: a float graph made ready for 8-bit arithmetic, by what its activations are on samples.
#ifndef RIVULET_CLI_SHRINK_INT8_H_
#define RIVULET_CLI_SHRINK_INT8_H_

#include <string>

#include "cli/graph_output.h"
#include "cli/samples.h"

namespace rivulet::cli {

struct Int8Call {
  std::string model;
  std::string out;
  GraphFormat format = GraphFormat::kBinary;
  SampleFlags samples;
  double max_drop = 0.01;
  bool keep_graph = false;  // batch norms are not folded first
  int threads = 1;
  bool json = false;
};

// Every second sample tells ranges, the others how well the answers agree. On an error *code is the exit code.
Status ShrinkToInt8(const Int8Call& call, int* code);

}  // namespace rivulet::cli

#endif  // RIVULET_CLI_SHRINK_INT8_H_
