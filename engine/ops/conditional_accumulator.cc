// ConditionalAccumulator, AccumulatorApplyGradient, AccumulatorTakeGradient, AccumulatorNumAccumulated,
// AccumulatorSetGlobalStep, of both kinds of handles. The last two take sparse accumulators as well
// (sparse_conditional_accumulator.cc).
//
// Taking waits until another run of the session applied enough gradients (waiting_line.h).
#include "engine/ops/conditional_accumulator.h"

#include "engine/ops/element_tuple.h"
#include "engine/ops/plain_infer.h"

namespace rivulet {

int32_t ConditionalAccumulator::count() {
  std::lock_guard<std::mutex> lock(mutex_);
  return count_;
}

void ConditionalAccumulator::SetStep(int64_t step) {
  std::lock_guard<std::mutex> lock(mutex_);
  step_ = step;
}

namespace {

template <typename T>
void Add(void* to, const void* from, int64_t count) {
  auto* a = static_cast<T*>(to);
  const auto* b = static_cast<const T*>(from);
  for (int64_t i = 0; i < count; ++i) a[i] = T(a[i] + b[i]);
}

template <typename T>
void Divide(void* values, int64_t count, T by) {
  auto* a = static_cast<T*>(values);
  for (int64_t i = 0; i < count; ++i) a[i] = T(a[i] / by);
}

void DivideHalf(void* values, int64_t count, int32_t by) {
  auto* a = static_cast<Half*>(values);
  const auto divisor = static_cast<float>(Half(static_cast<float>(by)));
  for (int64_t i = 0; i < count; ++i) a[i] = Half(static_cast<float>(a[i]) / divisor);
}

void AddHalf(void* to, const void* from, int64_t count) {
  auto* a = static_cast<Half*>(to);
  const auto* b = static_cast<const Half*>(from);
  for (int64_t i = 0; i < count; ++i) a[i] = Half(static_cast<float>(a[i]) + static_cast<float>(b[i]));
}

}  // namespace

void AddGradient(DType dtype, void* to, const void* from, int64_t count) {
  if (dtype == DType::kFloat) return Add<float>(to, from, count);
  if (dtype == DType::kDouble) return Add<double>(to, from, count);
  AddHalf(to, from, count);
}

void DivideGradient(DType dtype, void* values, int64_t count, int32_t by) {
  if (dtype == DType::kFloat) return Divide<float>(values, count, static_cast<float>(by));
  if (dtype == DType::kDouble) return Divide<double>(values, count, by);
  DivideHalf(values, count, by);
}

Status InferAccumulator(InferContext& c) {
  c.set_output(0, {});
  return Status();
}

Result<std::unique_ptr<OpState>> PrepareAccumulator(PrepareContext& c) {
  auto state = std::make_unique<AccumulatorState>();
  state->object = ObjectName(c.node(), ConditionalAccumulator::kKind);
  state->form.name = state->object.name;
  state->form.dtype = c.attrs().Type("dtype");
  state->form.shape = c.attrs().ShapeAttr("shape");
  state->form.takes_mean = c.attrs().Str("reduction_type") == "MEAN";
  return std::unique_ptr<OpState>(std::move(state));
}

namespace {

class DenseAccumulator : public ConditionalAccumulator {
 public:
  static constexpr bool kIsSparse = false;
  using ConditionalAccumulator::ConditionalAccumulator;
  bool is_sparse() const override { return false; }

  Status Add(int64_t local_step, const Tensor& gradient, Allocator& allocator) {
    return Apply(local_step, [&](bool is_first) -> Status {
      if (!ShapeFits(form().shape, gradient.shape())) {
        return InvalidArgument("gradient: want shape ", form().shape, ", got ", gradient.shape());
      }
      if (is_first) {
        RIVULET_ASSIGN_OR_RETURN(sum_, Clone(gradient, allocator));
        return Status();
      }
      if (!(sum_.shape() == gradient.shape())) {
        return InvalidArgument("gradient: want shape ", sum_.shape(), " as the first one, got ", gradient.shape());
      }
      AddGradient(sum_.dtype(), sum_.raw(), gradient.raw(), sum_.num_elements());
      return Status();
    });
  }

