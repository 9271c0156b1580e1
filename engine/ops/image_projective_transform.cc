// ImageProjectiveTransformV2, ImageProjectiveTransformV3: images seen through projective maps.
//
//   images [batch, height, width, depth] of T, transforms [batch or 1, 8] of float32: a0 a1 a2 b0 b1 b2 c0 c1,
//   output_shape [2]: height and width; V3: fill_value, a scalar of float32 (V2: zero)
//   -> [batch, output_shape[0], output_shape[1], depth]
//
// The pixel at (x, y) is the input's at ((a0 x + a1 y + a2) / k, (b0 x + b1 y + b2) / k), k = c0 x + c1 y + 1: the
// nearest one or a mixture of four. Where k is 0 there is the fill value. fill_mode says what a place outside the image
// is: the fill value (CONSTANT), which mixtures can contain, its mirror image (REFLECT), the image again (WRAP), its
// border (NEAREST). Places without number, and WRAP or REFLECT beyond 2^60, are undefined in TensorFlow; the last two
// give the fill value for them.
#include <algorithm>
#include <cmath>

#include "engine/ops/number.h"
#include "engine/ops/op.h"
#include "engine/ops/rows.h"
#include "engine/ops/widen.h"

namespace rivulet {
namespace {

enum class Fill { kConstant, kReflect, kWrap, kNearest };

struct State : OpState {
  bool bilinear = false;
  Fill fill = Fill::kConstant;
};

Status Infer(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(c.WantRank(0, 4));
  RIVULET_RETURN_IF_ERROR(c.WantRank(1, 2));
  RIVULET_RETURN_IF_ERROR(c.WantRank(2, 1));
  if (c.num_inputs() > 3) RIVULET_RETURN_IF_ERROR(c.WantScalar(3));
  const Shape &images = c.shape(0), &transforms = c.shape(1);
  Shape out = Shape::OfUnknownDims(4);
  if (images.has_rank()) {
    out.set_dim(0, images[0]);
    out.set_dim(3, images[3]);
  }
  if (transforms.has_rank()) {
    const bool fits = transforms[0] < 0 || transforms[0] == 1 || out[0] < 0 || transforms[0] == out[0];
    if (!fits || (transforms[1] >= 0 && transforms[1] != 8)) {
      return InvalidArgument("transforms: want shape [1,8], or [batch,8] for images ", images, ", got ", transforms);
    }
  }
  if (c.shape(2).complete() && c.shape(2)[0] != 2) {
    return InvalidArgument("output_shape: want 2 elements, got ", c.shape(2)[0]);
  }
  if (c.known(2)) {
    const std::vector<int64_t> size = c.ints(2);
    for (int i = 0; i < 2; ++i) {
      const int64_t extent = size[static_cast<size_t>(i)];
      if (extent <= 0) return InvalidArgument("output_shape: want extents above 0, got ", extent);
      out.set_dim(i + 1, extent);
    }
  }
  c.set_output(0, std::move(out));
  return Status();
}

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c) {
  auto state = std::make_unique<State>();
  state->bilinear = c.attrs().Str("interpolation") == "BILINEAR";
  const std::string fill = c.attrs().Str("fill_mode");
  if (fill == "REFLECT") state->fill = Fill::kReflect;
  if (fill == "WRAP") state->fill = Fill::kWrap;
  if (fill == "NEAREST") state->fill = Fill::kNearest;
  return std::unique_ptr<OpState>(std::move(state));
}

constexpr float kFar = 0x1p60f;

// Where a place along an axis of `extent` pixels is taken from: within [0, extent - 1], or outside for the fill value.
// The steps, the rounding of lengths to float among them, are TensorFlow's.
float Inside(Fill fill, float place, int64_t extent) {
  if (fill == Fill::kConstant) return place;
  const auto last = static_cast<float>(extent - 1);
  if (fill != Fill::kNearest && !(std::abs(place) < kFar)) return -1;
  const auto times = [](int64_t length, float count) {
    return static_cast<float>(length * static_cast<int64_t>(count));
  };
  const auto length = static_cast<float>(extent);
  if (fill != Fill::kNearest && (place < 0 || place > last) && extent <= 1) {
    place = 0;
  } else if (fill == Fill::kReflect && place < 0) {
    if (place < 2 * length) place = times(2 * extent, -place / (2 * length)) + place;
    place = place < -length ? place + 2 * length : -place - 1;
  } else if (fill == Fill::kReflect && place > last) {
    place -= times(2 * extent, place / (2 * length));
    if (place >= length) place = 2 * length - place - 1;
  } else if (fill == Fill::kWrap && place < 0) {
    place += static_cast<float>(extent * (static_cast<int64_t>(-place / last) + 1));
  } else if (fill == Fill::kWrap && place > last) {
    place -= times(extent, place / last);
  }
  return std::min(std::max(place, 0.0f), last);
}

// To T as the processor converts, where the number does not fit: TensorFlow leaves that open.
template <typename T>
T Converted(float value) {
  if constexpr (std::is_integral_v<T>) {
    if (!(std::abs(value) < 0x1p63f)) return static_cast<T>(std::numeric_limits<int64_t>::min());
    if (sizeof(T) == 4 && !(value >= -0x1p31f && value < 0x1p31f)) return std::numeric_limits<T>::min();
    return static_cast<T>(static_cast<int64_t>(value));
  } else {
    return T(value);
  }
}

template <typename T>
void ConvertFill(float value, void* to) {
  *static_cast<T*>(to) = Converted<T>(value);
}

// A pixel at (x, y) between four, of which those outside the image are null and count as the fill value.
template <typename T>
void Mix(const void* const corners[4], const void* fill, int64_t depth, float y, float x, void* to) {
  const float top = std::floor(y), left = std::floor(x);
  for (int64_t k = 0; k < depth; ++k) {
    const auto at = [&](int i) {
      const T* corner = static_cast<const T*>(corners[i]);
      return static_cast<float>(Widen(corner != nullptr ? corner[k] : *static_cast<const T*>(fill)));
    };
    const float upper = (left + 1 - x) * at(0) + (x - left) * at(1);
    const float lower = (left + 1 - x) * at(2) + (x - left) * at(3);
    static_cast<T*>(to)[k] = Converted<T>((top + 1 - y) * upper + (y - top) * lower);
  }
}

// All that depends on the type.
struct Typed {
  decltype(&ConvertFill<float>) convert_fill = nullptr;
  decltype(&Mix<float>) mix = nullptr;
};

struct Image {
  DType dtype;
  const void* pixels;
  int64_t height;
  int64_t width;
  int64_t depth;

