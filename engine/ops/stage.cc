// Stage, Unstage, StagePeek, StageSize, StageClear: tuples staged first in, first out, between runs of a session.
//
// The stage belongs to the operators of one container and shared_name; without one each node has its own, as in
// TensorFlow. The first operator that runs decides how much it holds: `capacity` tuples and `memory_limit` bytes, 0
// for any. What has to wait does so until another run helps it on (waiting_line.h). StagePeek of a negative index waits
// forever in TensorFlow and is an error here.
#include <deque>

#include "engine/ops/element_tuple.h"
#include "engine/ops/plain_infer.h"
#include "engine/ops/staged.h"
#include "engine/ops/waiting_line.h"

namespace rivulet {
namespace {

// Thread-safe.
class StagingArea : public Object {
 public:
  static constexpr std::string_view kKind = "stage";
  std::string_view kind() const override { return kKind; }

  StagingArea(int64_t capacity, int64_t memory_limit) : capacity_(capacity), memory_(memory_limit) {}

  Status Put(Tuple tuple, Allocator& allocator, const StopToken& stop) {
    const int64_t bytes = BytesOf(tuple);
    RIVULET_RETURN_IF_ERROR(memory_.CheckEver(bytes));
    RIVULET_ASSIGN_OR_RETURN(KeptTuple kept, KeptTuple::Keep(std::move(tuple), allocator));
    std::unique_lock<std::mutex> lock(mutex_);
    return putters_.TakeTurn(lock, changed_, stop, [&]() -> Result<bool> {
      if ((capacity_ > 0 && size() >= capacity_) || !memory_.HasRoom(bytes)) return false;
      memory_.Add(bytes);
      tuples_.push_back(std::move(kept));
      return true;
    });
  }

  Result<Tuple> Get(std::span<const DType> dtypes, const StopToken& stop) {
    Tuple tuple;
    std::unique_lock<std::mutex> lock(mutex_);
    RIVULET_RETURN_IF_ERROR(getters_.TakeTurn(lock, changed_, stop, [&]() -> Result<bool> {
      if (tuples_.empty()) return false;
      RIVULET_RETURN_IF_ERROR(CheckStaged(dtypes, tuples_.front().parts()));
      tuple = std::move(tuples_.front().parts());
      tuples_.pop_front();
      memory_.Add(-BytesOf(tuple));
      return true;
    }));
    return tuple;
  }

  Result<Tuple> Peek(int64_t index, std::span<const DType> dtypes, const StopToken& stop) {
    if (index < 0) return InvalidArgument("index: want 0 or more, got ", index);
    Tuple tuple;
    WaitingLine alone;  // others may find what they look for before
    std::unique_lock<std::mutex> lock(mutex_);
    RIVULET_RETURN_IF_ERROR(alone.TakeTurn(lock, changed_, stop, [&]() -> Result<bool> {
      if (index >= size()) return false;
      const Tuple& found = tuples_[static_cast<size_t>(index)].parts();
      RIVULET_RETURN_IF_ERROR(CheckStaged(dtypes, found));
      tuple = found;
      return true;
    }));
    return tuple;
  }

  int64_t Size() {
    std::lock_guard<std::mutex> lock(mutex_);
    return size();
  }

  void Clear() {
    std::lock_guard<std::mutex> lock(mutex_);
    tuples_.clear();
    memory_.Clear();
    changed_.notify_all();
  }

 private:
  int64_t size() const { return static_cast<int64_t>(tuples_.size()); }