  Result<Tensor> Give(int32_t required, const StopToken& stop) {
    Tensor taken;
    RIVULET_RETURN_IF_ERROR(Take(required, stop, [&](int32_t count) {
      if (form().takes_mean) DivideGradient(sum_.dtype(), sum_.raw(), sum_.num_elements(), count);
      taken = std::exchange(sum_, Tensor());
      return Status();
    }));
    return taken;
  }

 private:
  Tensor sum_;  // this object's alone
};

Status InferApply(InferContext& c) { return c.WantScalar(1); }

Status InferTake(InferContext& c) {
  c.set_output(0, Shape::UnknownRank());
  return c.WantScalar(1);
}

Status RunApply(RunContext& c) {
  RIVULET_ASSIGN_OR_RETURN(const auto accumulator, AccumulatorOf<DenseAccumulator>(c, c.input(2).dtype()));
  return accumulator->Add(c.input(1).data<int64_t>()[0], c.input(2), c.allocator());
}

Status RunTake(RunContext& c) {
  RIVULET_ASSIGN_OR_RETURN(const auto accumulator, AccumulatorOf<DenseAccumulator>(c, c.output(0).dtype()));
  RIVULET_ASSIGN_OR_RETURN(const Tensor taken, accumulator->Give(c.input(1).data<int32_t>()[0], c.stop()));
  c.SetOutput(0, taken);
  return Status();
}

Status RunCount(RunContext& c) {
  RIVULET_ASSIGN_OR_RETURN(const auto accumulator, ObjectIn<ConditionalAccumulator>(c.input(0)));
  c.output(0).data<int32_t>()[0] = accumulator->count();
  return Status();
}

Status RunSetStep(RunContext& c) {
  RIVULET_ASSIGN_OR_RETURN(const auto accumulator, ObjectIn<ConditionalAccumulator>(c.input(0)));
  accumulator->SetStep(c.input(1).data<int64_t>()[0]);
  return Status();
}

#define RIVULET_DTYPE "dtype:type in {f32,f64,f16}"
#define RIVULET_ACCUMULATOR(form, handle)                                                                         \
  {.name = form "ConditionalAccumulator",                                                                         \
   .inputs = "",                                                                                                  \
   .outputs = "handle:" handle,                                                                                   \
   .attrs = RIVULET_DTYPE                                                                                         \
   "; shape:shape; container:string=\"\"; shared_name:string=\"\"; reduction_type:string=\"MEAN\" in {MEAN,SUM}", \
   .infer = InferAccumulator,                                                                                     \
   .prepare = PrepareAccumulator,                                                                                 \
   .run = RunMakeAccumulator<DenseAccumulator>,                                                                   \
   .flags = kNamedResource | kMakesOutputs},                                                                      \
      {.name = form "AccumulatorApplyGradient",                                                                   \
       .inputs = "handle:" handle ", local_step:i64, gradient:dtype",                                             \
       .outputs = "",                                                                                             \
       .attrs = RIVULET_DTYPE,                                                                                    \
       .infer = InferApply,                                                                                       \
       .run = RunApply,                                                                                           \
       .flags = kEffect},                                                                                         \
      {.name = form "AccumulatorTakeGradient",                                                                    \
       .inputs = "handle:" handle ", num_required:i32",                                                           \
       .outputs = "average:dtype",                                                                                \
       .attrs = RIVULET_DTYPE,                                                                                    \
       .infer = InferTake,                                                                                        \
       .run = RunTake,                                                                                            \
       .flags = kEffect | kTakes | kDataDependent | kMakesOutputs},                                               \
      {.name = form "AccumulatorNumAccumulated",                                                                  \
       .inputs = "handle:" handle,                                                                                \
       .outputs = "num_accumulated:i32",                                                                          \
       .attrs = "",                                                                                               \
       .infer = InferScalar,                                                                                      \
       .run = RunCount,                                                                                           \
       .flags = kStateful},                                                                                       \
  {                                                                                                               \
    .name = form "AccumulatorSetGlobalStep", .inputs = "handle:" handle ", new_global_step:i64", .outputs = "",   \
    .attrs = "", .infer = InferApply, .run = RunSetStep, .flags = kEffect                                         \
  }

constexpr OpDef kDefs[] = {RIVULET_ACCUMULATOR("", "ref str"), RIVULET_ACCUMULATOR("Resource", "resource")};

}  // namespace

RIVULET_OP_LIST(ConditionalAccumulator, kDefs);

}  // namespace rivulet
