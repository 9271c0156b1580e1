// What dense and sparse conditional accumulators share: gradients of one step or later are added up until enough came
// in, then taken as their mean or sum, which begins the next step.
#ifndef RIVULET_ENGINE_OPS_CONDITIONAL_ACCUMULATOR_H_
#define RIVULET_ENGINE_OPS_CONDITIONAL_ACCUMULATOR_H_

#include "engine/ops/session_object.h"
#include "engine/ops/waiting_line.h"

namespace rivulet {

struct AccumulatorForm {
  std::string name;
  DType dtype = DType::kInvalid;
  Shape shape;  // of the gradients; may be unknown in part
  bool takes_mean = true;
};

// Thread-safe.
class ConditionalAccumulator : public Object {
 public:
  static constexpr std::string_view kKind = "accumulator";
  std::string_view kind() const override { return kKind; }

  explicit ConditionalAccumulator(AccumulatorForm form) : form_(std::move(form)) {}
  const AccumulatorForm& form() const { return form_; }
  virtual bool is_sparse() const = 0;

  int32_t count();
  // Gradients of earlier steps are dropped from now on.
  void SetStep(int64_t step);

 protected:
  // `add(is_first)` adds a gradient of `local_step`, under the lock, unless it is too old.
  template <typename Add>
  Status Apply(int64_t local_step, const Add& add) {
    std::lock_guard<std::mutex> lock(mutex_);
    if (local_step < step_) return Status();
    RIVULET_RETURN_IF_ERROR(add(count_ == 0));
    ++count_;
    changed_.notify_all();
    return Status();
  }

  // Waits until `required` gradients came in; `give(count)` gives and drops their sum, under the lock.
  template <typename Give>
  Status Take(int32_t required, const StopToken& stop, const Give& give) {
    if (required <= 0) return InvalidArgument("num_required: want 1 or more, got ", required);
    std::unique_lock<std::mutex> lock(mutex_);
    return takers_.TakeTurn(lock, changed_, stop, [&]() -> Result<bool> {
      if (count_ < required) return false;
      RIVULET_RETURN_IF_ERROR(give(count_));
      count_ = 0;
      ++step_;
      return true;
    });
  }

 private:
  const AccumulatorForm form_;
  std::mutex mutex_;
  std::condition_variable changed_;
  WaitingLine takers_;
  int32_t count_ = 0;
  int64_t step_ = 0;
};

// to[i] += from[i], and to[i] /= by, for f32, f64 and f16.
void AddGradient(DType dtype, void* to, const void* from, int64_t count);
void DivideGradient(DType dtype, void* values, int64_t count, int32_t by);

// Of the operators that make accumulators.
struct AccumulatorState : OpState {
  ObjectName object;
  AccumulatorForm form;
};
Status InferAccumulator(InferContext& c);
Result<std::unique_ptr<OpState>> PrepareAccumulator(PrepareContext& c);

// The accumulator of the node, made as a T when it is not there yet.
template <typename T>
Status RunMakeAccumulator(RunContext& c) {
  const auto& state = c.state<AccumulatorState>();
  RIVULET_ASSIGN_OR_RETURN(std::shared_ptr<ConditionalAccumulator> found,
                           FindOrMake<ConditionalAccumulator>(c, state.object, [&]() -> Result<ObjectRef> {
                             return ObjectRef(std::make_shared<T>(state.form));
                           }));
  const AccumulatorForm& form = found->form();
  if (form.dtype != state.form.dtype || !(form.shape == state.form.shape)) {
    return InvalidArgument(Quoted(form.name), " accumulates ", form.dtype, form.shape, ", want ", state.form.dtype,
                           state.form.shape);
  }
  c.SetOutput(0, ScalarOf(DType::kResource, std::move(found)));
  return Status();
}

// The accumulator of input 0, which must be a T.
template <typename T>
Result<std::shared_ptr<T>> AccumulatorOf(const RunContext& c, DType dtype) {
  RIVULET_ASSIGN_OR_RETURN(std::shared_ptr<ConditionalAccumulator> found, ObjectIn<ConditionalAccumulator>(c.input(0)));
  if (found->is_sparse() != T::kIsSparse) {
    return InvalidArgument("want a ", T::kIsSparse ? "sparse" : "dense", " accumulator, ", Quoted(found->form().name),
                           " is the other kind");
  }
  if (found->form().dtype != dtype) {
    return InvalidArgument(Quoted(found->form().name), " accumulates ", found->form().dtype, ", want ", dtype);
  }
  return std::static_pointer_cast<T>(std::move(found));
}

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_CONDITIONAL_ACCUMULATOR_H_
