// NegTrain: a step of word vectors' training with negative samples (word2vec), in place.
//
//   w_in, w_out: references to float [words, d]; examples, labels [batch] of int32; lr scalar
//
// For each pair the label's vector in w_out is drawn nearer to the example's in w_in, and num_negative_samples words,
// drawn with vocab_count^0.75, are pushed away from it; all by lr times the slope of the log likelihood.
#include <cmath>

#include "engine/ops/dot.h"
#include "engine/ops/indices.h"
#include "engine/ops/random_stream.h"
#include "engine/ops/range_sampler.h"
#include "engine/ops/variable.h"

namespace rivulet {
namespace {

struct State : SeedState {
  explicit State(std::vector<float> weights) : sampler(std::move(weights)) {}
  WeightsSampler sampler;
  int64_t samples = 0;
};

Status Infer(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(c.WantRank(2, 1));
  RIVULET_RETURN_IF_ERROR(c.WantRank(3, 1));
  RIVULET_RETURN_IF_ERROR(c.WantScalar(4));
  const Shape &examples = c.shape(2), &labels = c.shape(3);
  if (examples.complete() && labels.complete() && examples != labels) {
    return InvalidArgument("labels: want as many as examples, ", examples[0], ", got ", labels[0]);
  }
  return Status();
}

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c) {
  std::vector<float> weights;
  float sum = 0;
  for (const int64_t count : c.attrs().Ints("vocab_count")) {
    if (count < 0) return InvalidArgument("attr 'vocab_count': want counts >= 0, got ", count);
    weights.push_back(std::pow(static_cast<float>(count), 0.75f));
    sum += weights.back();
  }
  if (!(sum > 0)) return InvalidArgument("attr 'vocab_count': want one count above 0");
  auto state = std::make_unique<State>(std::move(weights));
  state->samples = c.attrs().Int("num_negative_samples");
  if (state->samples < 0) return InvalidArgument("attr 'num_negative_samples': want >= 0, got ", state->samples);
  return std::unique_ptr<OpState>(std::move(state));
}

struct Vectors {
  float* data;
  int64_t dim;
  float* operator[](int64_t word) const { return data + word * dim; }
};

// out moves along v by `pull`, and what v should move by is added to `step`.
void Pull(float pull, int64_t dim, const float* v, float* out, float* step) {
  for (int64_t i = 0; i < dim; ++i) {
    step[i] += out[i] * pull;
    out[i] += v[i] * pull;
  }
}

Status Train(RunContext& c, const Vectors& in, const Vectors& out) {
  const auto& state = c.state<State>();
  const std::span<const int32_t> examples = c.input(2).values<int32_t>(), labels = c.input(3).values<int32_t>();
  const float lr = *c.input(4).data<float>();
  // Eight words are set aside for each sample.
  const auto blocks = static_cast<uint64_t>(examples.size()) * static_cast<uint64_t>(state.samples) * 2;
  PhiloxWords words(TakeStream(c, state, blocks));
  std::vector<float> step(static_cast<size_t>(in.dim));
  for (size_t i = 0; i < examples.size(); ++i) {
    RIVULET_RETURN_IF_ERROR(c.stop().Why());
    std::fill(step.begin(), step.end(), 0.0f);
    float* v = in[examples[i]];
    const float likely = Dot(v, out[labels[i]], in.dim);
    Pull(lr / (std::exp(likely) + 1), in.dim, v, out[labels[i]], step.data());
    for (int64_t k = 0; k < state.samples; ++k) {
      if (k % 1024 == 1023 && c.stop().stopped()) return c.stop().Why();
      const int64_t word = state.sampler.Sample(words);
      if (word == labels[i]) continue;
      const float unlikely = Dot(v, out[word], in.dim);
      Pull(-lr / (std::exp(-unlikely) + 1), in.dim, v, out[word], step.data());
    }
    for (int64_t k = 0; k < in.dim; ++k) v[k] += step[static_cast<size_t>(k)];
  }
  return Status();
}

Status CheckWords(const Tensor& words, const char* name, int64_t count) {
  for (const int32_t word : words.values<int32_t>()) {
    if (!InRange(word, count)) return InvalidArgument(name, ": want [0, ", count, "), got ", word);
  }
  return Status();
}

Status Run(RunContext& c) {
  RIVULET_ASSIGN_OR_RETURN(const std::shared_ptr<Variable> in, ObjectIn<Variable>(c.input(0)));
  RIVULET_ASSIGN_OR_RETURN(const std::shared_ptr<Variable> out, ObjectIn<Variable>(c.input(1)));
  if (in == out) return InvalidArgument("w_in and w_out are the same variable");
  const int64_t count = c.state<State>().sampler.range();
  const auto train = [&](Tensor& from, Tensor& to) -> Status {
    for (const Tensor* w : {&from, &to}) {
      if (w->dtype() != DType::kFloat || w->rank() != 2 || w->dim(0) != count || w->shape() != from.shape()) {
        return InvalidArgument(w == &from ? "w_in" : "w_out", ": want float32[", count, ",d], got ", w->dtype(),
                               w->shape());
      }
    }
    RIVULET_RETURN_IF_ERROR(CheckWords(c.input(2), "examples", count));
    RIVULET_RETURN_IF_ERROR(CheckWords(c.input(3), "labels", count));
    return Train(c, {from.data<float>(), from.dim(1)}, {to.data<float>(), to.dim(1)});
  };
  // Both are locked, always in one order.
  const bool in_first = in.get() < out.get();
  return (in_first ? in : out)->Modify(c.allocator(), [&](Tensor& first) {
    return (in_first ? out : in)->Modify(c.allocator(), [&](Tensor& second) {
      return in_first ? train(first, second) : train(second, first);
    });
  });
}

constexpr OpDef kDefs[] = {
    {.name = "NegTrain",
     .inputs = "w_in:ref f32, w_out:ref f32, examples:i32, labels:i32, lr:f32",
     .outputs = "",
     .attrs = "vocab_count:list(int); num_negative_samples:int",
     .infer = Infer,
     .prepare = Prepare,
     .run = Run,
     .flags = kEffect},
};

}  // namespace

RIVULET_OP_LIST(NegTrain, kDefs);

}  // namespace rivulet
