// Convolutions of codes with what follows them: what the families of QuantizedConv2D share.
//
//   input of quint8 or qint8, filter of qint8; bias; their ranges; summand -> output, min_output, max_output
//
// A code stands for code * step; where a range begins does not count. The step of the input is
// max(|min|, |max|) / 255, of qint8 / 127, that of a filter's channel max(|min|, |max|) / 127.
//
//   y = relu(sum * input step * filter step + bias + summand)
//
// The bias is numbers, or codes whose step is the product of both steps. The summand is numbers, or codes of quint8
// (step max / 255) or qint8 (max / 127).
//
// Codes: y over the step of the range that is asked for, rounded to even. With a summand of qint8 the codes of quint8
// end at 127, as TensorFlow's do. Sums: y over the step of the product, in qint32, and the range that these have,
// (max - min) / 255 (qint8: / 254) times the filter's (max - min) / 254, times 2^31. Where channels have ranges of
// their own, all sums are in the step of the widest, while the ranges are each channel's own: so in TensorFlow 2.21.
// Deviation: sums are exact, where TensorFlow multiplies them in single precision; so those with a bias, a summand or
// ranges of channels may differ by 1, and by more past 2^24. Codes have come out equal.
#ifndef RIVULET_ENGINE_OPS_QUANTIZED_CONV_H_
#define RIVULET_ENGINE_OPS_QUANTIZED_CONV_H_

#include <memory>

#include "engine/kernels/gemm_u8.h"
#include "engine/ops/conv_shape.h"
#include "engine/ops/op.h"

namespace rivulet {

// Which operands there are: the number of the input, -1 for none. Input 0 is the input, 1 the filter.
struct QuantizedConvForm {
  FilterKind kind = FilterKind::kDense;
  bool relu = false;
  bool channel_ranges = true;  // the filter's may be vectors
  int ranges = 2;              // of the input, then of the filter
  int bias = -1;
  int summand = -1;
  int summand_range = -1;  // of codes
  int output_range = -1;   // none: sums
};

struct QuantizedConvState : OpState {
  QuantizedConvForm form;
  WindowSpec spec;
  std::shared_ptr<const PackedMatrixU8> packed;  // a constant filter, of one group
  Shape filter_shape;                            // of it, which run does not get then
};

// Shapes, and every check. `spec` is what the attributes say.
Status InferQuantizedConv(InferContext& c, const QuantizedConvForm& form, const WindowSpec& spec);
Result<std::unique_ptr<OpState>> PrepareQuantizedConv(PrepareContext& c, const QuantizedConvForm& form,
                                                      const WindowSpec& spec);
Status RunQuantizedConv(RunContext& c, const QuantizedConvState& state);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_QUANTIZED_CONV_H_
