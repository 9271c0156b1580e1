#include "engine/ops/weight_room.h"

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

Result<std::shared_ptr<void>> WeightRoom::Allocate(size_t bytes, Allocator& allocator) {
  // A large block has huge pages of its own. And a session whose weights are few keeps to small pages: half of the last
  // huge one is empty.
  if (bytes >= kHugePage) return allocator.Allocate(bytes);
  const size_t padded = (bytes + 2 * Allocator::kAlignment - 1) / Allocator::kAlignment * Allocator::kAlignment;
  std::lock_guard<std::mutex> lock(mutex_);
  placed_ += padded;
  if (placed_ < kHugePage) return allocator.Allocate(bytes);
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
