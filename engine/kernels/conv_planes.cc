// A vector is neighbouring pixels of one output channel, so that all of its lanes are in use however few channels come
// out. For that the rows under an output row are taken apart into planes: a channel's pixels, and with steps of two
// pixels its even and its odd ones, follow one another. Each row is taken apart once and stays until the window has
// passed it. Four channels at a time are put together again when they are written.
#include "engine/kernels/conv_planes.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/kernels/conv_planes.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

#include "engine/kernels/conv_border.h"
#include "engine/kernels/epilogue-inl.h"
#include "engine/kernels/matmul.h"

#ifndef RIVULET_ENGINE_KERNELS_CONV_PLANES_ONCE
#define RIVULET_ENGINE_KERNELS_CONV_PLANES_ONCE
namespace rivulet {
namespace conv_planes {

constexpr int64_t kMostRows = 8;    // of the filter
constexpr int64_t kMostTaps = 256;  // with channels
constexpr int64_t kFloats = 12288;  // of all planes
constexpr int64_t kMostLanes = 16;

// Elements of a plane: what the last vector's pixels see, in whole vectors.
inline int64_t PlaneWidth(const ConvGeometry& g) {
  const int64_t needed = (g.out_w + kMostLanes - 1) / kMostLanes * kMostLanes + (g.k_w - 1) / g.stride_w;
  return (needed + kMostLanes - 1) / kMostLanes * kMostLanes;
}

}  // namespace conv_planes
}  // namespace rivulet
#endif

