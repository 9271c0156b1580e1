// Tensor memory: counted against a budget, 64-byte aligned, asked for by calls that return a Status.
#ifndef RIVULET_ALLOCATOR_H_
#define RIVULET_ALLOCATOR_H_

#include <atomic>
#include <cstddef>
#include <memory>

#include "rivulet/status.h"

namespace rivulet {

// Thread-safe. Every buffer keeps its allocator alive and gives its bytes back to the budget when it goes.
class Allocator : public std::enable_shared_from_this<Allocator> {
 public:
  static constexpr size_t kAlignment = 64;
  static constexpr size_t kUnlimited = ~size_t{0};

  static std::shared_ptr<Allocator> Create(size_t budget_bytes = kUnlimited);

  // `bytes` of memory with unspecified content; never null on success, also for zero bytes. Reads up to
  // kAlignment bytes past the end stay inside the buffer, so that vector kernels may load a whole last register.
  Result<std::shared_ptr<void>> Allocate(size_t bytes);

  size_t budget_bytes() const { return budget_; }
  size_t used_bytes() const { return used_.load(std::memory_order_relaxed); }
  size_t peak_bytes() const { return peak_.load(std::memory_order_relaxed); }

  // Counts bytes that live elsewhere (strings) against the budget; Release gives them back.
  Status Charge(size_t bytes);
  void Release(size_t bytes);

  // Fault injection for tests, process-wide: the `nth` allocation from now fails (1 = the next), once or from then
  // on. Zero turns it off. Returns the number of allocations since the last call.
  static int64_t FailNth(int64_t nth, bool and_all_later);

 private:
  explicit Allocator(size_t budget) : budget_(budget) {}

  const size_t budget_;
  std::atomic<size_t> used_{0};
  std::atomic<size_t> peak_{0};
};

}  // namespace rivulet

#endif  // RIVULET_ALLOCATOR_H_
