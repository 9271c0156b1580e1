// UniformQuantizedConvolution, UniformQuantizedConvolutionHybrid: see uniform_quantized.h and uniform_conv_shape.h.
//
//   lhs, rhs of qint8, scales and zero points of lhs (one), rhs and output (one, or of each output feature) -> qint32
//   lhs of float, rhs of qint8, its scales and zero points (one, or of each output feature)                 -> float
//
// The hybrid one turns each entry of the batch into codes of qint8 of its own scale. What lies outside of lhs, or
// between its elements where it is dilated, is 0. Output feature j of the first of b batch groups sees the first b-th
// of the batch, and so on. Deviation: a zero point of lhs that is no qint8 makes the outside 0 too.
#include <algorithm>
#include <memory>
#include <vector>

#include "engine/kernels/transpose.h"
#include "engine/ops/staging.h"
#include "engine/ops/uniform_conv_shape.h"
#include "engine/ops/uniform_convolution_loops.h"
#include "engine/ops/uniform_quantized.h"
#include "engine/ops/with.h"

namespace rivulet {
namespace {

struct State : OpState {
  UniformConvSpec spec;
  CodeLimits limits;
};

// Attribute `name` is -1 or `axis`, and the scales fit.
Status CheckFeatures(InferContext& c, const char* name, const Shape& shape, int axis, int scales) {
  const int64_t own = c.attrs().Int(name);
  if (own != -1 && own != axis) {
    return InvalidArgument("attr '", name, "': want -1 or the axis of output features, ", axis, ", got ", own);
  }
  return CheckScales(c, shape, name, scales);
}

Status Infer(InferContext& c, bool hybrid) {
  RIVULET_ASSIGN_OR_RETURN(const UniformConvSpec spec, ParseUniformConvSpec(c.attrs()));
  if (!hybrid) {
    if (const int64_t axis = c.attrs().Int("lhs_quantization_axis"); axis != -1) {
      return InvalidArgument("attr 'lhs_quantization_axis': want -1, got ", axis);
    }
    RIVULET_RETURN_IF_ERROR(c.WantScalar(2));
    RIVULET_RETURN_IF_ERROR(c.WantScalar(3));
  }
  const Shape &lhs = c.shape(0), &rhs = c.shape(1);
  if (!lhs.has_rank() || !rhs.has_rank()) {
    c.set_output(0, Shape::UnknownRank());
    return Status();
  }
  if (lhs.rank() > kMaxTransposeRank) return InvalidArgument("lhs: want at most rank ", kMaxTransposeRank);
  RIVULET_ASSIGN_OR_RETURN(const UniformConvSizes sizes, ComputeUniformConv(spec, lhs, rhs));
  RIVULET_RETURN_IF_ERROR(CheckFeatures(c, "rhs_quantization_axis", rhs, sizes.rhs_axes.back(), hybrid ? 2 : 4));
  c.set_output(0, sizes.output);
  if (hybrid) return Status();
  RIVULET_RETURN_IF_ERROR(CheckFeatures(c, "output_quantization_axis", sizes.output, sizes.output_axes.back(), 6));
  if (c.attrs().Int("rhs_quantization_axis") == -1 && c.attrs().Int("output_quantization_axis") != -1) {
    return InvalidArgument("attr 'output_quantization_axis': want -1, as rhs_quantization_axis, got ",
                           c.attrs().Int("output_quantization_axis"));
  }
  return Status();
}

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c, bool hybrid) {
  auto state = std::make_unique<State>();
  RIVULET_ASSIGN_OR_RETURN(state->spec, ParseUniformConvSpec(c.attrs()));
  if (!hybrid) {
    RIVULET_ASSIGN_OR_RETURN(state->limits, ReadCodeLimits(c.attrs(), "output_"));
  }
  return std::unique_ptr<OpState>(std::move(state));
}

// The codes of lhs from floats, each batch entry in a scale of its own.
void QuantizeEntries(RunContext& c, const float* from, int64_t entries, int64_t length, DynamicScale* scales,
                     int8_t* to) {
  c.ParallelFor(entries, std::max<int64_t>((1 << 14) / length, 1), [&](int64_t begin, int64_t end) {
    for (int64_t n = begin; n < end; ++n) {
      const float* x = from + n * length;
      const auto [low, high] = std::minmax_element(x, x + length);
      scales[n] = ChooseScale(*low, *high);
      for (int64_t i = 0; i < length; ++i) to[n * length + i] = scales[n].Code(x[i]);
    }
  });
}

void Reorder(RunContext& c, const Tensor& from, const std::vector<int>& axes, void* to) {
  std::vector<int64_t> dims;
  for (int i = 0; i < from.rank(); ++i) dims.push_back(from.dim(i));
  const size_t bytes = from.dtype() == DType::kFloat ? 4 : 1;
  Transpose(from.raw(), from.rank(), dims.data(), axes.data(), bytes, to, c.pool(), c.stop());
}

// From [batch, .., features] to the output's own axes.
void ReorderBack(RunContext& c, const UniformConvSizes& sizes, const void* from) {
  const size_t rank = sizes.output_axes.size();
  std::vector<int64_t> dims(rank);
  std::vector<int> back(rank);
  for (size_t i = 0; i < rank; ++i) {
    dims[i] = sizes.output[sizes.output_axes[i]];
    back[static_cast<size_t>(sizes.output_axes[i])] = static_cast<int>(i);
  }
  Transpose(from, static_cast<int>(rank), dims.data(), back.data(), 4, c.output(0).raw(), c.pool(), c.stop());
}

Status Run(RunContext& c, bool hybrid) {
  const auto& state = c.state<State>();
  for (int scales = 2; scales < c.num_inputs(); scales += 2) RIVULET_RETURN_IF_ERROR(WantPositive(c, scales));
  const Tensor &lhs = c.input(0), &rhs = c.input(1);
  RIVULET_ASSIGN_OR_RETURN(const UniformConvSizes sizes, ComputeUniformConv(state.spec, lhs.shape(), rhs.shape()));
  const int64_t outputs = c.output(0).num_elements();
  if (outputs == 0) return Status();
  ScratchPieces pieces;
  const int64_t lhs_at = pieces.Add(lhs.num_elements()), rhs_at = pieces.Add(rhs.num_elements());
  const int64_t floats_at = pieces.Add(hybrid ? CheckedSize(lhs.num_elements()) * 4 : CheckedSize(0));
  const int64_t output_at = pieces.Add(CheckedSize(outputs) * 4);
  const int64_t batches_at = pieces.Add(CheckedSize(sizes.batch) * static_cast<int64_t>(sizeof(DynamicScale)));
  const int64_t features_at = pieces.Add(CheckedSize(sizes.out_c) * static_cast<int64_t>(sizeof(UniformFeature)));
  RIVULET_RETURN_IF_ERROR(pieces.Allocate(c));
  auto* batches = pieces.At<DynamicScale>(batches_at);
  auto* features = pieces.At<UniformFeature>(features_at);
  RIVULET_RETURN_IF_ERROR(FillFeatures(c, hybrid, sizes.out_c, features));
  for (int64_t n = 0; n < sizes.batch; ++n) batches[n] = DynamicScale();
  if (lhs.num_elements() > 0 && hybrid) {
    Reorder(c, lhs, sizes.lhs_axes, pieces.At<float>(floats_at));
    QuantizeEntries(c, pieces.At<float>(floats_at), sizes.batch, lhs.num_elements() / sizes.batch, batches,
                    pieces.At<int8_t>(lhs_at));
  } else if (lhs.num_elements() > 0) {
    Reorder(c, lhs, sizes.lhs_axes, pieces.At<int8_t>(lhs_at));
    for (int64_t n = 0; n < sizes.batch; ++n) batches[n].zero_point = c.input(3).data<int32_t>()[0];
  }
  if (rhs.num_elements() > 0) Reorder(c, rhs, sizes.rhs_axes, pieces.At<int8_t>(rhs_at));
  if (c.stop().stopped()) return c.stop().Why();

  const UniformConvOperands operands = {pieces.At<int8_t>(lhs_at), pieces.At<int8_t>(rhs_at), batches, features};
  const UniformConvolution convolution(sizes, state.spec, operands, state.limits, hybrid);
  auto* to = pieces.At<char>(output_at);
  const int64_t grain = std::max<int64_t>((1 << 15) / std::max<int64_t>(convolution.work(), 1), 1);
  c.ParallelFor(outputs / sizes.out_c, grain, [&](int64_t begin, int64_t end) {
    for (int64_t p = begin; p < end; ++p) convolution.Pixel(p, to + p * sizes.out_c * 4);
  });
  if (c.stop().stopped()) return c.stop().Why();
  ReorderBack(c, sizes, to);
  return Status();
}

#define RIVULET_AXIS(prefix) \
  "; " prefix "quantization_axis:int=-1; " prefix "quantization_min_val:int; " prefix "quantization_max_val:int"
#define RIVULET_WINDOW                                                                                      \
  "window_strides:list(int)=[]; padding:string; explicit_padding:list(int)=[]; lhs_dilation:list(int)=[]; " \
  "rhs_dilation:list(int)=[]; batch_group_count:int=1; feature_group_count:int=1; dimension_numbers:string=\"\""
constexpr OpDef kDefs[] = {
    {.name = "UniformQuantizedConvolution",
     .inputs = "lhs:Tin, rhs:Tin, lhs_scales:f32, lhs_zero_points:i32, rhs_scales:f32, rhs_zero_points:i32, "
               "output_scales:f32, output_zero_points:i32",
     .outputs = "output:Tout",
     .attrs = "Tin:type in {qi8}; Tout:type in {qi32}; " RIVULET_WINDOW RIVULET_AXIS("lhs_") RIVULET_AXIS("rhs_")
         RIVULET_AXIS("output_"),
     .infer = With<Infer, false>,
     .prepare = With<Prepare, false>,
     .run = With<Run, false>},
    {.name = "UniformQuantizedConvolutionHybrid",
     .inputs = "lhs:Tlhs, rhs:Trhs, rhs_scales:f32, rhs_zero_points:i32",
     .outputs = "output:Tout",
     .attrs = "Tlhs:type in {f32}; Trhs:type in {qi8}; Tout:type in {f32}; " RIVULET_WINDOW RIVULET_AXIS("rhs_"),
     .infer = With<Infer, true>,
     .prepare = With<Prepare, true>,
     .run = With<Run, true>},
};
#undef RIVULET_AXIS
#undef RIVULET_WINDOW

}  // namespace

RIVULET_OP_LIST(UniformQuantizedConvolution, kDefs);

}  // namespace rivulet
