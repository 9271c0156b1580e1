#include "engine/ops/quantized_conv.h"

#include <algorithm>

#include "engine/kernels/conv_grouped_bytes.h"
#include "engine/ops/quantized.h"
#include "engine/ops/quantized_conv_finish.h"
#include "engine/ops/signed_operand.h"
#include "engine/ops/staging.h"

namespace rivulet {
namespace {

// A range of the filter has one element for all channels, or one for each.
Status CheckFilterRanges(InferContext& c, const QuantizedConvForm& form, int64_t channels) {
  const Shape& low = c.shape(form.ranges + 2);
  const Shape& high = c.shape(form.ranges + 3);
  for (const Shape* shape : {&low, &high}) {
    if (!shape->has_rank() || (shape->complete() && shape->num_elements() == 1)) continue;
    if (shape->rank() > 1 || !form.channel_ranges) {
      return InvalidArgument("range of the filter: want ", form.channel_ranges ? "at most rank 1" : "one element",
                             ", got shape ", shape->ToString());
    }
    const int64_t length = (*shape)[0];
    if (length >= 0 && length != 1 && channels >= 0 && length != channels) {
      return InvalidArgument("range of the filter: want one element, or one for each of ", channels, " channels, got ",
                             length);
    }
  }
  if (low.complete() && high.complete() && low != high) {
    return InvalidArgument("range of the filter: want minimum and maximum of one shape, got ", low, " and ", high);
  }
  return Status();
}

Status CheckBias(InferContext& c, int index, int64_t channels) {
  if (index < 0) return Status();
  RIVULET_RETURN_IF_ERROR(c.WantRank(index, 1));
  const int64_t length = c.shape(index).has_rank() ? c.shape(index)[0] : Shape::kUnknownDim;
  if (length >= 0 && channels >= 0 && length != channels) {
    return InvalidArgument("bias: want one element for each of ", channels, " channels, got ", length);
  }
  return Status();
}

Status CheckSummand(InferContext& c, int index, const Shape& output) {
  if (index < 0) return Status();
  const Shape& summand = c.shape(index);
  bool fits = !summand.has_rank() || summand.rank() == output.rank();
  for (int i = 0; fits && summand.has_rank() && i < output.rank(); ++i) {
    fits = summand[i] < 0 || output[i] < 0 || summand[i] == output[i];
  }
  if (fits) return Status();
  return InvalidArgument("summand: want the output's shape ", output, ", got ", summand);
}

Result<ConvSizes> SizesOf(const RunContext& c, const QuantizedConvState& state) {
  const Shape& filter = state.packed != nullptr ? state.filter_shape : c.input(1).shape();
  return ComputeConvSizes(state.spec, c.input(0).shape(), filter, state.form.kind);
}

// Signed codes as bytes with 128 more.
void TurnSigns(RunContext& c, const uint8_t* from, int64_t count, uint8_t* to) {
  c.ParallelFor(count, 1 << 16, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) to[i] = static_cast<uint8_t>(from[i] ^ 0x80);
  });
}

// The exact sums, and where they lie.
class Sums {
 public:
  Sums(RunContext& c, const QuantizedConvState& state, const ConvSizes& sizes, ScratchPieces& pieces)
      : c_(c), state_(state), sizes_(sizes), is_signed_(c.input(0).dtype() == DType::kQint8) {
    const CheckedSize count = c.output(0).num_elements();
    if (c.output(0).dtype() != DType::kQint32) sums_ = pieces.Add(count * 4);
    if (sizes.groups != 1) return;
    if (state.packed == nullptr) packed_ = pieces.Add(PackedMatrixU8::Bytes(taps(), sizes.out_c));
    if (is_signed_) turned_ = pieces.Add(c.input(0).num_elements());
  }

  int32_t* Compute(const ScratchPieces& pieces) {
    int32_t* sums = sums_ < 0 ? static_cast<int32_t*>(c_.output(0).raw()) : pieces.At<int32_t>(sums_);
    const ConvGeometry geometry = ToConvGeometry(sizes_);
    const auto* input = static_cast<const uint8_t*>(c_.input(0).raw());
    if (sizes_.groups != 1) {
      const auto* filter = static_cast<const int8_t*>(c_.input(1).raw());
      if (is_signed_) {
        GroupedConvBytes(reinterpret_cast<const int8_t*>(input), filter, geometry, sums, c_.pool(), c_.stop());
      } else {
        GroupedConvBytes(input, filter, geometry, sums, c_.pool(), c_.stop());
      }
      return sums;
    }
    if (is_signed_) {
      auto* turned = pieces.At<uint8_t>(turned_);
      TurnSigns(c_, input, c_.input(0).num_elements(), turned);
      input = turned;
    }
    const PackedMatrixU8 filter = state_.packed != nullptr
                                      ? *state_.packed
                                      : PackSignedInto(c_, 1, taps(), sizes_.out_c, pieces.At<uint8_t>(packed_));
    if (!c_.stop().stopped()) {
      Conv2DU8(input, is_signed_ ? kSignedZero : 0, filter, kSignedZero, geometry, sums, c_.pool(), c_.stop());
    }
    return sums;
  }

