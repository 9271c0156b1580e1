// Barrier, BarrierInsertMany, BarrierTakeMany, BarrierClose, BarrierReadySize, BarrierIncompleteSize: tuples put
// together component by component under string keys, and taken as batches once they are whole.
//
//   insert: keys [n], values [n, shape of the component..]
//   take:   indices [m] int64, keys [m], a batch [m, shape..] for each component
//
// Whole tuples come in the order of the insertion that began them, whose number is the index; TensorFlow counts from
// the least int64, and takes components whose rank is not known for scalars. wait_for_incomplete means nothing, as in
// TensorFlow. Taking waits for whole tuples (waiting_line.h).
#include <limits>
#include <map>

#include "engine/ops/plain_infer.h"
#include "engine/ops/queue_object.h"
#include "engine/ops/session_object.h"
#include "engine/ops/with.h"

namespace rivulet {
namespace {

// The queue's components are index, key, and the barrier's own. Thread-safe.
class Barrier : public Object {
 public:
  static constexpr std::string_view kKind = "barrier";
  std::string_view kind() const override { return kKind; }

  explicit Barrier(QueueForm form) : components_(form.elements.dtypes.size()), ready_(MakeReady(std::move(form))) {}
  const QueueForm& form() const { return ready_->form(); }
  std::span<const DType> dtypes() const { return std::span(form().elements.dtypes).subspan(2); }
  Queue& ready() { return *ready_; }

  Status Insert(int64_t component, const Tensor& keys, const Tensor& values, Allocator& allocator,
                const StopToken& stop) {
    RIVULET_RETURN_IF_ERROR(CheckInsert(component, keys, values));
    std::lock_guard<std::mutex> lock(mutex_);
    const int64_t count = keys.num_elements();
    if (is_closed_ && (cancels_ || (count > 0 && incomplete_.empty()))) return Closed();
    std::vector<Tuple> whole;
    Status status = InsertRows(component, keys, values, allocator, stop, &whole);
    for (Tuple& tuple : whole) {
      const Status entered = ready_->Enqueue(std::move(tuple), allocator, stop);
      if (status.ok()) status = entered;
    }
    if (is_closed_ && incomplete_.empty()) return status.ok() ? ready_->Close(true, stop) : status;
    return status;
  }

  Result<Tuple> Take(int32_t count, bool may_be_small, Allocator& allocator, const StopToken& stop) {
    if (count < 0) return InvalidArgument("num_elements: want 0 or more, got ", count);
    {
      std::lock_guard<std::mutex> lock(mutex_);
      const auto ready = static_cast<int32_t>(ready_->size());
      const auto available = may_be_small ? ready : ready + static_cast<int32_t>(incomplete_.size());
      if (is_closed_ && may_be_small) count = std::min(count, ready);
      if (is_closed_ && available < std::max(count, 1)) {
        return OutOfRange("Barrier ", Quoted(form().name), " is closed and has insufficient elements (requested ",
                          count, ", total size ", available, ")");
      }
    }
    return ready_->DequeueMany(count, may_be_small, allocator, stop);
  }

  Status Close(bool cancels, const StopToken& stop) {
    std::lock_guard<std::mutex> lock(mutex_);
    if (is_closed_ && (cancels_ || !cancels)) {
      return Cancelled("Barrier ", Quoted(form().name), " is already closed");
    }
    is_closed_ = true;
    cancels_ = cancels;
    if (cancels) incomplete_.clear();
    return incomplete_.empty() ? ready_->Close(true, stop) : Status();
  }

  int64_t incomplete_size() {
    std::lock_guard<std::mutex> lock(mutex_);
    return static_cast<int64_t>(incomplete_.size());
  }

 private:
  static std::shared_ptr<Queue> MakeReady(QueueForm form) {
    TupleForm& elements = form.elements;
    elements.dtypes.insert(elements.dtypes.begin(), {DType::kInt64, DType::kString});
    elements.shapes.insert(elements.shapes.begin(), {Shape(), Shape()});
    return MakePriorityQueue(std::move(form));
  }

  Status Closed() const { return Cancelled("Barrier ", Quoted(form().name), " is closed"); }

  Status CheckInsert(int64_t component, const Tensor& keys, const Tensor& values) const {
    if (component < 0 || component >= static_cast<int64_t>(components_)) {
      return InvalidArgument("attr 'component_index': want [0, ", components_, "), got ", component);
    }
    const auto place = static_cast<size_t>(component) + 2;
    if (values.dtype() != form().elements.dtypes[place]) {
      return InvalidArgument("values: want ", form().elements.dtypes[place], ", got ", values.dtype());
    }
    if (keys.rank() != 1) return InvalidArgument("keys: want a vector, got rank ", keys.rank());
    if (values.rank() < 1 || values.dim(0) != keys.dim(0)) {
      return InvalidArgument("values: want a row for each of ", keys.dim(0), " keys, got shape ", values.shape());
    }
    if (keys.dim(0) > 0 && values.num_elements() == 0) {
      return InvalidArgument("values: want rows with elements, got shape ", values.shape());
    }
    const Shape row(values.shape().dims().subspan(1));
    if (ShapeFits(form().elements.shapes[place], row)) return Status();
    return InvalidArgument("values: want rows of shape ", form().elements.shapes[place], ", got ", row);
  }

