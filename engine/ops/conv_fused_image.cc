// FusedPadConv2D and FusedResizeAndPadConv2D: a bilinear resize of the input to `size` (only the second), then mirror
// padding by `paddings`, then a Conv2D without dilations or groups. NHWC.
//
//   REFLECT: the border itself is not repeated (pads < extent); SYMMETRIC: it is (pads <= extent)
//
// The resize is TensorFlow's first one: output row y looks at y * scale, with scale = in / out, or (in - 1) / (out - 1)
// when `resize_align_corners`.
//
// Three habits of TensorFlow's kernel are kept. Where the strides leave rows or columns over, the windows lie in the
// middle of the padded image, not at its start. Of a batch, the first image gives every result. Nothing may be empty.
#include <algorithm>
#include <cmath>
#include <cstring>

#include "engine/ops/conv_forward.h"
#include "engine/ops/conv_loops.h"
#include "engine/ops/rows.h"
#include "engine/ops/with.h"

namespace rivulet {
namespace {

struct State : OpState {
  ConvState conv;
  bool resize = false;
  bool align_corners = false;
  int64_t border = 0;  // 1 for REFLECT
};

// Extents between the steps; -1 where not known.
struct Extents {
  std::array<int64_t, 2> resized = {-1, -1};
  std::array<int64_t, 2> pad_before = {0, 0};
  std::array<int64_t, 2> padded = {-1, -1};
  std::array<int64_t, 2> skip = {0, 0};  // of the padded image, before the first window
};

Status CheckInts(std::string_view name, const Shape& shape, const Shape& want) {
  if (MergeShapes(shape, want).ok()) return Status();
  return InvalidArgument(name, ": want shape ", want, ", got ", shape);
}

// `size` is null without a resize or while unknown, `paddings` while unknown.
Result<Extents> ComputeExtents(const Shape& input, const Tensor* size, bool resize, const Tensor* paddings,
                               int64_t border) {
  Extents out;
  if (input.has_rank() && input.rank() != 4) return InvalidArgument("input: want rank 4, got shape ", input);
  for (int i = 0; i < 2; ++i) out.resized[static_cast<size_t>(i)] = input.has_rank() ? input[i + 1] : -1;
  if (resize) {
    const std::vector<int64_t> sizes = size != nullptr ? ToInt64s(*size) : std::vector<int64_t>{-1, -1};
    for (size_t i = 0; i < 2; ++i) {
      if (size != nullptr && sizes[i] <= 0) return InvalidArgument("size: want > 0, got ", sizes[i]);
      if (out.resized[i] == 0) return InvalidArgument("want an image with pixels to resize, got shape ", input);
      out.resized[i] = sizes[i];
    }
  }
  if (paddings == nullptr) return out;
  const std::vector<int64_t> pads = ToInt64s(*paddings);
  if (pads[0] != 0 || pads[1] != 0 || pads[6] != 0 || pads[7] != 0) {
    return InvalidArgument("paddings: want 0 for the batch and the channels");
  }
  for (size_t i = 0; i < 2; ++i) {
    const int64_t before = pads[2 + 2 * i];
    const int64_t after = pads[3 + 2 * i];
    if (before < 0 || after < 0) return InvalidArgument("paddings: want >= 0, got ", std::min(before, after));
    if (out.resized[i] < 0) continue;
    if (std::max(before, after) > out.resized[i] - border) {
      return InvalidArgument("paddings: want <= ", out.resized[i] - border, " to mirror an extent of ", out.resized[i],
                             ", got ", std::max(before, after));
    }
    out.pad_before[i] = before;
    out.padded[i] = out.resized[i] + before + after;
  }
  return out;
}

// What the convolution sees.
Shape PaddedShape(const Shape& input, const Extents& extents) {
  Shape padded = input.has_rank() ? input : Shape::OfUnknownDims(4);
  padded.set_dim(1, extents.padded[0] - extents.skip[0]);
  padded.set_dim(2, extents.padded[1] - extents.skip[1]);
  return padded;
}

// Half of what the windows leave over; with VALID the odd row or column stays behind.
void CenterWindows(const ConvSizes& sizes, Padding padding, Extents* extents) {
  for (size_t i = 0; i < 2; ++i) {
    const int64_t covered = (sizes.out[i + 1] - 1) * sizes.stride[i + 1] + sizes.k[i + 1];
    const int64_t over = extents->padded[i] - covered - (padding == Padding::kValid ? 1 : 0);
    extents->skip[i] = std::max<int64_t>(over, 0) / 2;
  }
}

int64_t BorderOf(const AttrReader& attrs) { return attrs.Str("mode") == "REFLECT" ? 1 : 0; }

Status Infer(InferContext& c, bool resize) {
  const int paddings = resize ? 2 : 1;
  if (resize) RIVULET_RETURN_IF_ERROR(CheckInts("size", c.known(1) ? c.value(1)->shape() : c.shape(1), {2}));
  RIVULET_RETURN_IF_ERROR(
      CheckInts("paddings", c.known(paddings) ? c.value(paddings)->shape() : c.shape(paddings), {4, 2}));
  RIVULET_ASSIGN_OR_RETURN(const WindowSpec spec, ParseWindowSpec(c.attrs(), 2));
  RIVULET_ASSIGN_OR_RETURN(const Extents extents, ComputeExtents(c.shape(0), resize ? c.value(1) : nullptr, resize,
                                                                 c.value(paddings), BorderOf(c.attrs())));
  RIVULET_ASSIGN_OR_RETURN(const ConvSizes sizes, ComputeConvSizes(spec, PaddedShape(c.shape(0), extents),
                                                                   c.shape(paddings + 1), FilterKind::kDense));
  if (sizes.groups > 1) {
    return InvalidArgument("the input has ", sizes.in_c, " channels, the filter ", sizes.group_in());
  }
  const Shape output = OutputShape(spec, sizes);
  for (const Shape& shape : {c.shape(0), output}) {
    if (shape.complete() && shape.num_elements() == 0) {
      return InvalidArgument("want an input and an output with elements, got shape ", shape);
    }
  }
  c.set_output(0, output);
  return Status();
}

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c, bool resize) {
  auto state = std::make_unique<State>();
  state->resize = resize;
  state->align_corners = resize && c.attrs().Bool("resize_align_corners");
  state->border = BorderOf(c.attrs());
  RIVULET_ASSIGN_OR_RETURN(state->conv.spec, ParseWindowSpec(c.attrs(), 2));
  state->conv.filter_input = resize ? 3 : 2;
  const Shape& input = c.shape(0);
  const Shape unknown_extents = PaddedShape(input, Extents());
  RIVULET_RETURN_IF_ERROR(PrepareConvFilter(c, unknown_extents, &state->conv));
  return std::unique_ptr<OpState>(std::move(state));
}

// Where output index `i` of a resized axis lies between two input indices.
struct Between {
  int64_t lower;
  int64_t upper;
  float part;  // of the upper one
};
Between Locate(int64_t i, int64_t in, int64_t out, bool align_corners) {
  const float scale = align_corners && out > 1 ? static_cast<float>(in - 1) / static_cast<float>(out - 1)
                                               : static_cast<float>(in) / static_cast<float>(out);
  const float at = static_cast<float>(i) * scale;
  const float floor = std::floor(at);
  const int64_t lower = std::clamp<int64_t>(static_cast<int64_t>(floor), 0, in - 1);
  return {lower, std::min(lower + 1, in - 1), at - floor};
}

// Index `i` of a padded axis as an index of the unpadded one.
int64_t Unmirror(int64_t i, int64_t pad_before, int64_t extent, int64_t border) {
  const int64_t at = i - pad_before;
  if (at < 0) return -at - 1 + border;
  if (at >= extent) return 2 * extent - 1 - at - border;
  return at;
}

// Row `y` of what the convolution sees.
template <typename T>
void FillRow(const State& state, const Extents& e, const void* pixels, int64_t in_h, int64_t in_w, int64_t channels,
             int64_t y, void* row_of_padded) {
  const T* image = static_cast<const T*>(pixels);
  T* to = static_cast<T*>(row_of_padded);
  const int64_t row = Unmirror(y + e.skip[0], e.pad_before[0], e.resized[0], state.border);
  for (int64_t x = e.skip[1]; x < e.padded[1]; ++x, to += channels) {
    const int64_t column = Unmirror(x, e.pad_before[1], e.resized[1], state.border);
    if (!state.resize) {
      std::copy_n(image + (row * in_w + column) * channels, channels, to);
      continue;
    }
    const Between v = Locate(row, in_h, e.resized[0], state.align_corners);
    const Between h = Locate(column, in_w, e.resized[1], state.align_corners);
    const T* top = image + v.lower * in_w * channels;
    const T* bottom = image + v.upper * in_w * channels;
    for (int64_t c = 0; c < channels; ++c) {
      const T left = top[h.lower * channels + c];
      const T left_below = bottom[h.lower * channels + c];
      const T above = left + (top[h.upper * channels + c] - left) * static_cast<T>(h.part);
      const T below = left_below + (bottom[h.upper * channels + c] - left_below) * static_cast<T>(h.part);
      to[c] = above + (below - above) * static_cast<T>(v.part);
    }
  }
}

Status Run(RunContext& c) {
  const auto& state = c.state<State>();
  const Tensor& input = c.input(0);
  const Tensor& paddings = c.input(state.resize ? 2 : 1);
  RIVULET_ASSIGN_OR_RETURN(Extents extents, ComputeExtents(input.shape(), state.resize ? &c.input(1) : nullptr,
                                                           state.resize, &paddings, state.border));
  Shape padded = PaddedShape(input.shape(), extents);
  RIVULET_ASSIGN_OR_RETURN(const ConvSizes whole, ConvSizesOf(c, state.conv, padded));
  CenterWindows(whole, state.conv.spec.padding, &extents);
  padded = PaddedShape(input.shape(), extents);
  padded.set_dim(0, 1);
  RIVULET_ASSIGN_OR_RETURN(const ConvSizes sizes, ConvSizesOf(c, state.conv, padded));
  Tensor first = Tensor::View(input.dtype(), OutputShape(state.conv.spec, sizes), c.output(0).raw());

  ScratchPieces pieces;
  const StagedInput staged(input, true, pieces);
  ConvRun run(c, state.conv, sizes, first, pieces);
  const DType compute = ComputeType(input.dtype());
  CheckedSize bytes = static_cast<int64_t>(ElementBytes(compute));
  for (const int64_t dim : padded.dims()) bytes *= dim;
  const int64_t piece = pieces.Add(bytes);
  RIVULET_RETURN_IF_ERROR(pieces.Allocate(c));

  const void* x = staged.Fill(c, pieces);
  const int64_t row = padded[2] * sizes.in_c;
  const auto fill = compute == DType::kFloat ? FillRow<float> : FillRow<double>;
  c.ParallelFor(padded[1], ConvGrain(static_cast<double>(row) * 8), [&](int64_t begin, int64_t end) {
    for (int64_t y = begin; y < end; ++y) {
      fill(state, extents, x, input.dim(1), input.dim(2), sizes.in_c, y,
           ElementAt(pieces.At<void>(piece), compute, y * row));
    }
  });
  run.Run(pieces.At<void>(piece), pieces);
  for (int64_t i = 1; i < input.dim(0); ++i) {
    std::memcpy(static_cast<char*>(c.output(0).raw()) + static_cast<size_t>(i) * first.bytes(), first.raw(),
                first.bytes());
  }
  return Status();
}

constexpr OpDef kDefs[] = {
    {.name = "FusedPadConv2D",
     .inputs = "input:T, paddings:i32, filter:T",
     .outputs = "output:T",
     .attrs = "T:type in {f16,bf16,f32,f64}; mode:string in {REFLECT,SYMMETRIC}; strides:list(int); "
              "padding:string in {SAME,VALID}",
     .infer = With<Infer, false>,
     .prepare = With<Prepare, false>,
     .run = Run},
    {.name = "FusedResizeAndPadConv2D",
     .inputs = "input:T, size:i32, paddings:i32, filter:T",
     .outputs = "output:T",
     .attrs = "T:type in {f16,f32,f64}; resize_align_corners:bool=false; mode:string in {REFLECT,SYMMETRIC}; "
              "strides:list(int); padding:string in {SAME,VALID}",
     .infer = With<Infer, true>,
     .prepare = With<Prepare, true>,
     .run = Run},
};

}  // namespace

RIVULET_OP_LIST(ConvFusedImage, kDefs);

}  // namespace rivulet
