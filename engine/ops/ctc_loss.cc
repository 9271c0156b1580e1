// CTCLoss, CTCLossV2: minus the logarithm of the probability that a network's steps spell the labels, blanks between
// them allowed, and the gradient of that by the inputs.
//
//   inputs [time, batch, classes] before softmax; labels as the indices [n, 2] (sequence, place) and values [n] of a
//   sparse tensor; sequence_length [batch] -> loss [batch], gradient like inputs, zero beyond a sequence's length
//
// With y = softmax(inputs), l' the labels with blanks around each (u counts it), a path may stay, go on by one, or skip
// a blank between two different labels (Graves 2012, chapter 7):
//
//   alpha(u, t) = y(l'u, t) * (alpha(u, t-1) + alpha(u-1, t-1) + [l'u != blank, l'(u-2)] alpha(u-2, t-1))
//   beta(u, t)  = the same backwards, without the step's own y
//   loss        = -log sum over u of alpha(u, 0) beta(u, 0)
//   gradient    = y - sum over u with l'u = class of alpha(u, t) beta(u, t) / exp(-loss)
//
// The blank is the last class in CTCLoss and the first in CTCLossV2, which TensorFlow computes on GPUs alone and
// without the attributes. Labels from the blank on end a sequence in CTCLoss. Where no path spells the labels, the loss
// is infinite and the gradient y. Where blanks are all that is left of the labels, TensorFlow reads before its tables;
// here the loss is that of blanks.
#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "engine/ops/log_sum.h"
#include "engine/ops/sparse_parts.h"
#include "engine/ops/text_bytes.h"
#include "engine/ops/widen.h"

