#include "engine/ops/quantized_conv_finish.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>

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

// To even, for |x| below 2^22 and 2^51.
float RoundToEven(float x) { return (x + 12582912.0f) - 12582912.0f; }
double RoundToEven(double x) { return (x + 6755399441055744.0) - 6755399441055744.0; }

// Between the two; NaN becomes the lowest.
template <typename T>
T Within(T x, T low, T high) {
  x = x > low ? x : low;
  return x < high ? x : high;
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

// One kind of result from the sums of all rows of channels. Summand: void when there is none.
template <typename T, typename Out, typename Summand>
void Finish(RunContext& c, const int32_t* sums, int64_t channels, ChannelTerms<T> terms, const void* summand,
            double summand_step, T low, T high) {
  auto* output = static_cast<Out*>(c.output(0).raw());
  const auto scale = static_cast<T>(summand_step);
  const int64_t rows = c.output(0).num_elements() / channels;
  c.ParallelFor(rows, std::max<int64_t>((1 << 15) / channels, 1), [&](int64_t begin, int64_t end) {
    const T* multiply = terms.multiply;
    const T* add = terms.add;
    for (int64_t row = begin; row < end; ++row) {
      const int32_t* from = sums + row * channels;
      Out* to = output + row * channels;
      for (int64_t j = 0; j < channels; ++j) {
        T y = static_cast<T>(from[j]) * multiply[j] + add[j];
        if constexpr (!std::is_void_v<Summand>) {
          y += static_cast<T>(static_cast<const Summand*>(summand)[row * channels + j]) * scale;
        }
        to[j] = static_cast<Out>(static_cast<int32_t>(RoundToEven(Within(y, low, high))));
      }
    }
  });
}

template <typename T, typename Out>
void FinishAs(RunContext& c, const QuantizedConvForm& form, const ConvSteps& steps, const int32_t* sums,
              int64_t channels, void* memory) {
  const ChannelTerms<T> terms{static_cast<T*>(memory), static_cast<T*>(memory) + channels};
  FillChannelTerms(c, form, steps, channels, terms);
  T low = std::numeric_limits<Out>::lowest(), high = std::numeric_limits<Out>::max();
  if (form.relu) low = 0;
  const double step = steps.summand_step / steps.output_step;
  if (form.summand < 0) return Finish<T, Out, void>(c, sums, channels, terms, nullptr, step, low, high);
  const Tensor& summand = c.input(form.summand);
  switch (summand.dtype()) {
    case DType::kQuint8: return Finish<T, Out, uint8_t>(c, sums, channels, terms, summand.raw(), step, low, high);
    case DType::kQint8:
      return Finish<T, Out, int8_t>(c, sums, channels, terms, summand.raw(), step, low, std::min<T>(high, 127));
    default: return Finish<T, Out, float>(c, sums, channels, terms, summand.raw(), step, low, high);
  }
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
  switch (c.output(0).dtype()) {
    case DType::kQuint8: return FinishAs<float, uint8_t>(c, form, steps, sums, channels, memory);
    case DType::kQint8: return FinishAs<float, int8_t>(c, form, steps, sums, channels, memory);
    default: break;
  }
  const bool as_they_are = form.bias < 0 && form.summand < 0 && FilterRanges(c, form) == 1 && !form.relu;
  if (!as_they_are) FinishAs<double, int32_t>(c, form, steps, sums, channels, memory);
}

}  // namespace rivulet
