// BoostedTreesEnsembleResourceHandleOp, BoostedTreesCreateEnsemble, BoostedTreesDeserializeEnsemble,
// BoostedTreesSerializeEnsemble, BoostedTreesGetEnsembleStates, IsBoostedTreesEnsembleInitialized.
//
// What is created or deserialised is any message boosted_trees.TreeEnsemble; what is serialised is, byte for byte, what
// TensorFlow writes, but for fields that the message type does not have. A message that is none leaves the ensemble as
// it was; TensorFlow's is then undefined.
#include <algorithm>

#include "engine/ops/plain_infer.h"
#include "engine/ops/session_object.h"
#include "engine/ops/text_bytes.h"
#include "engine/ops/tree_ensemble_object.h"

namespace rivulet {
namespace {

struct State : OpState {
  ObjectName object;
};

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c) {
  auto state = std::make_unique<State>();
  state->object = ObjectName(c.node(), TreeEnsembleObject::kKind);
  return std::unique_ptr<OpState>(std::move(state));
}

Status RunHandle(RunContext& c) {
  RIVULET_ASSIGN_OR_RETURN(std::shared_ptr<TreeEnsembleObject> object,
                           FindOrMake<TreeEnsembleObject>(c, c.state<State>().object, []() -> Result<ObjectRef> {
                             return ObjectRef(std::make_shared<TreeEnsembleObject>());
                           }));
  c.SetOutput(0, ScalarOf(DType::kResource, std::move(object)));
  return Status();
}

Status InferContent(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(c.WantScalar(1));
  return c.WantScalar(2);
}

Result<StampedEnsemble> Given(const RunContext& c) {
  StampedEnsemble content;
  content.stamp = *c.input(1).data<int64_t>();
  RIVULET_ASSIGN_OR_RETURN(content.ensemble,
                           ReadTreeEnsemble(*c.input(2).data<std::string>(), c.allocator(), &content.held, c.stop()));
  return content;
}

Status RunCreate(RunContext& c) {
  RIVULET_ASSIGN_OR_RETURN(const std::shared_ptr<TreeEnsembleObject> object, EnsembleOf(c));
  RIVULET_ASSIGN_OR_RETURN(StampedEnsemble content, Given(c));
  object->Create(std::move(content));
  return Status();
}

Status RunDeserialize(RunContext& c) {
  RIVULET_ASSIGN_OR_RETURN(const std::shared_ptr<TreeEnsembleObject> object, EnsembleOf(c));
  return object->Change([&](StampedEnsemble* content) -> Status {
    RIVULET_ASSIGN_OR_RETURN(*content, Given(c));
    return Status();
  });
}

Status InferSerialize(InferContext& c) {
  c.set_output(0, {});
  c.set_output(1, {});
  return Status();
}

Status RunSerialize(RunContext& c) {
  RIVULET_ASSIGN_OR_RETURN(const std::shared_ptr<TreeEnsembleObject> object, EnsembleOf(c));
  return object->Read([&](const StampedEnsemble& content) {
    // Nested messages are put together inside out, each in a string of its own.
    TextBytes bytes(c.allocator());
    RIVULET_RETURN_IF_ERROR(bytes.Charge(WrittenBytes(content.ensemble) * CheckedSize(3)));
    *c.output(0).data<int64_t>() = content.stamp;
    *c.output(1).data<std::string>() = WriteTreeEnsemble(content.ensemble);
    return Status();
  });
}

Status InferStates(InferContext& c) {
  for (int i = 0; i < 4; ++i) c.set_output(i, {});
  c.set_output(4, {2});
  return Status();
}

Status RunStates(RunContext& c) {
  RIVULET_ASSIGN_OR_RETURN(const std::shared_ptr<TreeEnsembleObject> object, EnsembleOf(c));
  return object->Read([&](const StampedEnsemble& content) -> Status {
    const TreeEnsemble& ensemble = content.ensemble;
    const size_t trees = ensemble.trees.size();
    if (trees > INT32_MAX) return OutOfRange("the ensemble has ", trees, " trees, more than an int32 counts");
    if (ensemble.metadata.size() < trees) {
      return InvalidArgument("the ensemble: want metadata for each of ", trees, " trees, got ",
                             ensemble.metadata.size());
    }
    const bool is_growing = trees > 0 && !ensemble.metadata[trees - 1].is_finalized;
    *c.output(0).data<int64_t>() = content.stamp;
    *c.output(1).data<int32_t>() = static_cast<int32_t>(trees);
    *c.output(2).data<int32_t>() = static_cast<int32_t>(trees) - (is_growing ? 1 : 0);
    *c.output(3).data<int32_t>() = static_cast<int32_t>(ensemble.num_layers_attempted);
    c.output(4).data<int32_t>()[0] = ensemble.last_layer_begin;
    c.output(4).data<int32_t>()[1] = std::max(1, ensemble.last_layer_end);  // of no tree: its root to be
    return Status();
  });
}

Status RunIsCreated(RunContext& c) {
  RIVULET_ASSIGN_OR_RETURN(const std::shared_ptr<TreeEnsembleObject> object, EnsembleOf(c));
  *c.output(0).data<bool>() = object->is_created();
  return Status();
}

constexpr OpDef kDefs[] = {
    {.name = "BoostedTreesEnsembleResourceHandleOp",
     .inputs = "",
     .outputs = "resource:resource",
     .attrs = "container:string=\"\"; shared_name:string=\"\"",
     .infer = InferScalar,
     .prepare = Prepare,
     .run = RunHandle,
     .flags = kNamedResource | kMakesOutputs},
    {.name = "BoostedTreesCreateEnsemble",
     .inputs = "tree_ensemble_handle:resource, stamp_token:i64, tree_ensemble_serialized:str",
     .outputs = "",
     .attrs = "",
     .infer = InferContent,
     .run = RunCreate,
     .flags = kEffect},
    {.name = "BoostedTreesDeserializeEnsemble",
     .inputs = "tree_ensemble_handle:resource, stamp_token:i64, tree_ensemble_serialized:str",
     .outputs = "",
     .attrs = "",
     .infer = InferContent,
     .run = RunDeserialize,
     .flags = kEffect},
    {.name = "BoostedTreesSerializeEnsemble",
     .inputs = "tree_ensemble_handle:resource",
     .outputs = "stamp_token:i64, tree_ensemble_serialized:str",
     .attrs = "",
     .infer = InferSerialize,
     .run = RunSerialize,
     .flags = kStateful},
    {.name = "BoostedTreesGetEnsembleStates",
     .inputs = "tree_ensemble_handle:resource",
     .outputs = "stamp_token:i64, num_trees:i32, num_finalized_trees:i32, num_attempted_layers:i32, "
                "last_layer_nodes_range:i32",
     .attrs = "",
     .infer = InferStates,
     .run = RunStates,
     .flags = kStateful},
    {.name = "IsBoostedTreesEnsembleInitialized",
     .inputs = "tree_ensemble_handle:resource",
     .outputs = "is_initialized:bool",
     .attrs = "",
     .infer = InferScalar,
     .run = RunIsCreated,
     .flags = kStateful},
};

}  // namespace

RIVULET_OP_LIST(BoostedTreesEnsemble, kDefs);

}  // namespace rivulet
