// Weights to levels: each level is chosen by what it costs, in bits and in the error of the product.
#ifndef RIVULET_PREPARE_SQUEEZE_QUANTIZER_H_
#define RIVULET_PREPARE_SQUEEZE_QUANTIZER_H_

#include <algorithm>
#include <vector>

#include "prepare/squeeze/region_writer.h"
#include "prepare/squeeze/second_moments.h"
#include "prepare/squeeze/weights.h"

namespace rivulet::prepare {

// What an error of the weights costs: that of a product by its inputs, any other by its square.
class ErrorMeasure {
 public:
  // Null where the weight is no product, or nothing is known of its inputs.
  ErrorMeasure(const Weight& weight, const SecondMoments* moments);

  // Of the whole tensor.
  double Of(const Weight& weight, const QuantizedWeights& quantized) const;
  // Geometric mean over the weights of what an error costs when the rows after it make up for it.
  double typical() const { return typical_; }
  double cost(int64_t row, int64_t group) const {
    return costs_.empty() ? 1 : costs_[static_cast<size_t>(group * rows_ + row)];
  }
  // Row of U from its own place on, see SecondMoments; null where errors are not made up for.
  const double* root_row(int64_t row, int64_t group) const {
    return root_.empty() ? nullptr : root_.data() + (group * rows_ + row) * block_ + row % block_;
  }
  // Behind the last row that makes up for what this one did wrong.
  int64_t block_end(int64_t row) const { return std::min(rows_, row / block_ * block_ + block_); }
  // By how many quarters of octaves the steps of the columns should be larger than the tensor's; empty: all the same.
  const std::vector<int32_t>& quarters() const { return quarters_; }
  // The same of rows.
  const std::vector<int32_t>& row_quarters() const { return row_quarters_; }

 private:
  void SetRows(const std::vector<double>& typical);

  int64_t rows_;
  int64_t block_ = 1;
  std::vector<double> root_;
  std::vector<double> costs_;
  std::vector<int32_t> quarters_;
  std::vector<int32_t> row_quarters_;
  double typical_ = 1;
};

enum class RowSteps { kOwn, kAlike };

// Multiples of `step`, row after row. A level that is nearer to zero than the nearest one is taken where that saves
// more than `price` a bit; what a row did wrong, the rows after it make up for as far as the inputs go together.
QuantizedWeights Quantize(const Weight& weight, const ErrorMeasure& measure, float step, double price,
                          RowSteps rows = RowSteps::kOwn);

// The tensor that this decodes to.
Result<Tensor> ValueOf(const Weight& weight, const QuantizedWeights& quantized);

}  // namespace rivulet::prepare

#endif  // RIVULET_PREPARE_SQUEEZE_QUANTIZER_H_
