// What a network is tried on while it is shrunk: pictures and sounds of the user, arrays, or made-up values.
#ifndef RIVULET_CLI_SHRINK_SAMPLES_H_
#define RIVULET_CLI_SHRINK_SAMPLES_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/pack_source.h"
#include "rivulet/session.h"

namespace rivulet::cli {

struct SampleFlags {
  std::vector<std::string> images;   // files and folders
  std::vector<std::string> samples;  // NAME=FILE.npy, each of them one sample
  std::string input_layer;
  std::vector<std::string> outputs;
  std::optional<float> input_mean;
  std::optional<float> input_std;
  int most = 200;
};

struct Samples {
  std::vector<Feeds> feeds;
  std::vector<std::string> outputs;
  std::string what;  // "200 of 4317 files, as …"; without feeds why there are none
};

// On an error *code is the exit code that it asks for.
Result<Samples> MakeSamples(const PackSource& source, const SampleFlags& flags, int* code);

}  // namespace rivulet::cli

#endif  // RIVULET_CLI_SHRINK_SAMPLES_H_
