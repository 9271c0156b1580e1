#include "engine/base/thread_pool.h"

#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "engine/base/float_state.h"

namespace rivulet {
namespace {

// How long a worker looks for the next loop, and a caller for the end of its own, before they sleep: the loops of a run
// follow one another within microseconds, and to be woken takes tens of them.
constexpr std::chrono::microseconds kAwake{100};
// Looks, of some ten nanoseconds, before the processor is offered to others: that takes a microsecond, in which nobody
// looks.
constexpr int kLooks = 512;

void Relax() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__) || defined(__arm__)
  asm volatile("yield");
#endif
}

// Whether `ready` became true while this thread stayed awake.
template <typename Ready>
bool Spin(const Ready& ready) {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point end = Clock::now() + kAwake;
  do {
    for (int i = 0; i < kLooks; ++i) {
      if (ready()) return true;
      Relax();
    }
    sched_yield();  // to whom this thread may be waiting for
  } while (Clock::now() < end);
  return false;
}

// Processors that this process may use.
int Processors() {
#if defined(__linux__)
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof(set), &set) == 0) return CPU_COUNT(&set);
#endif
  return static_cast<int>(std::thread::hardware_concurrency());
}

}  // namespace

// A loop is published by raising `generation`. Each thread has a share of its pieces that follow one another, and helps
// with the others' when it is done. The same thread so has the same part of the picture in loop after loop, most of
// what it reads is in its own cache, and threads whose processors share none but a far one do not wait for one
// another's.
//
// Who changes one of two variables and then looks at the other meets, in sequentially consistent order, another who
// does the same the other way round: one of the two sees the other. So it is with
//   open and inside       a worker counts itself inside before it looks whether the loop is open; the caller closes the
//                         loop before it waits until nobody is inside. `job` changes only when nobody is.
//   generation, sleepers  a worker counts itself among the sleepers before it looks for a new loop for the last time;
//   the
//                         caller raises the generation before it looks whether someone sleeps.
//   inside and waiting    likewise for the end of the loop.
struct ThreadPool::State {
  struct Job {
    int64_t count;
    int64_t grain;
    const StopToken* stop;
    Piece piece;
    const void* body;
  };

  std::atomic<uint64_t> generation{0};
  std::atomic<bool> busy{false};  // a caller owns the loop
  std::atomic<bool> open{false};  // workers may join it
  std::atomic<int> inside{0};
  std::atomic<int> sleepers{0};
  std::atomic<bool> waiting{false};  // the caller sleeps until the last worker has left
  std::atomic<int> started{0};       // workers that have a number
  std::atomic<bool> quit{false};
  Job job{};
  bool stays_awake = false;
  // A thread's share of the loop, from which anybody takes the next piece. A line of its own.
  struct alignas(64) Share {
    std::atomic<int64_t> next{0};
    int64_t end = 0;
  };
  std::vector<Share> shares;

  std::mutex mutex;  // guards what follows, and the sleep of those who wait
  std::condition_variable wake;
  std::condition_variable done;
  std::exception_ptr error;  // what ended a piece, for the caller of the loop
  std::vector<pthread_t> workers;

  void TakePieces(const Job& work, int thread) {
    const size_t threads = shares.size();
    for (size_t i = 0; i < threads; ++i) {
      if (!TakeShare(work, shares[(static_cast<size_t>(thread) + i) % threads], thread)) return;
    }
  }

  // False when the loop is over.
  bool TakeShare(const Job& work, Share& share, int thread) {
    for (;;) {
      // Looked at first, so that the many who come when nothing is left do not take the line from one another.
      if (share.next.load(std::memory_order_relaxed) >= share.end) return true;
      const int64_t begin = share.next.fetch_add(work.grain, std::memory_order_relaxed);
      if (begin >= share.end) return true;
      if (work.stop->stopped()) return false;
#if defined(__cpp_exceptions)
      // Nothing may leave a thread, nor the caller while others are in the loop.
      try {
        work.piece(work.body, begin, std::min(begin + work.grain, share.end), thread);
      } catch (...) {
        for (Share& other : shares) other.next.store(other.end, std::memory_order_relaxed);
        std::lock_guard<std::mutex> lock(mutex);
        error = std::current_exception();
        return false;
      }
#else
      work.piece(work.body, begin, std::min(begin + work.grain, share.end), thread);
#endif
    }
  }

