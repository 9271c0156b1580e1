// Steps that run other plans: branches and loops.
#ifndef RIVULET_ENGINE_RUN_CONTROL_STEP_H_
#define RIVULET_ENGINE_RUN_CONTROL_STEP_H_

#include <memory>
#include <string>
#include <vector>

#include "engine/ops/op.h"
#include "engine/run/environment.h"

namespace rivulet {

struct Frame;
struct Plan;

// What a control step keeps in the frame that it runs in, from run to run: the frames of the plans it runs, and the
// tensors that its outputs are.
struct ControlFrames {
  ControlFrames();
  ~ControlFrames();
  ControlFrames(ControlFrames&&) noexcept;
  std::vector<std::unique_ptr<Frame>> frames;
  std::vector<Tensor> tensors;
};

class ControlStep {
 public:
  virtual ~ControlStep() = default;
  // Immutable, shared by threads; what changes is in `frames` and behind the context. Outputs that do not own their
  // memory stay valid until the step runs again in the same frame. dead[i] is set where output i has no value.
  virtual Status Run(RunContext& context, const RunServices& services, ControlFrames& frames,
                     std::vector<bool>* dead) const = 0;
  // Of a loop whose turns are all runs of one plan; null where that is not known.
  virtual const Plan* Body() const { return nullptr; }
};

struct ControlStepInput {
  const Node& node;
  std::vector<const Fact*> inputs;
  const std::vector<Fact>& outputs;
  std::string path;
  int depth = 0;
  std::shared_ptr<FrozenVariables> frozen;
  std::vector<bool> read = {};  // by output: whether something reads it; empty when anything may
  // By input, set for those that Run will not look at, such as weights that are constants of the bodies: their bytes
  // need not be kept for it. Null when they are kept anyway.
  std::vector<bool>* consumed = nullptr;
};

// The step for a node whose operator has kCallsFunctions. Plans of bodies are made now where that is not too deep and
// else when they are first needed; a body that cannot be planned is an error only when it is to be run.
Result<std::unique_ptr<ControlStep>> MakeControlStep(ControlStepInput input, const Environment& environment,
                                                     const StopToken& stop);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_RUN_CONTROL_STEP_H_
