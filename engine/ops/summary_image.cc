// ImageSummary: pictures as the bytes of a tf.Summary with a PNG file for each of the first max_images.
//   tag: a scalar, tensor [batch, height, width, 1, 3 or 4] of uint8, or of floats, which are scaled to 0 .. 255:
//   a picture without negative values by 255 / max, another by 127 / max|x| around 128; in the floats' own type.
//   A pixel with an infinity or NaN has bad_color (red when the attribute is missing).
// The PNG files need not have TensorFlow's bytes, which depend on the versions of its libraries: recorded cases take
// the summary apart with DecodeProtoV2 and compare the decoded pixels and all else.
#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "engine/media/image.h"
#include "engine/ops/text_bytes.h"
#include "engine/ops/wire_writer.h"

namespace rivulet {
namespace {

struct State : OpState {
  int64_t max_images = 3;
  std::vector<uint8_t> bad_color = {255, 0, 0, 255};
};

Status ReadBadColor(const AttrReader& attrs, Allocator& allocator, std::vector<uint8_t>* color) {
  const auto literal = attrs.Literal("bad_color");
  if (literal == nullptr) return Status();
  if (literal->dtype != DType::kUint8 || literal->shape.rank() != 1) {
    return InvalidArgument("bad_color: want a vector of uint8, got ", literal->dtype, " of shape ", literal->shape);
  }
  RIVULET_ASSIGN_OR_RETURN(const Tensor value, Expand(*literal, allocator));
  const auto* bytes = static_cast<const uint8_t*>(value.raw());
  color->assign(bytes, bytes + value.num_elements());
  return Status();
}

Status Infer(InferContext& c) {
  if (c.attrs().Int("max_images") >= int64_t{1} << 31) {
    return InvalidArgument("max_images: want less than 2^31, got ", c.attrs().Int("max_images"));
  }
  RIVULET_RETURN_IF_ERROR(c.WantScalar(0));
  RIVULET_RETURN_IF_ERROR(c.WantRank(1, 4));
  c.set_output(0, {});
  if (!c.shape(1).has_rank() || c.shape(1)[3] == Shape::kUnknownDim) return Status();
  const int64_t channels = c.shape(1)[3];
  if (channels == 1 || channels == 3 || channels == 4) return Status();
  return InvalidArgument("tensor: want 1, 3 or 4 channels, got shape ", c.shape(1));
}

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c) {
  auto state = std::make_unique<State>();
  state->max_images = c.attrs().Int("max_images");
  RIVULET_RETURN_IF_ERROR(ReadBadColor(c.attrs(), c.allocator(), &state->bad_color));
  return std::unique_ptr<OpState>(std::move(state));
}

// What a type is computed in, to be rounded to it after each operation.
template <typename T>
using Wide = std::conditional_t<std::is_same_v<T, double>, double, float>;

template <typename T>
void Normalize(const T* values, int64_t pixels, int64_t channels, const uint8_t* bad_color, uint8_t* out) {
  const auto is_finite = [&](const T* pixel) {
    return std::all_of(pixel, pixel + channels, [](T x) { return std::isfinite(static_cast<Wide<T>>(x)); });
  };
  float least = std::numeric_limits<float>::infinity(), most = -least;
  for (int64_t i = 0; i < pixels; ++i) {
    const T* pixel = values + i * channels;
    if (!is_finite(pixel)) continue;
    for (int64_t k = 0; k < channels; ++k) {
      least = std::min(least, static_cast<float>(pixel[k]));
      most = std::max(most, static_cast<float>(pixel[k]));
    }
  }
  constexpr float kZero = 1e-6f;
  const bool is_signed = least < 0;
  const float size = is_signed ? std::max(std::fabs(least), std::fabs(most)) : most;
  const T scale = static_cast<T>(size < kZero ? 0.0f : (is_signed ? 127.0f : 255.0f) / size);
  const T offset = static_cast<T>(is_signed ? 128.0f : 0.0f);
  for (int64_t i = 0; i < pixels; ++i, out += channels) {
    const T* pixel = values + i * channels;
    if (!is_finite(pixel)) {
      std::copy_n(bad_color, channels, out);
      continue;
    }
    for (int64_t k = 0; k < channels; ++k) {
      const auto product = static_cast<T>(static_cast<Wide<T>>(pixel[k]) * static_cast<Wide<T>>(scale));
      const auto scaled = static_cast<T>(static_cast<Wide<T>>(product) + static_cast<Wide<T>>(offset));
      // Rounding may reach beyond; what a float beyond the range becomes as a byte is not defined.
      out[k] = static_cast<uint8_t>(std::clamp(static_cast<Wide<T>>(scaled), Wide<T>{0}, Wide<T>{255}));
    }
  }
}

Status Run(RunContext& c) {
  const State& state = c.state<State>();
  const Tensor& tensor = c.input(1);
  const int64_t height = tensor.dim(1), width = tensor.dim(2), channels = tensor.dim(3);
  if (channels != 1 && channels != 3 && channels != 4) {
    return InvalidArgument("tensor: want 1, 3 or 4 channels, got shape ", tensor.shape());
  }
  const bool is_byte = tensor.dtype() == DType::kUint8;
  if (!is_byte && static_cast<int64_t>(state.bad_color.size()) < channels) {
    return InvalidArgument("bad_color: want ", channels, " values, one for each channel, got ",
                           static_cast<uint64_t>(state.bad_color.size()));
  }
  const std::string& tag = *c.input(0).data<std::string>();
  const int64_t count = std::min(tensor.dim(0), state.max_images);
  const ImageInfo info{.height = height, .width = width, .channels = channels, .bits = 8};
  TextBytes bytes(c.allocator());
  std::string out;
  std::vector<uint8_t> scaled;
  for (int64_t i = 0; i < count; ++i) {
    if (c.stop().stopped()) return c.stop().Why();
    RIVULET_RETURN_IF_ERROR(CheckPixels(ImageFormat::kPng, 1, height, width, MediaLimits()));
    const int64_t values = height * width * channels;
    // The pixels once, and a file of about their size in each of the messages around it.
    RIVULET_RETURN_IF_ERROR(bytes.Charge(CheckedSize(values) * 4 + height + static_cast<int64_t>(tag.size()) + 1024));
    std::span<const uint8_t> pixels;
    if (is_byte) {
      pixels = {tensor.data<uint8_t>() + i * values, static_cast<size_t>(values)};
    } else {
      scaled.resize(static_cast<size_t>(values));
      const auto normalize = [&](const auto* from) {
        Normalize(from + i * values, height * width, channels, state.bad_color.data(), scaled.data());
      };
      switch (tensor.dtype()) {
        case DType::kFloat: normalize(tensor.data<float>()); break;
        case DType::kDouble: normalize(tensor.data<double>()); break;
        default: normalize(tensor.data<Half>()); break;
      }
      pixels = scaled;
    }
    RIVULET_ASSIGN_OR_RETURN(const std::string png, EncodePng(pixels, info, PngEncodeOptions()));
    // Image { height = 1, width = 2, colorspace = 3, encoded_image_string = 4 }
    std::string image;
    WireWriter(&image).Int(1, height);
    WireWriter(&image).Int(2, width);
    WireWriter(&image).Int(3, channels);
    WireWriter(&image).Bytes(4, png);
    // Summary { value = 1 }   Value { tag = 1, image = 4 }
    std::string value;
    WireWriter(&value).Bytes(1, state.max_images > 1 ? Cat(tag, "/image/", i) : Cat(tag, "/image"));
    WireWriter(&value).Bytes(4, image);
    WireWriter(&out).Bytes(1, value);
  }
  *c.output(0).data<std::string>() = std::move(out);
  return Status();
}

constexpr OpDef kDefs[] = {
    {.name = "ImageSummary",
     .inputs = "tag:str, tensor:T",
     .outputs = "summary:str",
     .attrs = "max_images:int=3 >=1; T:type=f32 in {u8,f32,f16,f64}; bad_color:tensor=none",
     .infer = Infer,
     .prepare = Prepare,
     .run = Run},
};

}  // namespace

RIVULET_OP_LIST(SummaryImage, kDefs);

}  // namespace rivulet
