// FractionalMaxPoolGrad, FractionalAvgPoolGrad.
//
//   orig_input and orig_output, or the input's shape as int64 [4]; out_backprop [batch, rows, columns, channels]; the
//   starts of the windows along rows and columns, with the end
//   -> gradient of the input: a window's goes to its first maximum, or in equal parts to all of it
//
// orig_output must hold the maxima, as TensorFlow wants it.
#include <atomic>
#include <limits>

#include "engine/graph/shape_math.h"
#include "engine/ops/conv_shape.h"
#include "engine/ops/fractional_pool.h"
#include "engine/ops/number.h"
#include "engine/ops/shape_input.h"
#include "engine/ops/widen.h"

namespace rivulet {
namespace {

struct State : OpState {
  bool overlapping = false;
};

template <bool kMax>
Status InferGrad(InferContext& c) {
  const int grad = kMax ? 2 : 1;
  for (int i = 0; i <= grad; ++i) {
    if (kMax || i > 0) RIVULET_RETURN_IF_ERROR(c.WantRank(i, 4));
  }
  for (int i = grad + 1; i < grad + 3; ++i) RIVULET_RETURN_IF_ERROR(c.WantRank(i, 1));
  Shape in = c.shape(0).has_rank() ? c.shape(0) : Shape::OfUnknownDims(4);
  if (!kMax) {
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

template <typename T, bool kMax>
Status SpreadBack(RunContext& c) {
  const bool overlapping = c.state<State>().overlapping;
  const Tensor& grad = c.input(kMax ? 2 : 1);
  const int64_t* starts[2] = {c.input(kMax ? 3 : 2).data<int64_t>(), c.input(kMax ? 4 : 3).data<int64_t>()};
  Tensor& output = c.output(0);
  const int64_t rows = output.dim(1), columns = output.dim(2), channels = output.dim(3);
  std::fill_n(output.data<T>(), output.num_elements(), T{0});
  if (grad.num_elements() == 0) return Status();
  if (kMax) RIVULET_RETURN_IF_ERROR(CheckCounts(c));
  RIVULET_RETURN_IF_ERROR(CheckStarts(starts[0], grad.dim(1), overlapping, rows));
  RIVULET_RETURN_IF_ERROR(CheckStarts(starts[1], grad.dim(2), overlapping, columns));
  // Means are spread in double, as TensorFlow does: an integer may get parts from several windows.
  double* parts = nullptr;
  if constexpr (!kMax && !std::is_same_v<T, double>) {
    RIVULET_ASSIGN_OR_RETURN(void* memory, c.Scratch(static_cast<size_t>(output.num_elements()) * sizeof(double)));
    parts = static_cast<double*>(memory);
    std::fill_n(parts, output.num_elements(), 0.0);
  } else if constexpr (!kMax) {
    parts = output.data<double>();
  }
  const T* dy = grad.data<T>();
  T* dx = output.data<T>();
  std::atomic<int64_t> other{-1};  // a window whose maximum is not in orig_output
  // A channel of an image depends on nothing else.
  c.ParallelFor(grad.dim(0), 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin * grad.dim(1); i < end * grad.dim(1); ++i) {
      const FractionalWindow y = WindowAt(starts[0], i % grad.dim(1), overlapping, rows);
      for (int64_t j = 0; j < grad.dim(2); ++j) {
        const FractionalWindow x = WindowAt(starts[1], j, overlapping, columns);
        for (int64_t k = 0; k < channels; ++k) {
          const int64_t place = (i * grad.dim(2) + j) * channels + k;
          const T value = dy[place];
          const auto count = static_cast<double>((y.end - y.begin) * (x.end - x.begin));
          int64_t best = -1;
          for (int64_t h = y.begin; h < y.end; ++h) {
            for (int64_t w = x.begin; w < x.end; ++w) {
              const int64_t at = ((i / grad.dim(1) * rows + h) * columns + w) * channels + k;
              if constexpr (kMax) {
                const T* image = c.input(0).data<T>();
                if (best < 0 || image[best] < image[at]) best = at;
              } else {
                parts[at] += static_cast<double>(value) / count;
              }
            }
          }
          if constexpr (kMax) {
            dx[best] = Plus(dx[best], value);
            if (c.input(0).data<T>()[best] != c.input(1).data<T>()[place])
              other.store(place, std::memory_order_relaxed);
          }
        }
      }
    }
  });
  if (other >= 0) {
    return InvalidArgument("orig_output: want the maxima of orig_input's windows, got another number at element ",
                           other.load());
  }
  if constexpr (!kMax && !std::is_same_v<T, double>) {
    for (int64_t i = 0; i < output.num_elements(); ++i) dx[i] = CutTo<T>(parts[i]);
  }
  return Status();
}

// Means that an integer cannot hold are cut by its own bounds.
template <bool kMax>
constexpr uint32_t kWiden = kMax ? kWidenFloats | kWidenInts : kWidenFloats;

template <bool kMax>
Status RunGrad(RunContext& c) {
  if (c.output(0).num_elements() == 0) return Status();
  Status status;
  VisitLoops<kWiden<kMax>, float, double, int32_t, int64_t>(
      c.output(0).dtype(), [&](auto tag) { status = SpreadBack<typename decltype(tag)::Type, kMax>(c); });
  return status;
}

#define RIVULET_BACKWARD "overlapping:bool=false; T:type in {f32,f64,i32,i64}"

constexpr OpDef kDefs[] = {
    {.name = "FractionalMaxPoolGrad",
     .inputs = "orig_input:T, orig_output:T, out_backprop:T, row_pooling_sequence:i64, col_pooling_sequence:i64",
     .outputs = "output:T",
     .attrs = RIVULET_BACKWARD,
     .infer = InferGrad<true>,
     .prepare = PrepareGrad,
     .run = kWidened<RunGrad<true>, kWiden<true>, State>},
    {.name = "FractionalAvgPoolGrad",
     .inputs = "orig_input_tensor_shape:i64, out_backprop:T, row_pooling_sequence:i64, col_pooling_sequence:i64",
     .outputs = "output:T",
     .attrs = RIVULET_BACKWARD,
     .infer = InferGrad<false>,
     .prepare = PrepareGrad,
     .run = kWidened<RunGrad<false>, kWiden<false>, State>},
};

}  // namespace

RIVULET_OP_LIST(FractionalPoolGrad, kDefs);

}  // namespace rivulet