  Status InsertRows(int64_t component, const Tensor& keys, const Tensor& values, Allocator& allocator,
                    const StopToken& stop, std::vector<Tuple>* whole) {
    const auto place = static_cast<size_t>(component) + 2;
    bool has_new = false;
    Status status;
    for (int64_t i = 0; i < keys.num_elements() && status.ok(); ++i) {
      if (i % 1024 == 1023 && stop.stopped()) status = stop.Why();
      if (status.ok()) status = InsertRow(place, keys.data<std::string>()[i], i, values, allocator, whole, &has_new);
    }
    if (has_new) ++next_index_;
    return status;
  }

  Status InsertRow(size_t place, const std::string& key, int64_t i, const Tensor& values, Allocator& allocator,
                   std::vector<Tuple>* whole, bool* has_new) {
    auto found = incomplete_.find(key);
    if (found == incomplete_.end()) {
      if (is_closed_) return Closed();
      Tuple tuple(components_ + 2);
      RIVULET_ASSIGN_OR_RETURN(tuple[0], Tensor::Allocate(DType::kInt64, {}, allocator));
      RIVULET_ASSIGN_OR_RETURN(tuple[1], Tensor::Allocate(DType::kString, {}, allocator));
      tuple[0].data<int64_t>()[0] = next_index_;
      tuple[1].data<std::string>()[0] = key;
      RIVULET_ASSIGN_OR_RETURN(KeptTuple row, KeptTuple::KeepRow({values}, i, allocator));
      tuple[place] = std::move(row.parts()[0]);
      RIVULET_ASSIGN_OR_RETURN(KeptTuple kept, KeptTuple::Keep(std::move(tuple), allocator));
      found = incomplete_.emplace(key, std::move(kept)).first;
      *has_new = true;
    } else {
      if (found->second.parts()[place].valid()) {
        return InvalidArgument("key ", Quoted(key), " has a value for component ", place - 2, " already");
      }
      RIVULET_ASSIGN_OR_RETURN(KeptTuple row, KeptTuple::KeepRow({values}, i, allocator));
      found->second.parts()[place] = std::move(row.parts()[0]);
    }
    for (const Tensor& part : found->second.parts()) {
      if (!part.valid()) return Status();
    }
    whole->push_back(std::move(found->second.parts()));
    incomplete_.erase(found);
    return Status();
  }

