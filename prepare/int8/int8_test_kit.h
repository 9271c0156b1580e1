// Networks and samples for tests of what makes graphs 8-bit.
#ifndef RIVULET_PREPARE_INT8_INT8_TEST_KIT_H_
#define RIVULET_PREPARE_INT8_INT8_TEST_KIT_H_

#include <cmath>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "prepare/constants.h"
#include "prepare/graph_test_kit.h"
#include "prepare/int8/calibrate.h"
#include "prepare/squeeze/trial.h"

namespace rivulet::prepare {

inline Tensor Random(const Shape& shape, unsigned seed, float width) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal(0, width);
  std::vector<float> values(static_cast<size_t>(shape.num_elements()));
  for (float& value : values) value = normal(random);
  return Tensor::Of<float>(shape, values);
}

inline std::string Conv(std::string_view name, std::string_view input, std::string_view filter,
                        std::string_view op = "Conv2D", std::string_view format = "NHWC") {
  return Node(name, op, {input, filter},
              "attr { key: 'strides' value { list { i: [1, 1, 1, 1] } } } attr { key: 'padding' value { s: 'SAME' } } "
              "attr { key: 'data_format' value { s: '" +
                  std::string(format) + "' } }");
}

inline GraphDef With(std::string_view text, const std::vector<std::pair<std::string, Shape>>& weights) {
  GraphDef graph = GraphOf(text);
  unsigned seed = 1;
  for (const auto& [name, shape] : weights) {
    const int64_t rows = shape.rank() > 1 ? shape.num_elements() / shape[shape.rank() - 1] : 4;
    graph.nodes.push_back(MakeConst(name, Random(shape, seed++, 1 / std::sqrt(static_cast<float>(rows)))));
  }
  return graph;
}

inline Int8Options OptionsFor(const Shape& input, const std::vector<std::string>& outputs, size_t samples = 12) {
  Int8Options options;
  for (size_t i = 0; i < samples; ++i) {
    options.samples.push_back({{"x", Random(input, static_cast<unsigned>(100 + i), 1)}});
  }
  options.outputs = outputs;
  return options;
}

inline bool Says(const Int8Model& model, std::string_view words) {
  for (const std::string& note : model.notes) {
    if (note.find(words) != std::string::npos) return true;
  }
  return false;
}

}  // namespace rivulet::prepare

#endif  // RIVULET_PREPARE_INT8_INT8_TEST_KIT_H_
