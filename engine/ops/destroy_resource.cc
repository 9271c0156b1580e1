// DestroyResourceOp: a variable without value, a table or tree ensemble without content, as before their first use.
// Whoever holds the handle may use it again.
#include "engine/ops/lookup_table.h"
#include "engine/ops/op.h"
#include "engine/ops/plain_infer.h"
#include "engine/ops/tree_ensemble_object.h"
#include "engine/ops/variable.h"

namespace rivulet {
namespace {

struct State : OpState {
  bool ignores_missing = true;
};

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c) {
  auto state = std::make_unique<State>();
  state->ignores_missing = c.attrs().Bool("ignore_lookup_error");
  return std::unique_ptr<OpState>(std::move(state));
}

Status Run(RunContext& c) {
  RIVULET_ASSIGN_OR_RETURN(const ObjectRef object, ReferenceIn(c.input(0)));
  bool was_there = object != nullptr;
  if (was_there && object->kind() == Variable::kKind) {
    was_there = static_cast<Variable&>(*object).Forget();
  } else if (was_there && object->kind() == LookupTable::kKind) {
    static_cast<LookupTable&>(*object).Clear();
  } else if (was_there && object->kind() == TreeEnsembleObject::kKind) {
    was_there = static_cast<TreeEnsembleObject&>(*object).Forget();
  } else if (was_there) {
    return Unimplemented("a ", object->kind(), " cannot be destroyed by its handle");
  }
  if (was_there || c.state<State>().ignores_missing) return Status();
  return NotFound("the variable to destroy has no value");
}

constexpr OpDef kDefs[] = {
    {.name = "DestroyResourceOp",
     .inputs = "resource:resource",
     .outputs = "",
     .attrs = "ignore_lookup_error:bool=true",
     .infer = InferNothing,
     .prepare = Prepare,
     .run = Run,
     .flags = kEffect},
};

}  // namespace

RIVULET_OP_LIST(DestroyResource, kDefs);

}  // namespace rivulet
