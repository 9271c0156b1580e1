// One benchmark of a kernel, and what it is measured against.
#ifndef RIVULET_BENCH_MICRO_MICRO_H_
#define RIVULET_BENCH_MICRO_MICRO_H_

#include <cstdint>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "engine/base/stop.h"
#include "engine/base/thread_pool.h"

namespace rivulet::bench {

// What a call has to do at least: the operations of the product as written, and each byte of the operands and of the
// result once. A processor needs the longer of the two times that it takes for these.
struct Work {
  double flops = 0;
  int64_t read_bytes = 0;
  int64_t written_bytes = 0;
  bool of_bytes = false;  // the operations are on bytes, not on floats
};

// `prepare` makes the operands and returns the call to be timed; it is called when the benchmark runs.
void AddBenchmark(const std::string& name, const Work& work, std::function<std::function<void()>()> prepare);

// The pool that all use: of one thread.
ThreadPool& Pool();
inline StopToken NoStop() { return {}; }

// Aligned memory with values from -1 to 1, or bytes of all kinds.
template <typename T>
class Values {
 public:
  explicit Values(int64_t count) : memory_(Make(count)) {}
  T* get() const { return memory_.get(); }

 private:
  static std::shared_ptr<T> Make(int64_t count) {
    const size_t bytes = (static_cast<size_t>(count) * sizeof(T) + 127) / 64 * 64;
    std::shared_ptr<T> memory(static_cast<T*>(std::aligned_alloc(64, bytes)), &std::free);
    uint32_t state = 1;
    for (int64_t i = 0; i < count; ++i) {
      state = state * 1664525u + 1013904223u;
      if constexpr (sizeof(T) == 1) {
        memory.get()[i] = static_cast<T>(state >> 24);
      } else {
        memory.get()[i] = static_cast<T>(static_cast<float>(state >> 8) / 8388608.0f - 1.0f);
      }
    }
    return memory;
  }
  std::shared_ptr<T> memory_;
};
using Floats = Values<float>;

// A file for each kind of kernel.
void AddMatrixProducts();
void AddConvolutions();
void AddDepthwise();
void AddPools();
void AddLayouts();
void AddElementwise();
void AddRows();
void AddBytes();

}  // namespace rivulet::bench

#endif  // RIVULET_BENCH_MICRO_MICRO_H_
