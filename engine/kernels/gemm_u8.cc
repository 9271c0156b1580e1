// sum (a - ao)(b - bo) = sum a (b - 128) + (128 - bo) sum a - ao sum b + k ao bo.
//
// The first term is what the processors' byte dot products take: an unsigned byte times a signed one. The second is
// added for each block of k from that block's sum over the row, the last two once. All arithmetic is modulo 2^32.
#ifndef HWY_WANT_AVX3_DL
#define HWY_WANT_AVX3_DL 1  // the target with byte dot products is worth having here
#endif

#include "engine/kernels/gemm_u8.h"

#include <algorithm>
#include <cstring>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/kernels/gemm_u8.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

#include "engine/base/errors.h"
#include "engine/kernels/dot_bytes-inl.h"
#include "engine/kernels/gemm.h"
#include "engine/kernels/gemm_int8_arm.h"

#ifndef RIVULET_ENGINE_KERNELS_GEMM_U8_ONCE
#define RIVULET_ENGINE_KERNELS_GEMM_U8_ONCE
namespace rivulet {

// The left operand: a matrix, a transposed one, or (with a geometry) an image seen through a filter.
struct LeftU8 {
  const uint8_t* a = nullptr;
  int64_t lda = 0;
  bool transposed = false;
  const ConvGeometry* geometry = nullptr;
  uint8_t outside = 0;  // what a filter sees outside the image
};

struct TaskU8 {
  LeftU8 left;
  int32_t a_offset = 0;
  int32_t b_offset = 0;
  const int8_t* packed = nullptr;
  const int32_t* column_sums = nullptr;
  int64_t n = 0;
  int64_t k = 0;
  int32_t* c = nullptr;
  int64_t ldc = 0;
};

// Values of k in a block, and bytes from one collected row to the next.
inline constexpr int64_t kBlockKU8 = 2048;
inline constexpr int64_t kRowBytesU8 = kBlockKU8 + 64;

// Row `row` of the left operand, [k_begin, k_end), and zeros up to a multiple of 4. Returns the sum of the values.
uint32_t CollectRowU8(const LeftU8& left, int64_t row, int64_t k_begin, int64_t k_end, uint8_t* to);

}  // namespace rivulet
#endif

