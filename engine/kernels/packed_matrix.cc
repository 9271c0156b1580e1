#include <algorithm>
#include <atomic>
#include <cstring>
#include <mutex>
#include <new>
#include <utility>

#include "engine/base/errors.h"
#include "engine/base/mapped_bytes.h"
#include "engine/kernels/matmul.h"
#include "engine/kernels/pack_turned.h"

namespace rivulet {
namespace {

constexpr int64_t kPanel = PackedMatrix::kPanel;

int64_t PanelsOf(int64_t n) { return n / kPanel + (n % kPanel != 0 ? 1 : 0); }

// The first `rows` rows of B as they lie, `stride` bytes apart, of a panel that has all of its columns; each times its
// factor if there are any.
void PackFullRows(const char* from, int64_t stride, int64_t rows, const float* factors, float* to) {
  constexpr size_t kBytes = kPanel * sizeof(float);
  if (factors == nullptr) {
    for (int64_t i = 0; i < rows; ++i, from += stride, to += kPanel) std::memcpy(to, from, kBytes);
    return;
  }
  float by[kPanel];
  std::memcpy(by, factors, kBytes);
  for (int64_t i = 0; i < rows; ++i, from += stride, to += kPanel) {
    float row[kPanel];
    std::memcpy(row, from, kBytes);
    for (int64_t j = 0; j < kPanel; ++j) row[j] *= by[j];
    std::memcpy(to, row, kBytes);
  }
}

// The same where `width` of the columns are there.
void PackRows(const char* from, int64_t stride, int64_t rows, int64_t width, const float* factors, float* to) {
  if (width == kPanel) return PackFullRows(from, stride, rows, factors, to);
  for (int64_t i = 0; i < rows; ++i, from += stride, to += kPanel) {
    std::memcpy(to, from, static_cast<size_t>(width) * sizeof(float));
    std::fill(to + width, to + kPanel, 0.0f);
    for (int64_t j = 0; factors != nullptr && j < width; ++j) to[j] *= factors[j];
  }
}

// A few rows at a time are put into all panels, so that what is read follows one another: a panel has one cache line of
// each row, and rows lie as far apart as pages.
// `rows` rows of k are packed, to where `packed` has the first of them.
constexpr int64_t kRun = 8;
void PackAsItLies(const char* b, int64_t ldb, int64_t rows, int64_t k, int64_t n, int64_t panel_begin,
                  int64_t panel_end, float* packed, const float* factors) {
  constexpr int64_t kFloat = sizeof(float);
  for (int64_t row = 0; row < rows; row += kRun) {
    for (int64_t panel = panel_begin; panel < panel_end; ++panel) {
      const int64_t column = panel * kPanel;
      PackRows(b + (row * ldb + column) * kFloat, ldb * kFloat, std::min(kRun, rows - row),
               std::min(kPanel, n - column), factors != nullptr ? factors + column : nullptr,
               packed + (panel * k + row) * kPanel);
    }
  }
}

}  // namespace

CheckedSize PackedMatrix::Bytes(int64_t k, int64_t n) {
  if (n < 0) return CheckedSize(-1);
  return CheckedSize(k) * CheckedSize(PanelsOf(n)) * CheckedSize(kPanel * static_cast<int64_t>(sizeof(float)));
}

void PackPanels(const void* b, int64_t ldb, int64_t k, int64_t n, bool transposed, int64_t panel_begin,
                int64_t panel_end, float* packed, const float* factors) {
  constexpr int64_t kFloat = sizeof(float);
  const auto* const bytes = static_cast<const char*>(b);
  if (!transposed) {
    PackAsItLies(bytes, ldb, k, k, n, panel_begin, panel_end, packed, factors);
    return;
  }
  for (int64_t panel = panel_begin; panel < panel_end; ++panel) {
    const int64_t column = panel * kPanel;
    PackTurnedPanel(bytes + column * ldb * kFloat, ldb * kFloat, k, std::min(kPanel, n - column),
                    factors != nullptr ? factors + column : nullptr, packed + panel * k * kPanel);
  }
}

namespace {

// Fits caches, and is not so large that the system would map it anew each time.
constexpr int64_t kPiece = 64 << 10;
thread_local ThreadPool* packing = nullptr;

// Reads pieces of a constant into a buffer where it lies in a file.
class PieceReader {
 public:
  explicit PieceReader(const MappedBytes& source) : source_(source) {}
  // The buffer is kept for the next one: the system may take back what is freed, and clear it anew.
  ~PieceReader() { delete[] spare_.exchange(buffer_); }
  PieceReader(const PieceReader&) = delete;
  PieceReader& operator=(const PieceReader&) = delete;