  const size_t components_;
  const std::shared_ptr<Queue> ready_;
  std::mutex mutex_;
  std::map<std::string, KeptTuple> incomplete_;
  int64_t next_index_ = std::numeric_limits<int64_t>::min();
  bool is_closed_ = false;
  bool cancels_ = false;
};

struct HandleState : OpState {
  ObjectName object;
  QueueForm form;
};

Status InferHandle(InferContext& c) {
  c.set_output(0, {});
  if (c.attrs().Int("capacity") != -1) {
    return InvalidArgument("attr 'capacity': want -1, any, got ", c.attrs().Int("capacity"),
                           "; a queue in front of the barrier can be bounded");
  }
  const std::vector<Shape> shapes = c.attrs().Shapes("shapes");
  const size_t count = c.attrs().Types("component_types").size();
  if (shapes.size() != count) {
    return InvalidArgument("attr 'shapes': want one for each of ", count, " components, got ", shapes.size());
  }
  for (const Shape& shape : shapes) {
    if (shape.has_rank() && !shape.complete()) return InvalidArgument("attr 'shapes': want known dims, got ", shape);
  }
  return Status();
}

Result<std::unique_ptr<OpState>> PrepareHandle(PrepareContext& c) {
  auto state = std::make_unique<HandleState>();
  state->object = ObjectName(c.node(), Barrier::kKind);
  state->form.type = "Barrier";
  state->form.name = state->object.name;
  state->form.elements.dtypes = c.attrs().Types("component_types");
  state->form.elements.shapes = c.attrs().Shapes("shapes");
  for (Shape& shape : state->form.elements.shapes) {
    if (!shape.has_rank()) shape = {};
  }
  return std::unique_ptr<OpState>(std::move(state));
}

Status RunHandle(RunContext& c) {
  const auto& state = c.state<HandleState>();
  RIVULET_ASSIGN_OR_RETURN(std::shared_ptr<Barrier> barrier,
                           FindOrMake<Barrier>(c, state.object, [&]() -> Result<ObjectRef> {
                             return ObjectRef(std::make_shared<Barrier>(state.form));
                           }));
  RIVULET_RETURN_IF_ERROR(CheckDtypes(barrier->dtypes(), state.form.elements.dtypes));
  c.SetOutput(0, ScalarOf(DType::kResource, std::move(barrier)));
  return Status();
}

struct State : OpState {
  int64_t component = 0;
  bool may_be_small = false;
  bool cancels = false;
};

Result<std::unique_ptr<OpState>> PrepareInsert(PrepareContext& c) {
  auto state = std::make_unique<State>();
  state->component = c.attrs().Int("component_index");
  return std::unique_ptr<OpState>(std::move(state));
}

Result<std::unique_ptr<OpState>> PrepareTake(PrepareContext& c) {
  auto state = std::make_unique<State>();
  state->may_be_small = c.attrs().Bool("allow_small_batch");
  return std::unique_ptr<OpState>(std::move(state));
}

Result<std::unique_ptr<OpState>> PrepareClose(PrepareContext& c) {
  auto state = std::make_unique<State>();
  state->cancels = c.attrs().Bool("cancel_pending_enqueues");
  return std::unique_ptr<OpState>(std::move(state));
}

Status InferTake(InferContext& c) {
  if (c.attrs().Int("timeout_ms") != -1) {
    return InvalidArgument("attr 'timeout_ms': want -1, none, got ", c.attrs().Int("timeout_ms"),
                           "; a run has a deadline");
  }
  for (int i = 0; i < c.num_outputs(); ++i) c.set_output(i, i < 2 ? Shape::OfUnknownDims(1) : Shape::UnknownRank());
  return c.WantScalar(1);
}

Status RunInsert(RunContext& c) {
  RIVULET_ASSIGN_OR_RETURN(const std::shared_ptr<Barrier> barrier, ObjectIn<Barrier>(c.input(0)));
  return barrier->Insert(c.state<State>().component, c.input(1), c.input(2), c.allocator(), c.stop());
}

Status RunTake(RunContext& c) {
  RIVULET_ASSIGN_OR_RETURN(const std::shared_ptr<Barrier> barrier, ObjectIn<Barrier>(c.input(0)));
  std::vector<DType> dtypes;
  for (int i = 2; i < c.num_outputs(); ++i) dtypes.push_back(c.output(i).dtype());
  RIVULET_RETURN_IF_ERROR(CheckDtypes(barrier->dtypes(), dtypes));
  RIVULET_ASSIGN_OR_RETURN(const Tuple taken, barrier->Take(c.input(1).data<int32_t>()[0],
                                                            c.state<State>().may_be_small, c.allocator(), c.stop()));
  for (int i = 0; i < c.num_outputs(); ++i) c.SetOutput(i, taken[static_cast<size_t>(i)]);
  return Status();
}

Status RunClose(RunContext& c) {
  RIVULET_ASSIGN_OR_RETURN(const std::shared_ptr<Barrier> barrier, ObjectIn<Barrier>(c.input(0)));
  return barrier->Close(c.state<State>().cancels, c.stop());
}

Status RunSize(RunContext& c, bool ready) {
  RIVULET_ASSIGN_OR_RETURN(const std::shared_ptr<Barrier> barrier, ObjectIn<Barrier>(c.input(0)));
  c.output(0).data<int32_t>()[0] = static_cast<int32_t>(ready ? barrier->ready().size() : barrier->incomplete_size());
  return Status();
}

constexpr OpDef kDefs[] = {
    {.name = "Barrier",
     .inputs = "",
     .outputs = "handle:ref str",
     .attrs = "component_types:list(type) >=1; shapes:list(shape)=[]; capacity:int=-1; container:string=\"\"; "
              "shared_name:string=\"\"",
     .infer = InferHandle,
     .prepare = PrepareHandle,
     .run = RunHandle,
     .flags = kNamedResource | kMakesOutputs | kTakesObjects},
    {.name = "BarrierInsertMany",
     .inputs = "handle:ref str, keys:str, values:T",
     .outputs = "",
     .attrs = "T:type; component_index:int",
     .infer = InferNothing,
     .prepare = PrepareInsert,
     .run = RunInsert,
     .flags = kEffect | kTakesObjects},
    {.name = "BarrierTakeMany",
     .inputs = "handle:ref str, num_elements:i32",
     .outputs = "indices:i64, keys:str, values:list(component_types)",
     .attrs = "component_types:list(type) >=1; allow_small_batch:bool=false; wait_for_incomplete:bool=false; "
              "timeout_ms:int=-1",
     .infer = InferTake,
     .prepare = PrepareTake,
     .run = RunTake,
     .flags = kEffect | kTakes | kTakesObjects | kDataDependent | kMakesOutputs},
    {.name = "BarrierClose",
     .inputs = "handle:ref str",
     .outputs = "",
     .attrs = "cancel_pending_enqueues:bool=false",
     .infer = InferNothing,
     .prepare = PrepareClose,
     .run = RunClose,
     .flags = kEffect},
    {.name = "BarrierReadySize",
     .inputs = "handle:ref str",
     .outputs = "size:i32",
     .attrs = "",
     .infer = InferScalar,
     .run = With<RunSize, true>,
     .flags = kStateful},
    {.name = "BarrierIncompleteSize",
     .inputs = "handle:ref str",
     .outputs = "size:i32",
     .attrs = "",
     .infer = InferScalar,
     .run = With<RunSize, false>,
     .flags = kStateful},
};

}  // namespace

RIVULET_OP_LIST(Barrier, kDefs);

}  // namespace rivulet