HWY_BEFORE_NAMESPACE();
namespace rivulet {
namespace HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

using D = SumsD;
using DU = hn::RebindToUnsigned<D>;
using V = SumsV;
constexpr int64_t kLanes = HWY_MAX_LANES_D(D);
constexpr int64_t kPanel = 16;
constexpr int64_t kGroup = 4;  // values of k in a lane
constexpr int64_t kPairColumns = 2 * kLanes;
#if (HWY_TARGET <= HWY_AVX3 && HWY_ARCH_X86) || HWY_ARCH_ARM
constexpr int64_t kMaxRows = 8;
#else
constexpr int64_t kMaxRows = 4;
#endif

// kRows rows times two vectors of columns, over `groups` groups of k; the sums go to `tile`.
template <int kRows>
HWY_NOINLINE void Tile(const uint8_t* HWY_RESTRICT a, int64_t groups, const int8_t* HWY_RESTRICT b0,
                       const int8_t* HWY_RESTRICT b1, int32_t* HWY_RESTRICT tile) {
  const D d;
#define RIVULET_ROWS(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7)
#define RIVULET_DECLARE(i) V r##i = hn::Zero(d), s##i = hn::Zero(d);
  RIVULET_ROWS(RIVULET_DECLARE)
#undef RIVULET_DECLARE
  for (int64_t g = 0; g < groups; ++g, a += kGroup, b0 += kPanel * kGroup, b1 += kPanel * kGroup) {
#define RIVULET_MULTIPLY(i)                                \
  if constexpr (i < kRows) {                               \
    int32_t four;                                          \
    std::memcpy(&four, a + i * kRowBytesU8, sizeof(four)); \
    r##i = Dot(four, b0, r##i);                            \
    s##i = Dot(four, b1, s##i);                            \
  }
    RIVULET_ROWS(RIVULET_MULTIPLY)
#undef RIVULET_MULTIPLY
  }
#define RIVULET_STORE(i)                                   \
  if constexpr (i < kRows) {                               \
    hn::StoreU(r##i, d, tile + i * kPairColumns);          \
    hn::StoreU(s##i, d, tile + i * kPairColumns + kLanes); \
  }
  RIVULET_ROWS(RIVULET_STORE)
#undef RIVULET_STORE
#undef RIVULET_ROWS
}

void TileOf(int64_t rows, const uint8_t* a, int64_t groups, const int8_t* b0, const int8_t* b1, int32_t* tile) {
#if HWY_ARCH_ARM
  if (const TileChoiceInt8 choice = ArmTileFor(rows); choice.rows > 0) {
    static constexpr int32_t kNone[static_cast<size_t>(kPairColumns)] = {};
    return choice.two({&a, 1, groups, kRowBytesU8}, b0, b1, {kNone, tile, nullptr, 0, nullptr, nullptr});
  }
#endif
  switch (rows) {
    case 1: return Tile<1>(a, groups, b0, b1, tile);
    case 2: return Tile<2>(a, groups, b0, b1, tile);
    case 3:
    case 4: return Tile<4>(a, groups, b0, b1, tile);
    default:
#if (HWY_TARGET <= HWY_AVX3 && HWY_ARCH_X86) || HWY_ARCH_ARM
      return Tile<8>(a, groups, b0, b1, tile);
#else
      return;
#endif
  }
}

// Rows [row_begin, row_end) and columns [column_begin, column_end) of the output.
void PieceU8(const TaskU8& task, int64_t row_begin, int64_t row_end, int64_t column_begin, int64_t column_end) {
  const DU du;
  HWY_ALIGN uint8_t a[static_cast<size_t>(kMaxRows * kRowBytesU8)];
  HWY_ALIGN int32_t tile[static_cast<size_t>(kMaxRows * kPairColumns)];
  std::memset(a, 0, sizeof(a));  // a tile may compute rows that are not there
  uint32_t sums[kMaxRows];
  const int64_t all_groups = (task.k + kGroup - 1) / kGroup;
  const auto a_offset = static_cast<uint32_t>(task.a_offset);
  const auto b_offset = static_cast<uint32_t>(task.b_offset);
  const uint32_t constant = static_cast<uint32_t>(task.k) * a_offset * b_offset;
  const auto minus_a = hn::Set(du, 0u - a_offset);

  for (int64_t k_begin = 0; k_begin < std::max<int64_t>(task.k, 1); k_begin += kBlockKU8) {
    const int64_t k_end = std::min(k_begin + kBlockKU8, task.k);
    const int64_t groups = (k_end - k_begin + kGroup - 1) / kGroup;
    for (int64_t row = row_begin; row < row_end; row += kMaxRows) {
      const int64_t rows = std::min(kMaxRows, row_end - row);
      for (int64_t i = 0; i < rows; ++i) {
        const uint32_t sum = CollectRowU8(task.left, row + i, k_begin, k_end, a + i * kRowBytesU8);
        sums[i] = (128u - b_offset) * sum + (k_begin == 0 ? constant : 0u);
      }
      for (int64_t column = column_begin; column < column_end; column += kPairColumns) {
        const int64_t panel_bytes = all_groups * kPanel * kGroup;
        const int8_t* b0 = task.packed + column / kPanel * panel_bytes + k_begin * kPanel + column % kPanel * kGroup;
        // Where there is no second vector, the first is computed twice.
        const bool two = column + kLanes < column_end;
        const int8_t* b1 = !two ? b0 : column % kPanel + kLanes < kPanel ? b0 + kLanes * kGroup : b0 + panel_bytes;
        TileOf(rows, a, groups, b0, b1, tile);
        for (int64_t i = 0; i < rows; ++i) {
          const auto row_term = hn::Set(du, sums[i]);
          for (int64_t j = 0; j < kPairColumns && column + j < column_end; j += kLanes) {
            const auto count = static_cast<size_t>(std::min(kLanes, column_end - column - j));
            int32_t* c = task.c + (row + i) * task.ldc + column + j;
            const D d;
            auto v = hn::Add(hn::BitCast(du, hn::LoadU(d, tile + i * kPairColumns + j)), row_term);
            if (k_begin == 0) {
              const auto column_sum = hn::BitCast(du, hn::LoadU(d, task.column_sums + column + j));
              v = hn::Add(v, hn::Mul(column_sum, minus_a));
            } else {
              v = hn::Add(v, hn::BitCast(du, hn::LoadN(d, c, count)));
            }
            hn::StoreN(hn::BitCast(d, v), d, c, count);
          }
        }
      }
    }
  }
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace rivulet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace rivulet {

HWY_EXPORT(PieceU8);

uint32_t CollectRowU8(const LeftU8& left, int64_t row, int64_t k_begin, int64_t k_end, uint8_t* to) {
  const int64_t count = k_end - k_begin;
  if (left.geometry == nullptr) {
    if (left.transposed) {
      for (int64_t i = 0; i < count; ++i) to[i] = left.a[(k_begin + i) * left.lda + row];
    } else if (count > 0) {
      std::memcpy(to, left.a + row * left.lda + k_begin, static_cast<size_t>(count));
    }
  } else {
    const ConvGeometry& g = *left.geometry;
    const int64_t x = row % g.out_w * g.stride_w - g.pad_left;
    const int64_t y = row / g.out_w % g.out_h * g.stride_h - g.pad_top;
    const int64_t n = row / g.out_w / g.out_h;
    const int64_t line = g.k_w * g.in_c;
    const bool together = g.dilation_w == 1 && x >= 0 && x + g.k_w <= g.in_w;
    for (int64_t k = k_begin; k < k_end;) {
      const int64_t in_y = y + k / line * g.dilation_h, place = k % line;
      const int64_t tap = place / g.in_c, channel = place % g.in_c, in_x = x + tap * g.dilation_w;
      const int64_t length = std::min(together ? line - place : g.in_c - channel, k_end - k);
      uint8_t* at = to + (k - k_begin);
      if (in_y < 0 || in_y >= g.in_h || in_x < 0 || in_x >= g.in_w) {
        std::memset(at, left.outside, static_cast<size_t>(length));
      } else {
        std::memcpy(at, left.a + ((n * g.in_h + in_y) * g.in_w + in_x) * g.in_c + channel, static_cast<size_t>(length));
      }
      k += length;
    }
  }
  uint32_t sum = 0;
  for (int64_t i = 0; i < count; ++i) sum += to[i];
  for (int64_t i = count; i % 4 != 0; ++i) to[i] = 0;
  return sum;
}

namespace {

constexpr int64_t kPanel = 16;
constexpr int64_t kGroup = 4;

int64_t RoundUp(int64_t value, int64_t unit) { return value / unit * unit + (value % unit != 0 ? unit : 0); }

void Run(const TaskU8& task, int64_t m, ThreadPool& pool, const StopToken& stop) {
  const GemmSplit split = SplitGemm(m, task.n, task.k, pool.num_threads());
  pool.ParallelFor(split.row_pieces * split.column_pieces, 1, stop, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t row = i / split.column_pieces * split.rows;
      const int64_t column = i % split.column_pieces * split.columns;
      if (row >= m) return;  // rounded up
      HWY_DYNAMIC_DISPATCH(PieceU8)
      (task, row, std::min(row + split.rows, m), column, std::min(column + split.columns, task.n));
    }
  });
}

TaskU8 TaskOf(const PackedMatrixU8& b, int32_t a_offset, int32_t b_offset, int32_t* c, int64_t ldc) {
  TaskU8 task;
  task.a_offset = a_offset;
  task.b_offset = b_offset;
  task.packed = b.data();
  task.column_sums = b.column_sums();
  task.n = b.n();
  task.k = b.k();
  task.c = c;
  task.ldc = ldc;
  return task;
}

// Value (k, j) of a packed matrix.
int32_t Unpacked(const PackedMatrixU8& b, int64_t k, int64_t j) {
  const int64_t groups = (b.k() + kGroup - 1) / kGroup;
  return b.data()[((j / kPanel * groups + k / kGroup) * kPanel + j % kPanel) * kGroup + k % kGroup] + 128;
}

// Plain loops, where no byte outside the image can stand for the offset.
void OutsideConv(const uint8_t* input, int32_t a_offset, const PackedMatrixU8& filter, int32_t b_offset,
                 const ConvGeometry& g, int32_t* output, ThreadPool& pool, const StopToken& stop) {
  // The filter's rows may be padded.
  const int64_t lines = g.k_h, line = g.k_w * g.in_c;
  pool.ParallelFor(g.batch * g.out_h * g.out_w, 1, stop, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      uint32_t* out = reinterpret_cast<uint32_t*>(output) + row * filter.n();
      std::fill(out, out + filter.n(), 0u);
      for (int64_t k = 0; k < lines * line; ++k) {
        const int64_t tap = k / g.in_c;
        const int64_t x = row % g.out_w * g.stride_w - g.pad_left + tap % g.k_w * g.dilation_w;
        const int64_t y = row / g.out_w % g.out_h * g.stride_h - g.pad_top + tap / g.k_w * g.dilation_h;
        if (x < 0 || x >= g.in_w || y < 0 || y >= g.in_h) continue;
        const int64_t n = row / g.out_w / g.out_h;
        const uint32_t a =
            input[((n * g.in_h + y) * g.in_w + x) * g.in_c + k % g.in_c] - static_cast<uint32_t>(a_offset);
        for (int64_t j = 0; j < filter.n(); ++j) {
          out[j] += a * (static_cast<uint32_t>(Unpacked(filter, k / line * (filter.k() / lines) + k % line, j)) -
                         static_cast<uint32_t>(b_offset));
        }
      }
    }
  });
}

}  // namespace

CheckedSize PackedMatrixU8::Bytes(int64_t k, int64_t n) {
  if (k < 0 || n < 0 || k > INT64_MAX - kGroup || n > INT64_MAX - kPanel) return CheckedSize(-1);
  const CheckedSize columns = RoundUp(n, kPanel);
  return CheckedSize(RoundUp(k, kGroup)) * columns + columns * CheckedSize(static_cast<int64_t>(sizeof(int32_t)));
}

// A group of whole rows in a whole panel: each column's bytes become neighbours.
static void PackWhole(const uint8_t* rows, int64_t n, uint8_t flip, int8_t* packed, uint32_t* totals) {
  constexpr uint32_t kEach = 0x01010101u, kPairs = 0x00ff00ffu;
  for (int64_t j = 0; j < kPanel; ++j) {
    const uint32_t b0 = rows[j], b1 = rows[n + j], b2 = rows[2 * n + j], b3 = rows[3 * n + j];
    const uint32_t values = (b0 | b1 << 8 | b2 << 16 | b3 << 24) ^ kEach * flip;
    const uint32_t codes = values ^ kEach * 0x80;
    std::memcpy(packed + j * kGroup, &codes, sizeof(codes));
    const uint32_t pairs = (values & kPairs) + (values >> 8 & kPairs);
    totals[j] += (pairs & 0xffff) + (pairs >> 16);
  }
}

PackedMatrixU8 PackedMatrixU8::PackInto(const uint8_t* b, int64_t k, int64_t n, bool transposed, void* memory,
                                        uint8_t flip, const StopToken* stop) {
  const int64_t groups = RoundUp(k, kGroup) / kGroup;
  const int64_t columns = RoundUp(n, kPanel);
  auto* packed = static_cast<int8_t*>(memory);
  auto* sums = reinterpret_cast<int32_t*>(packed + groups * kGroup * columns);
  for (int64_t panel = 0; panel < columns; panel += kPanel) {
    if (stop != nullptr && stop->stopped()) break;
    uint32_t totals[kPanel] = {};
    for (int64_t group = 0; group < groups; ++group) {
      if (!transposed && panel + kPanel <= n && (group + 1) * kGroup <= k) {
        PackWhole(b + group * kGroup * n + panel, n, flip, packed, totals);
        packed += kPanel * kGroup;
        continue;
      }
      for (int64_t j = 0; j < kPanel; ++j) {
        for (int64_t i = 0; i < kGroup; ++i) {
          const int64_t row = group * kGroup + i;
          const int64_t column = panel + j;
          int32_t value = 128;
          if (row < k && column < n) {
            value = (transposed ? b[column * k + row] : b[row * n + column]) ^ flip;
            totals[j] += static_cast<uint32_t>(value);
          }
          *packed++ = static_cast<int8_t>(value - 128);
        }
      }
    }
    for (int64_t j = 0; j < kPanel; ++j) sums[panel + j] = static_cast<int32_t>(totals[j]);
  }
  return View(memory, k, n, nullptr);
}

PackedMatrixU8 PackedMatrixU8::View(const void* packed, int64_t k, int64_t n, std::shared_ptr<void> owner) {
  PackedMatrixU8 out;
  out.k_ = k;
  out.n_ = n;
  out.data_ = static_cast<const int8_t*>(packed);
  out.sums_ = reinterpret_cast<const int32_t*>(out.data_ + RoundUp(k, kGroup) * RoundUp(n, kPanel));
  out.owner_ = std::move(owner);
  return out;
}

Result<PackedMatrixU8> PackedMatrixU8::Pack(const uint8_t* b, int64_t k, int64_t n, bool transposed,
                                            Allocator& allocator, uint8_t flip) {
  const CheckedSize bytes = Bytes(k, n);
  if (!bytes.valid()) return InvalidArgument("a matrix of ", k, " x ", n, " is too large to pack");
  RIVULET_ASSIGN_OR_RETURN(std::shared_ptr<void> memory, allocator.Allocate(static_cast<size_t>(bytes.value())));
  PackedMatrixU8 out = PackInto(b, k, n, transposed, memory.get(), flip);
  out.owner_ = std::move(memory);
  return out;
}

void MatMulU8(const uint8_t* a, int64_t lda, bool transpose_a, int32_t a_offset, int64_t m, const PackedMatrixU8& b,
              int32_t b_offset, int32_t* c, int64_t ldc, ThreadPool& pool, const StopToken& stop) {
  TaskU8 task = TaskOf(b, a_offset, b_offset, c, ldc);
  task.left.a = a;
  task.left.lda = lda;
  task.left.transposed = transpose_a;
  Run(task, m, pool, stop);
}

void Conv2DU8(const uint8_t* input, int32_t a_offset, const PackedMatrixU8& filter, int32_t b_offset,
              const ConvGeometry& geometry, int32_t* output, ThreadPool& pool, const StopToken& stop) {
  if (a_offset < 0) {
    return OutsideConv(input, a_offset, filter, b_offset, geometry, output, pool, stop);
  }
  TaskU8 task = TaskOf(filter, a_offset, b_offset, output, filter.n());
  task.left.a = input;
  task.left.geometry = &geometry;
  task.left.outside = static_cast<uint8_t>(a_offset);
  Run(task, geometry.batch * geometry.out_h * geometry.out_w, pool, stop);
}

}  // namespace rivulet
#endif  // HWY_ONCE
