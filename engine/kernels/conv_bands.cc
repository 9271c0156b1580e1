#include "engine/kernels/conv_bands.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "engine/kernels/depthwise.h"

namespace rivulet {
namespace {

// Sizes beyond these have only arithmetic to check.
constexpr int64_t kMostExtent = 1 << 16;
constexpr int64_t kMostRowFloats = 1 << 24;

int64_t RowFloats(const ConvGeometry& g) { return g.out_w * g.out_c; }

// Rows of the input that rows [begin, end) of the output see.
struct Rows {
  int64_t begin;
  int64_t end;
};
Rows RowsUnder(const ConvGeometry& g, Rows out) {
  const int64_t begin = std::clamp<int64_t>(out.begin * g.stride_h - g.pad_top, 0, g.in_h);
  const int64_t end = (out.end - 1) * g.stride_h - g.pad_top + (g.k_h - 1) * g.dilation_h + 1;
  return {begin, std::clamp(end, begin, g.in_h)};
}

// The most rows of each stage's output that a band of `rows` rows of the last one sees.
std::array<int64_t, kMostBandStages> HeldRows(std::span<const ConvGeometry> stages, int64_t rows) {
  std::array<int64_t, kMostBandStages> held{};
  int64_t seen = rows;
  for (size_t i = stages.size() - 1; i > 0; --i) {
    const ConvGeometry& g = stages[i];
    seen = std::min((seen - 1) * g.stride_h + (g.k_h - 1) * g.dilation_h + 1, g.in_h);
    held[i - 1] = seen;
  }
  return held;
}

std::array<ConvGeometry, kMostBandStages> GeometriesOf(std::span<const BandStage> stages) {
  std::array<ConvGeometry, kMostBandStages> geometries;
  for (size_t i = 0; i < stages.size(); ++i) geometries[i] = stages[i].geometry;
  return geometries;
}

// Twice the rows that are held, so that they are moved to the front only now and then; in whole cache lines, with one
// that a kernel may read past the end.
int64_t RoomFloats(int64_t held, const ConvGeometry& g) { return (2 * held * RowFloats(g) + 31) / 16 * 16; }

// A thread's share of one picture. Between bands, the rows that the next one sees again stay where they are, until
// there is no room behind them.
class Share {
 public:
  Share(const float* input, std::span<const BandStage> stages, float* output, float* scratch, int64_t image,
        int64_t band, const StopToken& stop)
      : input_(input), stages_(stages), output_(output), image_(image), band_(band), stop_(stop) {
    const auto geometries = GeometriesOf(stages);
    const auto held = HeldRows({geometries.data(), stages.size()}, band);
    for (size_t i = 0; i + 1 < stages.size(); ++i) {
      rooms_[i] = {scratch, 2 * held[i], 0, 0};
      scratch += RoomFloats(held[i], stages[i].geometry);
    }
  }

  void Run(Rows rows) {
    bool first = true;
    for (int64_t y = rows.begin; y < rows.end && !stop_.stopped(); y += band_, first = false) {
      RunBand({y, std::min(y + band_, rows.end)}, first);
    }
  }

 private:
  // Where a stage's rows [begin, end) lie.
  struct Room {
    float* at = nullptr;
    int64_t capacity = 0;  // in rows
    int64_t begin = 0;
    int64_t end = 0;
  };

  void RunBand(Rows rows, bool first) {
    std::array<Rows, kMostBandStages> seen;
    seen[stages_.size() - 1] = rows;
    for (size_t i = stages_.size() - 1; i > 0; --i) seen[i - 1] = RowsUnder(stages_[i].geometry, seen[i]);
    for (size_t i = 0; i + 1 < stages_.size(); ++i) {
      Room& room = rooms_[i];
      if (first || room.end < seen[i].begin) room.begin = room.end = seen[i].begin;
      if (room.end >= seen[i].end) continue;
      MakeRoom(stages_[i].geometry, seen[i], room);
      const Rows made{room.end, seen[i].end};
      RunStage(i, made, room.at + (made.begin - room.begin) * RowFloats(stages_[i].geometry));
      room.end = made.end;
    }
    const ConvGeometry& last = stages_.back().geometry;
    RunStage(stages_.size() - 1, rows, output_ + (image_ * last.out_h + rows.begin) * RowFloats(last));
  }

  static void MakeRoom(const ConvGeometry& g, Rows seen, Room& room) {
    if (seen.end - room.begin <= room.capacity) return;
    const int64_t kept = std::max(room.end - seen.begin, int64_t{0});
    const int64_t from = room.end - kept;
    if (kept > 0) {
      std::memmove(room.at, room.at + (from - room.begin) * RowFloats(g),
                   static_cast<size_t>(kept * RowFloats(g)) * sizeof(float));
    }
    room.begin = from;
  }

  void RunStage(size_t index, Rows made, float* to) {
    const BandStage& stage = stages_[index];
    const ConvGeometry& whole = stage.geometry;
    const Rows under = RowsUnder(whole, made);
    ConvGeometry g = whole;
    g.batch = 1;
    g.in_h = under.end - under.begin;
    g.out_h = made.end - made.begin;
    g.pad_top = whole.pad_top - made.begin * whole.stride_h + under.begin;
    const int64_t in_row = whole.in_w * whole.in_c;
    const float* from = index == 0 ? input_ + (image_ * whole.in_h + under.begin) * in_row
                                   : rooms_[index - 1].at + (under.begin - rooms_[index - 1].begin) * in_row;
    Epilogue epilogue = stage.epilogue;
    if (epilogue.addend != nullptr) epilogue.addend += (image_ * whole.out_h + made.begin) * RowFloats(whole);
    if (!stage.depthwise) {
      Conv2D(from, stage.packed, g, ConvAlgorithm::kDirect, epilogue, to, nullptr, alone_, stop_);
      return;
    }
    const DepthwiseGeometry d{1,     g.in_h,     g.in_w,     g.in_c,       g.out_h,      g.out_w,   1,         g.k_h,
                              g.k_w, g.stride_h, g.stride_w, g.dilation_h, g.dilation_w, g.pad_top, g.pad_left};
    DepthwiseConv2D(from, stage.filter, d, epilogue, to, alone_, stop_);
  }

