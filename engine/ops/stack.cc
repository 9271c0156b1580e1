// Stack, StackPush, StackPop, StackClose, each in both versions: what loops of old graphs keep for their gradients.
//
// A stack lives as long as something refers to it, at most for one run. Elements of one shape lie in one block. Handles
// of the first version, string references in TensorFlow, are resources here (docs/control_flow.md); swap_memory means
// nothing on a processor.
#include <mutex>

#include "engine/ops/element_store.h"
#include "engine/ops/op.h"
#include "engine/ops/plain_infer.h"

namespace rivulet {
namespace {

// Thread-safe.
class Stack : public Object {
 public:
  static constexpr std::string_view kKind = "stack";
  Stack(DType dtype, int64_t max_size) : max_size_(max_size), elements_(dtype) {}
  std::string_view kind() const override { return kKind; }

  // Gives the element back as the stack keeps it.
  Result<Tensor> Push(Tensor value, Allocator& allocator) {
    std::lock_guard<std::mutex> lock(mutex_);
    if (is_closed_) return InvalidArgument("the stack was closed");
    const int64_t size = elements_.size();
    if (value.dtype() != elements_.dtype()) {
      return InvalidArgument("the stack is ", elements_.dtype(), ", the element ", value.dtype());
    }
    if (max_size_ >= 0 && size >= max_size_) return InvalidArgument("the stack is full: it has ", size, " elements");
    if (size >= INT32_MAX) return ResourceExhausted("the stack has ", size, " elements and can have no more");
    RIVULET_RETURN_IF_ERROR(elements_.Resize(size + 1, allocator));
    RIVULET_RETURN_IF_ERROR(elements_.Set(size, std::move(value), allocator));
    return elements_.Get(size);
  }

  Result<Tensor> Pop(DType dtype, Allocator& allocator) {
    std::lock_guard<std::mutex> lock(mutex_);
    if (is_closed_) return InvalidArgument("the stack was closed");
    if (dtype != elements_.dtype()) {
      return InvalidArgument("the stack is ", elements_.dtype(), ", attr 'elem_type' says ", dtype);
    }
    const int64_t last = elements_.size() - 1;
    if (last < 0) return InvalidArgument("the stack is empty");
    Tensor value = elements_.Get(last);
    RIVULET_RETURN_IF_ERROR(elements_.Resize(last, allocator));
    return value;
  }

  Status Close(Allocator& allocator) {
    std::lock_guard<std::mutex> lock(mutex_);
    is_closed_ = true;
    return elements_.Resize(0, allocator);
  }

 private:
  const int64_t max_size_;
  std::mutex mutex_;
  bool is_closed_ = false;
  ElementStore elements_;
};

struct State : OpState {
  DType dtype = DType::kInvalid;
};

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c) {
  auto state = std::make_unique<State>();
  state->dtype = c.attrs().Type("elem_type");
  return std::unique_ptr<OpState>(std::move(state));
}

Status InferMake(InferContext& c) {
  if (c.num_inputs() > 0) RIVULET_RETURN_IF_ERROR(c.WantScalar(0));
  c.set_output(0, {});
  return Status();
}

Status RunMake(RunContext& c) {
  const int64_t max_size = c.num_inputs() > 0 ? c.input(0).data<int32_t>()[0] : -1;
  c.output(0).data<ObjectRef>()[0] = std::make_shared<Stack>(c.state<State>().dtype, max_size);
  return Status();
}

Status InferPush(InferContext& c) {
  c.set_output(0, c.shape(1));
  return Status();
}

Status RunPush(RunContext& c) {
  RIVULET_ASSIGN_OR_RETURN(const auto stack, ObjectIn<Stack>(c.input(0)));
  RIVULET_ASSIGN_OR_RETURN(const Tensor element, stack->Push(c.TakeInput(1), c.allocator()));
  c.SetOutput(0, element);
  return Status();
}

Status InferPop(InferContext& c) {
  c.set_output(0, Shape::UnknownRank());
  return Status();
}

Status RunPop(RunContext& c) {
  RIVULET_ASSIGN_OR_RETURN(const auto stack, ObjectIn<Stack>(c.input(0)));
  RIVULET_ASSIGN_OR_RETURN(const Tensor element, stack->Pop(c.state<State>().dtype, c.allocator()));
  c.SetOutput(0, element);
  return Status();
}

Status RunClose(RunContext& c) {
  RIVULET_ASSIGN_OR_RETURN(const auto stack, ObjectIn<Stack>(c.input(0)));
  return stack->Close(c.allocator());
}

constexpr uint32_t kElement = kEffect | kMakesOutputs | kTakesObjects;

constexpr OpDef kDefs[] = {
    {.name = "Stack",
     .inputs = "",
     .outputs = "handle:ref str",
     .attrs = "elem_type:type; stack_name:string=\"\"",
     .infer = InferMake,
     .prepare = Prepare,
     .run = RunMake,
     .flags = kStateful | kTakesObjects},
    {.name = "StackV2",
     .inputs = "max_size:i32",
     .outputs = "handle:resource",
     .attrs = "elem_type:type; stack_name:string=\"\"",
     .infer = InferMake,
     .prepare = Prepare,
     .run = RunMake,
     .flags = kStateful | kTakesObjects},
    {.name = "StackPush",
     .inputs = "handle:ref str, elem:T",
     .outputs = "output:T",
     .attrs = "T:type; swap_memory:bool=false",
     .infer = InferPush,
     .run = RunPush,
     .flags = kElement},
    {.name = "StackPushV2",
     .inputs = "handle:resource, elem:T",
     .outputs = "output:T",
     .attrs = "T:type; swap_memory:bool=false",
     .infer = InferPush,
     .run = RunPush,
     .flags = kElement},
    {.name = "StackPop",
     .inputs = "handle:ref str",
     .outputs = "elem:elem_type",
     .attrs = "elem_type:type",
     .infer = InferPop,
     .prepare = Prepare,
     .run = RunPop,
     .flags = kElement | kDataDependent},
    {.name = "StackPopV2",
     .inputs = "handle:resource",
     .outputs = "elem:elem_type",
     .attrs = "elem_type:type",
     .infer = InferPop,
     .prepare = Prepare,
     .run = RunPop,
     .flags = kElement | kDataDependent},
    {.name = "StackClose",
     .inputs = "handle:ref str",
     .outputs = "",
     .attrs = "",
     .infer = InferNothing,
     .run = RunClose,
     .flags = kEffect},
    {.name = "StackCloseV2",
     .inputs = "handle:resource",
     .outputs = "",
     .attrs = "",
     .infer = InferNothing,
     .run = RunClose,
     .flags = kEffect},
};

}  // namespace

RIVULET_OP_LIST(Stack, kDefs);

}  // namespace rivulet
