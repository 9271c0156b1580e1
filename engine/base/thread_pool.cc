#include "engine/base/thread_pool.h"

#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <utility>
#include <vector>

#include "engine/base/float_state.h"

namespace rivulet {

// A loop is published by raising `generation`; workers that are awake take pieces from `next` until none is left. The
// caller leaves when no worker is inside the loop any more, so `job` needs no lifetime beyond the call.
struct ThreadPool::State {
  struct Job {
    int64_t count;
    int64_t grain;
    const StopToken* stop;
    Piece piece;
    const void* body;
  };

  std::mutex mutex;
  std::condition_variable wake;
  std::condition_variable done;
  uint64_t generation = 0;
  bool quit = false;
  bool busy = false;  // a caller owns the loop
  bool open = false;  // workers may join it
  int inside = 0;
  int started = 0;  // workers that have a number
  Job job{};
  std::atomic<int64_t> next{0};
  std::exception_ptr error;  // guarded by `mutex`: what ended a piece, for the caller of the loop
  std::vector<pthread_t> workers;

  void TakePieces(const Job& work, int thread) {
    for (;;) {
      const int64_t begin = next.fetch_add(work.grain, std::memory_order_relaxed);
      if (begin >= work.count || work.stop->stopped()) return;
#if defined(__cpp_exceptions)
      // Nothing may leave a thread, nor the caller while others are in the loop.
      try {
        work.piece(work.body, begin, std::min(begin + work.grain, work.count), thread);
      } catch (...) {
        next.store(work.count, std::memory_order_relaxed);
        std::lock_guard<std::mutex> lock(mutex);
        error = std::current_exception();
        return;
      }
#else
      work.piece(work.body, begin, std::min(begin + work.grain, work.count), thread);
#endif
    }
  }

  static void* WorkerMain(void* self) {
    const FlushSubnormals flush;
    auto& state = *static_cast<State*>(self);
    uint64_t seen = 0;
    std::unique_lock<std::mutex> lock(state.mutex);
    const int thread = ++state.started;
    for (;;) {
      state.wake.wait(lock, [&] { return state.quit || state.generation != seen; });
      if (state.quit) return nullptr;
      seen = state.generation;
      if (!state.open) continue;
      const Job work = state.job;
      ++state.inside;
      lock.unlock();
      state.TakePieces(work, thread);
      lock.lock();
      if (--state.inside == 0) state.done.notify_one();
    }
  }
};

ThreadPool::ThreadPool(int num_threads) {
  if (num_threads <= 1) return;
  state_ = std::make_unique<State>();
  state_->workers.reserve(static_cast<size_t>(num_threads - 1));
  for (int i = 1; i < num_threads; ++i) {
    pthread_t worker;
    if (pthread_create(&worker, nullptr, &State::WorkerMain, state_.get()) != 0) break;
    state_->workers.push_back(worker);
  }
  num_threads_ = 1 + static_cast<int>(state_->workers.size());
}

ThreadPool::~ThreadPool() {
  if (!state_) return;
  {
    std::lock_guard<std::mutex> lock(state_->mutex);
    state_->quit = true;
  }
  state_->wake.notify_all();
  for (const pthread_t worker : state_->workers) pthread_join(worker, nullptr);
}

void ThreadPool::Run(int64_t count, int64_t grain, const StopToken& stop, Piece piece, const void* body) {
  if (count <= 0) return;
  grain = std::max<int64_t>(grain, 1);
  const auto run_alone = [&] {
    for (int64_t begin = 0; begin < count && !stop.stopped(); begin += grain) {
      piece(body, begin, std::min(begin + grain, count), 0);
    }
  };
  if (!state_ || count <= grain) return run_alone();
  {
    std::unique_lock<std::mutex> lock(state_->mutex);
    if (state_->busy) {
      lock.unlock();
      return run_alone();
    }
    state_->busy = true;
    state_->open = true;
    state_->job = {count, grain, &stop, piece, body};
    state_->next.store(0, std::memory_order_relaxed);
    state_->error = nullptr;
    ++state_->generation;
  }
  state_->wake.notify_all();
  state_->TakePieces({count, grain, &stop, piece, body}, 0);
  std::unique_lock<std::mutex> lock(state_->mutex);
  state_->open = false;  // workers that wake late find nothing to do
  state_->done.wait(lock, [&] { return state_->inside == 0; });
  const std::exception_ptr error = std::exchange(state_->error, nullptr);
  state_->busy = false;
  lock.unlock();
#if defined(__cpp_exceptions)
  if (error != nullptr) std::rethrow_exception(error);
#endif
}

}  // namespace rivulet