  const float* const input_;
  const std::span<const BandStage> stages_;
  float* const output_;
  const int64_t image_;
  const int64_t band_;
  const StopToken& stop_;
  std::array<Room, kMostBandStages> rooms_;
  ThreadPool alone_{1};
};

int64_t FloatsOfShare(std::span<const ConvGeometry> stages) {
  const auto held = HeldRows(stages, BandRows(stages));
  int64_t floats = 0;
  for (size_t i = 0; i + 1 < stages.size(); ++i) floats += RoomFloats(held[i], stages[i]);
  return floats;
}

}  // namespace

bool TakesBands(const ConvGeometry& g, bool depthwise) {
  for (const int64_t size : {g.in_h, g.in_w, g.out_h, g.out_w, g.k_h, g.k_w, g.stride_h, g.dilation_h, g.in_c}) {
    if (size < 1 || size > kMostExtent) return false;
  }
  if (g.batch < 1 || g.batch > kMostExtent || std::max(std::abs(g.pad_top), std::abs(g.pad_left)) > kMostExtent ||
      g.out_c < 1 || RowFloats(g) > kMostRowFloats) {
    return false;
  }
  if (depthwise) return g.groups == g.in_c && g.out_c == g.in_c;
  return g.groups == 1 && ChooseConvAlgorithm(g) == ConvAlgorithm::kDirect;
}

bool BandsPay(const ConvGeometry& before, const ConvGeometry& after, int threads) {
  // Half of a second-level cache, that is, or of a processor's share of the next one. Of less, threads still wait for
  // rows that another one has written.
  const int64_t far_floats = int64_t{1} << (threads > 1 ? 16 : 17);
  // Multiplications for each value between the two. To write it and to read it costs as much as some forty, and more
  // where threads share what they wait for; where many more come with it, whole pictures multiply faster than bands.
  const double most_work = threads > 1 ? 96 : 72;
  const auto taps = [](const ConvGeometry& g) { return static_cast<double>(g.k_h) * static_cast<double>(g.k_w); };
  const double made = taps(before) * static_cast<double>(before.in_c) / static_cast<double>(before.groups);
  const double read = taps(after) * static_cast<double>(after.out_c) / static_cast<double>(after.groups) /
                      (static_cast<double>(after.stride_h) * static_cast<double>(after.stride_w));
  return before.out_h >= 8 && before.out_h * RowFloats(before) >= far_floats && made + read <= most_work;
}

int64_t BandRows(std::span<const ConvGeometry> stages) {
  // In floats: what lies between the stages, and weights, which each band reads anew.
  constexpr int64_t kNear = 3 << 16;
  constexpr int64_t kMostWeights = 1 << 16;
  if (stages.size() < 2 || stages.size() > kMostBandStages) return 0;
  int64_t weights = 0;
  for (const ConvGeometry& g : stages) {
    if (RowFloats(g) > kNear) return 0;
    const CheckedSize filter = CheckedSize(g.k_h) * g.k_w * (g.in_c / g.groups) * g.out_c;
    if (!filter.valid() || filter.value() > kMostWeights) return 0;
    weights += filter.value();
  }
  if (weights > kMostWeights) return 0;
  for (const int64_t rows : {4, 2, 1}) {
    const auto held = HeldRows(stages, rows);
    CheckedSize floats = 0;
    for (size_t i = 0; i + 1 < stages.size(); ++i) floats += CheckedSize(held[i]) * RowFloats(stages[i]);
    if (floats.valid() && floats.value() <= kNear) return rows;
  }
  return 0;
}

CheckedSize BandScratchBytes(std::span<const BandStage> stages, int threads) {
  const auto geometries = GeometriesOf(stages);
  return CheckedSize(FloatsOfShare({geometries.data(), stages.size()})) * static_cast<int64_t>(sizeof(float)) * threads;
}

void ConvBands(const float* input, std::span<const BandStage> stages, float* output, void* scratch, ThreadPool& pool,
               const StopToken& stop) {
  const auto all = GeometriesOf(stages);
  const std::span<const ConvGeometry> geometries(all.data(), stages.size());
  const ConvGeometry& last = geometries.back();
  const int64_t band = BandRows(geometries);
  const int64_t floats = FloatsOfShare(geometries);
  // A share makes the rows above its first ones that it sees again, so there are no more than threads.
  const int64_t shares = std::clamp<int64_t>(last.out_h / 4, 1, pool.num_threads());
  pool.ParallelFor(last.batch * shares, 1, stop, [&](int64_t begin, int64_t end, int thread) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t share = i % shares;
      Share(input, stages, output, static_cast<float*>(scratch) + thread * floats, i / shares, band, stop)
          .Run({last.out_h * share / shares, last.out_h * (share + 1) / shares});
    }
  });
}

}  // namespace rivulet
