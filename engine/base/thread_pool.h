// Worker threads for loops over independent pieces of work.
#ifndef RIVULET_ENGINE_BASE_THREAD_POOL_H_
#define RIVULET_ENGINE_BASE_THREAD_POOL_H_

#include <cstdint>
#include <memory>
#include <type_traits>

#include "engine/base/stop.h"

namespace rivulet {

// A pool of num_threads - 1 workers; the calling thread takes part. One loop runs at a time, concurrent callers run
// theirs alone on their own thread. Workers allocate nothing.
class ThreadPool {
 public:
  // Starts fewer workers when the system refuses threads; num_threads() tells how many take part.
  explicit ThreadPool(int num_threads);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  int num_threads() const { return num_threads_; }

  // Calls body(begin, end) for consecutive pieces of [0, count), each `grain` long (the last may be shorter), from any
  // of the threads in any order. The pieces depend on count and grain alone, never on the number of threads, so a
  // body whose piece writes its own outputs gives the same bits for any number of threads. Between pieces the
  // token is asked; once stopped the remaining pieces are skipped. A body that takes a third argument is also told
  // which of the loop's threads calls it, in [0, num_threads()), for memory that threads do not share.
  template <typename Body>
  void ParallelFor(int64_t count, int64_t grain, const StopToken& stop, const Body& body) {
    Run(
        count, grain, stop,
        [](const void* b, int64_t begin, int64_t end, [[maybe_unused]] int thread) {
          if constexpr (std::is_invocable_v<const Body&, int64_t, int64_t, int>) {
            (*static_cast<const Body*>(b))(begin, end, thread);
          } else {
            (*static_cast<const Body*>(b))(begin, end);
          }
        },
        &body);
  }

 private:
  using Piece = void (*)(const void* body, int64_t begin, int64_t end, int thread);
  void Run(int64_t count, int64_t grain, const StopToken& stop, Piece piece, const void* body);

  struct State;
  std::unique_ptr<State> state_;
  int num_threads_ = 1;
};

}  // namespace rivulet

#endif  // RIVULET_ENGINE_BASE_THREAD_POOL_H_
