// MutexV2, MutexLock, ConsumeMutexLock: what one run at a time may do.
//
// MutexLock waits until nobody holds the session's mutex (waiting_line.h), in the order of asking, and gives a variant
// that holds it until ConsumeMutexLock, or until nothing refers to the variant any more. What lies between is
// kept there by control inputs, as in TensorFlow.
#include <atomic>

#include "engine/ops/plain_infer.h"
#include "engine/ops/session_object.h"
#include "engine/ops/waiting_line.h"

namespace rivulet {
namespace {

// Thread-safe.
class Mutex : public Object {
 public:
  static constexpr std::string_view kKind = "mutex";
  std::string_view kind() const override { return kKind; }

  Status Lock(const StopToken& stop) {
    std::unique_lock<std::mutex> lock(mutex_);
    return line_.TakeTurn(lock, changed_, stop, [&]() -> Result<bool> {
      if (is_locked_) return false;
      is_locked_ = true;
      return true;
    });
  }
  void Unlock() {
    std::lock_guard<std::mutex> lock(mutex_);
    is_locked_ = false;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  WaitingLine line_;
  bool is_locked_ = false;
};

// Holds a locked mutex.
class MutexLock : public Object {
 public:
  static constexpr std::string_view kKind = "mutex lock";
  std::string_view kind() const override { return kKind; }

  explicit MutexLock(std::shared_ptr<Mutex> mutex) : mutex_(std::move(mutex)) {}
  ~MutexLock() override { Release(); }

  // Once is enough: later calls do nothing.
  void Release() {
    if (!is_released_.exchange(true)) mutex_->Unlock();
  }

 private:
  std::shared_ptr<Mutex> mutex_;
  std::atomic<bool> is_released_{false};
};

struct State : OpState {
  ObjectName name;
};

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c) {
  auto state = std::make_unique<State>();
  state->name = ObjectName(c.node(), Mutex::kKind);
  return std::unique_ptr<OpState>(std::move(state));
}

Status RunMutex(RunContext& c) {
  RIVULET_ASSIGN_OR_RETURN(std::shared_ptr<Mutex> mutex,
                           FindOrMake<Mutex>(c, c.state<State>().name, []() -> Result<ObjectRef> {
                             return ObjectRef(std::make_shared<Mutex>());
                           }));
  c.SetOutput(0, ScalarOf(DType::kResource, std::move(mutex)));
  return Status();
}

Status RunLock(RunContext& c) {
  RIVULET_ASSIGN_OR_RETURN(std::shared_ptr<Mutex> mutex, ObjectIn<Mutex>(c.input(0)));
  RIVULET_RETURN_IF_ERROR(mutex->Lock(c.stop()));
  c.SetOutput(0, ScalarOf(DType::kVariant, std::make_shared<MutexLock>(std::move(mutex))));
  return Status();
}

Status RunConsume(RunContext& c) {
  RIVULET_ASSIGN_OR_RETURN(const std::shared_ptr<MutexLock> lock, ObjectIn<MutexLock>(c.input(0)));
  lock->Release();
  return Status();
}

constexpr OpDef kDefs[] = {
    {.name = "MutexV2",
     .inputs = "",
     .outputs = "resource:resource",
     .attrs = "container:string=\"\"; shared_name:string=\"\"",
     .infer = InferScalar,
     .prepare = Prepare,
     .run = RunMutex,
     .flags = kNamedResource | kMakesOutputs | kTakesObjects},
    {.name = "MutexLock",
     .inputs = "mutex:resource",
     .outputs = "mutex_lock:variant",
     .attrs = "",
     .infer = InferScalar,
     .run = RunLock,
     .flags = kEffect | kTakes | kMakesOutputs | kTakesObjects},
    {.name = "ConsumeMutexLock",
     .inputs = "mutex_lock:variant",
     .outputs = "",
     .attrs = "",
     .infer = InferNothing,
     .run = RunConsume,
     .flags = kEffect | kTakesObjects},
};

}  // namespace

RIVULET_OP_LIST(Mutex, kDefs);

}  // namespace rivulet