namespace rivulet {
namespace {

Status Infer(InferContext& c) {
  for (const auto& [input, rank] : {std::pair(0, 3), std::pair(1, 2), std::pair(2, 1), std::pair(3, 1)}) {
    RIVULET_RETURN_IF_ERROR(c.WantRank(input, rank));
  }
  int64_t batch = Shape::kUnknownDim, count = Shape::kUnknownDim;
  if (c.shape(0).has_rank()) batch = c.shape(0)[1];
  if (c.shape(3).has_rank() && !AgreeOnDim(c.shape(3)[0], &batch)) {
    return InvalidArgument("sequence_length: want one for each of ", batch, " sequences, got ", c.shape(3)[0]);
  }
  if (c.shape(1).has_rank()) {
    count = c.shape(1)[0];
    if (c.shape(1)[1] >= 0 && c.shape(1)[1] != 2) {
      return InvalidArgument("labels_indices: want pairs of sequence and place, got rows of ", c.shape(1)[1]);
    }
  }
  if (c.shape(2).has_rank() && !AgreeOnDim(c.shape(2)[0], &count)) {
    return InvalidArgument("labels_values: want one for each of ", count, " indices, got ", c.shape(2)[0]);
  }
  Shape gradient = c.shape(0).has_rank() ? c.shape(0) : Shape::OfUnknownDims(3);
  gradient.set_dim(1, batch);
  c.set_output(0, {batch});
  c.set_output(1, std::move(gradient));
  return Status();
}

Status InferV2(InferContext& c) {
  for (const auto& [name, want] :
       {std::pair("preprocess_collapse_repeated", false), std::pair("ctc_merge_repeated", true),
        std::pair("ignore_longer_outputs_than_inputs", false)}) {
    if (c.attrs().Bool(name) != want) {
      return InvalidArgument("attr '", name, "': want ", want ? "true, got false" : "false, got true");
    }
  }
  return Infer(c);
}

struct State : OpState {
  bool collapses = false;
  bool merges = true;
  bool ignores_longer = false;
  bool blank_is_first = false;
};

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c) {
  auto state = std::make_unique<State>();
  state->collapses = c.attrs().Bool("preprocess_collapse_repeated");
  state->merges = c.attrs().Bool("ctc_merge_repeated");
  state->ignores_longer = c.attrs().Bool("ignore_longer_outputs_than_inputs");
  state->blank_is_first = c.node().op == "CTCLossV2";
  return std::unique_ptr<OpState>(std::move(state));
}

// One sequence: what it must spell and where its tables lie.
struct Sequence {
  int64_t first = 0, last = 0;  // its labels, of all
  std::vector<int32_t> path;    // l'; empty where there is nothing to compute
  int64_t table = 0;            // first element of its tables in the scratch memory
};

// The labels of all sequences, checked.
Result<std::vector<Sequence>> ReadLabels(const RunContext& c, int64_t time, int64_t batch, int64_t classes) {
  const State& state = c.state<State>();
  const SparseView labels(c.input(1), c.input(2), {});
  const int32_t* values = c.input(2).data<int32_t>();
  const int32_t* lengths = c.input(3).data<int32_t>();
  const int64_t blank = state.blank_is_first ? 0 : classes - 1;
  std::vector<Sequence> sequences(static_cast<size_t>(batch));
  for (int64_t i = 0; i < labels.count; ++i) {
    const int64_t* at = labels.index(i);
    if (at[0] < 0 || at[0] >= batch || at[1] < 0 || at[1] == std::numeric_limits<int64_t>::max()) {
      return InvalidArgument("labels_indices[", i, "]: want a sequence in [0, ", batch,
                             ") and a place in [0, 2^63 - 1), got ", IndexText(at, 2));
    }
    if (i > 0 && CompareIndices(labels.index(i - 1), at, 2) >= 0) {
      return InvalidArgument("labels_indices[", i, "]: want ascending indices, got ", IndexText(at, 2), " after ",
                             IndexText(labels.index(i - 1), 2));
    }
    Sequence& sequence = sequences[static_cast<size_t>(at[0])];
    if (sequence.last == 0) sequence.first = i;
    sequence.last = i + 1;
  }
  for (int64_t b = 0; b < batch; ++b) {
    Sequence& sequence = sequences[static_cast<size_t>(b)];
    const int64_t count = sequence.last - sequence.first;
    if (lengths[b] < 0 || lengths[b] > time) {
      return InvalidArgument("sequence_length[", b, "]: want [0, ", time, "], got ", lengths[b]);
    }
    if (count == 0) return InvalidArgument("labels: sequence ", b, " has none");
    if (!state.ignores_longer && count > lengths[b]) {
      return InvalidArgument("labels: sequence ", b, " of ", lengths[b], " steps cannot spell its ", count,
                             " labels; ignore_longer_outputs_than_inputs would leave it out");
    }
    sequence.path.push_back(static_cast<int32_t>(blank));
    bool has_ended = false;
    for (int64_t i = sequence.first; i < sequence.last; ++i) {
      if (i > sequence.first && state.collapses && values[i] == values[i - 1]) continue;
      const bool is_end = state.blank_is_first ? false : values[i] >= blank;
      if (is_end) {
        has_ended = true;
        continue;
      }
      if (values[i] < 0 || values[i] >= classes || values[i] == blank) {
        return InvalidArgument("labels_values[", i, "]: want a class other than the blank of [0, ", classes, "), got ",
                               values[i]);
      }
      if (has_ended) {
        return InvalidArgument("labels_values[", i, "]: want no label after a blank in sequence ", b, ", got ",
                               values[i]);
      }
      sequence.path.push_back(values[i]);
      sequence.path.push_back(static_cast<int32_t>(blank));
    }
    if (lengths[b] == 0 || count > lengths[b]) sequence.path.clear();
  }
  return sequences;
}

template <typename T>
struct Tables {
  const std::vector<int32_t>& path;
  int64_t steps;
  const T* y;      // softmax: class k of step t at [t * stride + k]
  int64_t stride;  // elements from one step to the next
  T* alpha;        // [steps, path]
  T* beta;
  bool merges;

