// Queues of a session, of both kinds of handles: FIFOQueue, PaddingFIFOQueue, RandomShuffleQueue, PriorityQueue, and
// what puts in, takes out, closes and asks.
//
// Handles of the first version, string references in TensorFlow, are resources here (docs/control_flow.md). An operator
// that has to wait does so until another run of the session helps it on (waiting_line.h). TensorFlow pads elements of
// up to 4 dims; here of any rank. When a closed PriorityQueue has fewer elements than QueueDequeueUpTo asks for,
// TensorFlow fails and loses them; here they are given, as by the other queues. A PriorityQueue without components
// beside the priority works here only.
#include "engine/ops/plain_infer.h"
#include "engine/ops/queue_object.h"

#include "engine/ops/session_object.h"

namespace rivulet {
namespace {

// ---- Handles ----

enum class QueueType { kFifo, kPadding, kShuffle, kPriority };

struct HandleState : OpState {
  QueueType type = QueueType::kFifo;
  ObjectName object;
  QueueForm form;
};

constexpr const char* kTypeNames[] = {"FIFOQueue", "PaddingFIFOQueue", "RandomShuffleQueue", "PriorityQueue"};

Status CheckShapes(QueueType type, const TupleForm& form) {
  const bool may_lack = type == QueueType::kFifo || type == QueueType::kShuffle;
  if (!(may_lack && form.shapes.empty()) && form.shapes.size() != form.dtypes.size()) {
    return InvalidArgument("attr 'shapes': want one for each of ", form.dtypes.size(), " components, got ",
                           form.shapes.size());
  }
  for (const Shape& shape : form.shapes) {
    if (type == QueueType::kPadding ? shape.has_rank() : shape.complete()) continue;
    return InvalidArgument("attr 'shapes': want ", type == QueueType::kPadding ? "known ranks" : "known dims", ", got ",
                           shape);
  }
  return Status();
}

Result<QueueForm> FormOf(QueueType type, const Node& node) {
  const AttrReader attrs(node);
  QueueForm form;
  form.type = kTypeNames[static_cast<size_t>(type)];
  form.name = attrs.Str("shared_name").empty() ? node.name : attrs.Str("shared_name");
  form.elements.dtypes = attrs.Types("component_types");
  form.elements.shapes = attrs.Shapes("shapes");
  RIVULET_RETURN_IF_ERROR(CheckShapes(type, form.elements));
  if (type == QueueType::kPriority) {
    form.elements.dtypes.insert(form.elements.dtypes.begin(), DType::kInt64);
    form.elements.shapes.insert(form.elements.shapes.begin(), Shape());
  }
  if (attrs.Int("capacity") >= 0) form.capacity = std::min<int64_t>(attrs.Int("capacity"), INT32_MAX);
  if (type == QueueType::kShuffle) {
    form.min_after_dequeue = attrs.Int("min_after_dequeue");
    form.seed = static_cast<uint64_t>(attrs.Int("seed"));
    form.seed2 = static_cast<uint64_t>(attrs.Int("seed2"));
    if (form.min_after_dequeue < 0 || form.min_after_dequeue >= form.capacity) {
      return InvalidArgument("attr 'min_after_dequeue': want 0 or more and less than the capacity ", form.capacity,
                             ", got ", form.min_after_dequeue);
    }
  }
  return form;
}

Status InferHandle(InferContext& c, QueueType type) {
  c.set_output(0, {});
  return FormOf(type, c.node()).status();
}
template <QueueType kType>
Status InferHandle(InferContext& c) {
  return InferHandle(c, kType);
}

Result<std::unique_ptr<OpState>> PrepareHandle(PrepareContext& c, QueueType type) {
  auto state = std::make_unique<HandleState>();
  state->type = type;
  state->object = ObjectName(c.node(), Queue::kKind);
  RIVULET_ASSIGN_OR_RETURN(state->form, FormOf(type, c.node()));
  return std::unique_ptr<OpState>(std::move(state));
}
template <QueueType kType>
Result<std::unique_ptr<OpState>> PrepareHandle(PrepareContext& c) {
  return PrepareHandle(c, kType);
}

Result<ObjectRef> MakeQueue(const HandleState& state) {
  if (state.type == QueueType::kShuffle) return ObjectRef(MakeShuffleQueue(state.form));
  if (state.type == QueueType::kPriority) return ObjectRef(MakePriorityQueue(state.form));
  return ObjectRef(MakeFifoQueue(state.form));
}

// What nodes that share a queue must agree on; seeds need not, when not given.
bool IsSame(const QueueForm& a, const QueueForm& b) {
  const bool has_seeds = a.seed != 0 || a.seed2 != 0;
  return a.type == b.type && a.capacity == b.capacity && a.min_after_dequeue == b.min_after_dequeue &&
         a.elements.dtypes == b.elements.dtypes && a.elements.shapes == b.elements.shapes &&
         (!has_seeds || (a.seed == b.seed && a.seed2 == b.seed2));
}

Status RunHandle(RunContext& c) {
  const auto& state = c.state<HandleState>();
  RIVULET_ASSIGN_OR_RETURN(std::shared_ptr<Queue> queue,
                           FindOrMake<Queue>(c, state.object, [&]() { return MakeQueue(state); }));
  const QueueForm& form = queue->form();
  if (!IsSame(state.form, form)) {
    return InvalidArgument(Quoted(form.name), " is a ", form.type, " of ", form.elements.ToString(), ", capacity ",
                           form.capacity, ", want a ", state.form.type, " of ", state.form.elements.ToString(),
                           ", capacity ", state.form.capacity,
                           state.type == QueueType::kShuffle ? ", with its seeds and min_after_dequeue" : "");
  }
  c.SetOutput(0, ScalarOf(DType::kResource, std::move(queue)));
  return Status();
}

// ---- Putting in and taking out ----

Result<std::shared_ptr<Queue>> QueueOf(const RunContext& c) { return ObjectIn<Queue>(c.input(0)); }

Status CheckTimeout(const InferContext& c) {
  const int64_t timeout = c.attrs().Int("timeout_ms");
  if (timeout == -1) return Status();
  return InvalidArgument("attr 'timeout_ms': want -1, none, got ", timeout, "; a run has a deadline");
}

Tuple TakeComponents(RunContext& c) {
  Tuple tuple;
  for (int i = 1; i < c.num_inputs(); ++i) tuple.push_back(c.TakeInput(i));
  return tuple;
}

Status RunEnqueue(RunContext& c) {
  RIVULET_ASSIGN_OR_RETURN(const std::shared_ptr<Queue> queue, QueueOf(c));
  return queue->Enqueue(TakeComponents(c), c.allocator(), c.stop());
}

Status RunEnqueueMany(RunContext& c) {
  RIVULET_ASSIGN_OR_RETURN(const std::shared_ptr<Queue> queue, QueueOf(c));
  return queue->EnqueueMany(TakeComponents(c), c.allocator(), c.stop());
}

enum class Amount { kOne, kMany, kUpTo };

Status InferDequeue(InferContext& c, Amount amount) {
  RIVULET_RETURN_IF_ERROR(CheckTimeout(c));
  // TensorFlow takes the first element of whatever n is.
  if (amount != Amount::kOne && c.shape(1).num_elements() == 0) return InvalidArgument("n: want a scalar, got nothing");
  for (int i = 0; i < c.num_outputs(); ++i) c.set_output(i, Shape::UnknownRank());
  if (!c.known(0)) return Status();
  // Once the graph is planned for a session.
  RIVULET_ASSIGN_OR_RETURN(const std::shared_ptr<Queue> queue, ObjectIn<Queue>(*c.value(0)));
  const std::vector<Shape>& shapes = queue->form().elements.shapes;
  for (int i = 0; i < c.num_outputs() && static_cast<size_t>(i) < shapes.size(); ++i) {
    const Shape& row = shapes[static_cast<size_t>(i)];
    if (amount == Amount::kOne || row.rank() >= Shape::kMaxRank) {
      c.set_output(i, row);
      continue;
    }
    Shape batch{Shape::kUnknownDim};
    for (const int64_t dim : row.dims()) batch.push_back(dim);
    c.set_output(i, batch);
  }
  return Status();
}
template <Amount kAmount>
Status InferDequeue(InferContext& c) {
  return InferDequeue(c, kAmount);
}

Status RunDequeue(RunContext& c, Amount amount) {
  RIVULET_ASSIGN_OR_RETURN(const std::shared_ptr<Queue> queue, QueueOf(c));
  std::vector<DType> dtypes;
  for (int i = 0; i < c.num_outputs(); ++i) dtypes.push_back(c.output(i).dtype());
  RIVULET_RETURN_IF_ERROR(CheckDtypes(queue->form().elements.dtypes, dtypes));
  Result<Tuple> taken = amount == Amount::kOne ? queue->Dequeue(c.stop())
                                               : queue->DequeueMany(c.input(1).data<int32_t>()[0],
                                                                    amount == Amount::kUpTo, c.allocator(), c.stop());
  if (!taken.ok()) return std::move(taken).status();
  for (int i = 0; i < c.num_outputs(); ++i) c.SetOutput(i, (*taken)[static_cast<size_t>(i)]);
  return Status();
}
template <Amount kAmount>
Status RunDequeue(RunContext& c) {
  return RunDequeue(c, kAmount);
}

// ---- Closing and asking ----

struct CloseState : OpState {
  bool cancels = false;
};

Result<std::unique_ptr<OpState>> PrepareClose(PrepareContext& c) {
  auto state = std::make_unique<CloseState>();
  state->cancels = c.attrs().Bool("cancel_pending_enqueues");
  return std::unique_ptr<OpState>(std::move(state));
}

Status InferEnqueue(InferContext& c) { return CheckTimeout(c); }

Status RunClose(RunContext& c) {
  RIVULET_ASSIGN_OR_RETURN(const std::shared_ptr<Queue> queue, QueueOf(c));
  return queue->Close(c.state<CloseState>().cancels, c.stop());
}

Status RunIsClosed(RunContext& c) {
  RIVULET_ASSIGN_OR_RETURN(const std::shared_ptr<Queue> queue, QueueOf(c));
  c.output(0).data<bool>()[0] = queue->is_closed();
  return Status();
}

Status RunSize(RunContext& c) {
  RIVULET_ASSIGN_OR_RETURN(const std::shared_ptr<Queue> queue, QueueOf(c));
  c.output(0).data<int32_t>()[0] = static_cast<int32_t>(queue->size());
  return Status();
}

#define RIVULET_TYPES "component_types:list(type) >=1; shapes:list(shape)=[]; "
#define RIVULET_NAMED "capacity:int=-1; container:string=\"\"; shared_name:string=\"\""
#define RIVULET_SHUFFLED "; min_after_dequeue:int=0; seed:int=0; seed2:int=0"
#define RIVULET_MAKE(op, handle, type, attributes)                                                            \
  {                                                                                                           \
    .name = op, .inputs = "", .outputs = "handle:" handle, .attrs = attributes, .infer = InferHandle<type>,   \
    .prepare = PrepareHandle<type>, .run = RunHandle, .flags = kNamedResource | kMakesOutputs | kTakesObjects \
  }
#define RIVULET_MAKE_BOTH(op, type, attributes) \
  RIVULET_MAKE(op, "ref str", type, attributes), RIVULET_MAKE(op "V2", "resource", type, attributes)
#define RIVULET_ENQUEUE(op, handle, rule)                                                         \
  {                                                                                               \
    .name = op, .inputs = "handle:" handle ", components:list(Tcomponents)", .outputs = "",       \
    .attrs = "Tcomponents:list(type) >=1; timeout_ms:int=-1", .infer = InferEnqueue, .run = rule, \
    .flags = kEffect | kTakesObjects                                                              \
  }
#define RIVULET_DEQUEUE(op, in, amount)                                                                   \
  {                                                                                                       \
    .name = op, .inputs = "handle:" in, .outputs = "components:list(component_types)",                    \
    .attrs = "component_types:list(type) >=1; timeout_ms:int=-1", .infer = InferDequeue<amount>,          \
    .run = RunDequeue<amount>, .flags = kEffect | kTakes | kTakesObjects | kDataDependent | kMakesOutputs \
  }
#define RIVULET_ASK(op, handle, out, rule)                                                                  \
  {                                                                                                         \
    .name = op, .inputs = "handle:" handle, .outputs = out, .attrs = "", .infer = InferScalar, .run = rule, \
    .flags = kStateful                                                                                      \
  }
#define RIVULET_CLOSE(op, handle)                                                                         \
  {                                                                                                       \
    .name = op, .inputs = "handle:" handle, .outputs = "", .attrs = "cancel_pending_enqueues:bool=false", \
    .infer = InferNothing, .prepare = PrepareClose, .run = RunClose, .flags = kEffect                     \
  }

constexpr OpDef kDefs[] = {
    RIVULET_MAKE_BOTH("FIFOQueue", QueueType::kFifo, RIVULET_TYPES RIVULET_NAMED),
    RIVULET_MAKE_BOTH("PaddingFIFOQueue", QueueType::kPadding, RIVULET_TYPES RIVULET_NAMED),
    RIVULET_MAKE_BOTH("RandomShuffleQueue", QueueType::kShuffle, RIVULET_TYPES RIVULET_NAMED RIVULET_SHUFFLED),
    RIVULET_MAKE_BOTH("PriorityQueue", QueueType::kPriority,
                      "component_types:list(type)=[]; shapes:list(shape); " RIVULET_NAMED),
    RIVULET_ENQUEUE("QueueEnqueue", "ref str", RunEnqueue),
    RIVULET_ENQUEUE("QueueEnqueueV2", "resource", RunEnqueue),
    RIVULET_ENQUEUE("QueueEnqueueMany", "ref str", RunEnqueueMany),
    RIVULET_ENQUEUE("QueueEnqueueManyV2", "resource", RunEnqueueMany),
    RIVULET_DEQUEUE("QueueDequeue", "ref str", Amount::kOne),
    RIVULET_DEQUEUE("QueueDequeueV2", "resource", Amount::kOne),
    RIVULET_DEQUEUE("QueueDequeueMany", "ref str, n:i32", Amount::kMany),
    RIVULET_DEQUEUE("QueueDequeueManyV2", "resource, n:i32", Amount::kMany),
    RIVULET_DEQUEUE("QueueDequeueUpTo", "ref str, n:i32", Amount::kUpTo),
    RIVULET_DEQUEUE("QueueDequeueUpToV2", "resource, n:i32", Amount::kUpTo),
    RIVULET_CLOSE("QueueClose", "ref str"),
    RIVULET_CLOSE("QueueCloseV2", "resource"),
    RIVULET_ASK("QueueIsClosed", "ref str", "is_closed:bool", RunIsClosed),
    RIVULET_ASK("QueueIsClosedV2", "resource", "is_closed:bool", RunIsClosed),
    RIVULET_ASK("QueueSize", "ref str", "size:i32", RunSize),
    RIVULET_ASK("QueueSizeV2", "resource", "size:i32", RunSize),
};

}  // namespace

RIVULET_OP_LIST(Queue, kDefs);

}  // namespace rivulet
