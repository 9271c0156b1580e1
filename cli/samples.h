// What networks are tried and compared on: pictures and sounds of the user, arrays, or made-up values.
#ifndef RIVULET_CLI_SAMPLES_H_
#define RIVULET_CLI_SAMPLES_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/input_shapes.h"
#include "cli/pack_source.h"
#include "cli/road.h"
#include "tasks/classify.h"

namespace rivulet::cli {

// Of the drop that the caller allows, how far outputs may be on made-up inputs: these are easy to agree on, and a
// network that does is far from one that agrees on what it was made for.
inline constexpr double kDistanceOnMadeUp = 0.5;

// For a model on its road to what ships, as prepare and optimize are asked.
struct SampleOptions {
  std::string images;  // a folder of pictures or WAV files, or one of them; empty: made up
  int most = 200;      // of them
  InputShapes shapes;  // of inputs, by the frozen graph's names, for what is made up
  // Arrays that are fed instead, by the same names; what one lacks is made up.
  std::vector<Feeds> given;
  ClassifyOptions classify;
};

struct FoundSamples {
  RoadSamples samples;
  // How pictures are fed, where the model takes some: "224×224 RGB, (p − 127.5) / 127.5".
  std::string picture;
  std::optional<PictureInput> input;
  Normalization normalization;
  std::vector<std::string> assumptions;
  std::vector<prepare::FrozenTensor> needed;  // the inputs that the outputs need; the others get no made-up values
};

// Made-up values for shapes that the file leaves open: a batch of 1, then the first of some sizes with which it runs.
Result<FoundSamples> FindSamples(const RoadState& state, const SampleOptions& options);

// For a model as it is in its file, as shrink is asked.
struct SampleFlags {
  std::vector<std::string> images;   // files and folders
  std::vector<std::string> samples;  // NAME=FILE.npy, each of them one sample
  std::string input_layer;
  std::string signature;
  std::vector<std::string> outputs;
  std::optional<float> input_mean;
  std::optional<float> input_std;
  int most = 200;
};

struct Samples {
  std::vector<Feeds> feeds;
  std::vector<std::string> outputs;
  std::string what;  // "200 of 4317 files, as …"; without feeds why there are none
  bool are_made_up = false;
};

// On an error *code is the exit code that it asks for.
Result<Samples> MakeSamples(const PackSource& source, const SampleFlags& flags, int* code);

}  // namespace rivulet::cli

#endif  // RIVULET_CLI_SAMPLES_H_
