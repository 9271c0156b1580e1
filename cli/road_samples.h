// What prepare and optimize compare models on.
#ifndef RIVULET_CLI_ROAD_SAMPLES_H_
#define RIVULET_CLI_ROAD_SAMPLES_H_

#include <string>
#include <vector>

#include "cli/input_shapes.h"
#include "cli/road.h"
#include "tasks/classify.h"

namespace rivulet::cli {

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
};

// Made-up values for shapes that the file leaves open: a batch of 1, then the first of some sizes with which it runs.
Result<FoundSamples> FindSamples(const RoadState& state, const SampleOptions& options);

}  // namespace rivulet::cli

#endif  // RIVULET_CLI_ROAD_SAMPLES_H_