  int64_t size() const { return static_cast<int64_t>(path.size()); }
  int32_t blank() const { return path[0]; }
  T LogY(int64_t u, int64_t t) const { return std::log(y[t * stride + path[static_cast<size_t>(u)]]); }
  // Whether a path may go from u - 2 to u.
  bool MaySkipTo(int64_t u) const {
    const int32_t label = path[static_cast<size_t>(u)];
    return label != blank() && !(merges && label == path[static_cast<size_t>(u) - 2]);
  }
  bool MayStay(int64_t u) const { return merges || path[static_cast<size_t>(u)] == blank(); }
  // The places that are reached by step t and from which the end can be reached.
  int64_t Begin(int64_t t) const { return std::max<int64_t>(0, size() - 2 * (steps - t)); }
  int64_t End(int64_t t) const { return std::min(size(), 2 * (t + 1)); }
};

template <typename T>
void Forward(const Tables<T>& tables, const StopToken& stop) {
  const int64_t size = tables.size();
  std::fill_n(tables.alpha, size * tables.steps, kLogZero<T>);
  for (int64_t u = 0; u < std::min<int64_t>(size, 2); ++u) tables.alpha[u] = tables.LogY(u, 0);
  for (int64_t t = 1; t < tables.steps && !stop.stopped(); ++t) {
    const T* before = tables.alpha + (t - 1) * size;
    for (int64_t u = tables.Begin(t); u < tables.End(t); ++u) {
      T sum = tables.MayStay(u) ? before[u] : kLogZero<T>;
      if (u > 0) sum = LogSum(sum, before[u - 1]);
      if (u > 1 && tables.MaySkipTo(u)) sum = LogSum(sum, before[u - 2]);
      tables.alpha[t * size + u] = tables.LogY(u, t) + sum;
    }
  }
}

template <typename T>
void Backward(const Tables<T>& tables, const StopToken& stop) {
  const int64_t size = tables.size();
  std::fill_n(tables.beta, size * tables.steps, kLogZero<T>);
  for (int64_t u = std::max<int64_t>(0, size - 2); u < size; ++u) tables.beta[(tables.steps - 1) * size + u] = 0;
  for (int64_t t = tables.steps - 2; t >= 0 && !stop.stopped(); --t) {
    const T* after = tables.beta + (t + 1) * size;
    for (int64_t u = tables.Begin(t); u < tables.End(t); ++u) {
      T sum = tables.MayStay(u) ? after[u] + tables.LogY(u, t + 1) : kLogZero<T>;
      if (u + 1 < size) sum = LogSum(sum, after[u + 1] + tables.LogY(u + 1, t + 1));
      // A blank is never left by two.
      if (u + 2 < size && tables.MaySkipTo(u + 2)) sum = LogSum(sum, after[u + 2] + tables.LogY(u + 2, t + 1));
      tables.beta[t * size + u] = sum;
    }
  }
}

template <typename T>
void Softmax(const T* x, int64_t count, T* y) {
  const T highest = *std::max_element(x, x + count);
  T sum = 0;
  for (int64_t k = 0; k < count; ++k) sum += y[k] = std::exp(x[k] - highest);
  for (int64_t k = 0; k < count; ++k) y[k] /= sum;
}

// `by_class` has room for one number a class. `gradient` holds y, and the gradient afterwards; the result is the loss.
template <typename T>
T LossAndGradient(const Tables<T>& tables, int64_t classes, T* gradient, T* by_class, const StopToken& stop) {
  Forward(tables, stop);
  Backward(tables, stop);
  const int64_t size = tables.size();
  T total = kLogZero<T>;
  for (int64_t u = 0; u < size; ++u) total = LogSum(total, tables.alpha[u] + tables.beta[u]);
  if (total == kLogZero<T>) return -total;
  for (int64_t t = 0; t < tables.steps && !stop.stopped(); ++t) {
    std::fill_n(by_class, classes, kLogZero<T>);
    for (int64_t u = 0; u < size; ++u) {
      T& sum = by_class[tables.path[static_cast<size_t>(u)]];
      sum = LogSum(sum, tables.alpha[t * size + u] + tables.beta[t * size + u]);
    }
    T* row = gradient + t * tables.stride;
    for (int64_t k = 0; k < classes; ++k) row[k] -= std::exp(by_class[k] - total);
  }
  return -total;
}

template <typename T>
Status Compute(RunContext& c) {
  const Tensor& inputs = c.input(0);
  const int64_t time = inputs.dim(0), batch = inputs.dim(1), classes = inputs.dim(2);
  if (inputs.num_elements() == 0) return InvalidArgument("inputs: want elements, got ", inputs.shape());
  TextBytes bytes(c.allocator());
  RIVULET_RETURN_IF_ERROR(bytes.Charge(CheckedSize(c.input(2).num_elements()) * 2 * int64_t{sizeof(int32_t)} +
                                       CheckedSize(batch) * int64_t{sizeof(Sequence) + 2 * sizeof(int32_t)}));
  RIVULET_ASSIGN_OR_RETURN(std::vector<Sequence> sequences, ReadLabels(c, time, batch, classes));
  const int32_t* lengths = c.input(3).data<int32_t>();
  CheckedSize elements = 0;
  for (int64_t b = 0; b < batch; ++b) {
    Sequence& sequence = sequences[static_cast<size_t>(b)];
    if (sequence.path.empty()) continue;
    if (!elements.valid()) break;
    sequence.table = elements.value();
    elements += CheckedSize(2 * static_cast<int64_t>(sequence.path.size())) * lengths[b] + classes;
  }
  if (!elements.valid()) return ResourceExhausted("the tables of paths are larger than any memory");
  RIVULET_ASSIGN_OR_RETURN(Tensor scratch, Tensor::Allocate(DTypeOf<T>, {elements.value()}, c.allocator()));
  const T* x = inputs.data<T>();
  T* loss = c.output(0).data<T>();
  T* gradient = c.output(1).data<T>();
  std::fill_n(loss, batch, T{0});
  std::fill_n(gradient, inputs.num_elements(), T{0});
  const bool merges = c.state<State>().merges;
  const StopToken& stop = c.stop();
  c.ParallelFor(batch, 1, [&](int64_t begin, int64_t end) {
    for (int64_t b = begin; b < end; ++b) {
      const Sequence& sequence = sequences[static_cast<size_t>(b)];
      if (sequence.path.empty() || stop.stopped()) continue;
      const int64_t stride = batch * classes, steps = lengths[b];
      T* y = gradient + b * classes;
      for (int64_t t = 0; t < steps; ++t) Softmax(x + t * stride + b * classes, classes, y + t * stride);
      T* alpha = scratch.data<T>() + sequence.table;
      T* beta = alpha + static_cast<int64_t>(sequence.path.size()) * steps;
      T* by_class = beta + static_cast<int64_t>(sequence.path.size()) * steps;
      loss[b] = LossAndGradient<T>({sequence.path, steps, y, stride, alpha, beta, merges}, classes, y, by_class, stop);
    }
  });
  return Status();
}

Status Run(RunContext& c) {
  if constexpr (kHasLoops<kWidenFloats, float>) {
    if (c.input(0).dtype() == DType::kFloat) return Compute<float>(c);
  }
  return Compute<double>(c);
}

#define RIVULET_CTC_FLAGS                                                   \
  "preprocess_collapse_repeated:bool=false; ctc_merge_repeated:bool=true; " \
  "ignore_longer_outputs_than_inputs:bool=false"

constexpr OpDef kDefs[] = {
    {.name = "CTCLoss",
     .inputs = "inputs:T, labels_indices:i64, labels_values:i32, sequence_length:i32",
     .outputs = "loss:T, gradient:T",
     .attrs = RIVULET_CTC_FLAGS "; T:type=f32 in {f32,f64}",
     .infer = Infer,
     .prepare = Prepare,
     .run = kWidened<Run, kWidenFloats, State>},
    {.name = "CTCLossV2",
     .inputs = "inputs:f32, labels_indices:i64, labels_values:i32, sequence_length:i32",
     .outputs = "loss:f32, gradient:f32",
     .attrs = RIVULET_CTC_FLAGS,
     .infer = InferV2,
     .prepare = Prepare,
     .run = kWidened<Run, kWidenFloats, State>},
};

}  // namespace

RIVULET_OP_LIST(CtcLoss, kDefs);

}  // namespace rivulet
