#include "engine/ops/weight_room.h"

#include <algorithm>
#include <cstdint>

#if defined(__linux__)
#include <sys/mman.h>
#endif

#include "engine/base/errors.h"

namespace rivulet {
namespace {

constexpr size_t kHugePage = size_t{2} << 20;
// Of addresses: a page is memory only once it is touched.
constexpr size_t kRegion = 32 * kHugePage;
// A block that would leave much of a region behind has huge pages of its own.
constexpr size_t kOwn = kRegion / 4;
// Weights so few keep to small pages, since half of the last huge one is empty. One costs as much to clear as 70 small
// ones, and more than that are not worth sparing.
constexpr size_t kFew = kHugePage / 4;

// A region that begins at a huge page, or null.
std::shared_ptr<char> MapRegion() {
#if defined(__linux__) && defined(MADV_HUGEPAGE)
  if constexpr (sizeof(void*) < 8) return nullptr;
  constexpr size_t kMapped = kRegion + kHugePage;
  void* const mapped =
      mmap(nullptr, kMapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (mapped == MAP_FAILED) return nullptr;
  const auto unaligned = reinterpret_cast<uintptr_t>(mapped);
  char* const begin = static_cast<char*>(mapped) + (kHugePage - unaligned % kHugePage) % kHugePage;
  (void)madvise(begin, kRegion, MADV_HUGEPAGE);
  return std::shared_ptr<char>(begin, [mapped](char*) { munmap(mapped, kMapped); });
#else
  return nullptr;
#endif
}

}  // namespace

void WeightRoom::Expect(size_t bytes) {
  const auto huge_pages = [](size_t all) { return (all + kHugePage - 1) / kHugePage; };
  // Small pages for the first few are well spent where they save the last huge one.
  if (bytes < 2 * kFew || huge_pages(bytes) > huge_pages(bytes - kFew)) return;
  std::lock_guard<std::mutex> lock(mutex_);
  placed_ = std::max(placed_, kFew);
}

Result<std::shared_ptr<void>> WeightRoom::Allocate(size_t bytes, Allocator& allocator) {
  if (bytes >= kOwn) return allocator.Allocate(bytes);
  const size_t padded = (bytes + 2 * Allocator::kAlignment - 1) / Allocator::kAlignment * Allocator::kAlignment;
  std::lock_guard<std::mutex> lock(mutex_);
  placed_ += padded;
  if (placed_ < kFew) return allocator.Allocate(bytes);
  if (left_ < padded) {
    region_ = MapRegion();
    left_ = region_ == nullptr ? 0 : kRegion;
    if (region_ == nullptr) return allocator.Allocate(bytes);
  }
  RIVULET_RETURN_IF_ERROR(allocator.Charge(padded));
  char* const block = region_.get() + (kRegion - left_);
  left_ -= padded;
  return std::shared_ptr<void>(
      block, [region = region_, owner = allocator.shared_from_this(), padded](void*) { owner->Release(padded); });
}

}  // namespace rivulet
