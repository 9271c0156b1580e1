// AudioSummary, AudioSummaryV2: sound as the bytes of a tf.Summary with a WAV file for each of the first max_outputs.
//   tag: a scalar, tensor [batch, frames, channels] or [batch, frames] in [-1, 1], sample_rate: an attribute, or (V2) a
//   scalar
#include <algorithm>
#include <cmath>
#include <string>

#include "engine/media/wav.h"
#include "engine/ops/text_bytes.h"
#include "engine/ops/wire_writer.h"
#include "engine/ops/with.h"

namespace rivulet {
namespace {

struct State : OpState {
  int64_t max_outputs = 1;
  float sample_rate = 0;
};

Status CheckRate(float rate) {
  if (rate > 0 && rate < 4294967040.0f) return Status();
  return InvalidArgument("sample_rate: want > 0 and below 2^32, got ", rate);
}

Status Infer(InferContext& c, bool is_v2) {
  RIVULET_RETURN_IF_ERROR(c.WantScalar(0));
  const Shape& tensor = c.shape(1);
  if (tensor.has_rank() && tensor.rank() != 2 && tensor.rank() != 3) {
    return InvalidArgument("tensor: want [batch, frames] or [batch, frames, channels], got shape ", tensor);
  }
  if (is_v2) RIVULET_RETURN_IF_ERROR(c.WantScalar(2));
  c.set_output(0, {});
  return Status();
}

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c, bool is_v2) {
  auto state = std::make_unique<State>();
  state->max_outputs = c.attrs().Int("max_outputs");
  if (!is_v2) state->sample_rate = c.attrs().Float("sample_rate");
  return std::unique_ptr<OpState>(std::move(state));
}

Status Run(RunContext& c) {
  const State& state = c.state<State>();
  const Tensor& sound = c.input(1);
  const float rate = c.num_inputs() > 2 ? *c.input(2).data<float>() : state.sample_rate;
  RIVULET_RETURN_IF_ERROR(CheckRate(rate));
  const int64_t frames = sound.dim(1), channels = sound.rank() > 2 ? sound.dim(2) : 1;
  const int64_t count = std::min(sound.dim(0), state.max_outputs);
  const std::string& tag = *c.input(0).data<std::string>();
  TextBytes bytes(c.allocator());
  // A file has 2 bytes for each value and is copied twice into its message.
  const CheckedSize file = CheckedSize(frames) * channels * 2 + static_cast<int64_t>(tag.size()) + 256;
  RIVULET_RETURN_IF_ERROR(bytes.Charge(file * count + file * 3));
  std::string out;
  for (int64_t i = 0; i < count; ++i) {
    if (c.stop().stopped()) return Status();
    const auto values = static_cast<size_t>(frames * channels);
    const std::span<const float> one =
        values == 0 ? std::span<const float>() : sound.values<float>().subspan(static_cast<size_t>(i) * values, values);
    RIVULET_ASSIGN_OR_RETURN(const std::string wav, EncodeWav(one, channels, std::max(std::lrint(rate), 1L)));
    // Audio { sample_rate = 1, num_channels = 2, length_frames = 3, encoded_audio_string = 4, content_type = 5 }
    std::string audio;
    WireWriter(&audio).Float(1, rate);
    WireWriter(&audio).Int(2, channels);
    if (frames != 0) WireWriter(&audio).Int(3, frames);
    WireWriter(&audio).Bytes(4, wav);
    WireWriter(&audio).Bytes(5, "audio/wav");
    // Summary { value = 1 }   Value { tag = 1, audio = 6 }
    std::string value;
    WireWriter(&value).Bytes(1, state.max_outputs > 1 ? Cat(tag, "/audio/", i) : Cat(tag, "/audio"));
    WireWriter(&value).Bytes(6, audio);
    WireWriter(&out).Bytes(1, value);
  }
  *c.output(0).data<std::string>() = std::move(out);
  return Status();
}

constexpr OpDef kDefs[] = {
    {.name = "AudioSummary",
     .inputs = "tag:str, tensor:f32",
     .outputs = "summary:str",
     .attrs = "sample_rate:float; max_outputs:int=3 >=1",
     .infer = With<Infer, false>,
     .prepare = With<Prepare, false>,
     .run = Run},
    {.name = "AudioSummaryV2",
     .inputs = "tag:str, tensor:f32, sample_rate:f32",
     .outputs = "summary:str",
     .attrs = "max_outputs:int=3 >=1",
     .infer = With<Infer, true>,
     .prepare = With<Prepare, true>,
     .run = Run},
};

}  // namespace

RIVULET_OP_LIST(SummaryAudio, kDefs);

}  // namespace rivulet
