// Where operators wait for what another run of the session does: for an element, for room, for enough gradients.
#ifndef RIVULET_ENGINE_OPS_WAITING_LINE_H_
#define RIVULET_ENGINE_OPS_WAITING_LINE_H_

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <list>
#include <mutex>

#include "engine/base/errors.h"
#include "engine/base/stop.h"

namespace rivulet {

// First come, first served: an attempt is made when all that came before have ended. Everything happens under the
// owner's lock; what changes its state notifies `changed`.
//
// A wait ends when the attempt says so or fails, when the run is cancelled, or at its deadline. The steps of one run
// come one after the other, what takes (kTakes) as late as it can; what waits all the same for a later step of its own
// run waits until then.
class WaitingLine {
 public:
  // For a program that never has two runs of a session at once: what would wait without end is an error then.
  static void RunsAreAlone() { alone_ = true; }

  // `attempt`: Result<bool>(), true when it is done. What it changed is told to others also when it is not.
  template <typename Attempt>
  Status TakeTurn(std::unique_lock<std::mutex>& lock, std::condition_variable& changed, const StopToken& stop,
                  const Attempt& attempt) {
    const auto place = line_.insert(line_.end(), 0);
    Status status;
    for (;;) {
      if (place == line_.begin()) {
        const Result<bool> done = attempt();
        if (!done.ok()) status = done.status();
        if (!done.ok() || *done) break;
      }
      if (alone_) {
        status =
            FailedPrecondition("it waits for what another run does, and there is none; feed what it gives instead");
        break;
      }
      if (stop.stopped()) {
        status = stop.Why();
        break;
      }
      // A stop wakes nobody: it is looked for at each step.
      changed.wait_for(lock, kStep);
    }
    line_.erase(place);
    changed.notify_all();
    return status;
  }

 private:
  static inline std::atomic<bool> alone_ = false;
  static constexpr std::chrono::milliseconds kStep{4};
  std::list<char> line_;
};

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_WAITING_LINE_H_
