// Some tiles of the output at a time: their inputs are transformed, place by place (of sixteen) multiplied by the
// filter of some columns, and what comes of these is transformed back while it is in a near cache.
#ifndef HWY_WANT_AVX3_DL
#define HWY_WANT_AVX3_DL 1  // has nothing here, so that no lesser target's form runs where that one's products do
#endif
#include "engine/kernels/winograd_u8.h"

#include <algorithm>
#include <cstring>

#include "engine/base/errors.h"
#include "engine/kernels/collect_int8.h"
#include "engine/kernels/int8_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/kernels/winograd_u8.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

#include "engine/kernels/int8_pair_tile-inl.h"

#ifndef RIVULET_ENGINE_KERNELS_WINOGRAD_U8_ONCE
#define RIVULET_ENGINE_KERNELS_WINOGRAD_U8_ONCE
namespace rivulet {

inline constexpr int64_t kPlacesU8 = 16;
inline constexpr int64_t kMostTileColumnsU8 = 16;
// A line of the cache lies behind each place, so that the sixteen do not fall on one set.
inline constexpr int64_t kMoreValuesU8 = 32;
inline constexpr int64_t kMoreSumsU8 = 16;

struct WinogradTaskU8 {
  const uint8_t* input = nullptr;
  int32_t a_offset = 0;
  const int16_t* filter = nullptr;
  const ConvGeometry* geometry = nullptr;
  int32_t* output = nullptr;
  int64_t extremes_stride = 0;
  int64_t tiles_h = 0, tiles_w = 0;
};

inline int64_t SumsOfPlaceU8(int64_t tiles) { return tiles * kMostTileColumnsU8 + kMoreSumsU8; }

// Tiles that are transformed together: their inputs are some 200 kB.
inline int64_t TilesOfBlockU8(int64_t in_c) { return std::clamp<int64_t>((200 << 10) / (32 * in_c) / 6 * 6, 12, 96); }

}  // namespace rivulet
#endif

