// FractionalMaxPoolGrad, FractionalAvgPoolGrad.
//
//   orig_input and orig_output, or the input's shape as int64 [4]; out_backprop [batch, rows, columns, channels]; the
//   starts of the windows along rows and columns, with the end
//   -> gradient of the input: a window's goes to its first maximum, or in equal parts to all of it
//
// orig_output must hold the maxima, as TensorFlow wants it.
#include <atomic>
#include <cstring>
#include <limits>

#include "engine/graph/shape_math.h"
#include "engine/ops/conv_shape.h"
#include "engine/ops/fractional_pool.h"
#include "engine/ops/number.h"
#include "engine/ops/rows.h"
#include "engine/ops/shape_input.h"
#include "engine/ops/widen.h"
#include "engine/ops/with.h"

namespace rivulet {
namespace {

struct State : OpState {
  bool overlapping = false;
};

Status InferGrad(InferContext& c, bool max) {
  const int grad = max ? 2 : 1;
  for (int i = 0; i <= grad; ++i) {
    if (max || i > 0) RIVULET_RETURN_IF_ERROR(c.WantRank(i, 4));
  }
  for (int i = grad + 1; i < grad + 3; ++i) RIVULET_RETURN_IF_ERROR(c.WantRank(i, 1));
  Shape in = c.shape(0).has_rank() ? c.shape(0) : Shape::OfUnknownDims(4);
  if (!max) {
    if (!MergeShapes(c.shape(0), Shape({4})).ok()) {
      return InvalidArgument("orig_input_tensor_shape: want 4 numbers, got shape ", c.shape(0));
    }
    in = Shape::OfUnknownDims(4);
    if (c.known(0)) {
      RIVULET_ASSIGN_OR_RETURN(in, ShapeFromInput(c, 0));
    }
  } else if (!MergeShapes(c.shape(1), c.shape(2)).ok()) {
    return InvalidArgument("orig_output and out_backprop: want the same shape, got ", c.shape(1), " and ", c.shape(2));
  }
  const Shape& out = c.shape(grad);
  for (int i = 0; out.has_rank() && i < 4; ++i) {
    if (in[i] < 0 || out[i] < 0) continue;
    if (i == 0 || i == 3 ? in[i] != out[i] : in[i] < out[i]) {
      return InvalidArgument("out_backprop of shape ", out, " does not fit an input of shape ", in);
    }
  }
  for (int i = 1; i < 3; ++i) {
    const Shape& starts = c.shape(grad + i);
    if (!out.has_rank() || out[i] < 0 || !starts.has_rank() || starts[0] < 0) continue;
    if (starts[0] <= out[i]) {
      return InvalidArgument("pooling sequence: want more than ", out[i], " numbers, got ", starts[0]);
    }
  }
  c.set_output(0, in);
  return Status();
}

Result<std::unique_ptr<OpState>> PrepareGrad(PrepareContext& c) {
  auto state = std::make_unique<State>();
  state->overlapping = c.attrs().Bool("overlapping");
  return std::unique_ptr<OpState>(std::move(state));
}

Status CheckStarts(const int64_t* starts, int64_t windows, bool overlapping, int64_t extent) {
  for (int64_t i = 0; i < windows; ++i) {
    if (starts[i] < 0 || starts[i] >= extent || starts[i + 1] < 0 || starts[i + 1] > kMaxExtent) {
      return InvalidArgument("pooling sequence: want indices of [0, ", extent, "), got ", starts[i], " and ",
                             starts[i + 1]);
    }
    const FractionalWindow window = WindowAt(starts, i, overlapping, extent);
    if (window.begin >= window.end) {
      return InvalidArgument("pooling sequence: want it to rise, got ", starts[i], " and ", starts[i + 1]);
    }
  }
  return Status();
}

// TensorFlow's bound of how many windows there may be.
Status CheckCounts(const RunContext& c) {
  const int64_t most = c.input(0).num_elements();
  const CheckedSize windows = CheckedSize(c.input(3).num_elements()) * c.input(4).num_elements();
  if (windows.valid() && windows.value() <= most) return Status();
  return InvalidArgument("pooling sequences: want at most ", most,
                         " pairs of their numbers, as the input has elements, got ", c.input(3).num_elements(), " and ",
                         c.input(4).num_elements(), " numbers");
}

// A window and the image it is in.
struct Window {
  FractionalWindow rows;
  FractionalWindow columns;
  int64_t image_columns;
  int64_t channels;

