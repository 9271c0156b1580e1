#include "engine/kernels/gemm_half.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>

#include "engine/base/errors.h"
#include "engine/kernels/gemm_bf16.h"
#include "engine/kernels/gemm_f16.h"
#include "rivulet/dtype.h"

namespace rivulet {
namespace {

constexpr int64_t kPanel = PackedMatrix::kPanel;

int64_t PanelsOf(int64_t n) { return n / kPanel + (n % kPanel != 0 ? 1 : 0); }

// Rows of a panel are a multiple of this.
int64_t UnitOf(HalfProducts products) { return products == HalfProducts::kF16 ? 1 : 2; }

int64_t RowsOf(HalfProducts products, int64_t k) {
  const int64_t unit = UnitOf(products);
  return k / unit * unit + (k % unit != 0 ? unit : 0);
}

// Reads B, column j times factors[j]; zero outside.
class Source {
 public:
  Source(const void* b, int64_t k, int64_t n, const float* factors)
      : b_(static_cast<const char*>(b)), k_(k), n_(n), factors_(factors) {}
  float At(int64_t row, int64_t column) const {
    if (row >= k_ || column >= n_) return 0;
    float value;
    std::memcpy(&value, b_ + (row * n_ + column) * static_cast<int64_t>(sizeof value), sizeof value);
    return factors_ != nullptr ? value * factors_[column] : value;
  }

 private:
  const char* b_;
  int64_t k_;
  int64_t n_;
  const float* factors_;
};

void PackBf16Panel(const Source& source, int64_t column, int64_t rows, uint16_t* to) {
  for (int64_t row = 0; row < rows; row += 2, to += 2 * kPanel) {
    for (int64_t j = 0; j < kPanel; ++j) {
      to[2 * j] = BFloat16(source.At(row, column + j)).bits;
      to[2 * j + 1] = BFloat16(source.At(row + 1, column + j)).bits;
    }
  }
}

void PackF16Panel(const Source& source, int64_t column, int64_t rows, uint16_t* to, float* scales) {
  float largest[kPanel] = {};
  for (int64_t row = 0; row < rows; ++row) {
    for (int64_t j = 0; j < kPanel; ++j) largest[j] = std::max(largest[j], std::fabs(source.At(row, column + j)));
  }
  float scale[kPanel];
  for (int64_t j = 0; j < kPanel; ++j) {
    scale[j] = F16Scale(largest[j]);
    scales[j] = 1 / scale[j];
  }
  for (int64_t row = 0; row < rows; ++row, to += kPanel) {
    for (int64_t j = 0; j < kPanel; ++j) to[j] = Half(source.At(row, column + j) * scale[j]).bits;
  }
}

}  // namespace

HalfProducts HalfProductsHere() {
  if (HasBf16Products()) return HalfProducts::kBf16;
  return HasF16Arithmetic() ? HalfProducts::kF16 : HalfProducts::kNone;
}

float F16Scale(float largest) {
  if (!(largest > 0) || !std::isfinite(largest)) return 1;
  return std::ldexp(1.0f, std::clamp(-std::ilogb(largest), -126, 126));
}

CheckedSize PackedHalf::Bytes(HalfProducts products, int64_t k, int64_t n) {
  if (k < 0 || n < 0) return CheckedSize(-1);
  const int64_t unit = UnitOf(products);
  const int64_t scales = products == HalfProducts::kF16 ? static_cast<int64_t>(sizeof(float)) : 0;
  const CheckedSize rows = CheckedSize(k / unit + (k % unit != 0 ? 1 : 0)) * unit;
  return CheckedSize(PanelsOf(n)) * kPanel * (rows * static_cast<int64_t>(sizeof(uint16_t)) + scales);
}

const float* PackedHalf::scales() const {
  return reinterpret_cast<const float*>(data_ + RowsOf(products_, k_) * PanelsOf(n_) * kPanel);
}

Result<PackedHalf> PackedHalf::Pack(HalfProducts products, const void* b, int64_t k, int64_t n,
                                    const PackMemory& memory_of, const float* factors) {
  const CheckedSize bytes = Bytes(products, k, n);
  if (!bytes.valid()) return InvalidArgument("a matrix of ", k, " x ", n, " is too large to pack");
  RIVULET_ASSIGN_OR_RETURN(std::shared_ptr<void> memory, memory_of(static_cast<size_t>(bytes.value())));
  PackedHalf packed;
  packed.products_ = products;
  packed.k_ = k;
  packed.n_ = n;
  packed.data_ = static_cast<const uint16_t*>(memory.get());
  const Source source(b, k, n, factors);
  const int64_t rows = RowsOf(products, k);
  auto* to = static_cast<uint16_t*>(memory.get());
  for (int64_t column = 0; column < n; column += kPanel, to += rows * kPanel) {
    if (products == HalfProducts::kF16) {
      PackF16Panel(source, column, rows, to, const_cast<float*>(packed.scales()) + column);
    } else {
      PackBf16Panel(source, column, rows, to);
    }
  }
  packed.owner_ = std::move(memory);
  return packed;
}

bool HalfPays(int64_t n, int64_t k) { return n >= 16 && k >= 16; }

void RunGemmHalf(const GemmTask& task, const PackedHalf& b, ThreadPool& pool, const StopToken& stop) {
  const GemmSplit split = SplitGemm(task.m, task.n, task.k, pool.num_threads());
  pool.ParallelFor(split.row_pieces * split.column_pieces, 1, stop, [&](int64_t begin, int64_t end) {
    for (int64_t index = begin; index < end; ++index) {
      const auto [row, column] = PlaceOf(split, index);
      if (row >= task.m) continue;  // rounded up
      const int64_t row_end = std::min(row + split.rows, task.m);
      const int64_t column_end = std::min(column + split.columns, task.n);
      if (b.products() == HalfProducts::kF16) {
        RunF16Piece(task, b.data(), b.scales(), row, row_end, column, column_end);
      } else {
        RunBf16Piece(task, b.data(), row, row_end, column, column_end);
      }
    }
  });
}

}  // namespace rivulet
