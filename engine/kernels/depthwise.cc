// Along an output row, a block of neighbouring pixels is computed at once, for one vector of channels after the other:
// the sums stay in registers, and a filter vector is loaded once for all of the block. Pixels whose filter sticks out
// of the input at the left or right are computed one by one. That is for several filters a channel; filters of one a
// channel have kernels of their own: the common 3x3 and 5x5 in depthwise_square-inl.h, others in
// depthwise_copied-inl.h.
#include "engine/kernels/depthwise.h"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/kernels/depthwise.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

#include "engine/base/built_uses.h"
#include "engine/kernels/code_stages.h"
#include "engine/kernels/depthwise_copied-inl.h"
#include "engine/kernels/depthwise_finish-inl.h"
#include "engine/kernels/depthwise_square-inl.h"
#include "engine/kernels/epilogue-inl.h"
#include "engine/kernels/quantized_codes.h"

HWY_BEFORE_NAMESPACE();
namespace rivulet {
namespace HWY_NAMESPACE {
namespace {

// The part of the filter that lies over the input, and the first input and output pixel of a block.
struct Window {
  const float* input;   // under filter element (0, 0) of those counted here
  const float* filter;  // that element
  int64_t taps_h;
  int64_t taps_w;
  int64_t input_row;  // floats from one counted filter row to the next, in the input
  int64_t input_tap;  // from one filter column to the next
  int64_t filter_row;
  int64_t filter_tap;
  int64_t input_pixel;   // from one output pixel to the next, in the input
  int64_t output_pixel;  // in the output
};

// A vector of `count` channels of kColumns neighbouring output pixels. `load` gets an address in the input.
template <int kColumns, class LoadInput>
HWY_INLINE void Block(const Window& w, int64_t channel, int64_t count, const LoadInput& load, const Out& out) {
  const D d;
  V s0 = hn::Zero(d), s1 = s0, s2 = s0, s3 = s0;
  for (int64_t i = 0; i < w.taps_h; ++i) {
    const float* from = w.input + i * w.input_row;
    const float* filter = w.filter + i * w.filter_row + channel;
    for (int64_t j = 0; j < w.taps_w; ++j, from += w.input_tap, filter += w.filter_tap) {
      const V f = LoadSome(filter, count);
      s0 = hn::MulAdd(load(from), f, s0);
      if constexpr (kColumns > 1) s1 = hn::MulAdd(load(from + w.input_pixel), f, s1);
      if constexpr (kColumns > 2) s2 = hn::MulAdd(load(from + 2 * w.input_pixel), f, s2);
      if constexpr (kColumns > 3) s3 = hn::MulAdd(load(from + 3 * w.input_pixel), f, s3);
    }
  }
  Finish(s0, out, channel, channel, count);
  if constexpr (kColumns > 1) Finish(s1, out, channel + w.output_pixel, channel, count);
  if constexpr (kColumns > 2) Finish(s2, out, channel + 2 * w.output_pixel, channel, count);
  if constexpr (kColumns > 3) Finish(s3, out, channel + 3 * w.output_pixel, channel, count);
}

// All channels of kColumns pixels, one filter per channel.
template <int kColumns>
HWY_NOINLINE void Plain(const Window& w, int64_t channels, const Out& out) {
  const D d;
  int64_t channel = 0;
  for (; channel + kLanes <= channels; channel += kLanes) {
    Block<kColumns>(
        w, channel, kLanes, [&](const float* p) HWY_ATTR { return hn::LoadU(d, p + channel); }, out);
  }
  if (channel < channels) {
    const int64_t count = channels - channel;
    Block<kColumns>(
        w, channel, count, [&](const float* p) HWY_ATTR { return LoadSome(p + channel, count); }, out);
  }
}

// The same for several filters per channel: lane i of the vector at output channel c reads input channel (c + i) /
// multiplier.
template <int kColumns>
HWY_NOINLINE void Multiplied(const Window& w, int64_t channels, int64_t multiplier, const Out& out) {
  const D d;
  const hn::RebindToSigned<D> di;
  HWY_ALIGN int32_t lanes[HWY_MAX_LANES_D(D)];
  for (int64_t channel = 0; channel < channels; channel += kLanes) {
    const int64_t count = std::min(kLanes, channels - channel);
    const int64_t first = channel / multiplier;
    for (int64_t i = 0; i < kLanes; ++i) {
      lanes[i] = static_cast<int32_t>((channel + std::min(i, count - 1)) / multiplier - first);
    }
    if (lanes[kLanes - 1] == 0) {
      Block<kColumns>(
          w, channel, count, [&](const float* p) HWY_ATTR { return hn::Set(d, p[first]); }, out);
    } else {
      const auto index = hn::Load(di, lanes);
      Block<kColumns>(
          w, channel, count, [&](const float* p) HWY_ATTR { return hn::GatherIndex(d, p + first, index); }, out);
    }
  }
}

// Smallest and one past the largest filter element that lies over [0, size) when element 0 lies over `first`.
HWY_INLINE void Inside(int64_t first, int64_t taps, int64_t dilation, int64_t size, int64_t& begin, int64_t& end) {
  begin = first >= 0 ? 0 : std::min((-first + dilation - 1) / dilation, taps);
  end = first >= size ? begin : std::clamp((size - first + dilation - 1) / dilation, begin, taps);
}

// Output row y of image n.
void Row(const float* input, const float* filter, const DepthwiseGeometry& g, const Epilogue& epilogue, float* output,
         int64_t n, int64_t y) {
  const int64_t channels = g.in_c * g.multiplier;
  int64_t top;
  int64_t bottom;
  const int64_t in_y = y * g.stride_h - g.pad_top;
  Inside(in_y, g.k_h, g.dilation_h, g.in_h, top, bottom);
  Window w;
  w.taps_h = bottom - top;
  w.input_row = g.dilation_h * g.in_w * g.in_c;
  w.input_tap = g.dilation_w * g.in_c;
  w.filter_row = g.k_w * channels;
  w.filter_tap = channels;
  w.input_pixel = g.stride_w * g.in_c;
  w.output_pixel = channels;
  const float* row_input = input + (n * g.in_h + in_y + top * g.dilation_h) * g.in_w * g.in_c;
  for (int64_t x = 0; x < g.out_w;) {
    const int64_t in_x = x * g.stride_w - g.pad_left;
    int64_t left;
    int64_t right;
    Inside(in_x, g.k_w, g.dilation_w, g.in_w, left, right);
    w.taps_w = right - left;
    w.input = row_input + (in_x + left * g.dilation_w) * g.in_c;
    w.filter = filter + (top * g.k_w + left) * channels;
    const int64_t at = ((n * g.out_h + y) * g.out_w + x) * channels;
    const Out out{output + at, epilogue.bias, epilogue.addend != nullptr ? epilogue.addend + at : nullptr,
                  ActivationBounds(epilogue.activation)};
    // Whether the fourth pixel from here sees the input as this one does.
    const bool four =
        x + 4 <= g.out_w && w.taps_w == g.k_w && in_x + 3 * g.stride_w + (g.k_w - 1) * g.dilation_w < g.in_w;
    if (g.multiplier == 1) {
      four ? Plain<4>(w, channels, out) : Plain<1>(w, channels, out);
    } else {
      four ? Multiplied<4>(w, channels, g.multiplier, out) : Multiplied<1>(w, channels, g.multiplier, out);
    }
    x += four ? 4 : 1;
  }
}

void Rows(const float* input, const float* filter, const DepthwiseGeometry& g, const Epilogue& epilogue, float* output,
          int64_t begin, int64_t end) {
  const bool has_kernel = TakesSquare(g, epilogue);
  const int64_t row_floats = g.out_w * g.in_c * g.multiplier;
  for (int64_t row = begin; row < end;) {
    const int64_t first = row;
    const int64_t n = row / g.out_h;
    const int64_t y = row % g.out_h;
    if (has_kernel) {
      const bool two = row + 1 < end && y + 1 < g.out_h;
      RowsOfSquare(input, filter, g, epilogue, output, n, y, two);
      row += two ? 2 : 1;
    } else {
      Row(input, filter, g, epilogue, output, n, y);
      ++row;
    }
    if (epilogue.finish) epilogue.finish(output + first * row_floats, (row - first) * row_floats);
  }
}

// Whether rows are worth copying: not one number at a time, nor where all filters of a narrowed build suit
// RowsOfSquare.
constexpr bool kCopies = kLanes > 1 && kUses.depthwise3x3_channels < kLanes;

// Vectors of channels where each goes over the picture by itself; 0 where all go together, row by row.
int64_t ChannelBlocks(const DepthwiseGeometry& g, const Epilogue& epilogue) {
  return kCopies && !TakesSquare(g, epilogue) && TakesCopied(g) ? (g.in_c + kLanes - 1) / kLanes : 0;
}

// Rows [begin, end) of a picture, block of channels by block, image by image.
void RowsOfBlocks(const DepthwiseSource& source, const float* filter, const DepthwiseGeometry& g,
                  const Epilogue& epilogue, float* output, int64_t block, int64_t begin, int64_t end) {
  if constexpr (!kCopies) return;
  const int64_t blocks = (g.in_c + kLanes - 1) / kLanes;
  RowsCopied(source, filter, g, epilogue, output, block / blocks, block % blocks * kLanes, begin, end);
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace rivulet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace rivulet {

HWY_EXPORT(Rows);
HWY_EXPORT(ChannelBlocks);
HWY_EXPORT(RowsOfBlocks);

namespace {

constexpr double kPieceWork = 200e3;  // multiplications

// Rows of a piece for kernels that take two at once. Each thread has its part of the picture, in one piece or a few: of
// pieces of equal work somebody would be left to wait for the last one.
int64_t RowsOfPiece(int64_t rows, double row_work, int threads) {
  constexpr double kShareWork = 1e6;
  constexpr double kMostPieces = 4;  // of a thread
  // From so much on, a microsecond or two, what one thread would read of the other's layers costs more than the wait
  // for the others.
  constexpr double kWorthSharing = 6e4;
  const double least = std::max(kPieceWork / row_work / 2, 1.0);
  if (threads == 1 || static_cast<double>(rows) * row_work < kWorthSharing) return 2 * static_cast<int64_t>(least);
  const int64_t share = (rows - 1) / threads + 1;
  const double pieces = std::clamp(static_cast<double>(share) * row_work / kShareWork, 1.0, kMostPieces);
  const int64_t part = (share - 1) / static_cast<int64_t>(pieces) + 1;
  return pieces < 2 ? part : (part + 1) / 2 * 2;
}

// A task that is the same for all threads.
struct Task {
  const DepthwiseSource& source;
  const float* filter;
  const DepthwiseGeometry& geometry;
  const Epilogue& epilogue;
  float* output;
};

double RowWork(const DepthwiseGeometry& g) {
  return static_cast<double>(g.out_w) * static_cast<double>(g.in_c * g.multiplier) *
         (1.0 + static_cast<double>(g.k_h) * static_cast<double>(g.k_w));
}

// By vectors of channels. A part of the rows copies those that it shares with the part before again; all blocks of a
// part follow one another. So there are parts only where threads would be left without work.
void RunBlocks(const Task& task, int64_t blocks, ThreadPool& pool, const StopToken& stop) {
  constexpr int64_t kPiecesOfThread = 4;
  const DepthwiseGeometry& g = task.geometry;
  const double block_work = RowWork(g) * static_cast<double>(g.out_h) / static_cast<double>(blocks);
  const int64_t wanted = (kPiecesOfThread * pool.num_threads() - 1) / std::max<int64_t>(g.batch * blocks, 1) + 1;
  const int64_t parts =
      std::clamp<int64_t>(std::min(static_cast<int64_t>(block_work / kPieceWork), wanted), 1, g.out_h);
  const int64_t grain = std::max<int64_t>(static_cast<int64_t>(kPieceWork / block_work), 1);
  pool.ParallelFor(g.batch * parts * blocks, grain, stop, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t part = i / blocks % parts;
      HWY_DYNAMIC_DISPATCH(RowsOfBlocks)
      (task.source, task.filter, g, task.epilogue, task.output, i / blocks / parts * blocks + i % blocks,
       g.out_h * part / parts, g.out_h * (part + 1) / parts);
    }
  });
}

// Whether threads do better with parts of the rows, as the layers before and behind have them, although what two parts
// see is copied twice. Sooner where vectors of channels that threads write lie in the same cache lines.
bool SharesRows(const DepthwiseGeometry& g, int threads) {
  constexpr int64_t kLineFloats = 16;
  const int64_t least = g.in_c % kLineFloats == 0 ? 3 * g.k_h : 2 * g.k_h;
  return threads > 1 && g.out_h >= least * threads && RowWork(g) * static_cast<double>(g.out_h) > kPieceWork;
}

// The same, each thread a part of the rows. `done` gets those of an image that are made, by who has them in its cache.
template <typename Done>
void RunBlocksByRows(const Task& task, int64_t blocks, ThreadPool& pool, const StopToken& stop, const Done& done) {
  const DepthwiseGeometry& g = task.geometry;
  const int64_t threads = pool.num_threads();
  const int64_t parts = std::clamp<int64_t>(threads / std::max<int64_t>(g.batch, 1), 1, g.out_h);
  const int64_t row = g.out_w * g.in_c;
  pool.ParallelFor(g.batch * parts, 1, stop, [&](int64_t begin, int64_t end, int thread) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t image = i / parts, part = i % parts;
      const int64_t first = g.out_h * part / parts, last = g.out_h * (part + 1) / parts;
      for (int64_t block = 0; block < blocks; ++block) {
        if (stop.stopped()) return;
        HWY_DYNAMIC_DISPATCH(RowsOfBlocks)
        (task.source, task.filter, g, task.epilogue, task.output, image * blocks + block, first, last);
      }
      done(task.output + (image * g.out_h + first) * row, last - first, thread);
    }
  });
}

// Input rows that one output row sees.
int64_t ReachOf(const DepthwiseGeometry& g) { return (g.k_h - 1) * g.dilation_h + 1; }

constexpr int64_t kRowsTogether = 2;  // of the output, which kernels compute at once

// Input rows that a thread holds as floats: several times as many as are wanted at once, so that few of them move.
int64_t RowsHeld(const DepthwiseGeometry& g) {
  constexpr int64_t kHeldFloats = 1 << 15;
  return std::max(kHeldFloats / std::max<int64_t>(g.in_w * g.in_c, 1), ReachOf(g) + 2 * g.stride_h);
}

// Floats of an image's rows of codes, in a thread's memory.
class HeldRows {
 public:
  HeldRows(const DepthwiseSource& source, const DepthwiseGeometry& g, int64_t image, float* held)
      : source_(source),
        codes_(source.codes + image * g.in_h * g.in_w * g.in_c),
        row_(g.in_w * g.in_c),
        room_(RowsHeld(g)),
        held_(held) {}

