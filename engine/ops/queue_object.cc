#include "engine/ops/queue_object.h"

#include <algorithm>
#include <deque>
#include <iterator>
#include <random>

#include "engine/kernels/philox.h"

namespace rivulet {
namespace {

class FifoQueue : public Queue {
 public:
  using Queue::Queue;

 protected:
  void Push(KeptTuple element) override { elements_.push_back(std::move(element)); }
  KeptTuple Pop() override {
    KeptTuple element = std::move(elements_.front());
    elements_.pop_front();
    return element;
  }
  int64_t Count() const override { return static_cast<int64_t>(elements_.size()); }
  void PutBack(std::vector<KeptTuple> elements) override {
    for (; !elements.empty(); elements.pop_back()) elements_.push_front(std::move(elements.back()));
  }

 private:
  std::deque<KeptTuple> elements_;
};

PhiloxWords StreamOf(const QueueForm& form) {
  if (form.seed != 0 || form.seed2 != 0) return PhiloxWords(Philox::FromSeeds(form.seed, form.seed2));
  std::random_device device;
  return PhiloxWords(Philox::FromSeeds(Philox::Join(device(), device()), Philox::Join(device(), device())));
}

class ShuffleQueue : public Queue {
 public:
  explicit ShuffleQueue(QueueForm form) : Queue(std::move(form)), words_(StreamOf(this->form())) {}

 protected:
  void Push(KeptTuple element) override { elements_.push_back(std::move(element)); }
  KeptTuple Pop() override {
    std::swap(elements_[words_.Next() % static_cast<uint32_t>(elements_.size())], elements_.back());
    KeptTuple element = std::move(elements_.back());
    elements_.pop_back();
    return element;
  }
  int64_t Count() const override { return static_cast<int64_t>(elements_.size()); }
  void PutBack(std::vector<KeptTuple> elements) override {
    for (KeptTuple& element : elements) elements_.push_back(std::move(element));
  }

 private:
  PhiloxWords words_;
  std::vector<KeptTuple> elements_;
};

class PriorityQueue : public Queue {
 public:
  using Queue::Queue;

 protected:
  void Push(KeptTuple element) override {
    heap_.push_back(std::move(element));
    std::push_heap(heap_.begin(), heap_.end(), ComesLater);
  }
  KeptTuple Pop() override {
    std::pop_heap(heap_.begin(), heap_.end(), ComesLater);
    KeptTuple element = std::move(heap_.back());
    heap_.pop_back();
    return element;
  }
  int64_t Count() const override { return static_cast<int64_t>(heap_.size()); }
  void PutBack(std::vector<KeptTuple> elements) override {
    for (KeptTuple& element : elements) Push(std::move(element));
  }

