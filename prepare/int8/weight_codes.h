// A constant filter as 8-bit codes: symmetric, with a step for each output channel.
#ifndef RIVULET_PREPARE_INT8_WEIGHT_CODES_H_
#define RIVULET_PREPARE_INT8_WEIGHT_CODES_H_

#include <string>
#include <vector>

#include "prepare/int8/float_study.h"
#include "prepare/scaled_product.h"

namespace rivulet::prepare {

struct WeightCodes {
  // qint8, from -127 to 127, the output channels along the last axis: the filter's shape, but a depthwise one's last
  // two axes are one, and a transposed matrix is turned.
  Tensor codes;
  std::vector<float> max;  // of each channel: code 127

  bool is_turned = false;
  Shape shape;  // what the product reads, before a turned matrix was turned

  // Code times max / 127, which is what FakeQuantWithMinMaxVarsPerChannel (narrow_range) and Dequantize (SCALED) make.
  Tensor Values() const;
};

// Of each channel the range that has the least square of the error; with `studied` the least error of the product,
// where each weight's error is made up for by those behind it (rounded_column.h). An error where a weight is not
// finite.
Result<WeightCodes> CodesOf(const Product& product, const StudiedFilter* studied = nullptr);

// How a weight stands in the graph.
enum class WeightForm {
  kFakeQuant,  // float values that are codes times steps, and FakeQuantWithMinMaxVarsPerChannel behind them
  kCodes,      // the codes themselves, a quarter of the size, and Dequantize behind them
};

// Puts the weight before `before`; the edge that the product is to read (as a matrix that is not transposed). All
// nodes wait for `waits`.
std::string AddWeight(GraphEdit& edit, const WeightCodes& weight, WeightForm form, const std::string& stem,
                      const std::vector<std::string>& waits, const NodeDef& before);

}  // namespace rivulet::prepare

#endif  // RIVULET_PREPARE_INT8_WEIGHT_CODES_H_
