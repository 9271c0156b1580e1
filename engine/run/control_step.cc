#include "engine/run/control_step.h"

#include "engine/run/branch_step.h"
#include "engine/run/executor.h"
#include "engine/run/loop_ops.h"
#include "engine/run/loop_step.h"
#include "engine/run/map_step.h"
#include "engine/run/token_loop.h"

namespace rivulet {

ControlFrames::ControlFrames() = default;
ControlFrames::~ControlFrames() = default;
ControlFrames::ControlFrames(ControlFrames&&) noexcept = default;

Result<std::unique_ptr<ControlStep>> MakeControlStep(ControlStepInput input, const Environment& environment,
                                                     const StopToken& stop) {
  if constexpr (!kBuilt.functions && !kBuilt.frames) return NotBuilt("functions and loops");
  const Node& node = input.node;
  if (node.op == TokenLoopOp().name) return MakeTokenLoop(input, environment, stop);
  if (node.attrs.Find("body") != nullptr) return MakeLoopStep(input, environment, stop);
  if (node.op == "MapDefun") return MakeMapStep(input, environment, stop);
  return MakeBranchStep(input, environment, stop);
}

}  // namespace rivulet
