// What a graph tells of the pictures it takes: which input, which size, and what it does to the pixels itself.
#ifndef RIVULET_TASKS_PICTURE_INPUT_H_
#define RIVULET_TASKS_PICTURE_INPUT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "rivulet/session.h"

namespace rivulet {

// What a caller knows already.
struct PictureInputOptions {
  std::string layer;
  std::optional<int64_t> width;
  std::optional<int64_t> height;
};

struct PictureInput {
  std::string name;
  DType dtype = DType::kFloat;
  bool is_file = false;    // a string: the model decodes files itself
  bool is_flat = false;    // [batch, height * width * channels]
  bool is_planar = false;  // [batch, channels, height, width]
  bool is_single = false;  // [height, width, channels]
  int64_t height = 0;
  int64_t width = 0;
  int64_t channels = 3;
  bool scales_itself = false;            // the graph's first step subtracts, multiplies or divides
  Feeds others;                          // the other inputs that need a value: switches of training
  std::vector<std::string> assumptions;  // sentences about what neither the caller nor the graph said

  Shape shape() const;
};

// NOT_FOUND for a layer that is not there, INVALID_ARGUMENT where no picture fits.
Result<PictureInput> FindPictureInput(const Model& model, const PictureInputOptions& options);

}  // namespace rivulet

#endif  // RIVULET_TASKS_PICTURE_INPUT_H_