  int64_t At(int64_t row, int64_t column) const { return (row * image_columns + column) * channels; }
};

// Spreads a window's gradients, one a channel. `image` and `to` begin at the image's first element, `grad` and `maxima`
// at the window's. Returns a channel whose maximum is another one, or -1.
using Spread = int64_t (*)(const Window& window, const void* grad, const void* image, const void* maxima, void* to);

template <typename T>
int64_t ToMaxima(const Window& window, const void* grad, const void* image, const void* maxima, void* to) {
  int64_t other = -1;
  for (int64_t k = 0; k < window.channels; ++k) {
    const T* x = static_cast<const T*>(image) + k;
    int64_t best = -1;
    for (int64_t h = window.rows.begin; h < window.rows.end; ++h) {
      for (int64_t w = window.columns.begin; w < window.columns.end; ++w) {
        const int64_t at = window.At(h, w);
        if (best < 0 || x[best] < x[at]) best = at;
      }
    }
    T& sum = static_cast<T*>(to)[best + k];
    sum = Plus(sum, static_cast<const T*>(grad)[k]);
    if (x[best] != static_cast<const T*>(maxima)[k]) other = k;
  }
  return other;
}

// Means are spread in double, as TensorFlow does: an integer may get parts from several windows.
template <typename T>
int64_t InParts(const Window& window, const void* grad, const void* /*image*/, const void* /*maxima*/, void* to) {
  const FractionalWindow &rows = window.rows, &columns = window.columns;
  const auto count = static_cast<double>((rows.end - rows.begin) * (columns.end - columns.begin));
  for (int64_t h = rows.begin; h < rows.end; ++h) {
    for (int64_t w = columns.begin; w < columns.end; ++w) {
      double* sums = static_cast<double*>(to) + window.At(h, w);
      for (int64_t k = 0; k < window.channels; ++k) {
        sums[k] += static_cast<double>(static_cast<const T*>(grad)[k]) / count;
      }
    }
  }
  return -1;
}

// Numbers that no T has become the lowest, as x86 converts them.
template <typename T>
T CutTo(double x) {
  if constexpr (std::is_integral_v<T>) {
    constexpr double kEnd = 2.0 * static_cast<double>(T{1} << (8 * sizeof(T) - 2));
    return x >= -kEnd && x < kEnd ? static_cast<T>(x) : std::numeric_limits<T>::lowest();
  } else {
    return static_cast<T>(x);
  }
}

template <typename T>
void CutAll(const double* from, int64_t count, void* to) {
  for (int64_t i = 0; i < count; ++i) static_cast<T*>(to)[i] = CutTo<T>(from[i]);
}

// `sums`: of elements of `sum_dtype`, shaped as output 0.
Status SpreadBack(RunContext& c, bool max, Spread spread, DType sum_dtype, void* sums) {
  const int first = max ? 2 : 1;
  const Tensor &grad = c.input(first), &image = c.input(0), &output = c.output(0);
  const int64_t* starts[2] = {c.input(first + 1).data<int64_t>(), c.input(first + 2).data<int64_t>()};
  const bool overlapping = c.state<State>().overlapping;
  const int64_t rows = output.dim(1), columns = output.dim(2), channels = output.dim(3);
  for (int i = 0; i < 2; ++i) {
    RIVULET_RETURN_IF_ERROR(CheckStarts(starts[i], grad.dim(i + 1), overlapping, output.dim(i + 1)));
  }
  std::atomic<int64_t> other{-1};  // a window whose maximum is not in orig_output
  // A channel of an image depends on nothing else.
  c.ParallelFor(grad.dim(0), 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin * grad.dim(1); i < end * grad.dim(1); ++i) {
      const int64_t first_pixel = i / grad.dim(1) * rows * columns * channels;
      for (int64_t j = 0; j < grad.dim(2); ++j) {
        const Window window{WindowAt(starts[0], i % grad.dim(1), overlapping, rows),
                            WindowAt(starts[1], j, overlapping, columns), columns, channels};
        const int64_t place = (i * grad.dim(2) + j) * channels;
        const int64_t wrong = spread(window, ElementAt(grad.raw(), grad.dtype(), place),
                                     max ? ElementAt(image.raw(), image.dtype(), first_pixel) : nullptr,
                                     max ? ElementAt(c.input(1).raw(), grad.dtype(), place) : nullptr,
                                     ElementAt(sums, sum_dtype, first_pixel));
        if (wrong >= 0) other.store(place + wrong, std::memory_order_relaxed);
      }
    }
  });
  if (other >= 0) {
    return InvalidArgument("orig_output: want the maxima of orig_input's windows, got another number at element ",
                           other.load());
  }
  return Status();
}

