// CountUpTo, ResourceCountUpTo: the value of a scalar variable, which is one more afterwards; OUT_OF_RANGE once it has
// reached the limit.
#include "engine/ops/op.h"
#include "engine/ops/plain_infer.h"
#include "engine/ops/variable.h"

namespace rivulet {
namespace {

struct State : OpState {
  int64_t limit = 0;
};

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c) {
  auto state = std::make_unique<State>();
  state->limit = c.attrs().Int("limit");
  return std::unique_ptr<OpState>(std::move(state));
}

template <typename T>
Status Step(Tensor& value, int64_t limit, Tensor& output) {
  const T now = value.data<T>()[0];
  if (now >= limit || now == std::numeric_limits<T>::max()) {
    return OutOfRange("the variable has reached the limit ", limit, ": it is ", now);
  }
  output.data<T>()[0] = now;
  value.data<T>()[0] = static_cast<T>(now + 1);
  return Status();
}

Status Run(RunContext& c) {
  RIVULET_ASSIGN_OR_RETURN(const std::shared_ptr<Variable> variable, ObjectIn<Variable>(c.input(0)));
  Tensor& output = c.output(0);
  return variable->Modify(c.allocator(), [&](Tensor& value) -> Status {
    if (value.dtype() != output.dtype() || value.rank() != 0) {
      return InvalidArgument("want a scalar variable of ", output.dtype(), ", got ", value.dtype(), value.shape());
    }
    const int64_t limit = c.state<State>().limit;
    return value.dtype() == DType::kInt32 ? Step<int32_t>(value, limit, output) : Step<int64_t>(value, limit, output);
  });
}

constexpr OpDef kDefs[] = {
    {.name = "CountUpTo",
     .inputs = "ref:ref T",
     .outputs = "output:T",
     .attrs = "limit:int; T:type in {i32,i64}",
     .infer = InferScalar,
     .prepare = Prepare,
     .run = Run,
     .flags = kEffect},
    {.name = "ResourceCountUpTo",
     .inputs = "resource:resource",
     .outputs = "output:T",
     .attrs = "limit:int; T:type in {i32,i64}",
     .infer = InferScalar,
     .prepare = Prepare,
     .run = Run,
     .flags = kEffect},
};

}  // namespace

RIVULET_OP_LIST(CountUpTo, kDefs);

}  // namespace rivulet
