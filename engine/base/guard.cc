#include "engine/base/guard.h"

#include <array>
#include <atomic>
#include <mutex>
#include <utility>

namespace rivulet {
namespace {

// So many calls in a row may fail for want of memory without a single one between them that gets some.
constexpr size_t kReserve = 64;

struct Reserve {
  std::mutex mutex;
  std::array<Status, kReserve> statuses;
  std::atomic<size_t> count{0};
};

Reserve& TheReserve() {
  static Reserve reserve;
  return reserve;
}

Status Made() { return Status(Code::kResourceExhausted, "out of memory"); }

}  // namespace

void KeepReserve() {
  Reserve& reserve = TheReserve();
  if (reserve.count.load(std::memory_order_relaxed) == kReserve) return;
  std::lock_guard<std::mutex> lock(reserve.mutex);
  for (size_t i = reserve.count; i < kReserve; ++i) {
    reserve.statuses[i] = Made();
    reserve.count = i + 1;
  }
}

Status OutOfMemory() {
#if defined(__cpp_exceptions)
  try {
    return Made();
  } catch (const std::bad_alloc&) {
    Reserve& reserve = TheReserve();
    std::lock_guard<std::mutex> lock(reserve.mutex);
    if (reserve.count > 0) {
      const size_t last = reserve.count - 1;
      reserve.count = last;
      return std::move(reserve.statuses[last]);
    }
  }
#endif
  return Made();
}

}  // namespace rivulet