constexpr uint32_t kWidenMax = kWidenFloats | kWidenInts;
// Means that an integer cannot hold are cut by its own bounds.
constexpr uint32_t kWidenMean = kWidenFloats;

Status RunMax(RunContext& c) {
  Tensor& output = c.output(0);
  if (output.num_elements() == 0) return Status();
  std::memset(output.raw(), 0, output.bytes());
  if (c.input(2).num_elements() == 0) return Status();
  RIVULET_RETURN_IF_ERROR(CheckCounts(c));
  Status status;
  VisitLoops<kWidenMax, float, double, int32_t, int64_t>(output.dtype(), [&](auto tag) {
    status = SpreadBack(c, true, ToMaxima<typename decltype(tag)::Type>, output.dtype(), output.raw());
  });
  return status;
}

Status RunMean(RunContext& c) {
  Tensor& output = c.output(0);
  if (output.num_elements() == 0) return Status();
  std::memset(output.raw(), 0, output.bytes());
  if (c.input(1).num_elements() == 0) return Status();
  const int64_t count = output.num_elements();
  void* sums = output.raw();
  if (output.dtype() != DType::kDouble) {
    const size_t bytes = static_cast<size_t>(count) * sizeof(double);
    RIVULET_ASSIGN_OR_RETURN(sums, c.Scratch(bytes));
    std::memset(sums, 0, bytes);
  }
  Spread spread = nullptr;
  void (*cut)(const double* from, int64_t count, void* to) = nullptr;
  VisitLoops<kWidenMean, float, double, int32_t, int64_t>(output.dtype(), [&](auto tag) {
    spread = InParts<typename decltype(tag)::Type>;
    cut = CutAll<typename decltype(tag)::Type>;
  });
  if (spread == nullptr) return Status();
  RIVULET_RETURN_IF_ERROR(SpreadBack(c, false, spread, DType::kDouble, sums));
  if (sums != output.raw()) cut(static_cast<const double*>(sums), count, output.raw());
  return Status();
}

#define RIVULET_BACKWARD "overlapping:bool=false; T:type in {f32,f64,i32,i64}"

constexpr OpDef kDefs[] = {
    {.name = "FractionalMaxPoolGrad",
     .inputs = "orig_input:T, orig_output:T, out_backprop:T, row_pooling_sequence:i64, col_pooling_sequence:i64",
     .outputs = "output:T",
     .attrs = RIVULET_BACKWARD,
     .infer = With<InferGrad, true>,
     .prepare = PrepareGrad,
     .run = kWidened<RunMax, kWidenMax, State>},
    {.name = "FractionalAvgPoolGrad",
     .inputs = "orig_input_tensor_shape:i64, out_backprop:T, row_pooling_sequence:i64, col_pooling_sequence:i64",
     .outputs = "output:T",
     .attrs = RIVULET_BACKWARD,
     .infer = With<InferGrad, false>,
     .prepare = PrepareGrad,
     .run = kWidened<RunMean, kWidenMean, State>},
};

}  // namespace

RIVULET_OP_LIST(FractionalPoolGrad, kDefs);

}  // namespace rivulet
