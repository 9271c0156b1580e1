#include "cli/heap.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>

#if defined(__linux__) && defined(__GLIBC__)
#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>
#endif

namespace rivulet::cli {

void PutHeapIntoHugePages() {
#if defined(__linux__) && defined(__GLIBC__) && defined(MADV_HUGEPAGE)
  constexpr size_t kHugePage = size_t{2} << 20;
  constexpr size_t kAhead = 4 * kHugePage;          // of addresses: a page is memory only once it is touched
  constexpr size_t kNextPiece = size_t{512} << 10;  // more than is left of what the heap begins with
  mallopt(M_TOP_PAD, static_cast<int>(kAhead));
  // Blocks of this size come and go with the system's own pages. To say anything of the heap fixes the bound, which
  // otherwise grows with what is freed.
  mallopt(M_MMAP_THRESHOLD, 1 << 20);
  mallopt(M_TRIM_THRESHOLD, static_cast<int>(2 * kAhead));
  void* const block = std::malloc(kNextPiece);
  const auto begin = reinterpret_cast<uintptr_t>(block);
  const auto end = reinterpret_cast<uintptr_t>(sbrk(0));
  // Not where another allocator, as a sanitizer's, has its blocks elsewhere.
  if (block != nullptr && begin < end && end - begin <= 2 * kAhead) {
    const uintptr_t first = (begin + kHugePage - 1) / kHugePage * kHugePage;
    const uintptr_t last = end / kHugePage * kHugePage;
    if (first < last) (void)madvise(reinterpret_cast<void*>(first), last - first, MADV_HUGEPAGE);
  }
  std::free(block);
#endif
}

}  // namespace rivulet::cli
