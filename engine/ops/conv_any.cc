// Conv: the convolution of conv.cc for two or three spatial axes and any number of batch axes.
//
// input [batch.., spatial.., in_c] (CHANNELS_LAST) or [batch.., in_c, spatial..] (CHANNELS_FIRST) with `batch_dims`
// batch axes, filter [spatial.., in_c / groups, out_c]. strides, dilations and explicit_paddings have an entry for one
// batch axis, whatever batch_dims is; empty dilations stand for ones. TensorFlow has no kernel for groups > 1 or
// CHANNELS_FIRST; here they work.
#include "engine/ops/conv_forward.h"
#include "engine/ops/packed_operands.h"

namespace rivulet {
namespace {

// The attributes, which can be read as a spec once the number of spatial axes is known.
struct Attributes {
  std::vector<int64_t> strides;
  std::vector<int64_t> dilations;
  std::vector<int64_t> explicit_paddings;
  std::string padding;
  bool channels_last = true;
  int64_t batch_dims = 1;

  explicit Attributes(const AttrReader& attrs)
      : strides(attrs.Ints("strides")),
        dilations(attrs.Ints("dilations")),
        explicit_paddings(attrs.Ints("explicit_paddings")),
        padding(attrs.Str("padding")),
        channels_last(attrs.Str("data_format") == "CHANNELS_LAST"),
        batch_dims(attrs.Int("batch_dims")) {}

  Result<WindowSpec> SpecFor(int input_rank) const {
    WindowSpec spec;
    spec.spatial_rank = input_rank - static_cast<int>(batch_dims) - 1;
    spec.channels_last = channels_last;
    RIVULET_RETURN_IF_ERROR(SetStrides(strides, &spec));
    RIVULET_RETURN_IF_ERROR(SetDilations(dilations, &spec));
    RIVULET_RETURN_IF_ERROR(SetPadding(padding, explicit_paddings, &spec));
    return spec;
  }
};

// The input with its batch axes as one: unknown if one of them is.
Result<Shape> MergeBatch(const Shape& input, int64_t batch_dims) {
  CheckedSize batch = 1;
  bool known = true;
  Shape merged;
  for (int i = 0; i < batch_dims; ++i) {
    known &= input[i] >= 0;
    if (known) batch *= input[i];
  }
  if (known && !batch.valid()) return InvalidArgument("the batch of shape ", input, " is too large");
  merged.push_back(known ? batch.value() : Shape::kUnknownDim);
  for (int i = static_cast<int>(batch_dims); i < input.rank(); ++i) merged.push_back(input[i]);
  return merged;
}

Status Infer(InferContext& c) {
  const int64_t batch_dims = c.attrs().Int("batch_dims");
  const int64_t groups = c.attrs().Int("groups");
  if (batch_dims < 0 || batch_dims > Shape::kMaxRank) {
    return InvalidArgument("attr 'batch_dims': want >= 0 and below the input's rank, got ", batch_dims);
  }
  if (groups < 1) return InvalidArgument("attr 'groups': want >= 1, got ", groups);
  const Shape& input = c.shape(0);
  if (!input.has_rank()) {
    c.set_output(0, Shape::UnknownRank());
    return Status();
  }
  const int64_t spatial_rank = input.rank() - batch_dims - 1;
  if (spatial_rank != 2 && spatial_rank != 3) {
    return InvalidArgument("input: want ", batch_dims, " batch axes, 2 or 3 spatial ones and the channels, got shape ",
                           input);
  }
  RIVULET_ASSIGN_OR_RETURN(const WindowSpec spec, Attributes(c.attrs()).SpecFor(input.rank()));
  RIVULET_ASSIGN_OR_RETURN(const Shape merged, MergeBatch(input, batch_dims));
  RIVULET_ASSIGN_OR_RETURN(const ConvSizes sizes, ComputeConvSizes(spec, merged, c.shape(1), FilterKind::kDense));
  if (sizes.groups >= 0 && sizes.groups != groups) {
    return InvalidArgument("the input has ", sizes.in_c, " channels and the filter ", sizes.in_c / sizes.groups,
                           ", which makes ", sizes.groups, " groups; attr 'groups' says ", groups);
  }
  const Shape output = OutputShape(spec, sizes);
  Shape full;
  for (int i = 0; i < batch_dims; ++i) full.push_back(input[i]);
  for (int i = 1; i < output.rank(); ++i) full.push_back(output[i]);
  c.set_output(0, full);
  return Status();
}

struct State : OpState {
  explicit State(const AttrReader& attrs) : attributes(attrs) {}
  Attributes attributes;
  bool rank_known = false;
  ConvState conv;
};

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c) {
  auto state = std::make_unique<State>(c.attrs());
  state->conv.plain = PackedOperands::WantsPlain();
  const Shape& input = c.shape(0);
  if (input.has_rank()) {
    RIVULET_ASSIGN_OR_RETURN(state->conv.spec, state->attributes.SpecFor(input.rank()));
    RIVULET_ASSIGN_OR_RETURN(const Shape merged, MergeBatch(input, state->attributes.batch_dims));
    RIVULET_RETURN_IF_ERROR(PrepareConvFilter(c, merged, &state->conv));
    state->rank_known = true;
  }
  return std::unique_ptr<OpState>(std::move(state));
}

Status Run(RunContext& c) {
  RIVULET_RETURN_IF_ERROR(CheckConvBuilt(c.output(0).dtype()));
  if (c.output(0).num_elements() == 0) return Status();
  const auto& prepared = c.state<State>();
  ConvState state = prepared.conv;
  if (!prepared.rank_known) {
    RIVULET_ASSIGN_OR_RETURN(state.spec, prepared.attributes.SpecFor(c.input(0).rank()));
  }
  RIVULET_ASSIGN_OR_RETURN(const Shape merged, MergeBatch(c.input(0).shape(), prepared.attributes.batch_dims));
  RIVULET_ASSIGN_OR_RETURN(const ConvSizes sizes, ConvSizesOf(c, state, merged));
  const Tensor input = c.input(0).Reshaped(merged);
  Tensor output = c.output(0).Reshaped(OutputShape(state.spec, sizes));
  ScratchPieces pieces;
  const StagedInput staged(input, state.spec.channels_last, pieces);
  ConvRun run(c, state, sizes, output, pieces);
  RIVULET_RETURN_IF_ERROR(pieces.Allocate(c));
  run.Run(staged.Fill(c, pieces), pieces);
  return Status();
}

constexpr OpDef kDefs[] = {
    {.name = "Conv",
     .inputs = "input:T, filter:T",
     .outputs = "output:T",
     .attrs = "T:type in {f16,bf16,f32,f64,i32}; strides:list(int); padding:string in {SAME,VALID,EXPLICIT}; "
              "explicit_paddings:list(int)=[]; data_format:string=\"CHANNELS_LAST\" in {CHANNELS_FIRST,CHANNELS_LAST}; "
              "dilations:list(int)=[]; batch_dims:int=1; groups:int=1",
     .infer = Infer,
     .prepare = Prepare,
     .run = Run},
};

}  // namespace

RIVULET_OP_LIST(ConvAny, kDefs);

}  // namespace rivulet
