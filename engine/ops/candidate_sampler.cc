// Classes drawn at random for losses that do not look at all of them, and which of them were true.
//
//   UniformCandidateSampler, LogUniformCandidateSampler, LearnedUnigramCandidateSampler,
//   ThreadUnsafeUnigramCandidateSampler, FixedUnigramCandidateSampler, AllCandidateSampler:
//     true_classes [batch, num_true] -> sampled_candidates [num_sampled], and how often each true class
//     [batch, num_true] and each sampled one [num_sampled] is expected in such a sample
//   ComputeAccidentalHits: true_classes, sampled_candidates -> the places where a true class was sampled, as
//     (row of true_classes, number of the sample, lowest float), in the order of true_classes
//
// TensorFlow's samples for its seeds. A learning sampler keeps what it learnt in the session.
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <unordered_set>

#include "engine/base/checked.h"
#include "engine/base/sort.h"
#include "engine/ops/random_stream.h"
#include "engine/ops/range_sampler.h"

namespace rivulet {
namespace {

// What a run sets aside of the stream for each sample.
constexpr uint64_t kBlocksPerSample = 2048 / 4;
constexpr int64_t kMostClasses = std::numeric_limits<int32_t>::max();

struct SamplerState : SeedState {
  bool unique = false;
  // Samplers that do not learn; shared by all runs.
  std::unique_ptr<RangeSampler> sampler;
  int64_t range = 0;
};

// Of the session, for its node.
struct Learnt : RandomStream {
  std::mutex learning;
  std::unique_ptr<LearningSampler> sampler;
};

Status Infer(InferContext& c) {
  const AttrReader attrs = c.attrs();
  const int64_t num_true = attrs.Int("num_true"), num_sampled = attrs.Int("num_sampled");
  RIVULET_RETURN_IF_ERROR(c.WantRank(0, 2));
  const Shape& classes = c.shape(0);
  int64_t batch = Shape::kUnknownDim;
  if (classes.has_rank()) {
    if (classes[1] >= 0 && classes[1] != num_true) {
      return InvalidArgument("true_classes: want ", num_true, " columns (attr 'num_true'), got ", classes[1]);
    }
    batch = classes[0];
  }
  c.set_output(0, {num_sampled});
  c.set_output(1, {batch, num_true});
  c.set_output(2, {num_sampled});
  return Status();
}

std::unique_ptr<SamplerState> StateOf(const AttrReader& attrs) {
  auto state = std::make_unique<SamplerState>();
  state->Read(attrs);
  state->unique = attrs.Bool("unique");
  return state;
}

Status CheckRange(const SamplerState& state, int64_t num_sampled) {
  if (!state.unique || num_sampled <= state.range) return Status();
  return InvalidArgument("attr 'num_sampled': ", num_sampled, " different classes of ", state.range, " are wanted");
}

template <typename Sampler>
Result<std::unique_ptr<OpState>> PrepareRange(PrepareContext& c) {
  const AttrReader attrs = c.attrs();
  auto state = StateOf(attrs);
  state->range = attrs.Int("range_max");
  RIVULET_RETURN_IF_ERROR(CheckRange(*state, attrs.Int("num_sampled")));
  if constexpr (std::is_same_v<Sampler, LearningSampler>) {
    if (state->range > kMostClasses) {
      return InvalidArgument("attr 'range_max': want at most ", kMostClasses, ", got ", state->range);
    }
  } else {
    state->sampler = std::make_unique<Sampler>(state->range);
  }
  return std::unique_ptr<OpState>(std::move(state));
}

Result<std::unique_ptr<OpState>> PrepareFixed(PrepareContext& c) {
  const AttrReader attrs = c.attrs();
  auto state = StateOf(attrs);
  state->range = attrs.Int("range_max");
  const int64_t shards = attrs.Int("num_shards"), shard = attrs.Int("shard");
  if (shard >= shards) return InvalidArgument("attr 'shard': want less than num_shards = ", shards, ", got ", shard);
  const std::vector<float> unigrams = attrs.Floats("unigrams");
  if (!attrs.Str("vocab_file").empty()) {
    return Unimplemented(
        "attr 'vocab_file': a model may not read files by names of its own; give the counts in 'unigrams'");
  }
  if (unigrams.empty()) return InvalidArgument("attr 'unigrams': want at least one count");
  const int64_t reserved = attrs.Int("num_reserved_ids");
  if (reserved < 0 || reserved > state->range) {
    return InvalidArgument("attr 'num_reserved_ids': want [0, range_max = ", state->range, "], got ", reserved);
  }
  std::vector<float> weights;
  for (int64_t id = 0; id < reserved; ++id) {
    if (id % shards == shard) weights.push_back(0);
  }
  // As TensorFlow counts: from the number of reserved classes in this shard.
  auto id = static_cast<int64_t>(weights.size());
  const float distortion = attrs.Float("distortion");
  for (const float count : unigrams) {
    if (id++ % shards == shard) weights.push_back(std::pow(count, distortion));
    if (!(weights.empty() || (weights.back() >= 0 && std::isfinite(weights.back())))) {
      return InvalidArgument("attr 'unigrams': want counts >= 0, got ", static_cast<double>(count));
    }
  }
  if (static_cast<int64_t>(weights.size()) != state->range) {
    return InvalidArgument("attr 'range_max': want ", static_cast<int64_t>(weights.size()),
                           ", the number of reserved ids and unigrams of this shard, got ", state->range);
  }
  float sum = 0;
  for (const float weight : weights) sum += weight;
  if (!(sum > 0)) return InvalidArgument("attr 'unigrams': want one count above 0");
  RIVULET_RETURN_IF_ERROR(CheckRange(*state, attrs.Int("num_sampled")));
  state->sampler = std::make_unique<WeightsSampler>(std::move(weights));
  return std::unique_ptr<OpState>(std::move(state));
}

// Of `tries` draws, `samples` of them different ones when classes are unique.
float ExpectedCount(float probability, int64_t samples, int64_t tries) {
  if (tries == samples) return probability * static_cast<float>(samples);
  // 1 - (1 - p)^tries without cancellation.
  return static_cast<float>(-std::expm1(static_cast<double>(tries) * std::log1p(-static_cast<double>(probability))));
}

Status CheckClasses(const Tensor& classes, int64_t range) {
  for (const int64_t value : classes.values<int64_t>()) {
    if (value < 0 || value >= range) return InvalidArgument("true_classes: want [0, ", range, "), got ", value);
  }
  return Status();
}

Status Draw(RunContext& c, const SamplerState& state, const RangeSampler& sampler) {
  RIVULET_RETURN_IF_ERROR(CheckClasses(c.input(0), sampler.range()));
  const auto samples = c.output(0).num_elements();
  PhiloxWords words(TakeStream(c, state, kBlocksPerSample * static_cast<uint64_t>(samples)));
  int64_t* sampled = c.output(0).data<int64_t>();
  std::unordered_set<int64_t> used;
  int64_t tries = 0;
  for (int64_t i = 0; i < samples;) {
    if ((++tries & 0xfff) == 0) RIVULET_RETURN_IF_ERROR(c.stop().Why());
    if (tries == kMostClasses) return ResourceExhausted("no ", samples, " different classes in 2^31 draws");
    const int64_t value = sampler.Sample(words);
    if (state.unique && !used.insert(value).second) continue;
    sampled[i++] = value;
  }
  const auto expect = [&](const int64_t* classes, Tensor& out) {
    for (int64_t i = 0; i < out.num_elements(); ++i) {
      out.data<float>()[i] = ExpectedCount(sampler.Probability(classes[i]), samples, tries);
    }
  };
  expect(c.input(0).data<int64_t>(), c.output(1));
  expect(sampled, c.output(2));
  return Status();
}

Status RunRange(RunContext& c) {
  const auto& state = c.state<SamplerState>();
  return Draw(c, state, *state.sampler);
}

Status RunLearning(RunContext& c) {
  const auto& state = c.state<SamplerState>();
  Learnt alone;
  Learnt& learnt = c.persistent() != nullptr ? c.persistent()->Get<Learnt>() : alone;
  std::lock_guard<std::mutex> lock(learnt.learning);
  if (learnt.sampler == nullptr) {
    const auto bytes = static_cast<size_t>(state.range + 1) * sizeof(int32_t);
    RIVULET_RETURN_IF_ERROR(c.allocator().Charge(bytes));  // whether there is room; the table stays outside the budget
    c.allocator().Release(bytes);
    learnt.sampler = std::make_unique<LearningSampler>(state.range);
  }
  RIVULET_RETURN_IF_ERROR(Draw(c, state, *learnt.sampler));
  learnt.sampler->Learn(c.input(0).values<int64_t>());
  return Status();
}

// Every class once: a batch of all there are.
Status RunAll(RunContext& c) {
  RIVULET_RETURN_IF_ERROR(CheckClasses(c.input(0), c.output(0).num_elements()));
  for (int64_t i = 0; i < c.output(0).num_elements(); ++i) c.output(0).data<int64_t>()[i] = i;
  for (int k = 1; k < 3; ++k) std::fill_n(c.output(k).data<float>(), c.output(k).num_elements(), 1.0f);
  return Status();
}

Status InferHits(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(c.WantRank(0, 2));
  RIVULET_RETURN_IF_ERROR(c.WantRank(1, 1));
  const int64_t num_true = c.attrs().Int("num_true");
  if (c.shape(0).has_rank() && c.shape(0)[1] >= 0 && c.shape(0)[1] != num_true) {
    return InvalidArgument("true_classes: want ", num_true, " columns (attr 'num_true'), got ", c.shape(0)[1]);
  }
  for (int i = 0; i < 3; ++i) c.set_output(i, Shape::OfUnknownDims(1));
  return Status();
}

// Positions of the samples, by their values and then by themselves.
Result<Tensor> ByValue(RunContext& c, std::span<const int64_t> sampled) {
  const auto count = static_cast<int64_t>(sampled.size());
  RIVULET_ASSIGN_OR_RETURN(Tensor order, Tensor::Allocate(DType::kInt64, {count}, c.allocator()));
  int64_t* positions = order.data<int64_t>();
  std::iota(positions, positions + count, 0);
  Sort(positions, positions + count, [&](int64_t a, int64_t b) {
    const int64_t left = sampled[static_cast<size_t>(a)], right = sampled[static_cast<size_t>(b)];
    return left != right ? left < right : a < b;
  });
  return order;
}

// Where `value` was sampled last, or -1.
int64_t LastPlace(std::span<const int64_t> order, std::span<const int64_t> sampled, int64_t value) {
  const auto above = [&](int64_t wanted, int64_t at) { return wanted < sampled[static_cast<size_t>(at)]; };
  const auto end = std::upper_bound(order.begin(), order.end(), value, above);
  return end != order.begin() && sampled[static_cast<size_t>(end[-1])] == value ? end[-1] : -1;
}

Status RunHits(RunContext& c) {
  const std::span<const int64_t> sampled = c.input(1).values<int64_t>(), classes = c.input(0).values<int64_t>();
  RIVULET_ASSIGN_OR_RETURN(const Tensor by_value, ByValue(c, sampled));
  const std::span<const int64_t> order = by_value.values<int64_t>();
  const auto is_hit = [&](int64_t value) { return LastPlace(order, sampled, value) >= 0; };
  const auto hits = std::count_if(classes.begin(), classes.end(), is_hit);
  for (int i = 0; i < 3; ++i) RIVULET_RETURN_IF_ERROR(c.AllocateOutput(i, {hits}));
  const int64_t columns = c.input(0).dim(1);
  int64_t next = 0;
  for (size_t i = 0; i < classes.size(); ++i) {
    const int64_t place = LastPlace(order, sampled, classes[i]);
    if (place < 0) continue;
    c.output(0).data<int32_t>()[next] = static_cast<int32_t>(static_cast<int64_t>(i) / columns);
    c.output(1).data<int64_t>()[next] = place;
    c.output(2).data<float>()[next++] = std::numeric_limits<float>::lowest();
  }
  return Status();
}

#define RIVULET_SAMPLER(op, more, prepare_rule, run_rule)                                                        \
  {                                                                                                              \
    .name = op, .inputs = "true_classes:i64",                                                                    \
    .outputs = "sampled_candidates:i64, true_expected_count:f32, sampled_expected_count:f32",                    \
    .attrs = "num_true:int >=1; num_sampled:int >=1; unique:bool; seed:int=0; seed2:int=0" more, .infer = Infer, \
    .prepare = prepare_rule, .run = run_rule, .flags = kStateful                                                 \
  }
#define RIVULET_RANGE "; range_max:int >=1"

constexpr OpDef kDefs[] = {
    RIVULET_SAMPLER("UniformCandidateSampler", RIVULET_RANGE, PrepareRange<UniformSampler>, RunRange),
    RIVULET_SAMPLER("LogUniformCandidateSampler", RIVULET_RANGE, PrepareRange<LogUniformSampler>, RunRange),
    RIVULET_SAMPLER("LearnedUnigramCandidateSampler", RIVULET_RANGE, PrepareRange<LearningSampler>, RunLearning),
    RIVULET_SAMPLER("ThreadUnsafeUnigramCandidateSampler", RIVULET_RANGE, PrepareRange<LearningSampler>, RunLearning),
    RIVULET_SAMPLER("FixedUnigramCandidateSampler",
                    RIVULET_RANGE "; vocab_file:string=\"\"; distortion:float=1; num_reserved_ids:int=0; "
                                  "num_shards:int=1 >=1; shard:int=0 >=0; unigrams:list(float)=[]",
                    PrepareFixed, RunRange),
    RIVULET_SAMPLER("AllCandidateSampler", "", nullptr, RunAll),
    {.name = "ComputeAccidentalHits",
     .inputs = "true_classes:i64, sampled_candidates:i64",
     .outputs = "indices:i32, ids:i64, weights:f32",
     .attrs = "num_true:int; seed:int=0; seed2:int=0",
     .infer = InferHits,
     .run = RunHits,
     .flags = kDataDependent},
};

}  // namespace

RIVULET_OP_LIST(CandidateSampler, kDefs);

}  // namespace rivulet