 private:
  static bool ComesLater(const KeptTuple& a, const KeptTuple& b) {
    return a.parts()[0].data<int64_t>()[0] > b.parts()[0].data<int64_t>()[0];
  }
  std::vector<KeptTuple> heap_;
};

// How many rows are put in between two looks at the stop token.
constexpr int64_t kRowStride = 1024;

}  // namespace

Status Queue::Closed() const { return Cancelled(form_.type, " ", Quoted(form_.name), " is closed"); }

Status Queue::TooFew(int64_t wanted) const {
  return OutOfRange(form_.type, " ", Quoted(form_.name), " is closed and has insufficient elements (requested ", wanted,
                    ", current size ", Count(), ")");
}

Status Queue::Enqueue(Tuple element, Allocator& allocator, const StopToken& stop) {
  RIVULET_RETURN_IF_ERROR(CheckElement(form_.elements, element));
  RIVULET_ASSIGN_OR_RETURN(KeptTuple kept, KeptTuple::Keep(std::move(element), allocator));
  std::unique_lock<std::mutex> lock(mutex_);
  return enqueuers_.TakeTurn(lock, changed_, stop, [&]() -> Result<bool> {
    if (is_closed_) return Closed();
    if (Count() >= form_.capacity) return false;
    Push(std::move(kept));
    return true;
  });
}

Status Queue::EnqueueMany(const Tuple& batch, Allocator& allocator, const StopToken& stop) {
  RIVULET_ASSIGN_OR_RETURN(const int64_t rows, CheckBatch(form_.elements, batch));
  if (rows == 0) return Status();
  int64_t next = 0;
  std::unique_lock<std::mutex> lock(mutex_);
  return enqueuers_.TakeTurn(lock, changed_, stop, [&]() -> Result<bool> {
    if (is_closed_) return Closed();
    const int64_t before = next;
    for (; next < rows && Count() < form_.capacity; ++next) {
      if (next % kRowStride == kRowStride - 1 && stop.stopped()) return stop.Why();
      RIVULET_ASSIGN_OR_RETURN(KeptTuple row, KeptTuple::KeepRow(batch, next, allocator));
      Push(std::move(row));
    }
    if (next > before) changed_.notify_all();
    return next == rows;
  });
}

Result<Tuple> Queue::Dequeue(const StopToken& stop) {
  std::vector<KeptTuple> taken;
  std::unique_lock<std::mutex> lock(mutex_);
  RIVULET_RETURN_IF_ERROR(dequeuers_.TakeTurn(lock, changed_, stop, [&]() { return TakeSome(1, false, &taken); }));
  return std::move(taken[0].parts());
}

// Takes what is there now, until `taken` has n elements; true when no more are to come.
Result<bool> Queue::TakeSome(int64_t n, bool or_fewer, std::vector<KeptTuple>* taken) {
  const auto have = static_cast<int64_t>(taken->size());
  int64_t available = Count();
  const bool is_last = is_closed_ && available < n - have;
  if (is_last && !(or_fewer && available + have > 0)) return TooFew(n - have);
  if (!is_closed_) available -= form_.min_after_dequeue;
  available = std::min(available, n - have);
  for (int64_t i = 0; i < available; ++i) taken->push_back(Pop());
  if (available > 0) changed_.notify_all();
  return is_last || static_cast<int64_t>(taken->size()) == n;
}

Result<Tuple> Queue::DequeueMany(int64_t n, bool or_fewer, Allocator& allocator, const StopToken& stop) {
  if (n < 0) return InvalidArgument("want 0 elements or more, got n = ", n);
  if (form_.elements.shapes.empty()) {
    return InvalidArgument(form_.type, " ", Quoted(form_.name), " was made without shapes, which batches of it need");
  }
  std::vector<KeptTuple> taken;
  if (n == 0) return JoinElements(form_.elements, taken, allocator);
  std::unique_lock<std::mutex> lock(mutex_);
  Status status = dequeuers_.TakeTurn(lock, changed_, stop, [&]() { return TakeSome(n, or_fewer, &taken); });
  if (status.ok()) {
    lock.unlock();
    Result<Tuple> batch = JoinElements(form_.elements, taken, allocator);
    if (batch.ok()) return batch;
    status = batch.status();
    lock.lock();
  }
  PutBack(std::move(taken));
  changed_.notify_all();
  return status;
}

Status Queue::Close(bool cancel_pending, const StopToken& stop) {
  std::unique_lock<std::mutex> lock(mutex_);
  if (cancel_pending) {
    is_closed_ = true;
    changed_.notify_all();
    return Status();
  }
  return enqueuers_.TakeTurn(lock, changed_, stop, [&]() -> Result<bool> {
    if (is_closed_) return Cancelled(form_.type, " ", Quoted(form_.name), " is already closed");
    is_closed_ = true;
    return true;
  });
}

bool Queue::is_closed() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return is_closed_;
}

int64_t Queue::size() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return Count();
}

std::shared_ptr<Queue> MakeFifoQueue(QueueForm form) { return std::make_shared<FifoQueue>(std::move(form)); }
std::shared_ptr<Queue> MakeShuffleQueue(QueueForm form) { return std::make_shared<ShuffleQueue>(std::move(form)); }
std::shared_ptr<Queue> MakePriorityQueue(QueueForm form) { return std::make_shared<PriorityQueue>(std::move(form)); }

}  // namespace rivulet
