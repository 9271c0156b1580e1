// DecodeJpeg, DecodeAndCropJpeg, DecodePng, DecodeGif, DecodeBmp, DecodeImage, ExtractJpegShape: from a file's bytes to
// pixels.
//
//   contents: [] string, a file     crop_window: [4] int32 of y, x, height, width
//   image: [height, width, channels], or [frames, height, width, channels] (DecodeGif always, DecodeImage for a GIF
//   while expand_animations is set); uint8, or as DecodePng and DecodeImage are told
//
// What the file is decides how it is read, not the operator's name: DecodeJpeg reads a PNG. The exceptions are
// TensorFlow's: a BMP is read by DecodeBmp and DecodeImage alone, and DecodeBmp reads nothing else; only a JPEG is
// cropped; a GIF of more than one frame needs DecodeGif or DecodeImage. The limits and the few differences from
// TensorFlow are at the head of engine/media/image.h and of the formats' files.
#include <cstring>

#include "engine/media/image.h"
#include "engine/ops/op.h"

namespace rivulet {
namespace {

enum class Kind { kJpeg, kCroppedJpeg, kPng, kGif, kBmp, kImage };

struct State : OpState {
  Kind kind = Kind::kImage;
  ImageOptions options;
  DType dtype = DType::kUint8;
  bool expand_animations = true;
};

Kind KindOf(const Node& node) {
  if (node.op == "DecodeJpeg") return Kind::kJpeg;
  if (node.op == "DecodeAndCropJpeg") return Kind::kCroppedJpeg;
  if (node.op == "DecodePng") return Kind::kPng;
  if (node.op == "DecodeGif") return Kind::kGif;
  if (node.op == "DecodeBmp") return Kind::kBmp;
  return Kind::kImage;
}

// The attributes of any of the operators, checked.
Status ReadAttributes(const Node& node, State* state) {
  const AttrReader attrs(node);
  ImageOptions& options = state->options;
  state->kind = KindOf(node);
  if (state->kind == Kind::kGif) {
    options.channels = 3;
    return Status();
  }
  const int64_t channels = attrs.Int("channels");
  if (channels != 0 && channels != 1 && channels != 3 && channels != 4) {
    return InvalidArgument("channels: want 0, 1, 3 or 4, got ", channels);
  }
  options.channels = static_cast<int>(channels);
  if (state->kind == Kind::kJpeg || state->kind == Kind::kCroppedJpeg) {
    const int64_t ratio = attrs.Int("ratio");
    if (ratio != 1 && ratio != 2 && ratio != 4 && ratio != 8) {
      return InvalidArgument("ratio: want 1, 2, 4 or 8, got ", ratio);
    }
    options.ratio = static_cast<int>(ratio);
    options.fancy_upscaling = attrs.Bool("fancy_upscaling");
    options.try_recover_truncated = attrs.Bool("try_recover_truncated");
    options.acceptable_fraction = attrs.Float("acceptable_fraction");
    const std::string method = attrs.Str("dct_method");
    if (method != "" && method != "INTEGER_FAST" && method != "INTEGER_ACCURATE") {
      return InvalidArgument("dct_method: want '', 'INTEGER_FAST' or 'INTEGER_ACCURATE', got ", Quoted(method));
    }
    options.dct = method == "INTEGER_ACCURATE" ? JpegDct::kAccurate : JpegDct::kFast;
  }
  if (state->kind == Kind::kPng || state->kind == Kind::kImage) state->dtype = attrs.Type("dtype");
  if (state->kind == Kind::kImage) state->expand_animations = attrs.Bool("expand_animations");
  if (state->dtype == DType::kUint16) options.bits = 16;
  return Status();
}

Status Infer(InferContext& c) {
  State state;
  RIVULET_RETURN_IF_ERROR(ReadAttributes(c.node(), &state));
  RIVULET_RETURN_IF_ERROR(c.WantScalar(0));
  const int64_t channels = state.options.channels != 0 ? state.options.channels : Shape::kUnknownDim;
  Shape image{Shape::kUnknownDim, Shape::kUnknownDim, channels};
  switch (state.kind) {
    case Kind::kGif: image = Shape{Shape::kUnknownDim, Shape::kUnknownDim, Shape::kUnknownDim, 3}; break;
    case Kind::kImage:
      if (state.expand_animations) image = Shape::UnknownRank();
      break;
    case Kind::kCroppedJpeg:
      RIVULET_RETURN_IF_ERROR(c.WantRank(1, 1));
      if (c.shape(1).has_rank() && c.shape(1)[0] != Shape::kUnknownDim && c.shape(1)[0] != 4) {
        return InvalidArgument("crop_window: want 4 values (y, x, height, width), got shape ", c.shape(1));
      }
      break;
    default: break;
  }
  c.set_output(0, image);
  return Status();
}

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c) {
  auto state = std::make_unique<State>();
  RIVULET_RETURN_IF_ERROR(ReadAttributes(c.node(), state.get()));
  return std::unique_ptr<OpState>(std::move(state));
}

// Whether this operator reads a file of this format.
Status CheckReads(Kind kind, ImageFormat format) {
  const bool is_bmp = format == ImageFormat::kBmp;
  const bool known =
      is_bmp || format == ImageFormat::kJpeg || format == ImageFormat::kPng || format == ImageFormat::kGif;
  if (!known) return Status();  // InspectImage says what it found
  if (kind == Kind::kBmp && !is_bmp) {
    return InvalidArgument("DecodeBmp reads BMP only, found ", Name(format), "; use DecodeImage");
  }
  if (kind == Kind::kCroppedJpeg && format != ImageFormat::kJpeg) {
    return InvalidArgument("DecodeAndCropJpeg reads JPEG only, found ", Name(format));
  }
  if (is_bmp && kind != Kind::kBmp && kind != Kind::kImage) {
    return InvalidArgument("found BMP, which only DecodeBmp and DecodeImage read");
  }
  return Status();
}

// Turns the values that lie at the start of a float tensor's memory into floats filling it, from the end.
template <typename T>
void SpreadToFloat(float* out, int64_t count, float scale) {
  const char* in = reinterpret_cast<const char*>(out);
  for (int64_t i = count; i-- > 0;) {
    T value;
    std::memcpy(&value, in + i * static_cast<int64_t>(sizeof(T)), sizeof value);
    out[i] = static_cast<float>(value) * scale;
  }
}

Status Run(RunContext& c) {
  const State& state = c.state<State>();
  const Bytes bytes = AsBytes(*c.input(0).data<std::string>());
  const ImageFormat format = SniffImage(bytes);
  RIVULET_RETURN_IF_ERROR(CheckReads(state.kind, format));
  ImageOptions options = state.options;
  options.stop = c.stop();
  options.first_frame_only = state.kind == Kind::kImage && !state.expand_animations;
  // A PNG has 16 bits to give to float pixels; the other formats have 8.
  const bool is_float = state.dtype == DType::kFloat;
  if (is_float) options.bits = format == ImageFormat::kPng ? 16 : 8;
  if (state.kind == Kind::kCroppedJpeg) {
    const std::vector<int64_t> window = ToInt64s(c.input(1));
    options.crop = CropWindow{.y = window[0], .x = window[1], .height = window[2], .width = window[3]};
  }
  RIVULET_ASSIGN_OR_RETURN(const ImageInfo info, InspectImage(bytes, options));

  Shape shape{info.height, info.width, info.channels};
  const bool has_frames = state.kind == Kind::kGif ||
                          (state.kind == Kind::kImage && state.expand_animations && format == ImageFormat::kGif);
  if (has_frames) shape = Shape{info.frames, info.height, info.width, info.channels};
  if (!has_frames && info.frames != 1) {
    return InvalidArgument("found a GIF of ", info.frames, " frames, which only DecodeGif and DecodeImage read");
  }
  RIVULET_RETURN_IF_ERROR(c.AllocateOutput(0, shape));
  Tensor& image = c.output(0);
  const std::span<uint8_t> pixels(static_cast<uint8_t*>(image.raw()), static_cast<size_t>(info.bytes()));
  RIVULET_RETURN_IF_ERROR(DecodeImage(bytes, options, pixels));
  if (is_float && options.bits == 16) SpreadToFloat<uint16_t>(image.data<float>(), image.num_elements(), 1.0f / 65535);
  if (is_float && options.bits == 8) SpreadToFloat<uint8_t>(image.data<float>(), image.num_elements(), 1.0f / 255);
  return Status();
}

Status InferShapeOp(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(c.WantScalar(0));
  c.set_output(0, Shape{3});
  return Status();
}

Status RunShapeOp(RunContext& c) {
  RIVULET_ASSIGN_OR_RETURN(const ImageInfo info,
                           ReadJpegShape(AsBytes(*c.input(0).data<std::string>()), MediaLimits()));
  const int64_t sizes[3] = {info.height, info.width, info.channels};
  for (int i = 0; i < 3; ++i) {
    if (c.output(0).dtype() == DType::kInt32) {
      c.output(0).data<int32_t>()[i] = static_cast<int32_t>(sizes[i]);
    } else {
      c.output(0).data<int64_t>()[i] = sizes[i];
    }
  }
  return Status();
}

#define RIVULET_JPEG_ATTRS                                                                     \
  "channels:int=0; ratio:int=1; fancy_upscaling:bool=true; try_recover_truncated:bool=false; " \
  "acceptable_fraction:float=1; dct_method:string=\"\""

// Height and width stay unknown even where all inputs are known: the file is looked at when it is run.
constexpr OpDef kDefs[] = {
    {.name = "DecodeJpeg",
     .inputs = "contents:str",
     .outputs = "image:u8",
     .attrs = RIVULET_JPEG_ATTRS,
     .infer = Infer,
     .prepare = Prepare,
     .run = Run,
     .flags = kDataDependent},
    {.name = "DecodeAndCropJpeg",
     .inputs = "contents:str, crop_window:i32",
     .outputs = "image:u8",
     .attrs = RIVULET_JPEG_ATTRS,
     .infer = Infer,
     .prepare = Prepare,
     .run = Run,
     .flags = kDataDependent},
    {.name = "DecodePng",
     .inputs = "contents:str",
     .outputs = "image:dtype",
     .attrs = "channels:int=0; dtype:type=u8 in {u8,u16}",
     .infer = Infer,
     .prepare = Prepare,
     .run = Run,
     .flags = kDataDependent},
    {.name = "DecodeGif",
     .inputs = "contents:str",
     .outputs = "image:u8",
     .attrs = "",
     .infer = Infer,
     .prepare = Prepare,
     .run = Run,
     .flags = kDataDependent},
    {.name = "DecodeBmp",
     .inputs = "contents:str",
     .outputs = "image:u8",
     .attrs = "channels:int=0",
     .infer = Infer,
     .prepare = Prepare,
     .run = Run,
     .flags = kDataDependent},
    {.name = "DecodeImage",
     .inputs = "contents:str",
     .outputs = "image:dtype",
     .attrs = "channels:int=0; dtype:type=u8 in {u8,u16,f32}; expand_animations:bool=true",
     .infer = Infer,
     .prepare = Prepare,
     .run = Run,
     .flags = kDataDependent},
    {.name = "ExtractJpegShape",
     .inputs = "contents:str",
     .outputs = "image_shape:output_type",
     .attrs = "output_type:type=i32 in {i32,i64}",
     .infer = InferShapeOp,
     .run = RunShapeOp},
};

}  // namespace
RIVULET_OP_LIST(DecodeImage, kDefs);
}  // namespace rivulet
