// Runs the steps of a plan over a frame.
#ifndef RIVULET_ENGINE_RUN_EXECUTOR_H_
#define RIVULET_ENGINE_RUN_EXECUTOR_H_

#include <array>
#include <memory>
#include <vector>

#include "engine/run/dynamic_node.h"
#include "engine/run/plan.h"
#include "engine/run/result_memory.h"
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
  std::vector<StepFacts> facts;             // by Step::facts
  std::vector<ControlFrames> controls;      // by step; empty in plans without control steps
  std::vector<uint8_t> dead_slots;          // empty in plans without branches
  std::vector<uint8_t> dead_steps;
  // What operators work with and leave behind; one for each of two lanes (plan.h).
  struct Scratch {
    std::shared_ptr<void> memory;
    size_t bytes = 0;
  };
  std::array<Scratch, 2> scratch;
  std::vector<ResultMemory> results;  // by fetch
};

Result<std::unique_ptr<Frame>> MakeFrame(std::shared_ptr<const Plan> plan, Allocator& allocator, Resources& resources);

// Sets feed `i`; a feed that nothing reads is dropped.
Status SetFeed(Frame& frame, size_t i, Tensor value, Allocator& allocator);
// Runs all steps. Afterwards the fetches can be taken from their slots, until ClearFrame. Steps are timed where
// `profile` is given; what a step runs within counts as that step.
Status RunSteps(Frame& frame, const RunServices& services, RunProfile* profile = nullptr);
// The tensor of fetch `i`; an error where it lies on a branch that was not taken.
Result<Tensor*> FetchOf(Frame& frame, size_t i);
// Drops what the run left: feeds and tensors that hold memory of their own.
void ClearFrame(Frame& frame);
// The same but for views, where the next run follows at once and sets them anew.
void ReleaseFrame(Frame& frame);

// All of that, for a caller: the results own their memory.
Result<std::vector<Tensor>> RunFrame(Frame& frame, const Feeds& feeds, const Environment& environment,
                                     const StopToken& stop, RunProfile* profile = nullptr);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_RUN_EXECUTOR_H_