 private:
  int64_t taps() const { return sizes_.taps() * sizes_.in_c; }

  RunContext& c_;
  const QuantizedConvState& state_;
  const ConvSizes& sizes_;
  const bool is_signed_;
  int64_t sums_ = -1;
  int64_t packed_ = -1;
  int64_t turned_ = -1;
};

// A window that sticks out of the padded input by less than a stride gives nothing elsewhere. Here TensorFlow has no
// answer: where it knows the shapes it refuses, at run time it ends the process or gives memory never written.
Status CheckWindow(const WindowSpec& spec, const ConvSizes& sizes) {
  if (spec.padding == Padding::kSame) return Status();
  for (size_t d = 1; d < 3; ++d) {
    if (sizes.in[d] < 0 || sizes.out[d] != 0) continue;
    const CheckedSize extent = CheckedSize(std::max<int64_t>(sizes.k[d] - 1, 0)) * sizes.dilation[d] + 1;
    return InvalidArgument(d == 1 ? "height" : "width", ": a window of ", extent.value(),
                           " is larger than the padded input of ",
                           sizes.in[d] + spec.pad_before[d] + spec.pad_after[d]);
  }
  return Status();
}

}  // namespace

Status InferQuantizedConv(InferContext& c, const QuantizedConvForm& form, const WindowSpec& spec) {
  for (const int first : {form.ranges, form.output_range, form.summand_range}) {
    if (first < 0) continue;
    RIVULET_RETURN_IF_ERROR(WantOneElement(c, first, 2));
  }
  RIVULET_ASSIGN_OR_RETURN(const ConvSizes sizes, ComputeConvSizes(spec, c.shape(0), c.shape(1), form.kind));
  RIVULET_RETURN_IF_ERROR(CheckWindow(spec, sizes));
  const Shape output = OutputShape(spec, sizes);
  RIVULET_RETURN_IF_ERROR(CheckFilterRanges(c, form, sizes.out_c));
  RIVULET_RETURN_IF_ERROR(CheckBias(c, form.bias, sizes.out_c));
  RIVULET_RETURN_IF_ERROR(CheckSummand(c, form.summand, output));
  SetQuantizedOutputs(c, output);
  if (form.output_range < 0) {
    const Shape& range = c.shape(form.ranges + 2);
    for (int i = 1; i < 3; ++i) c.set_output(i, range.has_rank() && range.rank() > 1 ? Shape{1} : range);
  }
  return Status();
}

Result<std::unique_ptr<OpState>> PrepareQuantizedConv(PrepareContext& c, const QuantizedConvForm& form,
                                                      const WindowSpec& spec) {
  auto state = std::make_unique<QuantizedConvState>();
  state->form = form;
  state->spec = spec;
  if (const Tensor* filter = c.constant(1); filter != nullptr) {
    RIVULET_ASSIGN_OR_RETURN(const ConvSizes sizes, ComputeConvSizes(spec, c.shape(0), filter->shape(), form.kind));
    if (sizes.groups == 1) {
      RIVULET_ASSIGN_OR_RETURN(state->packed, PackSignedOnce(c, 1, sizes.taps() * sizes.in_c, sizes.out_c));
      state->filter_shape = filter->shape();
    }
  }
  return std::unique_ptr<OpState>(std::move(state));
}

Status RunQuantizedConv(RunContext& c, const QuantizedConvState& state) {
  RIVULET_ASSIGN_OR_RETURN(const ConvSizes sizes, SizesOf(c, state));
  RIVULET_ASSIGN_OR_RETURN(const ConvSteps steps, ReadConvSteps(c, state.form));
  WriteOutputRange(c, state.form, steps);
  if (c.output(0).num_elements() == 0) return Status();
  ScratchPieces pieces;
  Sums sums(c, state, sizes, pieces);
  const int64_t terms = pieces.Add(CheckedSize(sizes.out_c) * kChannelTermBytes);
  RIVULET_RETURN_IF_ERROR(pieces.Allocate(c));
  const int32_t* exact = sums.Compute(pieces);
  if (c.stop().stopped()) return c.stop().Why();
  FinishSums(c, state.form, steps, exact, sizes.out_c, pieces.At<void>(terms));
  return Status();
}

}  // namespace rivulet
