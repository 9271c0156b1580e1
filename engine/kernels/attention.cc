// Keys and values of a batch entry are packed as a product's right operand is (matmul.h). Then a block of rows goes all
// the way: its scores, which stay in the near caches, their exponentials, and those times the values. What a row is
// divided by comes last, over the output, which is mostly shorter than the scores are.
#include "engine/kernels/attention.h"

#include <algorithm>

#include "engine/kernels/matmul.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/kernels/attention.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

#include "engine/kernels/attention_scores-inl.h"
#include "engine/kernels/epilogue-inl.h"
#include "engine/kernels/gemm_tile-inl.h"

#ifndef RIVULET_ENGINE_KERNELS_ATTENTION_ONCE
#define RIVULET_ENGINE_KERNELS_ATTENTION_ONCE

namespace rivulet {
namespace {

// One entry of the batch, and a thread's memory.
struct Head {
  const float* q;
  float* out;
  int64_t masks[kAttentionMasks];  // how far behind the first
  float* packed_keys;
  float* packed_values;
  float* scores;
  int64_t score_step;  // from one row to the next
  float* factors;      // of a block's rows
};

// Scores of a block: not more than stay in a first-level cache beside what they are multiplied with, but the rows of
// a tile.
constexpr int64_t kNearScores = 8192;
constexpr int64_t kTallestTile = 14;
constexpr int64_t kMostBlockRows = 8 * kTallestTile;

int64_t WholePanels(int64_t n) {
  constexpr int64_t kPanelColumns = PackedMatrix::kPanel;
  return (n / kPanelColumns + (n % kPanelColumns != 0 ? 1 : 0)) * kPanelColumns;
}

}  // namespace
}  // namespace rivulet

#endif  // RIVULET_ENGINE_KERNELS_ATTENTION_ONCE

