#include "engine/ops/look_ahead_matmul.h"

#include <algorithm>
#include <cstring>
#include <mutex>
#include <utility>

#include "engine/base/object.h"
#include "engine/ops/packed_operands.h"
#include "engine/ops/tensor_array_object.h"
#include "engine/ops/tensor_list_value.h"

namespace rivulet {
namespace {

// A few rows cost little more than one, which has to wait for all of the weights, too. So that little is lost where a
// loop ends early, or jumps, more are taken only while the steps go on in order, and as many at once as did before.
constexpr int64_t kFirstRows = 4;
constexpr int64_t kMoreRows = 4;  // times what was taken before
constexpr int64_t kMostRows = 64;

// Elements that were multiplied together, and their products. Runs of one session may meet here.
struct Ahead {
  std::mutex mutex;
  std::shared_ptr<void> memory;
  int64_t now_floats = 0;      // of one element
  int64_t product_floats = 0;  // of its product
  int64_t first = 0;           // the index of the first element
  int64_t count = 0;           // of elements
  int64_t taken = 0;           // elements that were asked for then; some may not have been there
  int64_t asked = 0;           // the index that was asked for last
  int64_t in_order = 0;        // elements since the steps began to go on in order
  int64_t before = 0;          // and how many they became the time before

  float* now_at(int64_t i) { return static_cast<float*>(memory.get()) + i * now_floats; }
  float* product_at(int64_t i) { return now_at(MostElements()) + i * product_floats; }
  int64_t rows = 0;  // of one element
  int64_t MostElements() const { return std::max<int64_t>(kMostRows / std::max<int64_t>(rows, 1), 1); }
};

struct State : OpState {
  std::shared_ptr<const PackedMatrix> weights;
  mutable Ahead ahead;
};

Status Infer(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(c.WantRank(0, 2));
  RIVULET_RETURN_IF_ERROR(c.WantRank(1, 2));
  RIVULET_RETURN_IF_ERROR(c.WantRank(2, 1));
  RIVULET_RETURN_IF_ERROR(c.WantScalar(3));
  const Shape& now = c.shape(0);
  const Shape& weights = c.shape(1);
  if (!weights.complete()) return Internal("a look-ahead product of unknown weights");
  if (now.has_rank() && now[1] >= 0 && now[1] != weights[0]) {
    return InvalidArgument("the inner sizes differ: ", now, " and ", weights);
  }
  if (c.shape(2).complete() && c.shape(2)[0] != weights[1]) {
    return InvalidArgument("a bias of ", c.shape(2), " for ", weights[1], " columns");
  }
  c.set_output(0, {now.has_rank() ? now[0] : -1, weights[1]});
  return Status();
}

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c) {
  const Tensor* weights = c.constant(1);
  if (weights == nullptr) return Internal("a look-ahead product of unknown weights");
  auto state = std::make_unique<State>();
  RIVULET_ASSIGN_OR_RETURN(state->weights,
                           PackMatrixOnce(*weights, weights->dim(0), weights->dim(1), false, c.allocator()));
  c.Consume(1);
  return std::unique_ptr<OpState>(std::move(state));
}

// Copies element `index` to `to` if it is there and is like `now`.
bool CopyElement(const Tensor& source, int64_t index, const Tensor& now, float* to) {
  if (source.dtype() == DType::kVariant) {
    const auto list = ListIn(source, DType::kFloat);
    if (!list.ok() || index < 0 || index >= (*list)->elements.size() || !(*list)->elements.IsSet(index)) return false;
    if (!((*list)->elements.ShapeAt(index) == now.shape())) return false;
    (*list)->elements.CopyTo(index, now.num_elements(), to);
    return true;
  }
  const auto array = ObjectIn<TensorArray>(source);
  return array.ok() && (*array)->dtype() == DType::kFloat && (*array)->CopyIfThere(index, now.shape(), to);
}

// Multiplies `now` and, if the steps go on in order, some elements after it.
Status MultiplyAhead(RunContext& c, const State& state, int64_t index) {
  const Tensor& now = c.input(0);
  Ahead& ahead = state.ahead;
  const int64_t width = state.weights->n();
  if (ahead.memory == nullptr || ahead.rows != now.dim(0)) {
    ahead.rows = now.dim(0);
    ahead.now_floats = now.num_elements();
    ahead.product_floats = ahead.rows * width;
    ahead.count = 0;
    const CheckedSize bytes = CheckedSize(ahead.MostElements()) *
                              (CheckedSize(ahead.now_floats) + CheckedSize(ahead.product_floats)) *
                              static_cast<int64_t>(sizeof(float));
    if (!bytes.valid()) return ResourceExhausted("products of this size cannot be kept");
    ahead.memory = nullptr;
    RIVULET_ASSIGN_OR_RETURN(ahead.memory, c.allocator().Allocate(static_cast<size_t>(bytes.value())));
  }
  const bool in_order = ahead.count > 0 && index == ahead.first + ahead.count;
  if (!in_order) ahead.before = std::exchange(ahead.in_order, 0);
  int64_t wanted = in_order ? kMoreRows * ahead.taken : (kFirstRows + ahead.rows - 1) / ahead.rows;
  wanted = std::max(wanted, ahead.before - ahead.in_order);
  const int64_t most = std::min(wanted, ahead.MostElements());
  ahead.count = 0;  // until it is true again
  std::memcpy(ahead.now_at(0), now.raw(), now.bytes());
  int64_t count = 1;
  while (count < most && CopyElement(c.input(4), index + count, now, ahead.now_at(count))) ++count;
  Epilogue epilogue;
  epilogue.bias = c.input(2).data<float>();
  MatMul(ahead.now_at(0), state.weights->k(), count * ahead.rows, *state.weights, ahead.product_at(0), width, epilogue,
         c.pool(), c.stop());
  RIVULET_RETURN_IF_ERROR(c.stop().Why());
  ahead.first = index;
  ahead.count = count;
  ahead.in_order += count;
  ahead.taken = most;
  return Status();
}

Status Run(RunContext& c) {
  const auto& state = c.state<State>();
  const Tensor& now = c.input(0);
  Tensor& product = c.output(0);
  if (product.num_elements() == 0) return Status();
  const int64_t index = c.input(3).data<int32_t>()[0];
  Ahead& ahead = state.ahead;
  std::lock_guard<std::mutex> lock(ahead.mutex);
  const auto is_there = [&] {
    return index >= ahead.first && index < ahead.first + ahead.count && index > ahead.asked &&
           ahead.rows == now.dim(0) && std::memcmp(ahead.now_at(index - ahead.first), now.raw(), now.bytes()) == 0;
  };
  // An index that does not go up is another loop's beginning.
  if (!is_there()) RIVULET_RETURN_IF_ERROR(MultiplyAhead(c, state, index));
  ahead.asked = index;
  std::memcpy(product.raw(), ahead.product_at(index - ahead.first), product.bytes());
  return Status();
}

}  // namespace

const OpDef kLookAheadMatMul = {.name = "_LookAheadMatMul",
                                .inputs = "now:f32, weights:f32, bias:f32, index:i32, source:S",
                                .outputs = "product:f32",
                                .attrs = "S:type in {variant,resource}",
                                .infer = Infer,
                                .prepare = Prepare,
                                .run = Run};

}  // namespace rivulet
