#include "tests/hostile/new_faults.h"

#include <atomic>
#include <cstdlib>
#include <new>

namespace {

std::atomic<int64_t> g_calls{0};
std::atomic<int64_t> g_nth{0};
std::atomic<bool> g_all_later{false};

void* Take(size_t size, size_t alignment) {
  const int64_t call = g_calls.fetch_add(1, std::memory_order_relaxed) + 1;
  const int64_t nth = g_nth.load(std::memory_order_relaxed);
  if (nth > 0 && (call == nth || (call > nth && g_all_later.load(std::memory_order_relaxed)))) return nullptr;
  if (alignment == 0) return std::malloc(size == 0 ? 1 : size);
  return std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
}

void* TakeOrThrow(size_t size, size_t alignment) {
  void* const p = Take(size, alignment);
  if (p == nullptr) throw std::bad_alloc();
  return p;
}

}  // namespace

namespace rivulet {

int64_t FailNthNew(int64_t nth, bool and_all_later) {
  g_nth = 0;
  const int64_t calls = g_calls.exchange(0);
  g_all_later = and_all_later;
  g_nth = nth;
  return calls;
}

}  // namespace rivulet

void* operator new(size_t size) { return TakeOrThrow(size, 0); }
void* operator new[](size_t size) { return TakeOrThrow(size, 0); }
void* operator new(size_t size, const std::nothrow_t&) noexcept { return Take(size, 0); }
void* operator new[](size_t size, const std::nothrow_t&) noexcept { return Take(size, 0); }
void* operator new(size_t size, std::align_val_t alignment) {
  return TakeOrThrow(size, static_cast<size_t>(alignment));
}
void* operator new[](size_t size, std::align_val_t alignment) {
  return TakeOrThrow(size, static_cast<size_t>(alignment));
}
void operator delete(void* p) noexcept { std::free(p); }
void operator delete[](void* p) noexcept { std::free(p); }
void operator delete(void* p, size_t) noexcept { std::free(p); }
void operator delete[](void* p, size_t) noexcept { std::free(p); }
void operator delete(void* p, std::align_val_t) noexcept { std::free(p); }
void operator delete[](void* p, std::align_val_t) noexcept { std::free(p); }
void operator delete(void* p, size_t, std::align_val_t) noexcept { std::free(p); }
void operator delete[](void* p, size_t, std::align_val_t) noexcept { std::free(p); }