HWY_BEFORE_NAMESPACE();
namespace rivulet {
namespace HWY_NAMESPACE {
namespace {

#if RIVULET_HAS_PAIRS
constexpr int64_t kColumns = 2 * kTailLanes;
static_assert(kColumns <= kMostTileColumnsU8);

// Where a tile lies: its first output pixel.
struct TilePlace {
  int64_t image, y, x;
};
HWY_INLINE TilePlace PlaceOf(const WinogradTaskU8& task, int64_t tile) {
  return {tile / (task.tiles_h * task.tiles_w), tile / task.tiles_w % task.tiles_h * 2, tile % task.tiles_w * 2};
}

// B' d B of eight channels; d(i, j) loads a pixel. Stores place p at to + p * stride.
template <class Load>
HWY_INLINE void TransformPixels(const Load& d, int64_t stride, int16_t* to) {
  const hn::FixedTag<int16_t, 8> d16;
  using V16 = hn::Vec<decltype(d16)>;
  const auto row = [&](V16 a, V16 b, V16 c, V16 e, int64_t first) HWY_ATTR {
    hn::StoreU(hn::Sub(a, c), d16, to + first * stride);
    hn::StoreU(hn::Add(b, c), d16, to + (first + 1) * stride);
    hn::StoreU(hn::Sub(c, b), d16, to + (first + 2) * stride);
    hn::StoreU(hn::Sub(b, e), d16, to + (first + 3) * stride);
  };
  const V16 d10 = d(1, 0), d11 = d(1, 1), d12 = d(1, 2), d13 = d(1, 3);
  const V16 d20 = d(2, 0), d21 = d(2, 1), d22 = d(2, 2), d23 = d(2, 3);
  row(hn::Sub(d(0, 0), d20), hn::Sub(d(0, 1), d21), hn::Sub(d(0, 2), d22), hn::Sub(d(0, 3), d23), 0);
  row(hn::Add(d10, d20), hn::Add(d11, d21), hn::Add(d12, d22), hn::Add(d13, d23), 4);
  row(hn::Sub(d20, d10), hn::Sub(d21, d11), hn::Sub(d22, d12), hn::Sub(d23, d13), 8);
  row(hn::Sub(d10, d(3, 0)), hn::Sub(d11, d(3, 1)), hn::Sub(d12, d(3, 2)), hn::Sub(d13, d(3, 3)), 12);
}

// The input under one tile, less its zero; 0 outside. `stride`: from one place's values to the next's.
void TransformInput(const WinogradTaskU8& task, const TilePlace& place, int64_t stride, int16_t* to) {
  const ConvGeometry& g = *task.geometry;
  const hn::FixedTag<int16_t, 8> d16;
  const hn::Rebind<uint8_t, decltype(d16)> d8;
  const auto zero = hn::Set(d16, static_cast<int16_t>(task.a_offset));
  const int64_t y = place.y - g.pad_top, x = place.x - g.pad_left, row = g.in_w * g.in_c;
  const uint8_t* from = task.input + place.image * g.in_h * row;
  const auto load = [&](const uint8_t* at) HWY_ATTR { return hn::Sub(hn::PromoteTo(d16, hn::LoadU(d8, at)), zero); };
  const bool inside = y >= 0 && x >= 0 && y + 4 <= g.in_h && x + 4 <= g.in_w;
  for (int64_t c = 0; c < g.in_c; c += 8) {
    if (inside) {
      const uint8_t* first = from + y * row + x * g.in_c + c;
      TransformPixels([&](int64_t i, int64_t j) HWY_ATTR { return load(first + i * row + j * g.in_c); }, stride,
                      to + c);
      continue;
    }
    const auto pixel = [&](int64_t i, int64_t j) HWY_ATTR {
      const int64_t at_y = y + i, at_x = x + j;
      if (at_y < 0 || at_y >= g.in_h || at_x < 0 || at_x >= g.in_w) return hn::Zero(d16);
      return load(from + at_y * row + at_x * g.in_c + c);
    };
    TransformPixels(pixel, stride, to + c);
  }
}

// One of the four sums of a tile, `count` columns of it, if it is there.
HWY_INLINE void StoreSum(TailI four_times, bool is_there, int64_t count, int32_t* to, TailI* low, TailI* high) {
  if (!is_there) return;
  const TailDI d;
  const TailI sum = hn::ShiftRight<2>(four_times);
  *low = hn::Min(*low, sum);
  *high = hn::Max(*high, sum);
  count == kTailLanes ? hn::StoreU(sum, d, to) : hn::StoreN(sum, d, to, static_cast<size_t>(count));
}

// A' m A of one tile and a vector of columns: places lie `stride` apart. Widens *low and *high.
HWY_INLINE void TransformSums(const WinogradTaskU8& task, const TilePlace& place, const int32_t* from, int64_t stride,
                              int64_t column, int64_t count, TailI* low, TailI* high) {
  const ConvGeometry& g = *task.geometry;
  const TailDI d;
#define RIVULET_PLACE(i, j) hn::LoadU(d, from + (4 * (i) + (j)) * stride)
#define RIVULET_FIRST(j) hn::Add(hn::Add(RIVULET_PLACE(0, j), RIVULET_PLACE(1, j)), RIVULET_PLACE(2, j))
#define RIVULET_SECOND(j) hn::Sub(hn::Sub(RIVULET_PLACE(1, j), RIVULET_PLACE(2, j)), RIVULET_PLACE(3, j))
  const TailI s0 = RIVULET_FIRST(0), s1 = RIVULET_FIRST(1), s2 = RIVULET_FIRST(2), s3 = RIVULET_FIRST(3);
  const TailI t0 = RIVULET_SECOND(0), t1 = RIVULET_SECOND(1), t2 = RIVULET_SECOND(2), t3 = RIVULET_SECOND(3);
#undef RIVULET_SECOND
#undef RIVULET_FIRST
#undef RIVULET_PLACE
  int32_t* to = task.output + ((place.image * g.out_h + place.y) * g.out_w + place.x) * g.out_c + column;
  const bool right = place.x + 1 < g.out_w, below = place.y + 1 < g.out_h;
  const int64_t row = g.out_w * g.out_c;
  StoreSum(hn::Add(hn::Add(s0, s1), s2), true, count, to, low, high);
  StoreSum(hn::Sub(hn::Sub(s1, s2), s3), right, count, to + g.out_c, low, high);
  StoreSum(hn::Add(hn::Add(t0, t1), t2), below, count, to + row, low, high);
  StoreSum(hn::Sub(hn::Sub(t1, t2), t3), right && below, count, to + row + g.out_c, low, high);
}

// Tiles [begin, end), all columns. `inputs`: room for them; `sums`: for some columns of theirs. `lows`: the thread's,
// or null.
void TilesPiece(const WinogradTaskU8& task, int64_t begin, int64_t end, int16_t* inputs, int32_t* sums, int32_t* lows) {
  const ConvGeometry& g = *task.geometry;
  const int64_t tiles = end - begin;
  const int64_t place_values = tiles * g.in_c + kMoreValuesU8, place_sums = tiles * kColumns + kMoreSumsU8;
  for (int64_t t = 0; t < tiles; ++t) {
    TransformInput(task, PlaceOf(task, begin + t), place_values, inputs + t * g.in_c);
  }
  HWY_ALIGN static constexpr int32_t kZeros[static_cast<size_t>(kColumns)] = {};
  const TailDI d;
  for (int64_t column = 0; column < g.out_c; column += kColumns) {
    const int16_t* filter = task.filter + column * kPlacesU8 * g.in_c;
    PairOut out = {};
    out.start = kZeros;
    out.stride = kColumns;
    for (int64_t place = 0; place < kPlacesU8; ++place, filter += kColumns * g.in_c) {
      for (int64_t t = 0; t < tiles; t += kPairRows) {
        out.to = sums + place * place_sums + t * kColumns;
        kTwoVectors[std::min(kPairRows, tiles - t) - 1](inputs + place * place_values + t * g.in_c, g.in_c, g.in_c / 2,
                                                        filter, out);
      }
    }
    for (int64_t j = 0; j < kColumns && column + j < g.out_c; j += kTailLanes) {
      const int64_t count = std::min(kTailLanes, g.out_c - column - j);
      TailI low = hn::Set(d, INT32_MAX), high = hn::Set(d, INT32_MIN);
      for (int64_t t = 0; t < tiles; ++t) {
        TransformSums(task, PlaceOf(task, begin + t), sums + t * kColumns + j, place_sums, column + j, count, &low,
                      &high);
      }
      if (lows == nullptr) continue;
      WidenExtremes(low, high, count, lows + column + j, lows + task.extremes_stride + column + j);
    }
  }
}

int64_t TileColumns() { return kColumns; }
#else
void TilesPiece(const WinogradTaskU8&, int64_t, int64_t, int16_t*, int32_t*, int32_t*) {}
int64_t TileColumns() { return 0; }
#endif

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace rivulet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace rivulet {

HWY_EXPORT(TilesPiece);
HWY_EXPORT(TileColumns);

namespace {

constexpr int64_t kMostChannels = 256;

// (2 G) g (2 G)' of one channel's weights less their zero, `step` bytes apart.
void TransformFilter(const uint8_t* filter, int64_t step, int32_t zero, int32_t* places) {
  int32_t half[4][3];
  const auto line = [](int32_t a, int32_t b, int32_t c, int32_t* to, int64_t apart) {
    to[0] = 2 * a;
    to[apart] = a + b + c;
    to[2 * apart] = a - b + c;
    to[3 * apart] = 2 * c;
  };
  const auto weight = [&](int64_t i, int64_t j) { return filter[(3 * i + j) * step] - zero; };
  for (int64_t j = 0; j < 3; ++j) line(weight(0, j), weight(1, j), weight(2, j), &half[0][j], 3);
  for (int64_t i = 0; i < 4; ++i) line(half[i][0], half[i][1], half[i][2], places + 4 * i, 1);
}

}  // namespace

bool WinogradFilterU8::Pays(int64_t in_c, int64_t out_c) {
  return HWY_DYNAMIC_DISPATCH(TileColumns)() > 0 && in_c % 8 == 0 && in_c >= 16 && in_c <= kMostChannels && out_c >= 16;
}

Result<WinogradFilterU8> WinogradFilterU8::Pack(const uint8_t* filter, int64_t in_c, int64_t out_c, int32_t zero,
                                                Allocator& allocator) {
  WinogradFilterU8 out;
  out.in_c_ = in_c;
  out.out_c_ = out_c;
  out.zero_ = zero;
  out.tile_ = std::max<int64_t>(HWY_DYNAMIC_DISPATCH(TileColumns)(), 1);
  const CheckedSize columns = CheckedSize((std::max<int64_t>(out_c, 1) - 1) / out.tile_ + 1) * out.tile_;
  const CheckedSize bytes = columns * in_c * (kPlacesU8 * int64_t{sizeof(int16_t)});
  if (!bytes.valid()) return ResourceExhausted("a filter of ", in_c, " by ", out_c, " channels is too large");
  RIVULET_ASSIGN_OR_RETURN(out.memory_, allocator.Allocate(static_cast<size_t>(bytes.value())));
  auto* to = static_cast<int16_t*>(out.memory_.get());
  std::memset(to, 0, static_cast<size_t>(bytes.value()));
  for (int64_t o = 0; o < out_c; ++o) {
    for (int64_t c = 0; c < in_c; ++c) {
      int32_t places[kPlacesU8];
      TransformFilter(filter + c * out_c + o, in_c * out_c, zero, places);
      for (int64_t p = 0; p < kPlacesU8; ++p) {
        const int64_t panel = (o / out.tile_ * kPlacesU8 + p) * in_c * out.tile_;
        to[panel + (c / 2 * out.tile_ + o % out.tile_) * 2 + c % 2] = static_cast<int16_t>(places[p]);
      }
    }
  }
  return out;
}

bool TakesWinogradU8(const ConvGeometry& g, const WinogradFilterU8& filter) {
  if (g.k_h != 3 || g.k_w != 3 || g.stride_h != 1 || g.stride_w != 1 || g.dilation_h != 1 || g.dilation_w != 1) {
    return false;
  }
  if (g.groups != 1 || g.in_c != filter.in_c() || g.out_c != filter.out_c()) return false;
  if (HWY_DYNAMIC_DISPATCH(TileColumns)() != filter.tile()) return false;
  // Sixteen products a tile, and what the transforms cost, against nine a pixel.
  const int64_t tiles = g.batch * ((g.out_h + 1) / 2) * ((g.out_w + 1) / 2);
  return tiles >= 12 && tiles * 24 <= g.batch * g.out_h * g.out_w * 9;
}

CheckedSize WinogradU8ScratchBytes(int64_t in_c, int threads) {
  if (in_c < 1 || in_c > kMostChannels) return CheckedSize(-1);
  const int64_t tiles = TilesOfBlockU8(in_c);
  const int64_t inputs = (tiles * in_c + kMoreValuesU8) * int64_t{sizeof(int16_t)};
  return CheckedSize(kPlacesU8 * (inputs + SumsOfPlaceU8(tiles) * int64_t{sizeof(int32_t)})) * threads;
}

void WinogradSumsU8(const uint8_t* input, int32_t a_offset, const WinogradFilterU8& filter, const ConvGeometry& g,
                    int32_t* output, void* scratch, ThreadPool& pool, const StopToken& stop, int32_t* extremes,
                    int64_t extremes_stride) {
  WinogradTaskU8 task;
  task.input = input;
  task.a_offset = a_offset;
  task.filter = filter.data();
  task.geometry = &g;
  task.output = output;
  task.extremes_stride = extremes_stride;
  task.tiles_h = (g.out_h + 1) / 2;
  task.tiles_w = (g.out_w + 1) / 2;
  const int64_t tiles = g.batch * task.tiles_h * task.tiles_w, most = TilesOfBlockU8(g.in_c);
  // Blocks as equal as can be, multiples of a tile's rows, and one for each thread.
  const int64_t blocks =
      std::max<int64_t>((tiles + most - 1) / most, std::min<int64_t>(pool.num_threads(), tiles / 12));
  const int64_t block = std::min(((tiles + blocks - 1) / blocks + 5) / 6 * 6, most);
  const int64_t bytes = WinogradU8ScratchBytes(g.in_c, 1).value();
  if (extremes != nullptr) FillExtremes(g.out_c, pool.num_threads(), extremes_stride, extremes);
  pool.ParallelFor((tiles + block - 1) / block, 1, stop, [&](int64_t begin, int64_t end, int thread) {
    auto* sums = reinterpret_cast<int32_t*>(static_cast<char*>(scratch) + thread * bytes);
    auto* inputs = reinterpret_cast<int16_t*>(sums + kPlacesU8 * SumsOfPlaceU8(most));
    int32_t* lows = extremes == nullptr ? nullptr : extremes + 2 * thread * extremes_stride;
    for (int64_t i = begin; i < end; ++i) {
      HWY_DYNAMIC_DISPATCH(TilesPiece)
      (task, i * block, std::min((i + 1) * block, tiles), inputs, sums, lows);
    }
  });
  if (extremes != nullptr) JoinExtremes(g.out_c, pool.num_threads(), extremes_stride, extremes);
}

}  // namespace rivulet
#endif  // HWY_ONCE
