// BiasAdd, BiasAddV1: value + bias, the bias along the channels. BiasAddGrad: the sum over everything but the channels.
//
// value: rank 2 or more. NHWC (and BiasAddV1): the channels are the last dim; NCHW: dim 1, and rank 3 or more. Integers
// wrap around.
#include <algorithm>
#include <cstring>

#include "engine/ops/elementwise.h"
#include "engine/ops/widen.h"

namespace rivulet {
namespace {

struct State : OpState {
  bool channels_last = true;
};

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c) {
  auto state = std::make_unique<State>();
  state->channels_last = c.attrs().Str("data_format") != "NCHW";
  return std::unique_ptr<OpState>(std::move(state));
}

// Any tensor with channels as [outer, channels, inner].
struct View {
  int64_t outer = 1;
  int64_t channels = 1;
  int64_t inner = 1;
};

View ViewOf(const Shape& shape, bool channels_last) {
  View view;
  const int axis = channels_last ? shape.rank() - 1 : 1;
  view.channels = shape[axis];
  for (int i = 0; i < shape.rank(); ++i) {
    if (i < axis) view.outer *= shape[i];
    if (i > axis) view.inner *= shape[i];
  }
  return view;
}

Status InferAdd(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(c.WantMinRank(0, c.attrs().Str("data_format") == "NCHW" ? 3 : 2));
  RIVULET_RETURN_IF_ERROR(c.WantRank(1, 1));
  Shape out = c.shape(0);
  if (out.has_rank() && c.shape(1).has_rank()) {
    const int axis = c.attrs().Str("data_format") == "NCHW" ? 1 : out.rank() - 1;
    const int64_t channels = c.shape(1)[0];
    if (out[axis] >= 0 && channels >= 0 && out[axis] != channels) {
      return InvalidArgument("want a bias of ", out[axis], " elements for shape ", out, ", got ", channels);
    }
    if (out[axis] < 0) out.set_dim(axis, channels);
  }
  c.set_output(0, std::move(out));
  return Status();
}

struct Sum {
  template <typename T>
  T operator()(T a, T b) const {
    if constexpr (std::is_integral_v<T>) {
      using U = std::common_type_t<T, unsigned>;
      return static_cast<T>(U{a} + U{b});
    } else {
      return a + b;
    }
  }
};

Status RunAdd(RunContext& c) {
  Tensor& output = c.output(0);
  if (output.num_elements() == 0) return Status();
  const View view = ViewOf(output.shape(), c.state<State>().channels_last);
  const Shape out = {view.outer, view.channels, view.inner};
  const Shape bias = {view.channels, 1};
  const TileShapes shapes = {&out, {&out, &bias}};
  if (output.dtype() == DType::kFloat) {
    if (RunMapBinary(c, BinaryKind::kAdd, &shapes)) return Status();
    const int64_t image = view.channels * view.inner;
    for (int64_t i = 0; i < view.outer && !c.stop().stopped(); ++i) {
      MapBinary(BinaryKind::kAdd, c.input(0).data<float>() + i * image, Spread::kFull, c.input(1).data<float>(),
                Spread::kColumn, view.channels, view.inner, output.data<float>() + i * image, c.pool(), c.stop());
    }
    return Status();
  }
  return RunTiles(c, kBinaryTilesAndInts<Sum, float, double, Complex64, Complex128>, {.shapes = &shapes});
}

Status InferGrad(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(c.WantMinRank(0, c.attrs().Str("data_format") == "NCHW" ? 3 : 2));
  const Shape& in = c.shape(0);
  if (!in.has_rank()) {
    c.set_output(0, Shape::OfUnknownDims(1));
  } else {
    c.set_output(0, {in[c.attrs().Str("data_format") == "NCHW" ? 1 : in.rank() - 1]});
  }
  return Status();
}

// T is summed as Wide. Parts are cut by shape: kRows rows at a time for channels in the last dim, a channel at a time
// otherwise.
constexpr int64_t kRows = 256;

template <typename T, typename Wide>
Status SumChannels(RunContext& c, const View& view) {
  const T* x = c.input(0).data<T>();
  T* out = c.output(0).data<T>();
  const int64_t channels = view.channels;
  if (view.inner > 1) {
    c.ParallelFor(channels, 1, [&](int64_t begin, int64_t end) {
      for (int64_t k = begin; k < end; ++k) {
        Wide total{};
        for (int64_t n = 0; n < view.outer; ++n) {
          const T* row = x + (n * channels + k) * view.inner;
          for (int64_t at = 0; at < view.inner; at += kRows) {
            Wide part{};
            const int64_t stop = std::min(view.inner, at + kRows);
            for (int64_t i = at; i < stop; ++i) part = static_cast<Wide>(part + static_cast<Wide>(row[i]));
            total = static_cast<Wide>(total + part);
          }
        }
        out[k] = static_cast<T>(total);
      }
    });
    return Status();
  }
  // Not more parts than one for each piece of work, and their sums in one block of memory.
  const int64_t num_blocks = std::min<int64_t>((view.outer + kRows - 1) / kRows, 64);
  const int64_t block = (view.outer + num_blocks - 1) / num_blocks;
  RIVULET_ASSIGN_OR_RETURN(void* scratch, c.Scratch(static_cast<size_t>(num_blocks * channels * 2) * sizeof(Wide)));
  Wide* sums = static_cast<Wide*>(scratch);
  c.ParallelFor(num_blocks, 1, [&](int64_t begin, int64_t end) {
    for (int64_t b = begin; b < end; ++b) {
      Wide* total = sums + b * 2 * channels;
      Wide* part = total + channels;
      std::fill_n(total, channels, Wide{});
      const int64_t last = std::min(view.outer, (b + 1) * block);
      for (int64_t at = b * block; at < last; at += kRows) {
        std::fill_n(part, channels, Wide{});
        for (int64_t n = at; n < std::min(last, at + kRows); ++n) {
          const T* row = x + n * channels;
          for (int64_t k = 0; k < channels; ++k) part[k] = static_cast<Wide>(part[k] + static_cast<Wide>(row[k]));
        }
        for (int64_t k = 0; k < channels; ++k) total[k] = static_cast<Wide>(total[k] + part[k]);
      }
    }
  });
  if (c.stop().stopped()) return Status();
  for (int64_t k = 0; k < channels; ++k) {
    Wide total{};
    for (int64_t b = 0; b < num_blocks; ++b) total = static_cast<Wide>(total + sums[b * 2 * channels + k]);
    out[k] = static_cast<T>(total);
  }
  return Status();
}

// The sum over the rows, one after the other, each rounded to T: as TensorFlow sums bfloat16 where the channels are
// last. (It cuts many thousand rows into a part for each of its threads; that depends on the machine.)
template <typename T>
void SumRowsInType(RunContext& c, const View& view) {
  const T* x = c.input(0).data<T>();
  T* out = c.output(0).data<T>();
  c.ParallelFor(view.channels, std::max<int64_t>((1 << 14) / view.outer, 16), [&](int64_t begin, int64_t end) {
    std::fill(out + begin, out + end, T());
    for (int64_t n = 0; n < view.outer; ++n) {
      const T* row = x + n * view.channels;
      for (int64_t k = begin; k < end; ++k) out[k] = T(static_cast<float>(out[k]) + static_cast<float>(row[k]));
    }
  });
}

constexpr uint32_t kWidenGrad = kWidenInts | kWidenComplex;

Status RunGrad(RunContext& c) {
  Tensor& output = c.output(0);
  if (output.num_elements() == 0) return Status();
  if (c.input(0).num_elements() == 0) {
    std::memset(output.raw(), 0, output.bytes());
    return Status();
  }
  const View view = ViewOf(c.input(0).shape(), c.state<State>().channels_last);
  switch (output.dtype()) {
    case DType::kFloat: return SumChannels<float, float>(c, view);
    case DType::kDouble: return SumChannels<double, double>(c, view);
    case DType::kHalf: return SumChannels<Half, float>(c, view);
    case DType::kBfloat16:
      if (!c.state<State>().channels_last) return SumChannels<BFloat16, float>(c, view);
      SumRowsInType<BFloat16>(c, view);
      return Status();
    case DType::kComplex64:
      if constexpr (kHasLoops<kWidenGrad, Complex64>) return SumChannels<Complex64, Complex64>(c, view);
      break;
    case DType::kComplex128: return SumChannels<Complex128, Complex128>(c, view);
    default: break;
  }
  if constexpr (kHasLoops<kWidenGrad, uint32_t>) {
    switch (ElementBytes(output.dtype())) {
      case 1: return SumChannels<uint8_t, uint32_t>(c, view);
      case 2: return SumChannels<uint16_t, uint32_t>(c, view);
      case 4: return SumChannels<uint32_t, uint32_t>(c, view);
    }
  }
  return SumChannels<uint64_t, uint64_t>(c, view);
}

#define RIVULET_NUMBERS "T:type in {f32,f64,i32,u8,i16,i8,c64,i64,bf16,u16,c128,f16,u32,u64}"
#define RIVULET_FORMAT "; data_format:string=\"NHWC\" in {NHWC,NCHW}"

constexpr OpDef kDefs[] = {
    {.name = "BiasAdd",
     .inputs = "value:T, bias:T",
     .outputs = "output:T",
     .attrs = RIVULET_NUMBERS RIVULET_FORMAT,
     .infer = InferAdd,
     .prepare = Prepare,
     .run = RunAdd,
     .flags = kElementwise},
    {.name = "BiasAddV1",
     .inputs = "value:T, bias:T",
     .outputs = "output:T",
     .attrs = RIVULET_NUMBERS,
     .infer = InferAdd,
     .prepare = Prepare,
     .run = RunAdd,
     .flags = kElementwise},
    {.name = "BiasAddGrad",
     .inputs = "out_backprop:T",
     .outputs = "output:T",
     .attrs = RIVULET_NUMBERS RIVULET_FORMAT,
     .infer = InferGrad,
     .prepare = Prepare,
     .run = kWidened<RunGrad, kWidenGrad, State>},
};

}  // namespace

RIVULET_OP_LIST(Bias, kDefs);

}  // namespace rivulet
