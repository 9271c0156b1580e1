// A tile is a few neighbouring outputs of a line; its inputs are six pixels, taken at six points as in the transforms
// of two dimensions. Longer filters are cut into groups of three to five taps, each with six pixels of its own: their
// products add up at the points. Across the line nothing is transformed. There the filter's rows and the input's
// channels are one sum: transformed pixels that lie across the line follow one another in memory, so that the rows of
// the left operand overlap, and none is copied.
#include "engine/kernels/winograd_line.h"

#include <algorithm>
#include <atomic>
#include <limits>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/kernels/winograd_line.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

#include "engine/kernels/gemm_tile-inl.h"
#include "engine/kernels/winograd_line_layout.h"
#include "engine/kernels/winograd_transforms-inl.h"

#ifndef RIVULET_ENGINE_KERNELS_WINOGRAD_LINE_ONCE
#define RIVULET_ENGINE_KERNELS_WINOGRAD_LINE_ONCE
namespace rivulet {
namespace winograd_line {

struct Task {
  const ConvGeometry* geometry;
  Layout layout;
  const float* input;
  const float* packed;
  const Epilogue* epilogue;
  float* output;
  float* scratch;
  int threads;
  std::atomic<bool>* not_finite;
  // What is a thread's, and the part of the picture that it has transformed.
  float* transformed;  // [points][groups][units of the part][rows][in_c]
  float* filters;
  float* sums;
  int64_t first_unit;
  int64_t num_units;
};

}  // namespace winograd_line
}  // namespace rivulet
#endif

