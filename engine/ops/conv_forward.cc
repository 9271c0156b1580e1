#include "engine/ops/conv_forward.h"

#include <algorithm>
#include <utility>

#include "engine/base/built_uses.h"
#include "engine/kernels/half.h"
#include "engine/ops/conv_loops.h"
#include "engine/ops/conv_volumes.h"
#include "engine/ops/packed_operands.h"

namespace rivulet {
namespace {

constexpr bool kVolumesBuilt = IsBuilt("Conv3D") || IsBuilt("_FusedConv3D") || IsBuilt("Conv");

bool IsOfVolumes(const WindowSpec& spec) { return kVolumesBuilt && spec.spatial_rank == 3; }

bool InFloat(DType dtype) { return ComputeType(dtype) == DType::kFloat; }

// Whether slices are laid side by side.
bool IsStacked(const WindowSpec& spec, const ConvSizes& sizes) { return IsOfVolumes(spec) && !FlatGeometry(sizes); }

ConvGeometry GeometryFor(const WindowSpec& spec, const ConvSizes& sizes) {
  if (!IsOfVolumes(spec)) return ToConvGeometry(sizes);
  const auto flat = FlatGeometry(sizes);
  return flat ? *flat : StackedGeometry(sizes, SlicesAtATime(sizes));
}

// Multiplies the values of each channel, the last index, by its factor.
void MultiplyChannels(const std::vector<float>& factors, Tensor& filter) {
  const auto channels = static_cast<int64_t>(factors.size());
  float* values = filter.data<float>();
  for (int64_t begin = 0; channels > 0 && begin < filter.num_elements(); begin += channels) {
    for (int64_t i = 0; i < channels; ++i) values[begin + i] *= factors[static_cast<size_t>(i)];
  }
}

Result<PackedFilter> PackFilter(const Tensor& filter, const ConvSizes& sizes, const ConvGeometry& geometry,
                                const std::vector<float>& factors, Allocator& allocator) {
  RIVULET_ASSIGN_OR_RETURN(Tensor floats, ConstantAsFloats(filter, allocator));
  if (kVolumesBuilt && sizes.k[0] > 1) {
    RIVULET_ASSIGN_OR_RETURN(Tensor stacked, Tensor::Allocate(DType::kFloat, filter.shape(), allocator));
    // The constant may lie anywhere in the model's file.
    if (!floats.is_aligned()) {
      RIVULET_ASSIGN_OR_RETURN(floats, Clone(floats, allocator));
    }
    StackFilter(sizes, floats.data<float>(), stacked.data<float>());
    floats = std::move(stacked);
  }
  return PackedFilter::Pack(floats.raw(), geometry, PackedOperands::Memory(allocator),
                            factors.empty() ? nullptr : factors.data());
}

bool WantsFast(const ConvState& state, const ConvSizes& sizes) {
  return kHalfProductsBuilt && PackedOperands::WantsFast() && state.spec.spatial_rank == 2 &&
         state.tail.activation != TailActivation::kLeakyRelu && ConvHalfPays(GeometryFor(state.spec, sizes));
}

// As it lies in a file.
struct StoredFilter {
  ConvGeometry geometry;
  CheckedSize Bytes() const { return PackedFilter::Bytes(geometry); }
  PackedFilter View(const uint8_t* bytes, const std::shared_ptr<void>& owner) const {
    return PackedFilter::View(reinterpret_cast<const float*>(bytes), owner);
  }
  std::span<const uint8_t> BytesOf(const PackedFilter& filter) const {
    return {reinterpret_cast<const uint8_t*>(filter.data()), static_cast<size_t>(Bytes().value())};
  }
};

}  // namespace

Status PrepareConvFilter(PrepareContext& c, const Shape& input, ConvState* state) {
  state->plain = PackedOperands::WantsPlain();
  const int index = state->filter_input;
  const Tensor* filter = c.constant(index);
  if (filter == nullptr || !InFloat(filter->dtype()) || filter->num_elements() == 0) return Status();
  RIVULET_ASSIGN_OR_RETURN(const ConvSizes sizes, ComputeConvSizes(state->spec, input, filter->shape(), state->kind));
  if (sizes.groups <= 0) return Status();  // packing needs to know the groups

  const std::vector<float> factors = TakeBatchNorm(c, &state->tail);
  if (state->kind == FilterKind::kDepthwise) {
    if (!IsHalf(filter->dtype()) && factors.empty()) return Status();  // read in place
    const auto copy = [&]() -> Result<Tensor> {
      RIVULET_ASSIGN_OR_RETURN(Tensor floats, ConstantAsFloats(*filter, c.allocator()));
      if (floats.raw() == filter->raw()) {
        RIVULET_ASSIGN_OR_RETURN(floats, Clone(*filter, c.allocator()));
      }
      MultiplyChannels(factors, floats);
      return floats;
    };
    RIVULET_ASSIGN_OR_RETURN(
        state->copy, PackOnce<Tensor>(*filter, WithFactors("floats", factors), StoredFloats{filter->shape()}, copy));
  } else if (WantsFast(*state, sizes)) {
    RIVULET_ASSIGN_OR_RETURN(
        state->fast, PackHalfOnce(*filter, sizes.taps() * sizes.group_in(), sizes.out_c, c.allocator(), factors));
  } else {
    const auto pack = [&]() {
      return PackFilter(*filter, sizes, GeometryFor(state->spec, sizes), factors, c.allocator());
    };
    const std::string form = Cat("filter ", filter->shape(), " in groups of ", sizes.group_in());
    RIVULET_ASSIGN_OR_RETURN(state->packed,
                             PackOnce<PackedFilter>(*filter, WithFactors(form, factors),
                                                    StoredFilter{GeometryFor(state->spec, sizes)}, pack));
  }
  state->filter_shape = filter->shape();
  c.Consume(index);
  return Status();
}

Result<ConvSizes> ConvSizesOf(const RunContext& c, const ConvState& state, const Shape& input) {
  const Shape& filter = state.prepared() ? state.filter_shape : c.input(state.filter_input).shape();
  RIVULET_ASSIGN_OR_RETURN(ConvSizes sizes, ComputeConvSizes(state.spec, input, filter, state.kind));
  CenterVolumes(state.spec, &sizes);
  return sizes;
}

ConvRun::ConvRun(RunContext& c, const ConvState& state, const ConvSizes& sizes, Tensor& output, ScratchPieces& pieces)
    : c_(c),
      state_(state),
      sizes_(sizes),
      geometry_(GeometryFor(state.spec, sizes)),
      dtype_(output.dtype()),
      output_(output, state.spec.channels_last, pieces) {
  if (!state.prepared()) filter_.emplace(c.input(state.filter_input), true, pieces);
  if (InFloat(dtype_)) {
    tail_.emplace(c, state.tail, state.spec.channels_last, pieces);
    if (state.kind == FilterKind::kDense) {
      if (!state.prepared() && !EmptyFilter(sizes)) packed_ = pieces.Add(PackedFilter::Bytes(geometry_));
      if (IsStacked(state.spec, sizes)) AddVolumePieces(pieces);
      if (!state.plain) algorithm_ = ChooseConvAlgorithm(geometry_);
      kernel_ = pieces.Add(KernelScratch());
    }
  } else if (state.tail.add) {
    addend_.emplace(c.input(state.tail.addend_input()), state.spec.channels_last, pieces);
  }
}

// The last slices of volumes may be fewer than the others, and fewer may need more: what is held at once is cut into
// even parts, of which there is one then.
CheckedSize ConvRun::KernelScratch() const {
  const int threads = c_.pool().num_threads();
  const CheckedSize all = ConvScratchBytes(geometry_, algorithm_, threads);
  const int64_t slices = IsStacked(state_.spec, sizes_) ? sizes_.batch * sizes_.out[0] : geometry_.batch;
  if (geometry_.batch < 1 || slices % geometry_.batch == 0) return all;
  ConvGeometry last = geometry_;
  last.batch = slices % geometry_.batch;
  const CheckedSize rest = ConvScratchBytes(last, algorithm_, threads);
  return all.valid() && rest.valid() && rest.value() > all.value() ? rest : all;
}

void ConvRun::AddVolumePieces(ScratchPieces& pieces) {
  const CheckedSize floats = static_cast<int64_t>(sizeof(float));
  stacked_ = pieces.Add(floats * geometry_.batch * geometry_.in_h * geometry_.in_w * geometry_.in_c);
  if (!state_.prepared()) stacked_filter_ = pieces.Add(floats * sizes_.taps() * sizes_.group_in() * sizes_.out_c);
}

void ConvRun::Run(const void* input, const ScratchPieces& pieces) {
  void* output = output_.data(pieces);
  switch (ComputeType(dtype_)) {
    case DType::kFloat: RunFloat(static_cast<const float*>(input), static_cast<float*>(output), pieces); break;
    case DType::kDouble:
      if constexpr (IsBuilt(DType::kDouble)) {
        RunDouble(static_cast<const double*>(input), static_cast<double*>(output), pieces);
      }
      break;
    case DType::kInt32:
      if constexpr (kUses.integer_convolutions) {
        ConvForward(c_, sizes_, DType::kInt32, input, filter_->Fill(c_, pieces), output);
      }
      break;
    default: break;
  }
  output_.Finish(c_, pieces);
}

void ConvRun::RunDouble(const double* input, double* output, const ScratchPieces& pieces) {
  const double* addend = addend_ ? static_cast<const double*>(addend_->Fill(c_, pieces)) : nullptr;
  ConvForward(c_, sizes_, DType::kDouble, input, filter_->Fill(c_, pieces), output);
  ApplyTail(c_, state_.tail, addend, sizes_.batch * sizes_.out_pixels(), sizes_.out_c, output);
}

void ConvRun::RunFloat(const float* input, float* output, const ScratchPieces& pieces) {
  const Epilogue epilogue = tail_->MakeEpilogue(c_, pieces);
  const float* filter = filter_                  ? static_cast<const float*>(filter_->Fill(c_, pieces))
                        : state_.copy != nullptr ? state_.copy->data<float>()
                                                 : nullptr;
  const int64_t rows = sizes_.batch * sizes_.out_pixels();
  if (EmptyFilter(sizes_)) {
    std::fill_n(output, rows * sizes_.out_c, 0.0f);
    ApplyEpilogue(c_, epilogue, rows, sizes_.out_c, output);
  } else if (state_.kind == FilterKind::kDepthwise) {
    DepthwiseConv2D(input, filter, ToDepthwiseGeometry(sizes_), epilogue, output, c_.pool(), c_.stop());
  } else if (IsStacked(state_.spec, sizes_)) {
    RunVolumes(input, filter, epilogue, output, pieces);
  } else if (kHalfProductsBuilt && state_.fast != nullptr) {
    Conv2DHalf(input, *state_.fast, geometry_, epilogue, output, c_.pool(), c_.stop());
  } else {
    const PackedFilter packed = state_.prepared() ? *state_.packed : PackNow(filter, pieces);
    Conv2D(input, packed, geometry_, algorithm_, epilogue, output, pieces.At<void>(kernel_), c_.pool(), c_.stop());
  }
  tail_->Finish(c_, rows, sizes_.out_c, output);
}

void ConvRun::RunVolumes(const float* input, const float* filter, const Epilogue& epilogue, float* output,
                         const ScratchPieces& pieces) {
  PackedFilter packed;
  if (state_.prepared()) {
    packed = *state_.packed;
  } else {
    auto* in_order = pieces.At<float>(stacked_filter_);
    StackFilter(sizes_, filter, in_order);
    packed = PackNow(in_order, pieces);
  }
  auto* stacked = pieces.At<float>(stacked_);
  const int64_t out_slice = sizes_.out[1] * sizes_.out[2] * sizes_.out_c;
  const int64_t slices = sizes_.batch * sizes_.out[0];
  ConvGeometry geometry = geometry_;
  for (int64_t first = 0; first < slices && !c_.stop().stopped(); first += geometry_.batch) {
    geometry.batch = std::min(geometry_.batch, slices - first);
    StackSlices(c_, sizes_, input, first, geometry.batch, stacked);
    Epilogue here = epilogue;
    if (here.addend != nullptr) here.addend += first * out_slice;
    Conv2D(stacked, packed, geometry, algorithm_, here, output + first * out_slice, pieces.At<void>(kernel_), c_.pool(),
           c_.stop());
  }
}

PackedFilter ConvRun::PackNow(const float* filter, const ScratchPieces& pieces) {
  const int64_t k = geometry_.k_h * geometry_.k_w * (geometry_.in_c / geometry_.groups);
  const int64_t group_out = sizes_.group_out();
  const int64_t panels = (group_out + PackedMatrix::kPanel - 1) / PackedMatrix::kPanel;
  float* packed = pieces.At<float>(packed_);
  const int64_t grain = std::max<int64_t>((1 << 15) / (k * PackedMatrix::kPanel), 1);
  c_.ParallelFor(sizes_.groups * panels, grain, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t group = i / panels;
      PackPanels(filter + group * group_out, sizes_.out_c, k, group_out, false, i % panels, i % panels + 1,
                 packed + group * panels * k * PackedMatrix::kPanel);
    }
  });
  return PackedFilter::View(packed, nullptr);
}

Status CheckConvBuilt(DType dtype) {
  if (!kUses.integer_convolutions && dtype == DType::kInt32) return NotBuilt("convolutions of int32");
  return Status();
}

Status RunConv(RunContext& c) {
  const auto& state = c.state<ConvState>();
  RIVULET_RETURN_IF_ERROR(CheckConvBuilt(c.output(0).dtype()));
  if (c.output(0).num_elements() == 0) return Status();
  RIVULET_ASSIGN_OR_RETURN(const ConvSizes sizes, ConvSizesOf(c, state, c.input(0).shape()));
  ScratchPieces pieces;
  const StagedInput input(c.input(0), state.spec.channels_last, pieces);
  ConvRun run(c, state, sizes, c.output(0), pieces);
  RIVULET_RETURN_IF_ERROR(pieces.Allocate(c));
  run.Run(input.Fill(c, pieces), pieces);
  return Status();
}

}  // namespace rivulet
