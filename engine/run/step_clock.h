// Times the steps of a run.
#ifndef RIVULET_ENGINE_RUN_STEP_CLOCK_H_
#define RIVULET_ENGINE_RUN_STEP_CLOCK_H_

#include <chrono>

#include "engine/run/plan.h"
#include "rivulet/session.h"

namespace rivulet {

// Without a profile all of it is nothing.
class StepClock {
 public:
  // Gives the profile its entries unless an earlier run of the plan did.
  StepClock(const Plan& plan, RunProfile* profile);

  void Start() {
    if (profile_ != nullptr) start_ = Clock::now();
  }
  void Stop(size_t step) {
    if (profile_ == nullptr) return;
    RunProfile::Step& entry = profile_->steps[step];
    ++entry.runs;
    entry.ms += std::chrono::duration<double, std::milli>(Clock::now() - start_).count();
  }

 private:
  using Clock = std::chrono::steady_clock;
  RunProfile* profile_;
  Clock::time_point start_;
};

}  // namespace rivulet

#endif  // RIVULET_ENGINE_RUN_STEP_CLOCK_H_
