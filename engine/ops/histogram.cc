// Counting: HistogramFixedWidth, Bincount, DenseBincount.
//
//   HistogramFixedWidth  values [..], value_range [2], nbins -> out [nbins]: how many values fall into each of nbins
//   bins of
//                        equal width; values outside the range count in the first or last bin. NaN is an error.
//   Bincount             arr [..], size, weights [..] or empty -> bins [size]: the weights (or ones) summed by arr's
//   value;
//                        values >= size are left out, negative ones are an error.
//   DenseBincount        the same, and for input [rows, n] one histogram per row: output [rows, size]. With
//   binary_output
//                        a bin is 1 where anything fell into it.
#include <algorithm>

#include "engine/ops/indices.h"
#include "engine/ops/number.h"
#include "engine/ops/op.h"

namespace rivulet {
namespace {

Status WantCount(int64_t count, int64_t lowest, std::string_view name) {
  if (count < lowest) return InvalidArgument(name, ": want >= ", lowest, ", got ", count);
  return Status();
}

Status InferHistogram(InferContext& c) {
  const Shape& range = c.shape(1);
  if (range.has_rank() && (range.rank() != 1 || (range[0] >= 0 && range[0] != 2))) {
    return InvalidArgument("value_range: want shape [2], got ", range);
  }
  RIVULET_RETURN_IF_ERROR(c.WantScalar(2));
  int64_t bins = Shape::kUnknownDim;
  if (c.known(2)) {
    bins = c.ints(2)[0];
    RIVULET_RETURN_IF_ERROR(WantCount(bins, 1, "nbins"));
  }
  c.set_output(0, {bins});
  return Status();
}

template <typename T, typename Out>
Status Histogram(RunContext& c) {
  const std::span<const T> values = c.input(0).values<T>();
  const T* range = c.input(1).data<T>();
  Tensor& output = c.output(0);
  Out* out = output.data<Out>();
  if (!(range[0] < range[1])) {
    return InvalidArgument("value_range: want the lower bound first, got ", range[0], ", ", range[1]);
  }
  const int64_t bins = output.num_elements();
  std::fill_n(out, bins, 0);
  const double low = static_cast<double>(range[0]);
  // As TensorFlow rounds it: the difference of the quotients, which never overflows.
  const auto count = static_cast<double>(bins);
  const double step = static_cast<double>(range[1]) / count - low / count;
  const auto last = static_cast<double>(bins - 1);
  for (const T value : values) {
    if (value != value && bins > 1) return InvalidArgument("values: want no NaN");
    const double bin = (static_cast<double>(value) - low) / step;
    // A step that underflows to 0 makes NaN of the lower bound itself: the first bin.
    ++out[static_cast<int64_t>(bin > 0 ? std::min(bin, last) : 0)];
  }
  return Status();
}

Status RunHistogram(RunContext& c) {
  Status status;
  VisitType<float, double, int32_t, int64_t>(c.input(0).dtype(), [&](auto tag) {
    using T = typename decltype(tag)::Type;
    status = c.output(0).dtype() == DType::kInt32 ? Histogram<T, int32_t>(c) : Histogram<T, int64_t>(c);
  });
  return status;
}

// Weights are empty or have the input's shape (Bincount: as many elements).
Status CheckWeights(InferContext& c, bool same_shape) {
  const Shape& input = c.shape(0);
  const Shape& weights = c.shape(2);
  const int64_t have = weights.num_elements(), want = input.num_elements();
  if (have <= 0 || want < 0) return Status();
  if (have != want || (same_shape && !(input == weights))) {
    return InvalidArgument("weights: want none, or shape ", input, ", got ", weights);
  }
  return Status();
}

Status InferBins(InferContext& c, bool rows) {
  if (c.shape(1).has_rank() && c.shape(1).num_elements() != 1 && c.shape(1).num_elements() >= 0) {
    return InvalidArgument("size: want a scalar, got ", c.shape(1));
  }
  RIVULET_RETURN_IF_ERROR(CheckWeights(c, rows));
  int64_t size = Shape::kUnknownDim;
  if (c.known(1)) {
    size = c.ints(1)[0];
    RIVULET_RETURN_IF_ERROR(WantCount(size, 0, "size"));
  }
  const Shape& input = c.shape(0);
  if (!rows) {
    c.set_output(0, {size});
  } else if (!input.has_rank()) {
    c.set_output(0, Shape::UnknownRank());
  } else if (input.rank() > 2) {
    return InvalidArgument("input: want at most rank 2, got ", input);
  } else {
    c.set_output(0, input.rank() == 2 ? Shape({input[0], size}) : Shape({size}));
  }
  return Status();
}
Status InferBincount(InferContext& c) { return InferBins(c, false); }
Status InferDenseBincount(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(c.WantScalar(1));
  return InferBins(c, true);
}

Status CountBins(RunContext& c, int64_t rows, bool binary) {
  const Tensor& input = c.input(0);
  const Indices values(input);
  Tensor& output = c.output(0);
  const int64_t total = input.num_elements();
  for (int64_t i = 0; i < total; ++i) {
    if (values[i] < 0) return InvalidArgument("want no negative values, got ", values[i], " at position ", i);
  }
  const int64_t size = rows == 0 ? 0 : output.num_elements() / rows;
  const int64_t columns = rows == 0 ? 0 : total / rows;
  const bool weighted = c.input(2).num_elements() > 0;
  VisitType<float, double, int32_t, int64_t>(output.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::Type;
    const T* weights = c.input(2).template data<T>();
    T* out = output.template data<T>();
    std::fill_n(out, output.num_elements(), T(0));
    for (int64_t row = 0; row < rows && columns > 0 && !c.stop().stopped(); ++row) {
      for (int64_t i = row * columns; i < (row + 1) * columns; ++i) {
        const int64_t value = values[i];
        if (value >= size) continue;
        T& bin = out[row * size + value];
        bin = binary ? T(1) : Plus(bin, weighted ? weights[i] : T(1));
      }
    }
  });
  return Status();
}

Status RunBincount(RunContext& c) { return CountBins(c, 1, false); }

struct State : OpState {
  bool binary = false;
};
Result<std::unique_ptr<OpState>> PrepareDenseBincount(PrepareContext& c) {
  auto state = std::make_unique<State>();
  state->binary = c.attrs().Bool("binary_output");
  return std::unique_ptr<OpState>(std::move(state));
}
Status RunDenseBincount(RunContext& c) {
  return CountBins(c, c.input(0).rank() == 2 ? c.input(0).dim(0) : 1, c.state<State>().binary);
}

constexpr OpDef kDefs[] = {
    {.name = "HistogramFixedWidth",
     .inputs = "values:T, value_range:T, nbins:i32",
     .outputs = "out:dtype",
     .attrs = "T:type in {i32,i64,f32,f64}; dtype:type=i32 in {i32,i64}",
     .infer = InferHistogram,
     .run = RunHistogram},
    {.name = "Bincount",
     .inputs = "arr:i32, size:i32, weights:T",
     .outputs = "bins:T",
     .attrs = "T:type in {i32,i64,f32,f64}",
     .infer = InferBincount,
     .run = RunBincount},
    {.name = "DenseBincount",
     .inputs = "input:Tidx, size:Tidx, weights:T",
     .outputs = "output:T",
     .attrs = "Tidx:type in {i32,i64}; T:type in {i32,i64,f32,f64}; binary_output:bool=false",
     .infer = InferDenseBincount,
     .prepare = PrepareDenseBincount,
     .run = RunDenseBincount},
};

}  // namespace

RIVULET_OP_LIST(Histogram, kDefs);

}  // namespace rivulet