  void WaitForALoopAfter(uint64_t seen) {
    const auto is_there = [&] { return generation.load() != seen || quit.load(); };
    if (stays_awake && Spin(is_there)) return;
    std::unique_lock<std::mutex> lock(mutex);
    ++sleepers;
    wake.wait(lock, is_there);
    --sleepers;
  }

  static void* WorkerMain(void* self) {
    const FlushSubnormals flush;
    auto& state = *static_cast<State*>(self);
    const int thread = ++state.started;
    uint64_t seen = 0;
    for (;;) {
      state.WaitForALoopAfter(seen);
      if (state.quit) return nullptr;
      seen = state.generation;
      ++state.inside;
      if (state.open) state.TakePieces(state.job, thread);
      if (--state.inside == 0 && state.waiting) {
        std::lock_guard<std::mutex> lock(state.mutex);
        state.done.notify_one();
      }
    }
  }

  void Publish(const Job& work) {
    job = work;
    const int64_t pieces = (work.count - 1) / work.grain + 1;
    const auto threads = static_cast<int64_t>(shares.size());
    int64_t begin = 0;
    for (int64_t i = 0; i < threads; ++i) {
      Share& share = shares[static_cast<size_t>(i)];
      const int64_t share_pieces = pieces / threads + (i < pieces % threads ? 1 : 0);
      share.next.store(begin, std::memory_order_relaxed);
      begin = std::min(begin + share_pieces * work.grain, work.count);
      share.end = begin;
    }
    open = true;
    ++generation;
    WakeSleepers();
  }

  void WakeSleepers() {
    if (sleepers == 0) return;
    std::lock_guard<std::mutex> lock(mutex);
    wake.notify_all();
  }

  // Workers that come late find nothing to do.
  void CloseAndWait() {
    open = false;
    const auto is_done = [&] { return inside.load() == 0; };
    if (is_done() || (stays_awake && Spin(is_done))) return;
    waiting = true;
    std::unique_lock<std::mutex> lock(mutex);
    done.wait(lock, is_done);
    waiting = false;
  }
};

ThreadPool::ThreadPool(int num_threads) {
  if (num_threads <= 1) return;
  state_ = std::make_unique<State>();
  state_->shares = std::vector<State::Share>(static_cast<size_t>(num_threads));
  state_->workers.reserve(static_cast<size_t>(num_threads - 1));
  // Where threads share processors, one that looks on keeps another from working.
  state_->stays_awake = num_threads <= Processors();
  for (int i = 1; i < num_threads; ++i) {
    pthread_t worker;
    if (pthread_create(&worker, nullptr, &State::WorkerMain, state_.get()) != 0) break;
    state_->workers.push_back(worker);
  }
  num_threads_ = 1 + static_cast<int>(state_->workers.size());
}

ThreadPool::~ThreadPool() {
  if (!state_) return;
  state_->quit = true;
  state_->WakeSleepers();
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
  if (state_->busy.exchange(true)) return run_alone();
  const State::Job job{count, grain, &stop, piece, body};
  state_->Publish(job);
  state_->TakePieces(job, 0);
  state_->CloseAndWait();
  std::exception_ptr error;
  {
    std::lock_guard<std::mutex> lock(state_->mutex);
    error = std::exchange(state_->error, nullptr);
  }
  state_->busy = false;
#if defined(__cpp_exceptions)
  if (error != nullptr) std::rethrow_exception(error);
#endif
}

}  // namespace rivulet
