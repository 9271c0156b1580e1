// EncodePng, EncodeJpeg, EncodeJpegVariableQuality: from pixels to a file's bytes.
//
//   EncodePng   image: [.., height, width, 1 to 4] of uint8 or uint16    contents: [..], one file per picture
//   EncodeJpeg  image: [height, width, 1 or 3] of uint8                  contents: []
//
// The files have TensorFlow's settings. Deviations: densities outside 0 .. 65535 are refused, not wrapped.
#include "engine/media/image.h"
#include "engine/ops/op.h"

namespace rivulet {
namespace {

struct PngState : OpState {
  PngEncodeOptions options;
};

struct JpegState : OpState {
  JpegEncodeOptions options;
};

Status InferPng(InferContext& c) {
  const int64_t compression = c.attrs().Int("compression");
  if (compression < -1 || compression > 9) return InvalidArgument("compression: want -1 to 9, got ", compression);
  RIVULET_RETURN_IF_ERROR(c.WantMinRank(0, 3));
  const Shape& image = c.shape(0);
  if (!image.has_rank()) {
    c.set_output(0, Shape::UnknownRank());
    return Status();
  }
  const int64_t channels = image[image.rank() - 1];
  if (channels != Shape::kUnknownDim && (channels < 1 || channels > 4)) {
    return InvalidArgument("image: want 1 to 4 channels, got ", channels);
  }
  c.set_output(0, Shape(image.dims().first(static_cast<size_t>(image.rank() - 3))));
  return Status();
}

Result<std::unique_ptr<OpState>> PreparePng(PrepareContext& c) {
  auto state = std::make_unique<PngState>();
  state->options.compression = static_cast<int>(c.attrs().Int("compression"));
  return std::unique_ptr<OpState>(std::move(state));
}

ImageInfo PictureOf(const Tensor& image) {
  const int rank = image.rank();
  return {.height = image.dim(rank - 3),
          .width = image.dim(rank - 2),
          .channels = image.dim(rank - 1),
          .bits = static_cast<int>(ElementBytes(image.dtype())) * 8};
}

Status RunPng(RunContext& c) {
  const Tensor& image = c.input(0);
  const ImageInfo info = PictureOf(image);
  std::string* contents = c.output(0).data<std::string>();
  for (int64_t i = 0; i < c.output(0).num_elements(); ++i) {
    if (c.stop().stopped()) return c.stop().Why();
    RIVULET_RETURN_IF_ERROR(CheckPixels(ImageFormat::kPng, 1, info.height, info.width, MediaLimits()));
    const std::span<const uint8_t> pixels(static_cast<const uint8_t*>(image.raw()) + i * info.bytes(),
                                          static_cast<size_t>(info.bytes()));
    RIVULET_ASSIGN_OR_RETURN(contents[i], EncodePng(pixels, info, c.state<PngState>().options));
  }
  return Status();
}

Status CheckJpegImage(InferContext& c, int64_t wanted_channels) {
  RIVULET_RETURN_IF_ERROR(c.WantRank(0, 3));
  c.set_output(0, Shape{});
  if (!c.shape(0).has_rank() || c.shape(0)[2] == Shape::kUnknownDim) return Status();
  const int64_t channels = c.shape(0)[2];
  if (wanted_channels != 0 && channels != wanted_channels) {
    return InvalidArgument("image: the format wants ", wanted_channels, " channels, got shape ", c.shape(0));
  }
  if (channels != 1 && channels != 3) {
    return InvalidArgument("image: want 1 or 3 channels, got shape ", c.shape(0));
  }
  return Status();
}

Status InferJpeg(InferContext& c) {
  const AttrReader attrs = c.attrs();
  const std::string format = attrs.Str("format");
  if (format != "" && format != "grayscale" && format != "rgb") {
    return InvalidArgument("format: want '', 'grayscale' or 'rgb', got ", Quoted(format));
  }
  const std::string unit = attrs.Str("density_unit");
  if (unit != "in" && unit != "cm") return InvalidArgument("density_unit: want 'in' or 'cm', got ", Quoted(unit));
  const int64_t quality = attrs.Int("quality");
  if (quality < 0 || quality > 100) return InvalidArgument("quality: want 0 to 100, got ", quality);
  for (const char* name : {"x_density", "y_density"}) {
    const int64_t density = attrs.Int(name);
    if (density < 0 || density > 0xffff) return InvalidArgument(name, ": want 0 to 65535, got ", density);
  }
  return CheckJpegImage(c, format == "grayscale" ? 1 : format == "rgb" ? 3 : 0);
}

Result<std::unique_ptr<OpState>> PrepareJpeg(PrepareContext& c) {
  auto state = std::make_unique<JpegState>();
  const AttrReader attrs = c.attrs();
  state->options = {.quality = static_cast<int>(attrs.Int("quality")),
                    .progressive = attrs.Bool("progressive"),
                    .optimize_size = attrs.Bool("optimize_size"),
                    .chroma_downsampling = attrs.Bool("chroma_downsampling"),
                    .density_in_inches = attrs.Str("density_unit") == "in",
                    .x_density = static_cast<int>(attrs.Int("x_density")),
                    .y_density = static_cast<int>(attrs.Int("y_density")),
                    .xmp_metadata = attrs.Str("xmp_metadata")};
  return std::unique_ptr<OpState>(std::move(state));
}

Status EncodeTo(RunContext& c, const JpegEncodeOptions& options) {
  const Tensor& image = c.input(0);
  const ImageInfo info = PictureOf(image);
  RIVULET_RETURN_IF_ERROR(CheckPixels(ImageFormat::kJpeg, 1, info.height, info.width, MediaLimits()));
  const std::span<const uint8_t> pixels(image.data<uint8_t>(), static_cast<size_t>(image.num_elements()));
  RIVULET_ASSIGN_OR_RETURN(*c.output(0).data<std::string>(), EncodeJpeg(pixels, info, options));
  return Status();
}

Status RunJpeg(RunContext& c) { return EncodeTo(c, c.state<JpegState>().options); }

Status InferVariable(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(c.WantScalar(1));
  return CheckJpegImage(c, 0);
}

Status RunVariable(RunContext& c) {
  JpegEncodeOptions options;
  options.quality = *c.input(1).data<int32_t>();
  if (options.quality < 0 || options.quality > 100) {
    return InvalidArgument("quality: want 0 to 100, got ", options.quality);
  }
  return EncodeTo(c, options);
}

constexpr OpDef kDefs[] = {
    {.name = "EncodePng",
     .inputs = "image:T",
     .outputs = "contents:str",
     .attrs = "compression:int=-1; T:type=u8 in {u8,u16}",
     .infer = InferPng,
     .prepare = PreparePng,
     .run = RunPng},
    {.name = "EncodeJpeg",
     .inputs = "image:u8",
     .outputs = "contents:str",
     .attrs = "format:string=\"\"; quality:int=95; progressive:bool=false; optimize_size:bool=false; "
              "chroma_downsampling:bool=true; density_unit:string=\"in\"; x_density:int=300; y_density:int=300; "
              "xmp_metadata:string=\"\"",
     .infer = InferJpeg,
     .prepare = PrepareJpeg,
     .run = RunJpeg},
    {.name = "EncodeJpegVariableQuality",
     .inputs = "images:u8, quality:i32",
     .outputs = "contents:str",
     .attrs = "",
     .infer = InferVariable,
     .run = RunVariable},
};

}  // namespace
RIVULET_OP_LIST(EncodeImage, kDefs);
}  // namespace rivulet