HWY_BEFORE_NAMESPACE();
namespace rivulet {
namespace HWY_NAMESPACE {
namespace {

using winograd_line::Layout;
using winograd_line::Pieces;
using winograd_line::Side;
using winograd_line::Task;

constexpr int64_t kPoints = winograd_line::kPoints;
constexpr int kSide = 6;
constexpr int64_t kColumns = std::max(kPanel, kPairColumns);
static_assert(kColumns <= winograd_line::kMaxColumns && kPoints == kSide);

// For ends of rows, in one place.
HWY_NOINLINE void StoreEnd(V v, int64_t count, float* to) { StoreSome(v, count, to); }

// One row of one unit's group, or several that follow one another: the six pixels from `at` on, of which [first, last)
// are there, `count` channels of each.
HWY_NOINLINE void TransformRow(const float* at, int64_t step, int64_t first, int64_t last, int64_t count,
                               float* HWY_RESTRICT to, int64_t point) {
  const D d;
  for (; count > 0; count -= kLanes, at += kLanes, to += kLanes) {
    const auto load = [&](int64_t i)
                          HWY_ATTR { return i >= first && i < last ? LoadSome(at + i * step, count) : hn::Zero(d); };
    // Beyond the last channel lies another row's.
    TransformInput<kSide>(load, [&](V v, int64_t i) HWY_ATTR {
      if (count < kLanes) return StoreEnd(v, count, to + i * point);
      hn::StoreU(v, d, to + i * point);
    });
  }
}

// Transforms the rows of one group of a unit of the part.
void TransformUnit(const Task& task, int64_t unit, int64_t group) {
  const ConvGeometry& g = *task.geometry;
  const Layout& layout = task.layout;
  const Side& line = layout.line;
  const Side& across = layout.across;
  const int64_t tile = (task.first_unit + unit) % layout.tiles;
  const int64_t x =
      winograd_line::FirstOf(tile, line.dilation, layout.outs) + group * layout.taps * line.dilation - line.pad;
  const int64_t first = winograd_line::StepsTo(0, x, line.dilation);
  const int64_t last = winograd_line::StepsTo(line.in, x, line.dilation);
  const float* image = task.input + (task.first_unit + unit) / layout.tiles * g.in_h * g.in_w * g.in_c;
  float* to = task.transformed + group * layout.group_floats + unit * layout.rows * g.in_c;
  int64_t count = 1;
  for (int64_t row = 0; row < layout.rows; row += count, to += count * g.in_c) {
    const int64_t y = row - across.pad;
    const bool inside = y >= 0 && y < across.in;
    if (across.in_step == g.in_c)
      count = std::min((y < 0 ? 0 : inside ? across.in : y + layout.rows) - y, layout.rows - row);
    const float* at = image + y * across.in_step + x * line.in_step;
    TransformRow(at, line.dilation * line.in_step, inside ? first : kPoints, last, count * g.in_c, to,
                 layout.point_floats);
  }
}

// Transforms the rows of the part.
void TransformRows(const Task& task) {
  for (int64_t unit = 0; unit < task.num_units; ++unit) {
    for (int64_t group = 0; group < task.layout.groups; ++group) TransformUnit(task, unit, group);
  }
}

// The filters of one group's terms [begin, end) for a panel's columns.
HWY_NOINLINE void TransformGroup(const Task& task, const float* panel, int64_t group, int64_t begin, int64_t end,
                                 float* HWY_RESTRICT filters) {
  const D d;
  const Layout& layout = task.layout;
  const int64_t in_c = task.geometry->in_c;
  const int64_t taps = std::min(layout.taps, layout.line.taps - group * layout.taps);
  const int64_t point = layout.filter_point;
  constexpr int64_t kAhead = 16;  // the taps are streams too short to be foreseen
  for (int64_t k = begin; k < end; ++k, filters += kPanel) {
    const float* from =
        panel + (group * layout.taps * layout.line.tap_step + k / in_c * layout.across.tap_step + k % in_c) * kPanel;
    for (int64_t i = 0; i < taps; ++i) {
      __builtin_prefetch(from + (i * layout.line.tap_step + kAhead) * kPanel);
    }
    for (int64_t j = 0; j < kPanel; j += kLanes) {
      const auto tap = [&](int64_t i) HWY_ATTR {
        return i < taps ? hn::LoadU(d, from + i * layout.line.tap_step * kPanel + j) : hn::Zero(d);
      };
      TransformTaps<kSide, 5>(tap, [&](V v, int64_t i) HWY_ATTR { hn::StoreU(v, d, filters + i * point + j); });
      hn::StoreU(tap(layout.taps - 1), d, filters + 5 * point + j);
    }
  }
}

// A range of rows, and where they lie among the outputs of the part's units.
struct Rows {
  int64_t first_segment;
  int64_t segments;
  int64_t begin;  // of each segment
  int64_t end;
  int64_t count() const { return segments * (end - begin); }
};

Rows RowsOf(const Pieces& pieces, int64_t piece) {
  const int64_t part = piece % pieces.parts;
  Rows rows;
  rows.first_segment = piece / pieces.parts * pieces.together;
  rows.segments = std::min(pieces.together, pieces.segments - rows.first_segment);
  rows.begin = pieces.segment_rows * part / pieces.parts;
  rows.end = pieces.segment_rows * (part + 1) / pieces.parts;
  return rows;
}

// Adds products of terms to the sums of a piece: of the terms [begin, begin + length) of `num_groups` groups.
struct Terms {
  int64_t group;
  int64_t num_groups;
  int64_t begin;
  int64_t length;
  bool first;
};

void MultiplyTerms(const Task& task, const Rows& rows, const Terms& terms, int64_t width, const float* filters,
                   float* sums) {
  const Layout& layout = task.layout;
  const int64_t row_floats = layout.across.stride * task.geometry->in_c;
  const int64_t segment_floats = layout.rows * task.geometry->in_c;
  const int64_t segment_rows = rows.end - rows.begin;
  const int64_t parts = (segment_rows + kMaxRows - 1) / kMaxRows;
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  const float* runs[winograd_line::kMostGroups];
  for (int64_t point = 0; point < kPoints; ++point) {
    const float* b = filters + point * layout.filter_point;
    for (int64_t s = 0; s < rows.segments; ++s) {
      const float* segment = task.transformed + point * layout.point_floats + terms.group * layout.group_floats +
                             (rows.first_segment + s) * segment_floats + terms.begin;
      for (int64_t part = 0; part < parts; ++part) {
        const int64_t row = segment_rows * part / parts;
        const int64_t count = segment_rows * (part + 1) / parts - row;
        for (int64_t group = 0; group < terms.num_groups; ++group) {
          runs[group] = segment + group * layout.group_floats + (rows.begin + row) * row_floats;
        }
        const TileLeft left{runs, terms.num_groups, terms.length, row_floats};
        float* c = sums + point * layout.sum_point + (s * segment_rows + row) * kColumns;
        for (int64_t j = 0; j < width; j += kPairColumns) {
          const TileOut out{c + j, kColumns, nullptr, terms.first ? nullptr : c + j, -kInfinity, kInfinity};
          const float* b0 = b + j / kPanel * kPoints * layout.filter_point + j % kPanel;
          if constexpr (kLanes < kPanel) {
            TileFor<true>(count)(left, b0, b0 + kLanes, out);
          } else if (j + kLanes < width) {
            TileFor<true>(count)(left, b0, b0 + kPoints * layout.filter_point, out);
          } else {
            TileFor<false>(count)(left, b0, b0, out);
          }
        }
      }
    }
  }
}

// One tile's outputs, a vector of channels of each. Returns zeros, or something else where a result is not finite.
HWY_INLINE V FinishLine(const float* sums, const Layout& layout, int64_t outs, float* output, const float* addend,
                        V bias, const ActivationBounds& bounds, int64_t count) {
  const D d;
  const V zero = hn::Zero(d);
  const V end = hn::LoadU(d, sums + (kSide - 1) * layout.sum_point);
  const auto load = [&](int64_t i) HWY_ATTR {
    if (i < kSide - 1) return hn::LoadU(d, sums + i * layout.sum_point);
    return layout.outs == 4 ? end : zero;
  };
  HWY_ALIGN float line[static_cast<size_t>(4 * kLanes)];
  TransformOutput<kSide>(load, outs, [&](V v, int64_t i) HWY_ATTR { hn::Store(v, d, line + i * kLanes); });
  const int64_t step = layout.line.dilation * layout.line.out_step;
  V finite = zero;
  for (int64_t i = 0; i < outs; ++i, output += step) {
    V v = hn::Load(d, line + i * kLanes);
    if (i + 1 == layout.outs && i < 3) v = hn::Add(v, end);
    finite = hn::MulAdd(v, zero, finite);
    v = hn::Add(v, bias);
    if (addend != nullptr) v = hn::Add(v, LoadSome(addend + i * step, count));
    StoreSome(Activate(v, bounds), count, output);
  }
  return finite;
}

// Where the outputs of a unit's first row begin, and how many a tile has there.
struct UnitOutputs {
  int64_t at;
  int64_t outs;
};

UnitOutputs OutputsOf(const Task& task, int64_t unit) {
  const Layout& layout = task.layout;
  const ConvGeometry& g = *task.geometry;
  unit += task.first_unit;
  const int64_t x = winograd_line::FirstOf(unit % layout.tiles, layout.line.dilation, layout.outs);
  return {unit / layout.tiles * g.out_h * g.out_w * g.out_c + x * layout.line.out_step,
          std::min(layout.outs, winograd_line::StepsTo(layout.line.out, x, layout.line.dilation))};
}

// Writes the outputs of a piece's rows, the channels [column, column + width).
void FinishRows(const Task& task, const Rows& rows, int64_t column, int64_t width, const float* sums) {
  const D d;
  const Layout& layout = task.layout;
  const Epilogue& epilogue = *task.epilogue;
  const ActivationBounds bounds(epilogue.activation);
  V finite = hn::Zero(d);
  for (int64_t segment = 0; segment < rows.segments; ++segment) {
    int64_t unit = rows.first_segment + segment;
    int64_t across = rows.begin;
    if (layout.joined) {
      unit = rows.begin / layout.across.out;
      across = rows.begin % layout.across.out;
    }
    UnitOutputs to = OutputsOf(task, unit);
    for (int64_t row = rows.begin; row < rows.end; ++row, ++across, sums += kColumns) {
      if (across == layout.across.out) {
        across = 0;
        to = OutputsOf(task, ++unit);
      }
      const int64_t at = to.at + across * layout.across.out_step + column;
      for (int64_t j = 0; j < width; j += kLanes) {
        const V bias = epilogue.bias != nullptr ? LoadSome(epilogue.bias + column + j, width - j) : hn::Zero(d);
        const float* addend = epilogue.addend != nullptr ? epilogue.addend + at + j : nullptr;
        finite = hn::Add(finite,
                         FinishLine(sums + j, layout, to.outs, task.output + at + j, addend, bias, bounds, width - j));
      }
    }
  }
  if (!hn::AllTrue(d, hn::Eq(finite, hn::Zero(d)))) task.not_finite->store(true, std::memory_order_relaxed);
}

int64_t LineColumnParts(int64_t out_c) { return (out_c + kColumns - 1) / kColumns; }

// Rows of the part, the output channels from `column` on.
void MultiplyRows(const Task& task, const Rows& rows, int64_t column) {
  const Layout& layout = task.layout;
  const int64_t width = std::min(kColumns, task.geometry->out_c - column);
  const int64_t panels = (width + kPanel - 1) / kPanel;
  const int64_t panel_floats = task.geometry->k_h * task.geometry->k_w * task.geometry->in_c * kPanel;
  const auto multiply = [&](const Terms& terms) {
    for (int64_t panel = 0; panel < panels; ++panel) {
      for (int64_t group = 0; group < terms.num_groups; ++group) {
        TransformGroup(task, task.packed + (column / kPanel + panel) * panel_floats, terms.group + group, terms.begin,
                       terms.begin + terms.length,
                       task.filters + panel * kPoints * layout.filter_point + group * terms.length * kPanel);
      }
    }
    MultiplyTerms(task, rows, terms, panels * kPanel, task.filters, task.sums);
  };
  if (layout.groups * layout.depth <= winograd_line::kMaxDepth) {
    multiply({0, layout.groups, 0, layout.depth, true});
  } else {
    const int64_t blocks = winograd_line::PartsOf(layout.depth, winograd_line::kMaxDepth);
    for (int64_t i = 0; i < layout.groups * blocks; ++i) {
      const int64_t begin = layout.depth * (i % blocks) / blocks;
      const int64_t end = layout.depth * (i % blocks + 1) / blocks;
      multiply({i / blocks, 1, begin, end - begin, i == 0});
    }
  }
  FinishRows(task, rows, column, width, task.sums);
}

int64_t PiecesOfPart(const Layout& layout, int64_t units, int64_t out_c) {
  return winograd_line::PiecesOf(layout, units).count * LineColumnParts(out_c);
}

// Pieces of the same part follow one another, so that a thread keeps to its part of the picture and transforms it once.
void DoLinePiece(const Task& all, int64_t index, int thread) {
  Task task = all;
  const Layout& layout = task.layout;
  const int64_t out_c = task.geometry->out_c;
  const int64_t pieces = PiecesOfPart(layout, layout.held, out_c);
  const int64_t part = index / pieces;
  task.first_unit = part * layout.held;
  task.num_units = std::min(layout.held, layout.units - task.first_unit);
  index %= pieces;
  if (index >= PiecesOfPart(layout, task.num_units, out_c)) return;  // the last part is smaller
  float* const first = task.scratch + thread * layout.first_floats;
  task.transformed = task.scratch + task.threads * layout.first_floats + thread * layout.input_floats;
  task.filters = first + winograd::kHeadFloats;
  task.sums = task.filters + winograd_line::kMaxColumns / kPanel * kPoints * layout.filter_point;
  int64_t& transformed_part = *reinterpret_cast<int64_t*>(first);
  if (transformed_part != part) {
    TransformRows(task);
    transformed_part = part;
  }
  const int64_t column_parts = LineColumnParts(out_c);
  const Rows rows = RowsOf(winograd_line::PiecesOf(layout, task.num_units), index / column_parts);
  MultiplyRows(task, rows, index % column_parts * kColumns);
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace rivulet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace rivulet {
namespace {

HWY_EXPORT(DoLinePiece);
HWY_EXPORT(PiecesOfPart);

using winograd_line::Layout;

}  // namespace

CheckedSize WinogradLineScratchBytes(const ConvGeometry& g, int threads) {
  const Layout layout = winograd_line::LayoutOf(g, threads);
  return (CheckedSize(layout.first_floats) + CheckedSize(layout.input_floats)) * CheckedSize(threads) *
         static_cast<int64_t>(sizeof(float));
}

bool WinogradLineConv(const float* input, const float* packed, const ConvGeometry& g, const Epilogue& epilogue,
                      float* output, void* scratch, ThreadPool& pool, const StopToken& stop) {
  const int threads = pool.num_threads();
  std::atomic<bool> not_finite{false};
  winograd_line::Task task{};
  task.geometry = &g;
  task.layout = winograd_line::LayoutOf(g, threads);
  task.input = input;
  task.packed = packed;
  task.epilogue = &epilogue;
  task.output = output;
  task.scratch = static_cast<float*>(scratch);
  task.threads = threads;
  task.not_finite = &not_finite;
  const Layout& layout = task.layout;
  for (int i = 0; i < threads; ++i) *reinterpret_cast<int64_t*>(task.scratch + i * layout.first_floats) = -1;
  const int64_t parts = winograd_line::PartsOf(layout.units, layout.held);
  const int64_t pieces = parts * HWY_DYNAMIC_DISPATCH(PiecesOfPart)(layout, layout.held, g.out_c);
  const auto piece = HWY_DYNAMIC_DISPATCH(DoLinePiece);
  pool.ParallelFor(pieces, 1, stop, [&](int64_t begin, int64_t, int thread) { piece(task, begin, thread); });
  return !not_finite.load(std::memory_order_relaxed);
}

}  // namespace rivulet
#endif  // HWY_ONCE
