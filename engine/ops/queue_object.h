// Queues of a session: elements that some operators put in and others take out, waiting for each other.
#ifndef RIVULET_ENGINE_OPS_QUEUE_OBJECT_H_
#define RIVULET_ENGINE_OPS_QUEUE_OBJECT_H_

#include <string>
#include <vector>

#include "engine/base/object.h"
#include "engine/ops/element_tuple.h"
#include "engine/ops/waiting_line.h"

namespace rivulet {

struct QueueForm {
  std::string type;  // "FIFOQueue", for messages
  std::string name;
  TupleForm elements;
  int64_t capacity = INT32_MAX;
  // RandomShuffleQueue: what stays in the queue until it is closed, and the seeds; 0 and 0 means others each time.
  int64_t min_after_dequeue = 0;
  uint64_t seed = 0;
  uint64_t seed2 = 0;
};

// Thread-safe. Every call checks types and shapes of what it is given. Taking from a closed queue that has too few
// elements is OUT_OF_RANGE, putting into a closed queue CANCELLED, as in TensorFlow.
class Queue : public Object {
 public:
  static constexpr std::string_view kKind = "queue";
  std::string_view kind() const override { return kKind; }

  explicit Queue(QueueForm form) : form_(std::move(form)) {}
  const QueueForm& form() const { return form_; }

  // Waits while the queue is full.
  Status Enqueue(Tuple element, Allocator& allocator, const StopToken& stop);
  // Row after row, each as soon as there is room; those before an error stay.
  Status EnqueueMany(const Tuple& batch, Allocator& allocator, const StopToken& stop);
  // Waits for an element.
  Result<Tuple> Dequeue(const StopToken& stop);
  // Waits for n elements, as one batch; with `or_fewer` takes what is left of a closed queue. Nothing is taken when it
  // fails.
  Result<Tuple> DequeueMany(int64_t n, bool or_fewer, Allocator& allocator, const StopToken& stop);
  // After what waits to be put in came in, or at once: then that is cancelled.
  Status Close(bool cancel_pending, const StopToken& stop);
  bool is_closed() const;
  int64_t size() const;

 protected:
  // Under the lock.
  virtual void Push(KeptTuple element) = 0;
  virtual KeptTuple Pop() = 0;  // of a queue that is not empty
  virtual int64_t Count() const = 0;
  // What was popped last, in that order, comes back.
  virtual void PutBack(std::vector<KeptTuple> elements) = 0;

 private:
  Status Closed() const;
  Status TooFew(int64_t wanted) const;
  Result<bool> TakeSome(int64_t n, bool or_fewer, std::vector<KeptTuple>* taken);

  const QueueForm form_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  WaitingLine enqueuers_;
  WaitingLine dequeuers_;
  bool is_closed_ = false;
};

// First in, first out; also of elements whose shapes are known in part.
std::shared_ptr<Queue> MakeFifoQueue(QueueForm form);
// In random order, TensorFlow's for the seeds.
std::shared_ptr<Queue> MakeShuffleQueue(QueueForm form);
// The least of component 0, an int64 scalar, first; among equal ones as TensorFlow's heap has them.
std::shared_ptr<Queue> MakePriorityQueue(QueueForm form);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_QUEUE_OBJECT_H_
