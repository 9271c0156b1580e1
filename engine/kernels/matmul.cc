#include "engine/kernels/matmul.h"

#include <algorithm>

#include "engine/kernels/gemm.h"

namespace rivulet {
namespace {

constexpr int64_t kPanel = PackedMatrix::kPanel;

int64_t PanelsOf(int64_t n) { return n / kPanel + (n % kPanel != 0 ? 1 : 0); }

// The left operand [m, k] of a dynamic product that lies in memory as [k, m].
struct TransposedRows {
  const float* a;
  int64_t m;
};

void CollectTransposed(const void* source, int64_t row, int64_t rows, int64_t k_begin, int64_t k_end, float* dst,
                       int64_t stride) {
  const auto& operand = *static_cast<const TransposedRows*>(source);
  for (int64_t k = k_begin; k < k_end; ++k, ++dst) {
    const float* from = operand.a + k * operand.m + row;
    for (int64_t i = 0; i < rows; ++i) dst[i * stride] = from[i];
  }
}

// Operands of a batch are packed into scratch in groups, as many as fit this, but at least one.
constexpr int64_t kScratchBytes = 4 << 20;

int64_t GroupOf(const MatMulShape& shape) {
  const CheckedSize each = PackedMatrix::Bytes(shape.k, shape.n);
  if (!each.valid() || each.value() == 0) return 1;
  return std::clamp<int64_t>(kScratchBytes / each.value(), 1, std::max<int64_t>(shape.batch, 1));
}

void StartFrom(const Epilogue& epilogue, int64_t offset, Epilogue& out) {
  out = epilogue;
  if (out.addend != nullptr) out.addend += offset;
}

}  // namespace

void MatMul(const float* a, int64_t lda, int64_t m, const PackedMatrix& b, float* c, int64_t ldc,
            const Epilogue& epilogue, ThreadPool& pool, const StopToken& stop) {
  GemmTask task = TaskOfRows(a, lda, m, b.k(), b.n(), c, ldc, epilogue);
  task.packed = b.data();
  RunGemm(task, pool, stop);
}

CheckedSize MatMulScratchBytes(const MatMulShape& shape) {
  return PackedMatrix::Bytes(shape.k, shape.n) * CheckedSize(GroupOf(shape));
}

void MatMulDynamic(const MatMulShape& shape, const float* a, const int64_t* a_offsets, const float* b,
                   const int64_t* b_offsets, float* c, const Epilogue& epilogue, void* scratch, ThreadPool& pool,
                   const StopToken& stop) {
  const auto [batch, m, n, k, transpose_a, transpose_b] = shape;
  if (m == 0 || n == 0) return;
  auto* packed = static_cast<float*>(scratch);
  const int64_t panels = PanelsOf(n);
  const int64_t packed_floats = panels * k * kPanel;
  const int64_t group = GroupOf(shape);
  const GemmSplit split = SplitGemm(m, n, k, pool.num_threads());
  const int64_t pieces = split.row_pieces * split.column_pieces;
  // Pieces of a worthwhile size, of packing and of multiplying.
  constexpr int64_t kPackWork = 1 << 16;
  const int64_t pack_grain = std::max<int64_t>(kPackWork / std::max<int64_t>(k * kPanel, 1), 1);
  constexpr int64_t kMultiplyWork = 1 << 21;
  const int64_t piece_work = std::max<int64_t>(split.rows * split.columns, 1) * std::max<int64_t>(k, 1);
  const int64_t grain = std::max<int64_t>(kMultiplyWork / std::max<int64_t>(piece_work, 1), 1);

  for (int64_t first = 0; first < batch && !stop.stopped(); first += group) {
    const int64_t count = std::min(group, batch - first);
    const int64_t b_rows = transpose_b ? k : n;
    pool.ParallelFor(count * panels, pack_grain, stop, [&, n = n, k = k, t = transpose_b](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        const int64_t item = first + i / panels;
        const int64_t panel = i % panels;
        PackPanels(b + (b_offsets != nullptr ? b_offsets[item] : item * k * n), b_rows, k, n, t, panel, panel + 1,
                   packed + i / panels * packed_floats);
      }
    });
    pool.ParallelFor(count * pieces, grain, stop,
                     [&, m = m, n = n, k = k, t = transpose_a](int64_t begin, int64_t end) {
                       for (int64_t i = begin; i < end; ++i) {
                         const int64_t item = first + i / pieces;
                         const float* left = a + (a_offsets != nullptr ? a_offsets[item] : item * m * k);
                         const TransposedRows turned{left, m};
                         GemmTask task;
                         task.collect = t ? &CollectTransposed : nullptr;
                         task.source = t ? static_cast<const void*>(&turned) : left;
                         task.lda = k;
                         task.packed = packed + i / pieces * packed_floats;
                         task.m = m;
                         task.n = n;
                         task.k = k;
                         task.c = c + item * m * n;
                         task.ldc = n;
                         StartFrom(epilogue, item * m * n, task.epilogue);
                         RunGemmPiece(task, split, i % pieces);
                       }
                     });
  }
}

void MatMulDynamic(const MatMulShape& shape, const double* a, const int64_t* a_offsets, const double* b,
                   const int64_t* b_offsets, double* c, ThreadPool& pool, const StopToken& stop) {
  const auto [batch, m, n, k, transpose_a, transpose_b] = shape;
  if (m == 0 || n == 0) return;
  // A piece is one row of one product; within it, blocks of columns, so that the sums stay in the first-level cache.
  constexpr int64_t kBlock = 512;
  const int64_t work = std::max<int64_t>(n, 1) * std::max<int64_t>(k, 1);
  const int64_t grain = std::max<int64_t>((1 << 18) / std::max<int64_t>(work, 1), 1);
  pool.ParallelFor(batch * m, grain, stop,
                   [&, m = m, n = n, k = k, ta = transpose_a, tb = transpose_b](int64_t begin, int64_t end) {
                     for (int64_t i = begin; i < end; ++i) {
                       const int64_t item = i / m;
                       const int64_t row = i % m;
                       const double* left = a + (a_offsets != nullptr ? a_offsets[item] : item * m * k);
                       const double* right = b + (b_offsets != nullptr ? b_offsets[item] : item * k * n);
                       double* out = c + i * n;
                       for (int64_t block = 0; block < n; block += kBlock) {
                         const int64_t block_end = std::min(block + kBlock, n);
                         std::fill(out + block, out + block_end, 0.0);
                         for (int64_t p = 0; p < k; ++p) {
                           const double value = ta ? left[p * m + row] : left[row * k + p];
                           if (tb) {
                             for (int64_t j = block; j < block_end; ++j) out[j] += value * right[j * k + p];
                           } else {
                             for (int64_t j = block; j < block_end; ++j) out[j] += value * right[p * n + j];
                           }
                         }
                       }
                     }
                   });
}

}  // namespace rivulet