  // Null outside the image.
  const void* At(float y, float x) const {
    if (!(y >= 0 && y < kFar && x >= 0 && x < kFar)) return nullptr;
    const auto row = static_cast<int64_t>(y), column = static_cast<int64_t>(x);
    return row < height && column < width ? ElementAt(pixels, dtype, (row * width + column) * depth) : nullptr;
  }
};

void TransformRow(const State& state, const Typed& typed, const Image& image, const float* map, int64_t row,
                  int64_t count, const void* fill, void* out) {
  const auto v = static_cast<float>(row);
  for (int64_t i = 0; i < count; ++i) {
    const auto u = static_cast<float>(i);
    const float k = map[6] * u + map[7] * v + 1.0f;
    const float x = Inside(state.fill, (map[0] * u + map[1] * v + map[2]) / k, image.width);
    const float y = Inside(state.fill, (map[3] * u + map[4] * v + map[5]) / k, image.height);
    void* to = ElementAt(out, image.dtype, i * image.depth);
    if (k != 0 && state.bilinear) {
      const float top = std::floor(y), left = std::floor(x);
      const void* const corners[4] = {image.At(top, left), image.At(top, left + 1), image.At(top + 1, left),
                                      image.At(top + 1, left + 1)};
      typed.mix(corners, fill, image.depth, y, x, to);
      continue;
    }
    const void* from = k != 0 ? image.At(std::round(y), std::round(x)) : nullptr;
    if (from != nullptr) {
      CopyElements(image.dtype, to, from, image.depth);
    } else {
      FillElements(image.dtype, to, fill, image.depth);
    }
  }
}

constexpr uint32_t kWiden = kWidenHalves;

Status Run(RunContext& c) {
  const Tensor &images = c.input(0), &transforms = c.input(1);
  Tensor& out = c.output(0);
  if (out.num_elements() == 0) return Status();
  Typed typed;
  VisitLoops<kWiden, float, double, Half, BFloat16, uint8_t, int32_t, int64_t>(images.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::Type;
    typed = {ConvertFill<T>, Mix<T>};
  });
  if (typed.mix == nullptr) return Status();
  const DType dtype = images.dtype();
  const int64_t height = images.dim(1), width = images.dim(2), depth = images.dim(3);
  const int64_t rows = out.dim(1), row_size = out.dim(2) * depth;
  alignas(8) char fill[8];
  typed.convert_fill(c.num_inputs() > 3 ? *c.input(3).data<float>() : 0, fill);
  c.ParallelFor(out.dim(0) * rows, std::max<int64_t>((1 << 13) / row_size, 1), [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end && !c.stop().stopped(); ++row) {
      const int64_t n = row / rows;
      const Image image{dtype, ElementAt(images.raw(), dtype, n * height * width * depth), height, width, depth};
      const float* map = transforms.data<float>() + (transforms.dim(0) == 1 ? 0 : n * 8);
      TransformRow(c.state<State>(), typed, image, map, row % rows, out.dim(2), fill,
                   ElementAt(out.raw(), dtype, row * row_size));
    }
  });
  return Status();
}

#define RIVULET_PROJECTIVE                                                                    \
  "dtype:type in {u8,i32,i64,f16,bf16,f32,f64}; interpolation:string in {NEAREST,BILINEAR}; " \
  "fill_mode:string=\"CONSTANT\" in {CONSTANT,REFLECT,WRAP,NEAREST}"
constexpr OpDef kDefs[] = {
    {.name = "ImageProjectiveTransformV2",
     .inputs = "images:dtype, transforms:f32, output_shape:i32",
     .outputs = "transformed_images:dtype",
     .attrs = RIVULET_PROJECTIVE,
     .infer = Infer,
     .prepare = Prepare,
     .run = kWidened<Run, kWiden, State>},
    {.name = "ImageProjectiveTransformV3",
     .inputs = "images:dtype, transforms:f32, output_shape:i32, fill_value:f32",
     .outputs = "transformed_images:dtype",
     .attrs = RIVULET_PROJECTIVE,
     .infer = Infer,
     .prepare = Prepare,
     .run = kWidened<Run, kWiden, State>},
};
#undef RIVULET_PROJECTIVE

}  // namespace

RIVULET_OP_LIST(ImageProjectiveTransform, kDefs);

}  // namespace rivulet