  // At most kPiece bytes; null, and *status, where they cannot be read.
  const char* Read(const char* at, int64_t offset, int64_t bytes, Status* status) {
    if (!source_.in_file()) return at + offset;
    if (buffer_ == nullptr) buffer_ = spare_.exchange(nullptr);
    if (buffer_ == nullptr) buffer_ = new (std::nothrow) char[kPiece];
    if (buffer_ == nullptr) return at + offset;
    *status = source_.Copy(static_cast<size_t>(offset), static_cast<size_t>(bytes), buffer_);
    return status->ok() ? buffer_ : nullptr;
  }

 private:
  static std::atomic<char*> spare_;
  const MappedBytes& source_;
  char* buffer_ = nullptr;
};

std::atomic<char*> PieceReader::spare_{nullptr};

}  // namespace

PackWith::PackWith(ThreadPool* pool) : outer_(packing) { packing = pool; }
PackWith::~PackWith() { packing = outer_; }

Status PackConstant(const void* b, int64_t k, int64_t n, bool transposed, float* packed, const float* factors) {
  constexpr int64_t kFloat = sizeof(float);
  const int64_t rows = transposed ? n : k;  // as they lie
  const int64_t row_bytes = (transposed ? k : n) * kFloat;
  const int64_t unit = transposed ? kPanel : kRun;
  const int64_t piece = row_bytes == 0 ? 0 : kPiece / row_bytes / unit * unit;
  // What is small shares its pages with what lies beside it.
  if (piece == 0 || rows <= piece) {
    PackPanels(b, transposed ? k : n, k, n, transposed, 0, PanelsOf(n), packed, factors);
    return Status();
  }
  const auto* const at = static_cast<const char*>(b);
  const MappedBytes source(b, static_cast<size_t>(rows * row_bytes));
  std::mutex mutex;
  Status failed;
  const auto pack = [&](int64_t begin, int64_t end) {
    PieceReader reader(source);
    for (int64_t row = begin * piece; row < std::min(end * piece, rows); row += piece) {
      const int64_t count = std::min(piece, rows - row);
      Status status;
      const char* const from = reader.Read(at, row * row_bytes, count * row_bytes, &status);
      if (from == nullptr) {
        const std::lock_guard<std::mutex> lock(mutex);
        failed = std::move(status);
        return;
      }
      if (transposed) {
        PackPanels(from, k, k, count, true, 0, PanelsOf(count), packed + row * k,
                   factors != nullptr ? factors + row : nullptr);
      } else {
        PackAsItLies(from, n, count, k, n, 0, PanelsOf(n), packed + row * kPanel, factors);
      }
    }
  };
  const int64_t pieces = (rows - 1) / piece + 1;
  if (packing == nullptr) {
    pack(0, pieces);
  } else {
    packing->ParallelFor(pieces, 2, StopToken(), pack);
  }
  return failed;
}

Result<PackedMatrix> PackedMatrix::Pack(const void* b, int64_t k, int64_t n, bool transposed,
                                        const PackMemory& memory_of, const float* factors) {
  const CheckedSize bytes = Bytes(k, n);
  if (!bytes.valid()) return InvalidArgument("a matrix of ", k, " x ", n, " is too large to pack");
  RIVULET_ASSIGN_OR_RETURN(std::shared_ptr<void> memory, memory_of(static_cast<size_t>(bytes.value())));
  auto* packed = static_cast<float*>(memory.get());
  RIVULET_RETURN_IF_ERROR(PackConstant(b, k, n, transposed, packed, factors));
  return View(packed, k, n, std::move(memory));
}

PackedMatrix PackedMatrix::View(const float* packed, int64_t k, int64_t n, std::shared_ptr<void> owner) {
  PackedMatrix out;
  out.k_ = k;
  out.n_ = n;
  out.data_ = packed;
  out.owner_ = std::move(owner);
  return out;
}

}  // namespace rivulet
