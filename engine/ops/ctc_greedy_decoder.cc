// CTCGreedyDecoder: the most likely class of each step, without blanks.
//
//   inputs [time, batch, classes] of log probabilities, sequence_length [batch] -> the decoded classes as a sparse
//   tensor: decoded_indices [n, 2] (sequence, place), decoded_values [n], decoded_shape [batch, longest]; and
//   log_probability [batch, 1], the negated sum of the highest inputs
//
// A sequence of a negative length has no steps. blank_index counts from the end where it is negative. With
// merge_repeated a class that follows itself counts once. Of equal classes the first wins.
#include <algorithm>
#include <vector>

#include "engine/ops/number.h"
#include "engine/ops/op.h"
#include "engine/ops/widen.h"

namespace rivulet {
namespace {

Status Infer(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(c.WantRank(0, 3));
  RIVULET_RETURN_IF_ERROR(c.WantRank(1, 1));
  int64_t batch = c.shape(0).has_rank() ? c.shape(0)[1] : Shape::kUnknownDim;
  if (c.shape(1).has_rank() && c.shape(1)[0] >= 0) {
    if (batch >= 0 && batch != c.shape(1)[0]) {
      return InvalidArgument("sequence_length: want one for each of ", batch, " sequences, got ", c.shape(1)[0]);
    }
    batch = c.shape(1)[0];
  }
  c.set_output(0, {Shape::kUnknownDim, 2});
  c.set_output(1, {Shape::kUnknownDim});
  c.set_output(2, {2});
  c.set_output(3, {batch, 1});
  return Status();
}

struct State : OpState {
  bool merge = false;
  int64_t blank = -1;
};

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c) {
  auto state = std::make_unique<State>();
  state->merge = c.attrs().Bool("merge_repeated");
  state->blank = c.attrs().Int("blank_index");
  return std::unique_ptr<OpState>(std::move(state));
}

template <typename T>
Status Decode(RunContext& c) {
  const Tensor& inputs = c.input(0);
  const int64_t time = inputs.dim(0), batch = inputs.dim(1), classes = inputs.dim(2);
  if (inputs.num_elements() == 0) return InvalidArgument("inputs: want elements, got ", inputs.shape());
  const State& state = c.state<State>();
  const int64_t blank = state.blank < 0 ? state.blank + classes : state.blank;
  if (blank < 0 || blank >= classes) {
    return InvalidArgument("blank_index: want [", -classes, ", ", classes, "), got ", state.blank);
  }
  const T* x = inputs.data<T>();
  const int32_t* lengths = c.input(1).data<int32_t>();
  T* scores = c.output(3).data<T>();
  std::vector<int64_t> indices, values;
  int64_t longest = 0;
  for (int64_t b = 0; b < batch; ++b) {
    if (c.stop().stopped()) return Status();
    if (lengths[b] > time) {
      return InvalidArgument("sequence_length[", b, "]: want at most ", time, ", got ", lengths[b]);
    }
    int64_t previous = -1, place = 0;
    scores[b] = 0;
    for (int64_t t = 0; t < lengths[b]; ++t) {
      const T* row = x + (t * batch + b) * classes;
      int64_t best = 0;
      for (int64_t k = 1; k < classes; ++k) {
        if (row[k] > row[best]) best = k;
      }
      scores[b] -= row[best];
      if (best != blank && !(state.merge && best == previous)) {
        indices.insert(indices.end(), {b, place++});
        values.push_back(best);
      }
      previous = best;
    }
    longest = std::max(longest, place);
  }
  const auto count = static_cast<int64_t>(values.size());
  RIVULET_RETURN_IF_ERROR(c.AllocateOutput(0, {count, 2}));
  RIVULET_RETURN_IF_ERROR(c.AllocateOutput(1, {count}));
  std::copy(indices.begin(), indices.end(), c.output(0).data<int64_t>());
  std::copy(values.begin(), values.end(), c.output(1).data<int64_t>());
  c.output(2).data<int64_t>()[0] = batch;
  c.output(2).data<int64_t>()[1] = longest;
  return Status();
}

Status Run(RunContext& c) {
  if constexpr (kHasLoops<kWidenFloats, float>) {
    if (c.input(0).dtype() == DType::kFloat) return Decode<float>(c);
  }
  return Decode<double>(c);
}

constexpr OpDef kDefs[] = {
    {.name = "CTCGreedyDecoder",
     .inputs = "inputs:T, sequence_length:i32",
     .outputs = "decoded_indices:i64, decoded_values:i64, decoded_shape:i64, log_probability:T",
     .attrs = "merge_repeated:bool=false; blank_index:int=-1; T:type=f32 in {f32,f64}",
     .infer = Infer,
     .prepare = Prepare,
     .run = kWidened<Run, kWidenFloats, State>,
     .flags = kDataDependent},
};

}  // namespace

RIVULET_OP_LIST(CtcGreedyDecoder, kDefs);

}  // namespace rivulet
