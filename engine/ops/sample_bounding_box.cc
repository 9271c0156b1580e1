// SampleDistortedBoundingBox, its V2 and StatelessSampleDistortedBoundingBox: a random crop of an image that covers
// enough of one of the given boxes, TensorFlow's for its seeds.
//
//   image_size [3] of T: height, width, channels; bounding_boxes [b, n, 4]: y1, x1, y2, x2 in [0, 1];
//   (V2: min_object_covered scalar; Stateless: seed [2] besides)
//   -> begin [3], size [3] of T as Slice takes them, bboxes [1, 1, 4]
//
// Up to max_attempts crops are drawn: an aspect ratio, a height, a place. The first that lies within area_range and
// covers the share min_object_covered of a box is taken, or the whole image when none does. RandomCrop: image
// [height, width, channels] of T, size [2] -> a crop of that size at a random place.
#include <algorithm>
#include <cmath>

#include "engine/ops/number.h"
#include "engine/ops/random_stream.h"

namespace rivulet {
namespace {

struct State : SeedState {
  bool stateless = false;
  float min_covered = 0;
  float min_aspect = 0, max_aspect = 0;
  float min_area = 0, max_area = 0;
  int64_t max_attempts = 0;
  bool use_image = false;
};

Status CheckRange(const InferContext& c, const char* name, bool at_most_one) {
  const std::vector<float> range = c.attrs().Floats(name);
  if (range.size() != 2) return InvalidArgument(name, ": want 2 numbers, got ", static_cast<int64_t>(range.size()));
  if (!(range[0] > 0 && range[1] > 0)) return InvalidArgument(name, ": want numbers above 0");
  if (at_most_one && !(range[0] <= 1 && range[1] <= 1)) return InvalidArgument(name, ": want numbers of at most 1");
  return Status();
}

Status Infer(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(c.WantRank(0, 1));
  RIVULET_RETURN_IF_ERROR(c.WantRank(1, 3));
  const Shape& size = c.shape(0);
  const Shape& boxes = c.shape(1);
  if (size.complete() && size[0] != 3) return InvalidArgument("image_size: want 3 elements, got ", size[0]);
  if (boxes.has_rank() && boxes[2] >= 0 && boxes[2] != 4) {
    return InvalidArgument("bounding_boxes: want shape [b,n,4], got ", boxes);
  }
  if (c.num_inputs() > 2) RIVULET_RETURN_IF_ERROR(c.WantScalar(2));
  if (c.num_inputs() > 3) {
    RIVULET_RETURN_IF_ERROR(c.WantRank(3, 1));
    if (c.shape(3).complete() && c.shape(3)[0] != 2)
      return InvalidArgument("seed: want 2 elements, got ", c.shape(3)[0]);
  }
  RIVULET_RETURN_IF_ERROR(CheckRange(c, "aspect_ratio_range", false));
  RIVULET_RETURN_IF_ERROR(CheckRange(c, "area_range", true));
  if (c.attrs().Int("max_attempts") <= 0) {
    return InvalidArgument("max_attempts: want above 0, got ", c.attrs().Int("max_attempts"));
  }
  c.set_output(0, {3});
  c.set_output(1, {3});
  c.set_output(2, {1, 1, 4});
  return Status();
}

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c) {
  auto state = std::make_unique<State>();
  state->stateless = c.num_inputs() > 3;
  if (!state->stateless) state->Read(c.attrs());
  if (c.num_inputs() == 2) {
    state->min_covered = c.attrs().Float("min_object_covered");
    if (!(state->min_covered >= 0)) {
      return InvalidArgument("min_object_covered: want at least 0, got ", state->min_covered);
    }
  }
  const std::vector<float> aspect = c.attrs().Floats("aspect_ratio_range"), area = c.attrs().Floats("area_range");
  state->min_aspect = aspect[0];
  state->max_aspect = aspect[1];
  state->min_area = area[0];
  state->max_area = area[1];
  state->max_attempts = c.attrs().Int("max_attempts");
  state->use_image = c.attrs().Bool("use_image_if_no_bounding_boxes");
  return std::unique_ptr<OpState>(std::move(state));
}

struct Rectangle {
  int32_t x1 = 0, y1 = 0, x2 = 0, y2 = 0;
  float Area() const { return static_cast<float>(static_cast<int64_t>(x2 - x1) * (y2 - y1)); }
  bool Empty() const { return x2 <= x1 || y2 <= y1; }
};

Rectangle Common(const Rectangle& a, const Rectangle& b) {
  return {std::max(a.x1, b.x1), std::max(a.y1, b.y1), std::min(a.x2, b.x2), std::min(a.y2, b.y2)};
}

bool Covers(const Rectangle& crop, float share, const std::vector<Rectangle>& boxes) {
  if (crop.Area() < 1) return false;
  for (const Rectangle& box : boxes) {
    if (box.Empty() || box.Area() < 1) continue;
    const Rectangle common = Common(crop, box);
    if ((common.Empty() ? 0 : common.Area()) / box.Area() >= share) return true;
  }
  return false;
}

// To the nearest integer, saturating.
int32_t Nearest(float x) { return static_cast<int32_t>(std::clamp(std::nearbyint(x), -2147483648.0f, 2147483520.0f)); }

// A crop of the aspect ratio (width / height) whose area is within the limits, if there is one.
bool DrawCrop(const State& state, int32_t width, int32_t height, float aspect, PhiloxWords& words, Rectangle* crop) {
  if (!(aspect > 0) || state.min_area > state.max_area) return false;
  const float area = static_cast<float>(width) * static_cast<float>(height);
  const float min_area = state.min_area * static_cast<float>(width) * static_cast<float>(height);
  const float max_area = state.max_area * static_cast<float>(width) * static_cast<float>(height);
  if (!std::isfinite(area)) return false;
  const auto width_of = [&](int32_t rows) { return Nearest(static_cast<float>(rows) * aspect); };
  int32_t rows = Nearest(std::sqrt(min_area / aspect));
  int32_t most = Nearest(std::sqrt(max_area / aspect));
  if (width_of(most) > width) {
    // The largest height whose width, rounded, fits.
    most = static_cast<int32_t>((static_cast<double>(width) + 0.5 - static_cast<double>(1e-7f)) /
                                static_cast<double>(aspect));
    if (width_of(most) > width) --most;
  }
  most = std::min(most, height);
  if (rows >= most) {
    rows = most;
  } else {
    rows += static_cast<int32_t>(UniformBelow(words, static_cast<uint32_t>(most - rows + 1)));
  }
  int32_t columns = width_of(rows);
  const auto covered = [&] { return static_cast<float>(static_cast<int64_t>(columns) * rows); };
  // Rounding must not make a crop fail: try one row more or less.
  if (covered() < min_area) columns = width_of(++rows);
  if (covered() > max_area) columns = width_of(--rows);
  if (covered() < min_area || covered() > max_area || columns > width || rows > height || columns <= 0 || rows <= 0) {
    return false;
  }
  int32_t y = 0, x = 0;
  if (rows < height) y = static_cast<int32_t>(UniformBelow(words, static_cast<uint32_t>(height - rows)));
  if (columns < width) x = static_cast<int32_t>(UniformBelow(words, static_cast<uint32_t>(width - columns)));
  *crop = {x, y, x + columns, y + rows};
  return true;
}

Result<std::vector<Rectangle>> ReadBoxes(const Tensor& tensor, int32_t width, int32_t height) {
  std::vector<Rectangle> boxes;
  const float* box = tensor.data<float>();
  for (int64_t i = 0; i < tensor.num_elements() / 4; ++i, box += 4) {
    for (int k = 0; k < 4; ++k) {
      if (!(box[k] >= 0 && box[k] <= 1)) return InvalidArgument("bounding_boxes: want numbers in [0, 1], got ", box[k]);
    }
    const auto at = [](float part, int32_t extent) { return Nearest(std::trunc(part * static_cast<float>(extent))); };
    boxes.push_back({at(box[1], width), at(box[0], height), at(box[3], width), at(box[2], height)});
  }
  return boxes;
}

Status Run(RunContext& c) {
  const auto& state = c.state<State>();
  int64_t size[3] = {};
  VisitType<uint8_t, int8_t, int16_t, int32_t, int64_t>(c.input(0).dtype(), [&](auto tag) {
    using T = typename decltype(tag)::Type;
    for (int i = 0; i < 3; ++i) size[i] = static_cast<int64_t>(c.input(0).data<T>()[i]);
  });
  for (int i = 0; i < 2; ++i) {
    if (size[i] < 0 || size[i] >= std::numeric_limits<int32_t>::max()) {
      return InvalidArgument("image_size: want a height and width of at least 0 and below 2^31 - 1, got ", size[i]);
    }
  }
  const auto height = static_cast<int32_t>(size[0]), width = static_cast<int32_t>(size[1]);
  float min_covered = state.min_covered;
  if (c.num_inputs() > 2) {
    min_covered = c.input(2).data<float>()[0];
    if (!(min_covered >= 0)) {
      return InvalidArgument("min_object_covered: want at least 0, got ", min_covered);
    }
  }
  RIVULET_ASSIGN_OR_RETURN(std::vector<Rectangle> boxes, ReadBoxes(c.input(1), width, height));
  const Rectangle whole{0, 0, width, height};
  if (boxes.empty()) {
    if (!state.use_image) {
      return InvalidArgument("no bounding boxes; they are needed unless use_image_if_no_bounding_boxes is set");
    }
    boxes.push_back(whole);
  }
  // TensorFlow sets aside four words for each attempt.
  PhiloxWords words(state.stateless ? StatelessStream(c.input(3))
                                    : TakeStream(c, state, static_cast<uint64_t>(state.max_attempts)));
  Rectangle crop = whole;
  for (int64_t i = 0; i < state.max_attempts && !c.stop().stopped(); ++i) {
    const float aspect = UniformFloat(words.Next()) * (state.max_aspect - state.min_aspect) + state.min_aspect;
    Rectangle drawn;
    if (DrawCrop(state, width, height, aspect, words, &drawn) && Covers(drawn, min_covered, boxes)) {
      crop = drawn;
      break;
    }
  }
  VisitType<uint8_t, int8_t, int16_t, int32_t, int64_t>(c.input(0).dtype(), [&](auto tag) {
    using T = typename decltype(tag)::Type;
    T* begin = c.output(0).data<T>();
    T* extent = c.output(1).data<T>();
    begin[0] = static_cast<T>(crop.y1);
    begin[1] = static_cast<T>(crop.x1);
    begin[2] = 0;
    extent[0] = static_cast<T>(crop.y2 - crop.y1);
    extent[1] = static_cast<T>(crop.x2 - crop.x1);
    extent[2] = static_cast<T>(-1);
  });
  float* box = c.output(2).data<float>();
  box[0] = static_cast<float>(crop.y1) / static_cast<float>(height);
  box[1] = static_cast<float>(crop.x1) / static_cast<float>(width);
  box[2] = static_cast<float>(crop.y2) / static_cast<float>(height);
  box[3] = static_cast<float>(crop.x2) / static_cast<float>(width);
  return Status();
}

Status InferCrop(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(c.WantRank(0, 3));
  RIVULET_RETURN_IF_ERROR(c.WantRank(1, 1));
  if (c.shape(1).complete() && c.shape(1)[0] != 2) return InvalidArgument("size: want 2 elements, got ", c.shape(1)[0]);
  Shape out = Shape::OfUnknownDims(3);
  if (c.shape(0).has_rank()) out.set_dim(2, c.shape(0)[2]);
  if (c.known(1)) {
    const std::vector<int64_t> size = c.ints(1);
    for (int i = 0; i < 2; ++i) {
      const int64_t extent = size[static_cast<size_t>(i)];
      const int64_t most = c.shape(0).has_rank() ? c.shape(0)[i] : Shape::kUnknownDim;
      if (extent < 0 || (most >= 0 && extent > most)) {
        return InvalidArgument("size: want extents of at least 0 and within the image, got ", extent);
      }
      out.set_dim(i, extent);
    }
  }
  c.set_output(0, std::move(out));
  return Status();
}

Status RunCrop(RunContext& c) {
  const Tensor& image = c.input(0);
  Tensor& out = c.output(0);
  PhiloxWords words(TakeStream(c, c.state<SeedState>(), 1));
  int64_t start[2] = {0, 0};
  // The column first. No word is drawn along an axis that is kept whole.
  for (const int i : {1, 0}) {
    if (out.dim(i) < image.dim(i)) start[i] = words.Next() % static_cast<uint64_t>(image.dim(i) - out.dim(i) + 1);
  }
  const auto pixel = static_cast<int64_t>(ElementBytes(image.dtype())) * image.dim(2);
  const auto* from = static_cast<const uint8_t*>(image.raw());
  auto* to = static_cast<uint8_t*>(out.raw());
  if (out.num_elements() == 0) return Status();
  for (int64_t y = 0; y < out.dim(0); ++y) {
    std::copy_n(from + ((start[0] + y) * image.dim(1) + start[1]) * pixel, out.dim(1) * pixel,
                to + y * out.dim(1) * pixel);
  }
  return Status();
}

#define RIVULET_SEEDS "seed:int=0; seed2:int=0; "
#define RIVULET_BOX_ATTRS                                                       \
  "T:type in {u8,i8,i16,i32,i64}; aspect_ratio_range:list(float)=[0.75,1.33]; " \
  "area_range:list(float)=[0.05,1.0]; max_attempts:int=100; use_image_if_no_bounding_boxes:bool=false"
constexpr OpDef kDefs[] = {
    {.name = "SampleDistortedBoundingBox",
     .inputs = "image_size:T, bounding_boxes:f32",
     .outputs = "begin:T, size:T, bboxes:f32",
     .attrs = RIVULET_SEEDS "min_object_covered:float=0.1; " RIVULET_BOX_ATTRS,
     .infer = Infer,
     .prepare = Prepare,
     .run = Run,
     .flags = kStateful},
    {.name = "SampleDistortedBoundingBoxV2",
     .inputs = "image_size:T, bounding_boxes:f32, min_object_covered:f32",
     .outputs = "begin:T, size:T, bboxes:f32",
     .attrs = RIVULET_SEEDS RIVULET_BOX_ATTRS,
     .infer = Infer,
     .prepare = Prepare,
     .run = Run,
     .flags = kStateful},
    {.name = "StatelessSampleDistortedBoundingBox",
     .inputs = "image_size:T, bounding_boxes:f32, min_object_covered:f32, seed:Tseed",
     .outputs = "begin:T, size:T, bboxes:f32",
     .attrs = "Tseed:type in {i32,i64}; " RIVULET_BOX_ATTRS,
     .infer = Infer,
     .prepare = Prepare,
     .run = Run},
    {.name = "RandomCrop",
     .inputs = "image:T, size:i64",
     .outputs = "output:T",
     .attrs = RIVULET_SEEDS "T:type in {u8,i8,i16,i32,i64,f32,f64}",
     .infer = InferCrop,
     .prepare = PrepareSeeds,
     .run = RunCrop,
     .flags = kStateful},
};
#undef RIVULET_SEEDS
#undef RIVULET_BOX_ATTRS

}  // namespace

RIVULET_OP_LIST(SampleBoundingBox, kDefs);

}  // namespace rivulet