HWY_BEFORE_NAMESPACE();
namespace rivulet {
namespace HWY_NAMESPACE {
namespace {

static_assert(kLanes <= conv_planes::kMostLanes);

#if HWY_TARGET <= HWY_AVX3 || HWY_ARCH_ARM
constexpr int64_t kVectors = 4;  // and as many channels, with 32 registers
#else
constexpr int64_t kVectors = 2;
#endif

// Takes a row, or zeros where it is null, apart into in_c times stride_w planes of `width` elements, from the pixel
// -pad_left on.
void SplitRow(const ConvGeometry& g, const float* row, int64_t width, float* HWY_RESTRICT planes) {
  const D d;
  HWY_ALIGN float border[static_cast<size_t>(2 * 3 * conv_planes::kMostLanes)];
  const auto put = [&](V low, V high, int64_t i, float* plane) HWY_ATTR {
    if (g.stride_w == 1) return hn::StoreU(low, d, plane + i);
#if HWY_TARGET == HWY_SCALAR
    hn::StoreU(low, d, plane + i);
    hn::StoreU(high, d, plane + width + i);
#else
    hn::StoreU(hn::ConcatEven(d, high, low), d, plane + i);
    hn::StoreU(hn::ConcatOdd(d, high, low), d, plane + width + i);
#endif
  };
  const int64_t apart = g.stride_w * width;
  const int64_t pixels = g.stride_w * kLanes;
  for (int64_t i = 0; i + kLanes <= width; i += kLanes) {
    const int64_t x = i * g.stride_w - g.pad_left;
    const bool inside = row != nullptr && x >= 0 && x + pixels <= g.in_w;
    if (!inside) CopyRow(g, row, x, pixels, border);
    const float* from = inside ? row + x * g.in_c : border;
    const float* next = from + (pixels - kLanes) * g.in_c;
    if (g.in_c == 1) {
      put(hn::LoadU(d, from), hn::LoadU(d, next), i, planes);
      continue;
    }
    V a0, a1, b0, b1, c0, c1;
    hn::LoadInterleaved3(d, from, a0, b0, c0);
    hn::LoadInterleaved3(d, next, a1, b1, c1);
    put(a0, a1, i, planes);
    put(b0, b1, i, planes + apart);
    put(c0, c1, i, planes + 2 * apart);
  }
}

// What a tile of four channels needs.
struct Tile {
  const float* const* taps;  // the pixels under each tap
  int64_t num_taps;
  const float* weights;  // of the four channels: four floats a tap, a panel's row apart
  const float* bias;     // or null
  int64_t pixels;        // that are there
  int64_t out_c;
  float* output;
};

// Writes a vector of pixels of four channels.
HWY_INLINE void PutPixels(V s0, V s1, V s2, V s3, const Tile& tile, int64_t first, const ActivationBounds& bounds) {
  const D d;
  const auto finish = [&](V s, int64_t channel) HWY_ATTR {
    if (tile.bias != nullptr) s = hn::Add(s, hn::Set(d, tile.bias[channel]));
    return Activate(s, bounds);
  };
  HWY_ALIGN float pixels[static_cast<size_t>(4 * conv_planes::kMostLanes)];
  hn::StoreInterleaved4(finish(s0, 0), finish(s1, 1), finish(s2, 2), finish(s3, 3), d, pixels);
  const int64_t count = std::min(kLanes, tile.pixels - first);
  float* to = tile.output + first * tile.out_c;
  for (int64_t i = 0; i < count; ++i, to += tile.out_c) std::memcpy(to, pixels + 4 * i, 4 * sizeof(float));
}

// Four channels of kCount vectors of pixels from `first` on.
template <int64_t kCount>
HWY_NOINLINE void DoTile(const Tile& tile, int64_t first, const ActivationBounds& bounds) {
  const D d;
#define RIVULET_FOUR(X) X(0) X(1) X(2) X(3)
#define RIVULET_DECLARE(i) V s##i##0 = hn::Zero(d), s##i##1 = hn::Zero(d), s##i##2 = hn::Zero(d), s##i##3 = hn::Zero(d);
  RIVULET_FOUR(RIVULET_DECLARE)
#undef RIVULET_DECLARE
  const float* weights = tile.weights;
  for (int64_t k = 0; k < tile.num_taps; ++k, weights += PackedMatrix::kPanel) {
    const float* pixels = tile.taps[k] + first;
    const V w0 = hn::Set(d, weights[0]);
    const V w1 = hn::Set(d, weights[1]);
    const V w2 = hn::Set(d, weights[2]);
    const V w3 = hn::Set(d, weights[3]);
#define RIVULET_MULTIPLY(i)                        \
  if constexpr (i < kCount) {                      \
    const V x = hn::LoadU(d, pixels + i * kLanes); \
    s##i##0 = hn::MulAdd(x, w0, s##i##0);          \
    s##i##1 = hn::MulAdd(x, w1, s##i##1);          \
    s##i##2 = hn::MulAdd(x, w2, s##i##2);          \
    s##i##3 = hn::MulAdd(x, w3, s##i##3);          \
  }
    RIVULET_FOUR(RIVULET_MULTIPLY)
#undef RIVULET_MULTIPLY
  }
#define RIVULET_PUT(i) \
  if constexpr (i < kCount) PutPixels(s##i##0, s##i##1, s##i##2, s##i##3, tile, first + i * kLanes, bounds);
  RIVULET_FOUR(RIVULET_PUT)
#undef RIVULET_PUT
#undef RIVULET_FOUR
}

// All tiles of four channels of a row.
void DoRow(const Tile& tile, const ActivationBounds& bounds) {
  // Evenly, so that no tile is left with one vector, whose sums wait for one another.
  const int64_t all = (tile.pixels + kLanes - 1) / kLanes;
  const int64_t parts = (all + kVectors - 1) / kVectors;
  for (int64_t part = 0, first = 0; part < parts; ++part) {
    const int64_t vectors = all * (part + 1) / parts - all * part / parts;
    if (vectors == 1) DoTile<1>(tile, first, bounds);
    if (vectors == 2) DoTile<2>(tile, first, bounds);
    if constexpr (kVectors == 4) {
      if (vectors == 3) DoTile<3>(tile, first, bounds);
      if (vectors == 4) DoTile<4>(tile, first, bounds);
    }
    first += vectors * kLanes;
  }
}

// The rows [begin, end) of all images' outputs.
void DoPlaneRows(const ConvTask& task, int64_t begin, int64_t end) {
  const ConvGeometry& g = *task.geometry;
  const ActivationBounds bounds(task.epilogue->activation);
  HWY_ALIGN float planes[static_cast<size_t>(conv_planes::kFloats)];
  int64_t held[conv_planes::kMostRows];  // the row that each place holds, counted over all images
  std::fill(held, held + g.k_h, int64_t{-1});
  const float* taps[conv_planes::kMostTaps];
  const int64_t width = conv_planes::PlaneWidth(g);
  const int64_t row_floats = g.in_c * g.stride_w * width;
  const int64_t num_taps = g.k_h * g.k_w * g.in_c;
  for (int64_t index = begin; index < end; ++index) {
    const int64_t image = index / g.out_h;
    const int64_t top = index % g.out_h * g.stride_h - g.pad_top;
    int64_t k = 0;
    for (int64_t i = 0; i < g.k_h; ++i) {
      // Rows above the image and below it are rows of their own.
      const int64_t rows = g.in_h + 2 * conv_planes::kMostRows;
      const int64_t y = std::clamp<int64_t>(top + i, -1, g.in_h);
      const int64_t place = (top + i + (int64_t{1} << 40) * g.k_h) % g.k_h;
      float* const at = planes + place * row_floats;
      if (held[place] != image * rows + y + 1) {
        held[place] = image * rows + y + 1;
        const float* row = task.input + (image * g.in_h + y) * g.in_w * g.in_c;
        SplitRow(g, y < 0 || y == g.in_h ? nullptr : row, width, at);
      }
      for (int64_t j = 0; j < g.k_w; ++j) {
        for (int64_t c = 0; c < g.in_c; ++c) {
          taps[k++] = at + (c * g.stride_w + j % g.stride_w) * width + j / g.stride_w;
        }
      }
    }
    float* const output = task.output + index * g.out_w * g.out_c;
    for (int64_t channel = 0; channel < g.out_c; channel += 4) {
      constexpr int64_t kPanel = PackedMatrix::kPanel;
      const float* weights = task.packed + channel / kPanel * num_taps * kPanel + channel % kPanel;
      const float* bias = task.epilogue->bias != nullptr ? task.epilogue->bias + channel : nullptr;
      DoRow({taps, num_taps, weights, bias, g.out_w, g.out_c, output + channel}, bounds);
    }
    if (task.epilogue->finish) task.epilogue->finish(output, g.out_w * g.out_c);
  }
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace rivulet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace rivulet {

HWY_EXPORT(DoPlaneRows);

bool ConvByPlanesPays(const ConvGeometry& g, const Epilogue& epilogue) {
  if (g.groups != 1 || g.dilation_w != 1 || g.dilation_h != 1 || epilogue.addend != nullptr) return false;
  if ((g.in_c != 1 && g.in_c != 3) || g.stride_w > 2 || g.out_c % 4 != 0 || g.out_c == 0) return false;
  if (g.k_h < 1 || g.k_w < 1 || g.k_h > conv_planes::kMostRows || g.k_w > conv_planes::kMostTaps) return false;
  // Where more channels come out, of few taps each, putting them together again costs more than lanes gain.
  constexpr int64_t kFewChannels = 16;
  constexpr int64_t kManyTaps = 100;
  if (g.out_c > kFewChannels && g.k_h * g.k_w * g.in_c < kManyTaps) return false;
  // Fewer pixels leave most of a tile empty; more do not fit, and sizes beyond these have only arithmetic to check.
  constexpr int64_t kFewPixels = 24;
  constexpr int64_t kMost = 1 << 20;
  if (g.out_w < kFewPixels || g.out_w > kMost || std::max(std::abs(g.pad_top), std::abs(g.pad_left)) > kMost ||
      std::max({g.stride_h, g.out_h, g.in_h, g.in_w}) > kMost) {
    return false;
  }
  const int64_t row_floats = g.in_c * g.stride_w * conv_planes::PlaneWidth(g);
  return g.k_h * g.k_w * g.in_c <= conv_planes::kMostTaps && g.k_h * row_floats <= conv_planes::kFloats;
}

void ConvByPlanes(const float* input, const float* packed, const ConvGeometry& g, const Epilogue& epilogue,
                  float* output, ThreadPool& pool, const StopToken& stop) {
  const ConvTask task{&g, input, packed, &epilogue, output};
  const int64_t work = g.k_h * g.k_w * g.in_c * g.out_c * g.out_w;
  const int64_t grain = std::max<int64_t>((1 << 18) / work, 1);
  pool.ParallelFor(g.batch * g.out_h, grain, stop, [&](int64_t begin, int64_t end) {
    HWY_DYNAMIC_DISPATCH(DoPlaneRows)(task, begin, end);
  });
}

}  // namespace rivulet
#endif  // HWY_ONCE
