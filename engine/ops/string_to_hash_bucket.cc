// StringToHashBucketFast, StringToHashBucketStrong, StringToHashBucket: y = hash(x) mod num_buckets, x: [..] of
// strings, y: [..] of int64. Fast is Fingerprint64, Strong is SipHash-2-4 under the attribute's key, the oldest is
// Hash64.
#include "engine/base/sip_hash.h"
#include "engine/ops/fingerprint64.h"
#include "engine/ops/hash64.h"
#include "engine/ops/op.h"
#include "engine/ops/plain_infer.h"
#include "engine/ops/with.h"

namespace rivulet {
namespace {

struct State : OpState {
  uint64_t num_buckets = 1;
  uint64_t key[2] = {0, 0};
};

Status InferStrong(InferContext& c) {
  const std::vector<int64_t> key = c.attrs().Ints("key");
  if (key.size() != 2) {
    return InvalidArgument("attr 'key': want 2 numbers, got ", static_cast<int64_t>(key.size()));
  }
  return InferLikeFirst(c);
}

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c, bool has_key) {
  auto state = std::make_unique<State>();
  state->num_buckets = static_cast<uint64_t>(c.attrs().Int("num_buckets"));
  if (has_key) {
    const std::vector<int64_t> key = c.attrs().Ints("key");
    for (size_t i = 0; i < 2; ++i) state->key[i] = static_cast<uint64_t>(key[i]);
  }
  return std::unique_ptr<OpState>(std::move(state));
}

uint64_t Fast(const State&, std::string_view text) { return Fingerprint64(text); }
uint64_t Strong(const State& state, std::string_view text) { return SipHash(state.key[0], state.key[1]).Of(text); }
uint64_t Old(const State&, std::string_view text) { return Hash64(text); }

template <auto kHash>
Status Run(RunContext& c) {
  const State& state = c.state<State>();
  const std::string* text = c.input(0).data<std::string>();
  int64_t* bucket = c.output(0).data<int64_t>();
  c.ParallelFor(c.output(0).num_elements(), 1 << 10, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) bucket[i] = static_cast<int64_t>(kHash(state, text[i]) % state.num_buckets);
  });
  return Status();
}

constexpr OpDef kDefs[] = {
    {.name = "StringToHashBucketFast",
     .inputs = "input:str",
     .outputs = "output:i64",
     .attrs = "num_buckets:int >=1",
     .infer = InferLikeFirst,
     .prepare = With<Prepare, false>,
     .run = Run<Fast>},
    {.name = "StringToHashBucketStrong",
     .inputs = "input:str",
     .outputs = "output:i64",
     .attrs = "num_buckets:int >=1; key:list(int)",
     .infer = InferStrong,
     .prepare = With<Prepare, true>,
     .run = Run<Strong>},
    {.name = "StringToHashBucket",
     .inputs = "string_tensor:str",
     .outputs = "output:i64",
     .attrs = "num_buckets:int >=1",
     .infer = InferLikeFirst,
     .prepare = With<Prepare, false>,
     .run = Run<Old>},
};

}  // namespace

RIVULET_OP_LIST(StringToHashBucket, kDefs);

}  // namespace rivulet
