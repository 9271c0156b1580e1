#include "rivulet/allocator.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#if defined(__linux__)
#include <sys/mman.h>
#endif

#include "engine/base/allocator_watch.h"
#include "engine/base/errors.h"

// Clang has a word of its own for it.
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define RIVULET_SANITIZES_ADDRESSES 1
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define RIVULET_SANITIZES_ADDRESSES 1
#endif

namespace rivulet {
namespace {

std::atomic<int64_t> g_calls{0};
std::atomic<int64_t> g_fail_at{0};
std::atomic<bool> g_fail_later{false};

bool InjectedFailure() {
  const int64_t call = g_calls.fetch_add(1, std::memory_order_relaxed) + 1;
  const int64_t fail_at = g_fail_at.load(std::memory_order_relaxed);
  return fail_at > 0 && (call == fail_at || (call > fail_at && g_fail_later.load(std::memory_order_relaxed)));
}

// Memory of `bytes`, a multiple of Allocator::kAlignment. A large block begins at a huge page and asks for as many as
// it fills, the last one at least by half: a weight's or an arena's first touch is then one fault for 512, which takes
// as long as 70 of the small ones, and a pass over it finds its addresses in the translation cache. Asking is all that
// can be done, so an answer is not looked at.
void* AllocatePages(size_t bytes) {
#if defined(__linux__) && defined(MADV_HUGEPAGE)
  constexpr size_t kHugePage = size_t{2} << 20;
  if (bytes >= kHugePage / 2) {
    const size_t pages = (bytes + kHugePage / 2) / kHugePage;
    void* memory = nullptr;
    if (posix_memalign(&memory, kHugePage, std::max(bytes, pages * kHugePage)) != 0) return nullptr;
    (void)madvise(memory, pages * kHugePage, MADV_HUGEPAGE);
    return memory;
  }
#endif
  return std::aligned_alloc(Allocator::kAlignment, bytes);
}

std::atomic<uint8_t> g_fill{0};
std::atomic<int64_t> g_overrun{0};

// A buffer of `bytes` between two margins of the fill byte; null when there is no memory. `padded` bytes and the margin
// before them are the block.
class WatchedBuffer {
 public:
  WatchedBuffer(size_t bytes, size_t padded, uint8_t fill) : bytes_(bytes), padded_(padded), fill_(fill) {
    block_ = static_cast<uint8_t*>(std::aligned_alloc(kMargin, kMargin + padded));
    if (block_ != nullptr) std::memset(block_, fill, kMargin + padded);
  }
  void* start() const { return block_ == nullptr ? nullptr : block_ + kMargin; }
  void Free() const {
    const auto is_whole = [this](size_t begin, size_t end) {
      return std::all_of(block_ + begin, block_ + end, [this](uint8_t byte) { return byte == fill_; });
    };
    if (!is_whole(0, kMargin) || !is_whole(kMargin + bytes_, kMargin + padded_)) ++g_overrun;
    std::free(block_);
  }

 private:
  static constexpr size_t kMargin = Allocator::kAlignment;
  uint8_t* block_;
  size_t bytes_, padded_;
  uint8_t fill_;
};

}  // namespace

void FillNewBuffers(uint8_t byte) { g_fill = byte; }

int64_t CountOverrunBuffers() { return g_overrun.exchange(0); }

std::shared_ptr<Allocator> Allocator::Create(size_t budget_bytes) {
  return std::shared_ptr<Allocator>(new Allocator(budget_bytes));
}

int64_t Allocator::FailNth(int64_t nth, bool and_all_later) {
  const int64_t calls = g_calls.exchange(0);
  g_fail_later = and_all_later;
  g_fail_at = nth;
  return calls;
}

Status Allocator::Charge(size_t bytes) {
  size_t used = used_.load(std::memory_order_relaxed);
  do {
    if (bytes > budget_ || used > budget_ - bytes) {
      return ResourceExhausted("out of memory budget: ", bytes, " bytes wanted, ", used, " of ", budget_,
                               " in use; raise the memory budget or feed smaller inputs");
    }
  } while (!used_.compare_exchange_weak(used, used + bytes, std::memory_order_relaxed));
  size_t peak = peak_.load(std::memory_order_relaxed);
  while (peak < used + bytes && !peak_.compare_exchange_weak(peak, used + bytes, std::memory_order_relaxed)) {
  }
  return Status();
}

void Allocator::Release(size_t bytes) { used_.fetch_sub(bytes, std::memory_order_relaxed); }

Result<std::shared_ptr<void>> Allocator::Allocate(size_t bytes) {
  if (bytes > SIZE_MAX / 2) return ResourceExhausted("a buffer of ", bytes, " bytes cannot exist");
  const size_t padded = (bytes + 2 * kAlignment - 1) / kAlignment * kAlignment;
  RIVULET_RETURN_IF_ERROR(Charge(padded));
  // Small blocks are aligned here: the system's way leaves pieces of the heap beside each, which it later gathers, and
  // a loop's step takes some blocks. A sanitizer is to see where they begin.
#if RIVULET_SANITIZES_ADDRESSES
  constexpr size_t kSmall = 0;
#else
  constexpr size_t kSmall = 16384;
#endif
  const bool is_small = padded <= kSmall;
  const bool fails = InjectedFailure();
  const uint8_t fill = g_fill.load(std::memory_order_relaxed);
  if (fill != 0 && !fails) {
    const WatchedBuffer buffer(bytes, padded, fill);
    if (buffer.start() != nullptr) {
      return std::shared_ptr<void>(buffer.start(), [self = shared_from_this(), padded, buffer](void*) {
        buffer.Free();
        self->Release(padded);
      });
    }
  }
  void* const block = fails ? nullptr : is_small ? std::malloc(padded + kAlignment) : AllocatePages(padded);
  if (block == nullptr) {
    Release(padded);
    return ResourceExhausted("the system has no ", bytes, " bytes of memory left");
  }
  const auto at = reinterpret_cast<uintptr_t>(block);
  char* const memory = static_cast<char*>(block) + (is_small ? (kAlignment - at % kAlignment) % kAlignment : 0);
  return std::shared_ptr<void>(memory, [self = shared_from_this(), padded, block](void*) {
    std::free(block);
    self->Release(padded);
  });
}

}  // namespace rivulet