HWY_BEFORE_NAMESPACE();
namespace rivulet {
namespace HWY_NAMESPACE {
namespace {

// c [rows, width] = a * packed.
HWY_INLINE void MultiplyBlock(const float* a, int64_t lda, int64_t rows, int64_t depth, const float* packed,
                              int64_t width, float* c, int64_t ldc) {
  const ActivationBounds none;
  const int64_t tiles = (rows + kMaxRows - 1) / kMaxRows;
  for (int64_t column = 0; column < width; column += kPairColumns) {
    const float* b0 = packed + column / kPanel * depth * kPanel + column % kPanel;
    const float* b1 = column % kPanel + kLanes < kPanel ? b0 + kLanes : b0 + depth * kPanel;
    const int64_t columns = std::min(kPairColumns, width - column);
    for (int64_t i = 0; i < tiles; ++i) {
      const int64_t begin = rows * i / tiles;
      const float* from = a + begin * lda;
      const TileOut out{c + begin * ldc + column, ldc, nullptr, nullptr, none.lo, none.hi};
      AnyTile({&from, 1, depth, lda}, rows * (i + 1) / tiles - begin, b0, b1, columns, out, none);
    }
  }
}

// Scales and masks a row of scores where that is to be first; returns the largest.
HWY_INLINE float FinishScores(const AttentionTask& task, const Head& head, int64_t index, float* row) {
  if (!ChangesScores(task)) return Largest(task.keys, row, [](V v, int64_t, int64_t) HWY_ATTR { return v; });
  float most = 0.0f;
  for (int i = 0; i < kAttentionMasks; ++i) {
    const AttentionMask& mask = task.masks[i];
    if (i > 0 && mask.is_none()) break;
    most = MaskScores(mask, head.masks[i] + index * mask.layout.row, i == 0 ? task.scale : 1.0f, task.keys, row);
  }
  return most;
}

// Rows [begin, begin + rows) of an entry.
HWY_INLINE void Block(const AttentionTask& task, const Head& head, int64_t begin, int64_t rows) {
  const D d;
  float* out = head.out + begin * task.out_layout.row;
  MultiplyBlock(head.q + begin * task.q_layout.row, task.q_layout.row, rows, task.depth, head.packed_keys,
                WholePanels(task.keys), head.scores, head.score_step);
  // A few rows step by step: what each step ends with takes long to come.
  constexpr int64_t kTogether = 8;
  for (int64_t first = 0; first < rows; first += kTogether) {
    const int64_t end = std::min(first + kTogether, rows);
    float most[kTogether];
    for (int64_t i = first; i < end; ++i) {
      most[i - first] = FinishScores(task, head, begin + i, head.scores + i * head.score_step);
    }
    for (int64_t i = first; i < end; ++i) {
      const float scale = ChangesScores(task) ? 1.0f : task.scale;
      const double sum = TakeExponentials(task.keys, scale, most[i - first] * scale, head.scores + i * head.score_step);
      head.factors[i] = static_cast<float>(1.0 / sum);
    }
  }
  MultiplyBlock(head.scores, head.score_step, rows, task.keys, head.packed_values, task.width, out,
                task.out_layout.row);
  for (int64_t i = 0; i < rows; ++i, out += task.out_layout.row) {
    const V factor = hn::Set(d, head.factors[i]);
    for (int64_t j = 0; j < task.width; j += kLanes) {
      const int64_t count = task.width - j;
      StoreSome(hn::Mul(LoadSome(out + j, count), factor), count, out + j);
    }
  }
}

// In blocks of whole tiles, of which none but the least number is needed.
void AttentionRows(const AttentionTask& task, const Head& head, int64_t begin, int64_t end, const StopToken& stop) {
  static_assert(kMaxRows <= kTallestTile);
  const int64_t tiles = (end - begin + kMaxRows - 1) / kMaxRows;
  const int64_t near = std::clamp<int64_t>(kNearScores / head.score_step / kMaxRows, 1, kMostBlockRows / kMaxRows);
  const int64_t blocks = (tiles + near - 1) / near;
  const auto row_of = [&](int64_t tile) { return begin + (end - begin) * tile / tiles; };
  for (int64_t i = 0; i < blocks && !stop.stopped(); ++i) {
    const int64_t first = row_of(tiles * i / blocks);
    Block(task, head, first, row_of(tiles * (i + 1) / blocks) - first);
  }
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace rivulet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace rivulet {
namespace {

HWY_EXPORT(AttentionRows);

// An odd number of cache lines, so that rows do not fall into the same sets.
int64_t ScoreStep(int64_t keys) {
  const int64_t whole = WholePanels(keys);
  return whole / 16 % 2 == 0 ? whole + 16 : whole;
}

int64_t BlockRows(const AttentionTask& task) {
  const int64_t near = kNearScores / ScoreStep(task.keys);
  return std::min(task.rows, std::clamp(near, kTallestTile, kMostBlockRows));
}

// A thread's memory.
struct Pieces {
  explicit Pieces(const AttentionTask& task)
      : keys(CheckedSize(task.depth) * WholePanels(task.keys)),
        values(CheckedSize(task.keys) * WholePanels(task.width)),
        scores(CheckedSize(BlockRows(task)) * ScoreStep(task.keys)) {}
  CheckedSize keys, values, scores;
  CheckedSize All() const { return keys + values + scores + kMostBlockRows; }  // and factors
};

// Steps of each operand from the batch's first entry to one of them.
struct Steps {
  int64_t q = 0, k = 0, v = 0, out = 0, masks[kAttentionMasks] = {};
};
Steps StepsTo(const AttentionTask& task, int64_t entry) {
  Steps steps;
  for (int axis = kAttentionBatch - 1; axis >= 0; --axis) {
    const int64_t at = entry % task.batch[axis];
    entry /= task.batch[axis];
    steps.q += at * task.q_layout.batch[axis];
    steps.k += at * task.k_layout.batch[axis];
    steps.v += at * task.v_layout.batch[axis];
    steps.out += at * task.out_layout.batch[axis];
    for (int i = 0; i < kAttentionMasks; ++i) steps.masks[i] += at * task.masks[i].layout.batch[axis];
  }
  return steps;
}

// [rows, columns] in `from`, as the right operand of a product over its columns if `turned`, else over its rows.
void Pack(const float* from, const AttentionLayout& layout, int64_t rows, int64_t columns, bool turned, float* packed) {
  const int64_t k = turned ? columns : rows;
  const int64_t n = turned ? rows : columns;
  const bool by_columns = layout.column == 1 || columns == 1;
  PackPanels(from, by_columns ? layout.row : layout.column, k, n, turned == by_columns, 0,
             WholePanels(n) / PackedMatrix::kPanel, packed);
}

// Into how many parts the rows of an entry are cut: each packs keys and values anew, so no more than let the threads
// end together, or nearly.
int64_t PartsOf(int64_t entries, int64_t rows, int64_t threads) {
  constexpr int64_t kLeastRows = 4 * kTallestTile;
  const int64_t most = std::clamp<int64_t>(rows / kLeastRows, 1, 4 * threads);
  for (int64_t parts = 1; parts < most; ++parts) {
    const int64_t pieces = entries * parts;
    const int64_t rounds = (pieces - 1) / threads + 1;
    if (rounds * threads - pieces <= pieces / 16) return parts;
  }
  return most;
}

}  // namespace

CheckedSize AttentionScratchBytes(const AttentionTask& task, int threads) {
  return Pieces(task).All() * static_cast<int64_t>(sizeof(float)) * threads;
}

void Attention(const AttentionTask& task, void* scratch, ThreadPool& pool, const StopToken& stop) {
  int64_t entries = 1;
  for (const int64_t extent : task.batch) entries *= extent;
  if (entries == 0 || task.rows == 0 || task.width == 0) return;
  const int64_t parts = PartsOf(entries, task.rows, pool.num_threads());
  const Pieces pieces(task);
  pool.ParallelFor(entries * parts, 1, stop, [&](int64_t begin, int64_t end, int thread) {
    Head head;
    head.packed_keys = static_cast<float*>(scratch) + thread * pieces.All().value();
    head.packed_values = head.packed_keys + pieces.keys.value();
    head.scores = head.packed_values + pieces.values.value();
    head.score_step = ScoreStep(task.keys);
    head.factors = head.scores + pieces.scores.value();
    for (int64_t i = begin; i < end; ++i) {
      const Steps steps = StepsTo(task, i / parts);
      head.q = task.q + steps.q;
      head.out = task.out + steps.out;
      std::copy_n(steps.masks, kAttentionMasks, head.masks);
      Pack(task.k + steps.k, task.k_layout, task.keys, task.depth, true, head.packed_keys);
      Pack(task.v + steps.v, task.v_layout, task.keys, task.width, false, head.packed_values);
      const int64_t part = i % parts;
      HWY_DYNAMIC_DISPATCH(AttentionRows)
      (task, head, task.rows * part / parts, task.rows * (part + 1) / parts, stop);
    }
  });
}

}  // namespace rivulet
#endif  // HWY_ONCE
