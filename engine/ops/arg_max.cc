// ArgMax, ArgMin: the position of the greatest (least) element along one axis.
//
//   input [.., n, ..] of T, dimension: a scalar axis, may be negative -> output [.., ..] of output_type
//
// The first of equal elements wins. A NaN is passed over; where nothing is greater than the lowest finite number (less
// than the highest), the answer is 0. Positions wrap around where output_type cannot hold them.
#include <algorithm>

#include "engine/graph/shape_math.h"
#include "engine/ops/indices.h"
#include "engine/ops/number.h"
#include "engine/ops/op.h"
#include "engine/ops/rows.h"
#include "engine/ops/widen.h"
#include "engine/ops/with.h"

namespace rivulet {
namespace {

Result<int> Axis(const Tensor& dimension, int rank) {
  if (dimension.num_elements() != 1) return InvalidArgument("dimension: want a scalar, got ", dimension.shape());
  auto axis = NormalizeAxis(Indices(dimension)[0], rank);
  if (!axis.ok()) return std::move(axis).status().Framed("dimension");
  return axis;
}

Status EmptyAxis(int axis, const Shape& shape) {
  return InvalidArgument("axis ", axis, " of shape ", shape, " is empty");
}

Status Infer(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(c.WantScalar(1));
  RIVULET_RETURN_IF_ERROR(c.WantMinRank(0, 1));
  const Shape& shape = c.shape(0);
  if (!shape.has_rank()) {
    c.set_output(0, Shape::UnknownRank());
    return Status();
  }
  if (!c.known(1)) {
    c.set_output(0, Shape::OfUnknownDims(shape.rank() - 1));
    return Status();
  }
  RIVULET_ASSIGN_OR_RETURN(const int axis, Axis(*c.value(1), shape.rank()));
  if (shape[axis] == 0) return EmptyAxis(axis, shape);
  Shape out;
  for (int i = 0; i < shape.rank(); ++i) {
    if (i != axis) out.push_back(shape[i]);
  }
  c.set_output(0, std::move(out));
  return Status();
}

constexpr uint32_t kWiden = kWidenHalves | kWidenInts;

constexpr int64_t kWidth = 64;

// The greatest x has the greatest key, or the least x where `flip` says so.
template <typename T>
Wide<T> KeyOf(T x, Wide<T> flip) {
  if constexpr (std::is_integral_v<T>) {
    return static_cast<T>(x ^ flip);
  } else {
    return Widen(x) * flip;
  }
}

template <typename T>
Wide<T> FlipFor(bool greatest) {
  if constexpr (std::is_integral_v<T>) {
    return static_cast<T>(greatest ? 0 : -1);
  } else {
    return static_cast<Wide<T>>(greatest ? 1 : -1);
  }
}

// Positions of `width` neighbouring outputs, of which input elements lie `stride` apart: all that depends on the
// element's type.
template <typename T>
void Search(bool greatest, const void* elements, int64_t n, int64_t stride, int64_t width, int64_t* positions) {
  const T* in = static_cast<const T*>(elements);
  const Wide<T> flip = FlipFor<T>(greatest);
  Wide<T> best[kWidth];
  std::fill_n(best, width, Widen(Lowest<T>()));
  std::fill_n(positions, width, 0);
  if (width == 1) {
    Wide<T> top = best[0];
    for (int64_t k = 0; k < n; ++k) {
      const Wide<T> key = KeyOf(in[k * stride], flip);
      if (key > top) {
        top = key;
        positions[0] = k;
      }
    }
    return;
  }
  for (int64_t k = 0; k < n; ++k) {
    const T* row = in + k * stride;
    for (int64_t j = 0; j < width; ++j) {
      const Wide<T> key = KeyOf(row[j], flip);
      const bool better = key > best[j];
      best[j] = better ? key : best[j];
      positions[j] = better ? k : positions[j];
    }
  }
}

void Store(const int64_t* positions, int64_t n, DType dtype, void* out, int64_t at) {
  VisitLoops<kWiden, int16_t, uint16_t, int32_t, int64_t>(dtype, [&](auto tag) {
    using Out = typename decltype(tag)::Type;
    for (int64_t i = 0; i < n; ++i) static_cast<Out*>(out)[at + i] = static_cast<Out>(positions[i]);
  });
}

Status Run(RunContext& c, bool greatest) {
  const Tensor& input = c.input(0);
  Tensor& output = c.output(0);
  if (output.num_elements() == 0) return Status();
  RIVULET_ASSIGN_OR_RETURN(const int axis, Axis(c.input(1), input.rank()));
  const int64_t n = input.dim(axis);
  if (n == 0) return EmptyAxis(axis, input.shape());
  int64_t inner = 1;
  for (int i = axis + 1; i < input.rank(); ++i) inner *= input.dim(i);
  const int64_t tiles = (inner + kWidth - 1) / kWidth;
  const int64_t outer = output.num_elements() / inner;
  const int64_t work = std::min(n, int64_t{1} << 20) * std::min(inner, kWidth);
  const void* in = input.raw();
  auto* search = Search<uint8_t>;  // of bools, too
  VisitLoops<kWiden, float, double, Half, BFloat16, int8_t, int16_t, int32_t, int64_t, uint16_t, uint32_t, uint64_t>(
      input.dtype(), [&](auto tag) { search = Search<typename decltype(tag)::Type>; });
  c.ParallelFor(outer * tiles, std::max<int64_t>((1 << 15) / work, 1), [&](int64_t begin, int64_t end) {
    for (int64_t item = begin; item < end; ++item) {
      const int64_t column = item % tiles * kWidth;
      const int64_t width = std::min(kWidth, inner - column);
      const int64_t row = item / tiles;
      int64_t positions[kWidth];
      search(greatest, ElementAt(in, input.dtype(), row * n * inner + column), n, inner, width, positions);
      Store(positions, width, output.dtype(), output.raw(), row * inner + column);
    }
  });
  return Status();
}

#define RIVULET_ARG_TYPES "T:type in {bf16,f16,f32,f64,i8,i16,i32,i64,u8,u16,u32,u64,bool}; "

constexpr OpDef kDefs[] = {
    {.name = "ArgMax",
     .inputs = "input:T, dimension:Tidx",
     .outputs = "output:output_type",
     .attrs = RIVULET_ARG_TYPES "Tidx:type=i32 in {i16,i32,i64}; output_type:type=i64 in {i16,u16,i32,i64}",
     .infer = Infer,
     .run = kWidened<With<Run, true>, kWiden>},
    {.name = "ArgMin",
     .inputs = "input:T, dimension:Tidx",
     .outputs = "output:output_type",
     .attrs = RIVULET_ARG_TYPES "Tidx:type=i32 in {i32,i64}; output_type:type=i64 in {i32,i64}",
     .infer = Infer,
     .run = kWidened<With<Run, false>, kWiden>},
};

}  // namespace

RIVULET_OP_LIST(ArgMax, kDefs);

}  // namespace rivulet
