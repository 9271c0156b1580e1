// Subnormal numbers as TensorFlow's threads treat them: read as zero, and a result that would be one becomes zero. So
// Equal(1e-40, 0) is true and Reciprocal(1e-40) is infinite; and no network is slowed down by values nobody sees.
// Where the processor has no such mode (wasm, scalar targets), subnormals are computed with.
#ifndef RIVULET_ENGINE_BASE_FLOAT_STATE_H_
#define RIVULET_ENGINE_BASE_FLOAT_STATE_H_

#include <cstdint>

#if defined(__SSE2__)
#include <xmmintrin.h>
#endif

namespace rivulet {

// While it lives, the calling thread flushes subnormals; then its mode is what it was. The caller of the API sees no
// change.
class FlushSubnormals {
 public:
  FlushSubnormals() : saved_(Get()) { Set(saved_ | kFlush); }
  ~FlushSubnormals() { Set(saved_); }
  FlushSubnormals(const FlushSubnormals&) = delete;
  FlushSubnormals& operator=(const FlushSubnormals&) = delete;

 private:
#if defined(__SSE2__)
  static constexpr uint32_t kFlush = 0x8040;  // flush to zero, denormals are zeros
  static uint32_t Get() { return _mm_getcsr(); }
  static void Set(uint32_t mode) { _mm_setcsr(mode); }
  uint32_t saved_;
#elif defined(__aarch64__)
  static constexpr uint64_t kFlush = uint64_t{1} << 24;
  static uint64_t Get() {
    uint64_t mode;
    __asm__ volatile("mrs %0, fpcr" : "=r"(mode));
    return mode;
  }
  static void Set(uint64_t mode) { __asm__ volatile("msr fpcr, %0" : : "r"(mode)); }
  uint64_t saved_;
#else
  static constexpr uint32_t kFlush = 0;
  static uint32_t Get() { return 0; }
  static void Set(uint32_t) {}
  uint32_t saved_;
#endif
};

}  // namespace rivulet

#endif  // RIVULET_ENGINE_BASE_FLOAT_STATE_H_