  const int64_t capacity_;
  std::mutex mutex_;
  std::condition_variable changed_;
  WaitingLine putters_;
  WaitingLine getters_;
  StagedBytes memory_;
  std::deque<KeptTuple> tuples_;
};

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c) { return PrepareStaged(c, StagingArea::kKind); }

Result<std::shared_ptr<StagingArea>> StageOf(const RunContext& c) {
  const auto& state = c.state<StagedState>();
  return FindOrMake<StagingArea>(c, state.object, [&]() -> Result<ObjectRef> {
    return ObjectRef(std::make_shared<StagingArea>(state.capacity, state.memory_limit));
  });
}

Status InferTuple(InferContext& c) {
  if (c.num_inputs() > 0) RIVULET_RETURN_IF_ERROR(c.WantScalar(0));
  for (int i = 0; i < c.num_outputs(); ++i) c.set_output(i, Shape::UnknownRank());
  return Status();
}

Status RunStage(RunContext& c) {
  RIVULET_ASSIGN_OR_RETURN(const std::shared_ptr<StagingArea> stage, StageOf(c));
  Tuple tuple;
  for (int i = 0; i < c.num_inputs(); ++i) tuple.push_back(c.TakeInput(i));
  return stage->Put(std::move(tuple), c.allocator(), c.stop());
}

Status RunUnstage(RunContext& c) {
  RIVULET_ASSIGN_OR_RETURN(const std::shared_ptr<StagingArea> stage, StageOf(c));
  RIVULET_ASSIGN_OR_RETURN(const Tuple tuple, stage->Get(c.state<StagedState>().dtypes, c.stop()));
  GiveTuple(c, tuple);
  return Status();
}

Status RunPeek(RunContext& c) {
  RIVULET_ASSIGN_OR_RETURN(const std::shared_ptr<StagingArea> stage, StageOf(c));
  RIVULET_ASSIGN_OR_RETURN(const Tuple tuple,
                           stage->Peek(c.input(0).data<int32_t>()[0], c.state<StagedState>().dtypes, c.stop()));
  GiveTuple(c, tuple);
  return Status();
}

Status RunSize(RunContext& c) {
  RIVULET_ASSIGN_OR_RETURN(const std::shared_ptr<StagingArea> stage, StageOf(c));
  c.output(0).data<int32_t>()[0] = static_cast<int32_t>(stage->Size());
  return Status();
}

Status RunClear(RunContext& c) {
  RIVULET_ASSIGN_OR_RETURN(const std::shared_ptr<StagingArea> stage, StageOf(c));
  stage->Clear();
  return Status();
}

constexpr uint32_t kTuple = kEffect | kTakes | kTakesObjects | kDataDependent | kMakesOutputs;

constexpr OpDef kDefs[] = {
    {.name = "Stage",
     .inputs = "values:list(dtypes)",
     .outputs = "",
     .attrs = RIVULET_STAGED_ATTRS "dtypes:list(type) >=1",
     .infer = InferNothing,
     .prepare = Prepare,
     .run = RunStage,
     .flags = kEffect | kTakesObjects},
    {.name = "Unstage",
     .inputs = "",
     .outputs = "values:list(dtypes)",
     .attrs = RIVULET_STAGED_ATTRS "dtypes:list(type) >=1",
     .infer = InferTuple,
     .prepare = Prepare,
     .run = RunUnstage,
     .flags = kTuple},
    {.name = "StagePeek",
     .inputs = "index:i32",
     .outputs = "values:list(dtypes)",
     .attrs = RIVULET_STAGED_ATTRS "dtypes:list(type) >=1",
     .infer = InferTuple,
     .prepare = Prepare,
     .run = RunPeek,
     .flags = kTuple},
    {.name = "StageSize",
     .inputs = "",
     .outputs = "size:i32",
     .attrs = RIVULET_STAGED_ATTRS "dtypes:list(type)",
     .infer = InferScalar,
     .prepare = Prepare,
     .run = RunSize,
     .flags = kStateful | kTakesObjects},
    {.name = "StageClear",
     .inputs = "",
     .outputs = "",
     .attrs = RIVULET_STAGED_ATTRS "dtypes:list(type)",
     .infer = InferNothing,
     .prepare = Prepare,
     .run = RunClear,
     .flags = kEffect | kTakesObjects},
};

}  // namespace

RIVULET_OP_LIST(Stage, kDefs);

}  // namespace rivulet