  // Where row `begin` lies, with those behind it up to `end`; neither is before that of the call before.
  const float* Rows(int64_t begin, int64_t end) {
    if (begin >= end_) first_ = end_ = begin;
    if (end - first_ > room_) {
      std::copy_n(held_ + (begin - first_) * row_, (end_ - begin) * row_, held_);
      first_ = begin;
    }
    if (end > end_) {
      DecodeBytes(codes_ + end_ * row_, (end - end_) * row_, source_.factor, source_.term,
                  held_ + (end_ - first_) * row_);
      end_ = end;
    }
    return held_ + (begin - first_) * row_;
  }

 private:
  const DepthwiseSource& source_;
  const uint8_t* codes_;
  int64_t row_;
  int64_t room_;
  float* held_;
  int64_t first_ = 0;
  int64_t end_ = 0;
};

// Output rows [begin, end) of one image, a few at a time: `done` gets them.
template <typename Done>
void RowsOfCodes(const Task& task, float* held, int64_t image, int64_t begin, int64_t end, const Done& done) {
  const DepthwiseGeometry& g = task.geometry;
  HeldRows rows(task.source, g, image, held);
  DepthwiseGeometry part = g;
  part.batch = 1;
  for (int64_t y = begin; y < end; y += part.out_h) {
    part.out_h = std::min(kRowsTogether, end - y);
    const int64_t top = y * g.stride_h - g.pad_top, bottom = top + (part.out_h - 1) * g.stride_h + ReachOf(g);
    const int64_t first = std::clamp<int64_t>(top, 0, g.in_h), last = std::clamp(bottom, first, g.in_h);
    part.in_h = last - first;
    part.pad_top = first - top;
    float* to = task.output + (image * g.out_h + y) * g.out_w * g.in_c * g.multiplier;
    HWY_DYNAMIC_DISPATCH(Rows)(rows.Rows(first, last), task.filter, part, task.epilogue, to, 0, part.out_h);
    done(to, part.out_h);
  }
}

// Output rows [begin, end) of all images.
template <typename Done>
void RowsOf(const Task& task, float* held, int64_t begin, int64_t end, const Done& done) {
  const DepthwiseGeometry& g = task.geometry;
  for (int64_t row = begin; row < end;) {
    const int64_t image = row / g.out_h, y = row % g.out_h;
    if (task.source.codes != nullptr) {
      const int64_t rows = std::min(end - row, g.out_h - y);
      RowsOfCodes(task, held, image, y, y + rows, done);
      row += rows;
      continue;
    }
    const int64_t rows = std::min(end - row, kRowsTogether);
    HWY_DYNAMIC_DISPATCH(Rows)
    (task.source.floats, task.filter, g, task.epilogue, task.output, row, row + rows);
    done(task.output + row * g.out_w * g.in_c * g.multiplier, rows);
    row += rows;
  }
}

}  // namespace

void DepthwiseConv2D(const float* input, const float* filter, const DepthwiseGeometry& geometry,
                     const Epilogue& epilogue, float* output, ThreadPool& pool, const StopToken& stop) {
  const int64_t channels = geometry.in_c * geometry.multiplier, rows = geometry.batch * geometry.out_h;
  if (channels == 0 || geometry.out_w == 0 || geometry.out_h == 0) return;
  const DepthwiseSource source{.floats = input};
  const int64_t blocks = HWY_DYNAMIC_DISPATCH(ChannelBlocks)(geometry, epilogue);
  if (blocks > 0) {
    const Task task{source, filter, geometry, epilogue, output};
    const int64_t line = geometry.out_w * channels;
    const auto finish = [&](float* from, int64_t some, int) {
      if (epilogue.finish) epilogue.finish(from, some * line);
    };
    if (SharesRows(geometry, pool.num_threads())) return RunBlocksByRows(task, blocks, pool, stop, finish);
    RunBlocks(task, blocks, pool, stop);
    if (!epilogue.finish) return;
    pool.ParallelFor(rows * line, 1 << 14, stop,
                     [&](int64_t begin, int64_t end) { epilogue.finish(output + begin, end - begin); });
    return;
  }
  if (rows == 0) return;
  const int64_t piece = RowsOfPiece(rows, RowWork(geometry), pool.num_threads());
  pool.ParallelFor(rows, piece, stop, [&](int64_t begin, int64_t end) {
    HWY_DYNAMIC_DISPATCH(Rows)(input, filter, geometry, epilogue, output, begin, end);
  });
}

CheckedSize DepthwiseScratchBytes(const DepthwiseSource& source, const DepthwiseGeometry& geometry, int threads) {
  if (source.codes == nullptr) return 0;
  return CheckedSize(RowsHeld(geometry)) * geometry.in_w * geometry.in_c * int64_t{threads} *
         static_cast<int64_t>(sizeof(float));
}

void DepthwiseConv2DOf(const DepthwiseSource& source, const float* filter, const DepthwiseGeometry& geometry,
                       const float* bias, float* output, float* extremes, float* scratch, ThreadPool& pool,
                       const StopToken& stop) {
  const int64_t channels = geometry.in_c * geometry.multiplier, rows = geometry.batch * geometry.out_h;
  const int threads = pool.num_threads();
  if (extremes != nullptr) StartFloatExtremes(channels, threads, extremes);
  if (channels == 0 || geometry.out_w == 0 || rows == 0) return;
  const Epilogue epilogue{.bias = bias};
  const Task task{source, filter, geometry, epilogue, output};
  const int64_t line = geometry.out_w * channels;
  const auto widen = [&](const float* values, int64_t some, int thread) {
    if (extremes != nullptr) WidenFloatExtremes(values, some * line, channels, thread, extremes);
  };
  const int64_t piece = RowsOfPiece(rows, RowWork(geometry), threads);
  if (const int64_t blocks = HWY_DYNAMIC_DISPATCH(ChannelBlocks)(geometry, epilogue); blocks > 0) {
    RunBlocksByRows(task, blocks, pool, stop, widen);
  } else {
    const int64_t held = RowsHeld(geometry) * geometry.in_w * geometry.in_c;
    pool.ParallelFor(rows, piece, stop, [&](int64_t begin, int64_t end, int thread) {
      RowsOf(task, scratch + (source.codes != nullptr ? thread * held : 0), begin, end,
             [&](const float* values, int64_t some) { widen(values, some, thread); });
    });
  }
  if (extremes != nullptr) JoinFloatExtremes(channels, threads, extremes);
}

}  // namespace rivulet
#endif  // HWY_ONCE
