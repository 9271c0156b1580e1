// wav_to_spectrogram: a picture of a sound: time goes down, frequency to the right.
#include "cli/tf/tools.h"
#include "engine/base/errors.h"
#include "engine/base/file.h"
#include "engine/import/text_proto.h"
#include "engine/media/image.h"
#include "rivulet/session.h"

namespace rivulet::tf {
namespace {

constexpr char kGraph[] = R"(
node { name: "wav" op: "Placeholder" attr { key: "dtype" value { type: DT_STRING } } }
node { name: "brightness" op: "Placeholder" attr { key: "dtype" value { type: DT_FLOAT } } }
node { name: "sound" op: "DecodeWav" input: "wav" }
node { name: "spectrogram" op: "AudioSpectrogram" input: "sound"
       attr { key: "window_size" value { i: $WINDOW } } attr { key: "stride" value { i: $STRIDE } } }
node { name: "scaled" op: "Mul" input: "spectrogram" input: "brightness" attr { key: "T" value { type: DT_FLOAT } } }
node { name: "white" op: "Const" attr { key: "dtype" value { type: DT_FLOAT } }
       attr { key: "value" value { tensor { dtype: DT_FLOAT tensor_shape { } float_val: 255 } } } }
node { name: "clamped" op: "Minimum" input: "scaled" input: "white" attr { key: "T" value { type: DT_FLOAT } } }
node { name: "bytes" op: "Cast" input: "clamped" attr { key: "SrcT" value { type: DT_FLOAT } }
       attr { key: "DstT" value { type: DT_UINT8 } } }
)";

std::string GraphText(int64_t window, int64_t stride) {
  std::string text = kGraph;
  text.replace(text.find("$WINDOW"), 7, Cat(window));
  text.replace(text.find("$STRIDE"), 7, Cat(stride));
  return text;
}

struct SpectrogramFlags {
  std::string input_wav = "tensorflow/core/lib/wav/testdata/yes.wav", output_image = "spectrogram.png";
  int64_t window_size = 256, stride = 128;
  double brightness = 64;
};

Status Draw(const SpectrogramFlags& flags) {
  RIVULET_ASSIGN_OR_RETURN(const FileBytes wav, OpenFile(flags.input_wav, FileAccess::kMap, int64_t{1} << 30));
  RIVULET_ASSIGN_OR_RETURN(const std::vector<uint8_t> wire,
                           TextToWire(GraphText(flags.window_size, flags.stride), TextRoot::kGraphDef, {}));
  RIVULET_ASSIGN_OR_RETURN(auto model, Model::LoadBytes(wire, nullptr, "spectrogram"));
  RIVULET_ASSIGN_OR_RETURN(const auto session, Session::Create(std::move(model)));
  const Feeds feeds = {{"wav", Tensor::Scalar<std::string>(std::string(wav.bytes.begin(), wav.bytes.end()))},
                       {"brightness", Tensor::Scalar<float>(static_cast<float>(flags.brightness))}};
  Result<std::vector<Tensor>> outputs = session->Run(feeds, {"bytes"});
  if (!outputs.ok()) return Status(outputs.status()).Framed(Quoted(flags.input_wav));
  const Tensor& bytes = (*outputs)[0];  // [channels, times, frequencies]; the first channel is drawn
  if (bytes.rank() != 3 || bytes.num_elements() == 0) {
    return InvalidArgument(Quoted(flags.input_wav), ": want at least --window_size samples, ", flags.window_size);
  }
  ImageInfo info{.format = ImageFormat::kPng, .height = bytes.dim(1), .width = bytes.dim(2), .channels = 1};
  RIVULET_ASSIGN_OR_RETURN(const std::string png,
                           EncodePng({bytes.data<uint8_t>(), static_cast<size_t>(info.height * info.width)}, info, {}));
  return SaveFile(flags.output_image, {reinterpret_cast<const uint8_t*>(png.data()), png.size()});
}

int Run(const Call& call) {
  SpectrogramFlags tool;
  Flags flags = call.MakeFlags();
  flags.Add("input_wav", &tool.input_wav, "audio file to load");
  flags.Add("window_size", &tool.window_size, "frequency sample window width");
  flags.Add("stride", &tool.stride, "how far apart to place frequency windows");
  flags.Add("brightness", &tool.brightness, "controls how bright the output image is");
  flags.Add("output_image", &tool.output_image, "where to save the spectrogram image to");
  if (const auto code = flags.Parse(call.arguments)) return *code;
  const Status status = Draw(tool);
  return status.ok() ? 0 : call.Fail(status);
}

}  // namespace

const Tool kWavToSpectrogram = {"wav_to_spectrogram", "Draws a sound's frequencies over time as a PNG picture.", kCpp,
                                Run};

}  // namespace rivulet::tf
