// Times the steps of a run.
#ifndef RIVULET_ENGINE_RUN_STEP_CLOCK_H_
#define RIVULET_ENGINE_RUN_STEP_CLOCK_H_

#include <chrono>
#include <utility>

#include "engine/base/checked.h"
#include "engine/run/plan.h"
#include "rivulet/session.h"

namespace rivulet {

// Without a profile all of it is nothing, but that a plan within a step that is timed, a loop's body, adds its
// arithmetic.
class StepClock {
 public:
  // Gives the profile its entries unless an earlier run of the plan did.
  StepClock(const Plan& plan, RunProfile* profile);
  ~StepClock() { within_ = before_; }
  StepClock(const StepClock&) = delete;
  StepClock& operator=(const StepClock&) = delete;

  // Whether a step is being timed on this thread: ask before what AddFlops is given takes work to find.
  static bool IsTiming() { return within_ != nullptr; }
  // Arithmetic that the step which is being timed on this thread did by running something else. Plans within plans run
  // on the thread that called Session::Run.
  static void AddFlops(int64_t flops) {
    if (within_ == nullptr) return;
    const CheckedSize sum = CheckedSize(*within_) + flops;
    if (sum.valid()) *within_ = sum.value();
  }

  void Start() {
    if (profile_ != nullptr) start_ = Clock::now();
  }
  void Stop(size_t step) {
    if (profile_ == nullptr) return;
    RunProfile::Step& entry = profile_->steps[step];
    ++entry.runs;
    entry.ms += std::chrono::duration<double, std::milli>(Clock::now() - start_).count();
    if (flops_ > 0) entry.flops = std::exchange(flops_, 0);
  }

 private:
  using Clock = std::chrono::steady_clock;
  static thread_local int64_t* within_;
  RunProfile* profile_;
  Clock::time_point start_;
  int64_t* const before_ = within_;
  int64_t flops_ = 0;  // of what ran within the step
};

}  // namespace rivulet

#endif  // RIVULET_ENGINE_RUN_STEP_CLOCK_H_
