// Runs the steps of a plan over a frame.
#ifndef RIVULET_ENGINE_RUN_EXECUTOR_H_
#define RIVULET_ENGINE_RUN_EXECUTOR_H_

#include <memory>
#include <vector>

#include "engine/run/plan.h"
#include "engine/run/step_clock.h"

namespace rivulet {

// What one run at a time uses: the arena and the tensors over it. Made once and kept by the session.
struct Frame {
  std::shared_ptr<const Plan> plan;
  std::shared_ptr<void> arena;
  std::vector<Tensor> tensors;        // by slot
  std::vector<const Tensor*> inputs;  // Plan::operands as pointers
  std::vector<Tensor*> outputs;
  std::vector<PersistentSlot*> persistent;  // by step; null where the operator keeps nothing
  std::shared_ptr<void> scratch;
  size_t scratch_bytes = 0;
};

Result<std::unique_ptr<Frame>> MakeFrame(std::shared_ptr<const Plan> plan, Allocator& allocator);

// Sets the feeds, runs all steps and copies the fetches out. Steps are timed where `profile` is given.
Result<std::vector<Tensor>> RunFrame(Frame& frame, const std::vector<const Tensor*>& feeds, Allocator& allocator,
                                     ThreadPool& pool, const StopToken& stop, RunProfile* profile = nullptr);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_RUN_EXECUTOR_H_
