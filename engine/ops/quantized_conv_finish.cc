#include "engine/ops/quantized_conv_finish.h"

#include <algorithm>
#include <cmath>

#include "engine/kernels/codes_of_sums.h"

namespace rivulet {
namespace {

double Largest(Range range) {
  return std::max(std::fabs(static_cast<double>(range.low)), std::fabs(static_cast<double>(range.high)));
}

// Of codes of quint8 or qint8 whose 0 is 0.
double SymmetricStep(Range range, DType dtype) { return Largest(range) / (dtype == DType::kQuint8 ? 255 : 127); }

// The range of the filter's channel, or of the whole filter.
Range FilterRange(const RunContext& c, const QuantizedConvForm& form, int64_t channel) {
  return {c.input(form.ranges + 2).data<float>()[channel], c.input(form.ranges + 3).data<float>()[channel]};
}

int64_t FilterRanges(const RunContext& c, const QuantizedConvForm& form) {
  return c.input(form.ranges + 2).num_elements();
}

template <typename T>
void FillChannelTerms(const RunContext& c, const QuantizedConvForm& form, const ConvSteps& steps, int64_t channels,
                      ChannelTerms<T> terms) {
  const int64_t ranges = FilterRanges(c, form);
  for (int64_t j = 0; j < channels; ++j) {
    const double filter_step = Largest(FilterRange(c, form, ranges == 1 ? 0 : j)) / 127;
    const double step = steps.input_step * filter_step;
    // Exactly 1 where both are the same.
    terms.multiply[j] = static_cast<T>(step / steps.output_step);
    double bias = 0;
    if (form.bias >= 0) {
      const Tensor& biases = c.input(form.bias);
      bias = biases.dtype() == DType::kQint32 ? static_cast<const int32_t*>(biases.raw())[j] * step
                                              : static_cast<double>(biases.data<float>()[j]);
    }
    terms.add[j] = static_cast<T>(bias / steps.output_step);
  }
}

void MakeCodes(RunContext& c, const QuantizedConvForm& form, const ConvSteps& steps, const int32_t* sums,
               int64_t channels, ChannelTerms<float> terms) {
  CodesOfSums task;
  task.rows = c.output(0).num_elements() / channels;
  task.columns = channels;
  task.sums = sums;
  task.multiply = terms.multiply;
  task.add = terms.add;
  task.output = c.output(0).raw();
  task.is_signed = c.output(0).dtype() == DType::kQint8;
  task.low = task.is_signed && !form.relu ? -128.0f : 0.0f;
  task.high = task.is_signed ? 127.0f : 255.0f;
  if (form.summand >= 0) {
    const Tensor& summand = c.input(form.summand);
    const bool is_signed = summand.dtype() == DType::kQint8;
    task.summand_type = is_signed ? SummandType::kInt8 : SummandType::kUint8;
    task.summand = summand.raw();
    task.summand_scale = static_cast<float>(steps.summand_step / steps.output_step);
    if (is_signed) task.high = 127.0f;
  }
  MakeCodes(task, c.pool(), c.stop());
}

// Below 2^51: to even.
double Rounded(double x) { return (x + 6755399441055744.0) - 6755399441055744.0; }

void FinishQint32(RunContext& c, const QuantizedConvForm& form, const ConvSteps& steps, const int32_t* sums,
                  int64_t channels, ChannelTerms<double> terms) {
  auto* output = static_cast<int32_t*>(c.output(0).raw());
  const float* summand = form.summand < 0 ? nullptr : c.input(form.summand).data<float>();
  const double scale = steps.summand_step / steps.output_step, low = form.relu ? 0.0 : -2147483648.0;
  const int64_t rows = c.output(0).num_elements() / channels;
  c.ParallelFor(rows, std::max<int64_t>((1 << 15) / channels, 1), [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      const int64_t first = row * channels;
      for (int64_t j = 0; j < channels; ++j) {
        double y = static_cast<double>(sums[first + j]) * terms.multiply[j] + terms.add[j];
        if (summand != nullptr) y += static_cast<double>(summand[first + j]) * scale;
        y = y > low ? y : low;  // NaN too
        output[first + j] = static_cast<int32_t>(Rounded(std::min(y, 2147483647.0)));
      }
    }
  });
}

template <typename T>
ChannelTerms<T> MakeTerms(RunContext& c, const QuantizedConvForm& form, const ConvSteps& steps, int64_t channels,
                          void* memory) {
  const ChannelTerms<T> terms{static_cast<T*>(memory), static_cast<T*>(memory) + channels};
  FillChannelTerms(c, form, steps, channels, terms);
  return terms;
}

}  // namespace

Result<ConvSteps> ReadConvSteps(RunContext& c, const QuantizedConvForm& form) {
  ConvSteps steps;
  RIVULET_RETURN_IF_ERROR(ReadRange(c, form.ranges, form.ranges + 1, false, &steps.input));
  const int64_t ranges = FilterRanges(c, form);
  for (int64_t j = 0; j < ranges; ++j) {
    const Range range = FilterRange(c, form, j);
    if (!(range.low <= range.high)) {
      return InvalidArgument("range of the filter: want a minimum not above the maximum, got ", range.low, " and ",
                             range.high);
    }
    steps.widest_step = std::max(steps.widest_step, Largest(range) / 127);
  }
  steps.input_step = SymmetricStep(steps.input, c.input(0).dtype());
  if (form.summand_range >= 0) {
    Range summand;
    RIVULET_RETURN_IF_ERROR(ReadRange(c, form.summand_range, form.summand_range + 1, false, &summand));
    steps.summand_step = SymmetricStep(summand, c.input(form.summand).dtype());
  }
  if (form.output_range >= 0) {
    RIVULET_RETURN_IF_ERROR(ReadRange(c, form.output_range, form.output_range + 1, false, &steps.output));
    steps.output_step = SymmetricStep(steps.output, c.output(0).dtype());
    if (!(steps.output_step > 0)) return InvalidArgument("min_freezed_output, max_freezed_output: both are 0");
  } else {
    steps.output_step = steps.input_step * steps.widest_step;
    if (!(steps.output_step > 0)) {
      return InvalidArgument("ranges of input and filter: want some that are not empty");
    }
  }
  return steps;
}

void WriteOutputRange(RunContext& c, const QuantizedConvForm& form, const ConvSteps& steps) {
  if (form.output_range >= 0) return WriteRange(c, 1, steps.output);
  const float input_step = (steps.input.high - steps.input.low) / (c.input(0).dtype() == DType::kQuint8 ? 255 : 254);
  for (int64_t j = 0; j < FilterRanges(c, form); ++j) {
    const Range range = FilterRange(c, form, j);
    const float step = input_step * ((range.high - range.low) / 254);
    c.output(1).data<float>()[j] = step * -2147483648.0f;
    c.output(2).data<float>()[j] = step * 2147483648.0f;
  }
}

void FinishSums(RunContext& c, const QuantizedConvForm& form, const ConvSteps& steps, const int32_t* sums,
                int64_t channels, void* memory) {
  if (c.output(0).dtype() != DType::kQint32) {
    return MakeCodes(c, form, steps, sums, channels, MakeTerms<float>(c, form, steps, channels, memory));
  }
  const bool as_they_are = form.bias < 0 && form.summand < 0 && FilterRanges(c, form) == 1 && !form.relu;
  if (as_they_are) return;
  FinishQint32(c, form, steps, sums, channels, MakeTerms<double>(c, form, steps, channels, memory));
}

}  // namespace rivulet
