// DecodeWav, EncodeWav: between the bytes of a WAV file and samples in [-1, 1).
//
//   contents: [] string    audio: [samples, channels] float32    sample_rate: [] int32
//
// desired_samples and desired_channels of -1 take what the file has; more samples are zeros, more channels repeat the
// last one. Which files are read is said in engine/media/wav.cc.
#include "engine/media/wav.h"
#include "engine/ops/op.h"

namespace rivulet {
namespace {

struct State : OpState {
  WavOptions options;
};

Status InferDecode(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(c.WantScalar(0));
  const int64_t channels = c.attrs().Int("desired_channels");
  const int64_t samples = c.attrs().Int("desired_samples");
  if (channels < -1) return InvalidArgument("desired_channels: want -1 or more, got ", channels);
  if (samples < -1) return InvalidArgument("desired_samples: want -1 or more, got ", samples);
  // -1 is also how a shape says that a dim is not known.
  c.set_output(0, Shape{samples, channels});
  c.set_output(1, Shape{});
  return Status();
}

Result<std::unique_ptr<OpState>> PrepareDecode(PrepareContext& c) {
  auto state = std::make_unique<State>();
  state->options.desired_channels = c.attrs().Int("desired_channels");
  state->options.desired_samples = c.attrs().Int("desired_samples");
  return std::unique_ptr<OpState>(std::move(state));
}

Status RunDecode(RunContext& c) {
  const WavOptions& options = c.state<State>().options;
  const Bytes bytes = AsBytes(*c.input(0).data<std::string>());
  RIVULET_ASSIGN_OR_RETURN(const WavInfo info, InspectWav(bytes, options));
  // With both sizes desired the shape was known beforehand.
  if (options.desired_channels < 0 || options.desired_samples < 0) {
    RIVULET_RETURN_IF_ERROR(c.AllocateOutput(0, Shape{info.samples, info.channels}));
  }
  Tensor& audio = c.output(0);
  *c.output(1).data<int32_t>() = static_cast<int32_t>(info.sample_rate);
  return DecodeWav(bytes, info, {audio.data<float>(), static_cast<size_t>(audio.num_elements())});
}

Status InferEncode(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(c.WantRank(0, 2));
  RIVULET_RETURN_IF_ERROR(c.WantScalar(1));
  c.set_output(0, Shape{});
  return Status();
}

Status RunEncode(RunContext& c) {
  const Tensor& audio = c.input(0);
  const std::span<const float> values(audio.data<float>(), static_cast<size_t>(audio.num_elements()));
  RIVULET_ASSIGN_OR_RETURN(*c.output(0).data<std::string>(),
                           EncodeWav(values, audio.dim(1), *c.input(1).data<int32_t>()));
  return Status();
}

constexpr OpDef kDefs[] = {
    {.name = "DecodeWav",
     .inputs = "contents:str",
     .outputs = "audio:f32, sample_rate:i32",
     .attrs = "desired_channels:int=-1; desired_samples:int=-1",
     .infer = InferDecode,
     .prepare = PrepareDecode,
     .run = RunDecode,
     .flags = kDataDependent},
    {.name = "EncodeWav",
     .inputs = "audio:f32, sample_rate:i32",
     .outputs = "contents:str",
     .attrs = "",
     .infer = InferEncode,
     .run = RunEncode},
};

}  // namespace
RIVULET_OP_LIST(Wav, kDefs);
}  // namespace rivulet
