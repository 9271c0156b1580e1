// rivulet shrink, but for 8-bit arithmetic and pictures: weights that take less room, and what that changed.
#ifndef RIVULET_CLI_SHRINK_WEIGHTS_H_
#define RIVULET_CLI_SHRINK_WEIGHTS_H_

#include <cstdint>
#include <optional>
#include <string>

#include "cli/graph_output.h"
#include "cli/samples.h"

namespace rivulet::cli {

struct WeightsCall {
  std::string model;
  std::string out;
  GraphFormat format = GraphFormat::kRivulet;
  std::string method;      // squeeze, lossless, float16, round-weights or quantize-weights
  int64_t levels = 0;      // of round-weights
  std::string keep_tried;  // of squeeze, as all down to `step`
  double max_drop = 0.01;
  std::optional<int64_t> size;
  double step = 0;  // 0: searched for
  bool keep_graph = false;
  bool peaks = false;
  SampleFlags samples;
  int threads = 1;
  bool json = false;
};

// Writes the file and prints the report. On an error *code is the exit code.
Status ShrinkWeights(const WeightsCall& call, int* code);

}  // namespace rivulet::cli

#endif  // RIVULET_CLI_SHRINK_WEIGHTS_H_
