// The constants that squeezing is about, and what their readers multiply them with.
#ifndef RIVULET_PREPARE_SQUEEZE_WEIGHTS_H_
#define RIVULET_PREPARE_SQUEEZE_WEIGHTS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "prepare/graph_def.h"

namespace rivulet::prepare {

struct Weight {
  std::string name;
  DType dtype = DType::kFloat;
  Shape shape;
  std::vector<float> values;
  int64_t columns = 1;  // the last dimension; a depthwise filter's last two

  // Where it is the filter of one convolution of NHWC, or the right side of one MatMul: a matrix of rows() × columns
  // that the windows of `input` are multiplied with. A depthwise one meets each channel's windows apart: column j those
  // of channel group_of(j).
  bool is_product = false;
  bool is_depthwise = false;
  std::string input;   // edge
  std::string enter;   // the Enter through which the weight gets into a loop; empty outside
  std::string reader;  // the node that multiplies
  int64_t height = 1, width = 1, channels = 1;
  int64_t stride_y = 1, stride_x = 1;
  bool pads_same = false;
  // The constant of `columns` values that is added to the product, when it is added to this alone; empty for none.
  std::string bias;

  // How much an error of each column matters, beside the others; empty: as much.
  std::vector<double> importance;

  double importance_of(int64_t column) const {
    return importance.empty() ? 1 : importance[static_cast<size_t>(column)];
  }
  int64_t groups() const { return is_depthwise ? channels : 1; }
  int64_t group_of(int64_t column) const { return is_depthwise ? column / (columns / channels) : 0; }
  int64_t rows() const { return columns == 0 ? 0 : static_cast<int64_t>(values.size()) / columns; }
};

// Constants of the main graph of type float, half or bfloat16 with at least `min_elements` finite values, in the order
// of the file.
Result<std::vector<Weight>> FindWeights(const GraphDef& graph, int64_t min_elements);

}  // namespace rivulet::prepare

#endif  // RIVULET_PREPARE_SQUEEZE_WEIGHTS_H_
