#include "cli/made_up_picture.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace rivulet::cli {
namespace {

constexpr int kChannels = 4;
constexpr int64_t kLeastExtent = 8;

using Color = std::array<float, kChannels>;

class Random {
 public:
  explicit Random(uint32_t seed) : state_(seed * 2654435761u + 12345u) {}

  // From 0 to 1.
  float Next() {
    state_ = state_ * 1664525u + 1013904223u;
    return static_cast<float>(state_ >> 8) * 0x1p-24f;
  }
  float Between(float low, float high) { return low + (high - low) * Next(); }

  Color NextColor() {
    Color color;
    for (float& channel : color) channel = Between(-1, 1);
    return color;
  }

 private:
  uint32_t state_;
};

// A figure about (x, y), turned by an angle; lengths are shares of the picture's.
struct Figure {
  bool is_round = false;
  float x = 0, y = 0, width = 0, height = 0, cosine = 1, sine = 0;
  Color color{};

  bool Covers(float at_x, float at_y) const {
    const float dx = at_x - x, dy = at_y - y;
    const float along = (dx * cosine + dy * sine) / width, across = (dy * cosine - dx * sine) / height;
    return is_round ? along * along + across * across < 1 : std::max(std::abs(along), std::abs(across)) < 1;
  }
};

Figure NextFigure(Random* random) {
  Figure figure{.is_round = random->Next() < 0.5f, .x = random->Next(), .y = random->Next()};
  figure.width = random->Between(0.03f, 0.4f);
  figure.height = random->Between(0.03f, 0.4f);
  const float angle = random->Between(0, 3.14159f);
  figure.cosine = std::cos(angle);
  figure.sine = std::sin(angle);
  figure.color = random->NextColor();
  return figure;
}

}  // namespace

bool CanBePictures(const Tensor& tensor) {
  if (tensor.dtype() != DType::kFloat || tensor.rank() != 4) return false;
  const int64_t channels = tensor.dim(3);
  return tensor.dim(1) >= kLeastExtent && tensor.dim(2) >= kLeastExtent &&
         (channels == 1 || channels == 3 || channels == 4);
}

void DrawPictures(uint32_t seed, Tensor* tensor) {
  Random random(seed);
  const int64_t height = tensor->dim(1), width = tensor->dim(2), channels = tensor->dim(3);
  float* to = tensor->data<float>();
  for (int64_t picture = 0; picture < tensor->dim(0); ++picture) {
    const Color above = random.NextColor(), below = random.NextColor();
    std::array<Figure, 5> figures;
    for (Figure& figure : figures) figure = NextFigure(&random);
    for (int64_t i = 0; i < height * width; ++i) {
      const float x = static_cast<float>(i % width) / static_cast<float>(width);
      const float y = static_cast<float>(i / width) / static_cast<float>(height);
      const auto top = std::find_if(figures.begin(), figures.end(), [&](const Figure& f) { return f.Covers(x, y); });
      for (size_t c = 0; c < static_cast<size_t>(channels); ++c) {
        const float ground = above[c] + (below[c] - above[c]) * y;
        const float value = (top == figures.end() ? ground : top->color[c]) + random.Between(-0.05f, 0.05f);
        *to++ = std::clamp(value, -1.0f, 1.0f);
      }
    }
  }
}

}  // namespace rivulet::cli
