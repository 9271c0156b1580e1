// DeviceIndex: the place of the device that runs it in a list of kinds of devices, of which this engine is "CPU"; their
// number where it is not among them. A switch between kernels for several devices asks it.
// DisableCopyOnRead: nothing; what a variable gave out is never changed here.
#include <algorithm>

#include "engine/ops/op.h"
#include "engine/ops/plain_infer.h"

namespace rivulet {
namespace {

struct State : OpState {
  int32_t index = 0;
};

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c) {
  auto state = std::make_unique<State>();
  const std::vector<std::string> names = c.attrs().Strs("device_names");
  state->index = static_cast<int32_t>(std::find(names.begin(), names.end(), "CPU") - names.begin());
  return std::unique_ptr<OpState>(std::move(state));
}

Status Run(RunContext& c) {
  c.output(0).data<int32_t>()[0] = c.state<State>().index;
  return Status();
}

Status RunNothing(RunContext&) { return Status(); }

constexpr OpDef kDefs[] = {
    {.name = "DeviceIndex",
     .inputs = "",
     .outputs = "index:i32",
     .attrs = "device_names:list(string)",
     .infer = InferScalar,
     .prepare = Prepare,
     .run = Run,
     .flags = kStateful},
    {.name = "DisableCopyOnRead",
     .inputs = "resource:resource",
     .outputs = "",
     .attrs = "",
     .infer = InferNothing,
     .run = RunNothing,
     .flags = kEffect},
};

}  // namespace

RIVULET_OP_LIST(DeviceIndex, kDefs);

}  // namespace rivulet
