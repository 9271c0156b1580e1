// The left operand of the product has a row for each output pixel: the input values under the filter, in the filter's
// order (filter row, filter column, channel). Rows are collected a block at a time.
#include "engine/kernels/conv.h"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/kernels/conv.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

#include "engine/base/built_uses.h"
#include "engine/base/errors.h"
#include "engine/kernels/conv_dots.h"
#include "engine/kernels/conv_groups.h"
#include "engine/kernels/conv_planes.h"
#include "engine/kernels/conv_rows.h"
#include "engine/kernels/epilogue-inl.h"
#include "engine/kernels/gemm.h"
#include "engine/kernels/winograd.h"
#include "engine/kernels/winograd_line.h"

#ifndef RIVULET_ENGINE_KERNELS_CONV_ONCE
#define RIVULET_ENGINE_KERNELS_CONV_ONCE
namespace rivulet {
// What collecting needs to know: the geometry and one group's first channel.
struct ConvSource {
  const ConvGeometry* geometry;
  const float* input;
  const float* input_end;
  int64_t channel;   // the group's first
  int64_t channels;  // the group's
};
}  // namespace rivulet
#endif

HWY_BEFORE_NAMESPACE();
namespace rivulet {
namespace HWY_NAMESPACE {
namespace {
static_assert(kLanes <= kCollectSlack);

// Copies and clears write whole vectors: past the end, what lies there is written later, or is slack. Reads do not
// leave the input.
HWY_INLINE float* Copy(const float* from, const float* input_end, int64_t count, float* to) {
  const D d;
  int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) hn::StoreU(hn::LoadU(d, from + i), d, to + i);
  if (i < count) {
    if (input_end - (from + i) >= kLanes) {
      hn::StoreU(hn::LoadU(d, from + i), d, to + i);
    } else {
      hn::StoreU(hn::LoadN(d, from + i, static_cast<size_t>(count - i)), d, to + i);
    }
  }
  return to + count;
}

HWY_INLINE float* Clear(int64_t count, float* to) {
  const D d;
  for (int64_t i = 0; i < count; i += kLanes) hn::StoreU(hn::Zero(d), d, to + i);
  return to + count;
}

// Where a block of k lies among the runs. A run is what follows one another both in the input and in the filter's
// order: a whole filter row where the filter is dense along it and sees all channels, else one filter element.
struct Runs {
  int64_t length;   // values in a run
  int64_t taps;     // filter elements in a run
  int64_t per_row;  // runs in a filter row
  int64_t first_y;  // filter row of the block's first run
  int64_t first_x;  // and its number in that row
  int64_t skip;     // values of it that lie before the block
};

Runs RunsOf(const ConvSource& s, int64_t k_begin) {
  const ConvGeometry& g = *s.geometry;
  const bool whole_rows = g.dilation_w == 1 && s.channels == g.in_c;
  Runs runs;
  runs.taps = whole_rows ? g.k_w : 1;
  runs.length = runs.taps * s.channels;
  runs.per_row = whole_rows ? 1 : g.k_w;
  const int64_t first = k_begin / runs.length;
  runs.first_y = first / runs.per_row;
  runs.first_x = first % runs.per_row;
  runs.skip = k_begin % runs.length;
  return runs;
}

// `count` values from the block's first on, of the output pixel whose filter's first element lies over (y, x). `corner`
// is where that is in the input, if it is there.
template <bool kInside>
HWY_INLINE void CollectPixel(const ConvSource& s, const Runs& runs, const float* corner, int64_t y, int64_t x,
                             int64_t count, float* to) {
  const ConvGeometry& g = *s.geometry;
  const int64_t row_step = g.dilation_h * g.in_w * g.in_c;
  const int64_t run_step = g.dilation_w * g.in_c;
  int64_t run_x = runs.first_x;
  int64_t begin = runs.skip;
  const float* row = corner + runs.first_y * row_step;
  int64_t in_y = y + runs.first_y * g.dilation_h;
  while (count > 0) {
    const int64_t end = std::min(begin + count, runs.length);
    count -= end - begin;
    if constexpr (kInside) {
      to = Copy(row + run_x * run_step + begin, s.input_end, end - begin, to);
    } else {
      const int64_t in_x = x + run_x * g.dilation_w;
      if (in_y < 0 || in_y >= g.in_h || in_x >= g.in_w || in_x + runs.taps <= 0) {
        to = Clear(end - begin, to);
      } else {
        const int64_t inside_begin = std::clamp(-in_x * s.channels, begin, end);
        const int64_t inside_end = std::clamp((g.in_w - in_x) * s.channels, begin, end);
        to = Clear(inside_begin - begin, to);
        to = Copy(row + run_x * run_step + inside_begin, s.input_end, inside_end - inside_begin, to);
        to = Clear(end - inside_end, to);
      }
    }
    begin = 0;
    if (++run_x == runs.per_row) {
      run_x = 0;
      row += row_step;
      in_y += g.dilation_h;
    }
  }
}

// Rows as CollectRows wants them.
void Collect(const void* source, int64_t row, int64_t rows, int64_t k_begin, int64_t k_end, float* dst,
             int64_t stride) {
  const ConvSource& s = *static_cast<const ConvSource*>(source);
  const ConvGeometry& g = *s.geometry;
  if (k_begin == k_end) return;  // there may be no channels or taps to divide by
  const Runs runs = RunsOf(s, k_begin);
  const int64_t reach_h = (g.k_h - 1) * g.dilation_h;
  const int64_t reach_w = (g.k_w - 1) * g.dilation_w;
  int64_t x = row % g.out_w;
  int64_t y = row / g.out_w % g.out_h;
  int64_t n = row / g.out_w / g.out_h;
  for (int64_t i = 0; i < rows; ++i, dst += stride) {
    const int64_t in_y = y * g.stride_h - g.pad_top;
    const int64_t in_x = x * g.stride_w - g.pad_left;
    const float* corner = s.input + ((n * g.in_h + in_y) * g.in_w + in_x) * g.in_c + s.channel;
    if (in_y >= 0 && in_x >= 0 && in_y + reach_h < g.in_h && in_x + reach_w < g.in_w) {
      CollectPixel<true>(s, runs, corner, in_y, in_x, k_end - k_begin, dst);
    } else {
      CollectPixel<false>(s, runs, corner, in_y, in_x, k_end - k_begin, dst);
    }
    if (++x == g.out_w) {
      x = 0;
      if (++y == g.out_h) {
        y = 0;
        ++n;
      }
    }
  }
}

CollectRows CollectFunction() { return &Collect; }

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace rivulet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace rivulet {
namespace {

HWY_EXPORT(CollectFunction);

// Without a filter's surroundings an output pixel's row is a pixel of the input.
bool IsPointwise(const ConvGeometry& g) {
  return g.k_h == 1 && g.k_w == 1 && g.stride_h == 1 && g.stride_w == 1 && g.pad_top == 0 && g.pad_left == 0 &&
         g.in_h == g.out_h && g.in_w == g.out_w;
}

// Of one group, but for its packed filter; `source` stays where it is.
GemmTask TaskOf(const ConvGeometry& g, const ConvSource& source, int64_t group, const Epilogue& epilogue,
                float* output) {
  const int64_t group_out = g.out_c / g.groups;
  const bool pointwise = IsPointwise(g);
  GemmTask task;
  task.collect = pointwise ? nullptr : HWY_DYNAMIC_DISPATCH(CollectFunction)();
  task.source = pointwise ? static_cast<const void*>(source.input + source.channel) : &source;
  task.lda = g.in_c;
  task.m = g.batch * g.out_h * g.out_w;
  task.n = group_out;
  task.k = g.k_h * g.k_w * (g.in_c / g.groups);
  task.c = output + group * group_out;
  task.ldc = g.out_c;
  task.epilogue = epilogue;
  if (epilogue.bias != nullptr) task.epilogue.bias += group * group_out;
  if (epilogue.addend != nullptr) task.epilogue.addend += group * group_out;
  return task;
}

void DirectConv(const float* input, const PackedFilter& filter, const ConvGeometry& g, const Epilogue& epilogue,
                float* output, ThreadPool& pool, const StopToken& stop) {
  const int64_t m = g.batch * g.out_h * g.out_w;
  const int64_t group_in = g.in_c / g.groups;
  const int64_t group_out = g.out_c / g.groups;
  if (m == 0 || group_out == 0) return;
  const int64_t k = g.k_h * g.k_w * group_in;
  const int64_t packed_floats = PackedMatrix::Bytes(k, group_out).value() / static_cast<int64_t>(sizeof(float));
  const GemmSplit split = SplitGemm(m, group_out, k, pool.num_threads());
  const int64_t pieces = split.row_pieces * split.column_pieces;
  const int64_t piece_work = split.rows * split.columns * std::max<int64_t>(k, 1);
  const int64_t grain = std::max<int64_t>((1 << 18) / std::max<int64_t>(piece_work, 1), 1);
  pool.ParallelFor(g.groups * pieces, grain, stop, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t group = i / pieces;
      const ConvSource source{&g, input, input + g.batch * g.in_h * g.in_w * g.in_c, group * group_in, group_in};
      GemmTask task = TaskOf(g, source, group, epilogue, output);
      task.packed = filter.data() + group * packed_floats;
      RunGemmPiece(task, split, i % pieces);
    }
  });
}

// For kernels that do not finish what they write.
void FinishAll(const ConvGeometry& g, const Finish& finish, float* output, ThreadPool& pool, const StopToken& stop) {
  if (!finish) return;
  pool.ParallelFor(g.batch * g.out_h * g.out_w * g.out_c, 1 << 14, stop,
                   [&](int64_t begin, int64_t end) { finish(output + begin, end - begin); });
}

}  // namespace

ConvAlgorithm ChooseConvAlgorithm(const ConvGeometry& g) {
  const double tiles = WinogradCost(g);
  const double lines = WinogradLineCost(g);
  const double outputs = static_cast<double>(g.batch) * static_cast<double>(g.out_h) * static_cast<double>(g.out_w) *
                         static_cast<double>(g.out_c);
  const double plain =
      outputs * static_cast<double>(g.k_h) * static_cast<double>(g.k_w) * static_cast<double>(g.in_c / g.groups);
  if (!(std::min(tiles, lines) < plain)) return ConvAlgorithm::kDirect;
  return tiles <= lines ? ConvAlgorithm::kWinograd : ConvAlgorithm::kWinogradLine;
}

CheckedSize PackedFilter::Bytes(const ConvGeometry& g) {
  const CheckedSize k = CheckedSize(g.k_h) * CheckedSize(g.k_w) * CheckedSize(g.in_c / g.groups);
  if (!k.valid()) return k;
  return PackedMatrix::Bytes(k.value(), g.out_c / g.groups) * CheckedSize(g.groups);
}

Result<PackedFilter> PackedFilter::Pack(const void* hwio, const ConvGeometry& g, const PackMemory& memory_of,
                                        const float* factors) {
  const CheckedSize bytes = Bytes(g);
  if (!bytes.valid()) return InvalidArgument("a filter of this size is too large to pack");
  RIVULET_ASSIGN_OR_RETURN(std::shared_ptr<void> memory, memory_of(static_cast<size_t>(bytes.value())));
  auto* packed = static_cast<float*>(memory.get());
  const int64_t k = g.k_h * g.k_w * (g.in_c / g.groups);
  const int64_t group_out = g.out_c / g.groups;
  const int64_t panels = (group_out + PackedMatrix::kPanel - 1) / PackedMatrix::kPanel;
  if (g.groups == 1) RIVULET_RETURN_IF_ERROR(PackConstant(hwio, k, group_out, false, packed, factors));
  for (int64_t group = 0; group < g.groups && g.groups > 1 && bytes.value() > 0; ++group) {
    const char* from = static_cast<const char*>(hwio) + group * group_out * static_cast<int64_t>(sizeof(float));
    PackPanels(from, g.out_c, k, group_out, false, 0, panels, packed + group * panels * k * PackedMatrix::kPanel,
               factors != nullptr ? factors + group * group_out : nullptr);
  }
  return View(packed, std::move(memory));
}

PackedFilter PackedFilter::View(const float* packed, std::shared_ptr<void> owner) {
  PackedFilter out;
  out.data_ = packed;
  out.owner_ = std::move(owner);
  return out;
}

CheckedSize ConvScratchBytes(const ConvGeometry& geometry, ConvAlgorithm algorithm, int threads) {
  if (kUses.winograd && algorithm == ConvAlgorithm::kWinograd) return WinogradScratchBytes(geometry, threads);
  if (kUses.winograd && algorithm == ConvAlgorithm::kWinogradLine) return WinogradLineScratchBytes(geometry, threads);
  return CheckedSize(0);
}

// Winograd does less than half of the multiplications, and the kernels for few channels read less.
bool ConvHalfPays(const ConvGeometry& g) {
  return g.groups == 1 && HalfPays(g.out_c, g.k_h * g.k_w * g.in_c) && g.in_c >= 8 &&
         ChooseConvAlgorithm(g) != ConvAlgorithm::kWinograd;
}

void Conv2DHalf(const float* input, const PackedHalf& filter, const ConvGeometry& g, const Epilogue& epilogue,
                float* output, ThreadPool& pool, const StopToken& stop) {
  const ConvSource source{&g, input, input + g.batch * g.in_h * g.in_w * g.in_c, 0, g.in_c};
  RunGemmHalf(TaskOf(g, source, 0, epilogue, output), filter, pool, stop);
}

void Conv2D(const float* input, const PackedFilter& filter, const ConvGeometry& geometry, ConvAlgorithm algorithm,
            const Epilogue& epilogue, float* output, void* scratch, ThreadPool& pool, const StopToken& stop) {
  if (kUses.few_channels && ConvByPlanesPays(geometry, epilogue)) {
    ConvByPlanes(input, filter.data(), geometry, epilogue, output, pool, stop);
    return;
  }
  if (kUses.winograd && algorithm != ConvAlgorithm::kDirect && epilogue.addend != output) {
    const auto transformed = algorithm == ConvAlgorithm::kWinograd ? WinogradConv : WinogradLineConv;
    if (transformed(input, filter.data(), geometry, epilogue, output, scratch, pool, stop)) {
      FinishAll(geometry, epilogue.finish, output, pool, stop);
      return;
    }
  }
  if (kUses.few_outputs && ConvByDotsPays(geometry)) {
    ConvByDots(input, filter.data(), geometry, epilogue, output, pool, stop);
    FinishAll(geometry, epilogue.finish, output, pool, stop);
  } else if (kUses.groups && ConvByGroupsPays(geometry)) {
    ConvByGroups(input, filter.data(), geometry, epilogue, output, pool, stop);
    FinishAll(geometry, epilogue.finish, output, pool, stop);
  } else if (ConvByRowsPays(geometry)) {
    ConvByRows(input, filter.data(), geometry, epilogue, output, pool, stop);
  } else {
    DirectConv(input, filter, geometry, epilogue, output, pool, stop);
  }
}

}  // namespace rivulet
#endif  // HWY_ONCE
