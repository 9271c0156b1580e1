// What makes a run stop early: a cancel flag set by another thread, or a deadline on the monotonic clock.
#ifndef RIVULET_ENGINE_BASE_STOP_H_
#define RIVULET_ENGINE_BASE_STOP_H_

#include <atomic>
#include <chrono>
#include <memory>

#include "rivulet/status.h"

namespace rivulet {

class StopToken {
 public:
  using Clock = std::chrono::steady_clock;

  StopToken() = default;
  StopToken(const std::atomic<bool>* cancel, Clock::time_point deadline) : cancel_(cancel), deadline_(deadline) {}

  // Cheap enough to ask once per few microseconds of work. Once true, a kernel returns with its output unfinished and
  // the executor turns that into Why().
  bool stopped() const {
    if (cancel_ != nullptr && cancel_->load(std::memory_order_relaxed)) return true;
    return deadline_ != Clock::time_point::max() && Clock::now() >= deadline_;
  }

  // Ok while not stopped; else CANCELLED or DEADLINE_EXCEEDED.
  Status Why() const;

 private:
  const std::atomic<bool>* cancel_ = nullptr;
  Clock::time_point deadline_ = Clock::time_point::max();
};

}  // namespace rivulet

#endif  // RIVULET_ENGINE_BASE_STOP_H_
