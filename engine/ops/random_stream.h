// The Philox stream of a stateful random operator: it belongs to the session, starts from the node's seeds and goes on
// where the last run stopped. Seeds 0 and 0 mean seeds from the system.
#ifndef RIVULET_ENGINE_OPS_RANDOM_STREAM_H_
#define RIVULET_ENGINE_OPS_RANDOM_STREAM_H_

#include "engine/kernels/philox.h"
#include "engine/ops/op.h"

namespace rivulet {

// What prepare keeps; operators with more to keep derive from it.
struct SeedState : OpState {
  uint64_t seed = 0;
  uint64_t seed2 = 0;

  void Read(const AttrReader& attrs) {
    seed = static_cast<uint64_t>(attrs.Int("seed"));
    seed2 = static_cast<uint64_t>(attrs.Int("seed2"));
  }
};

inline Result<std::unique_ptr<OpState>> PrepareSeeds(PrepareContext& c) {
  auto state = std::make_unique<SeedState>();
  state->Read(c.attrs());
  return std::unique_ptr<OpState>(std::move(state));
}

// An operator that keeps more in the session derives from it, and gets its own before it takes the stream.
struct RandomStream : Persistent {
  std::mutex mutex;
  bool started = false;
  Philox generator;
};

// The generator for this run; the stream advances by `blocks` for the next one.
Philox TakeStream(RunContext& c, const SeedState& seeds, uint64_t blocks);

// TensorFlow's generator of the stateless operators' V1 forms: seed [2] of int32 or int64.
Philox StatelessStream(const Tensor& seed);
// Of their V2 forms: key [1], counter [2], algorithm (1 Philox, 3 whichever: Philox).
Result<Philox> KeyedStream(const Tensor& key, const Tensor& counter, const Tensor& algorithm);

// Numbers of [0, n) without bias; n > 0. A word of the stream each, seldom more.
inline uint32_t UniformBelow(PhiloxWords& words, uint32_t n) {
  if ((n & (n - 1)) == 0) return words.Next() & (n - 1);
  const uint32_t surplus = ~uint32_t{0} % n + 1;  // 2^32 mod n: so many words would favour small numbers
  uint32_t word = words.Next();
  while (word < surplus) word = words.Next();
  return word % n;
}

// The same of two words each.
inline uint64_t UniformBelow64(PhiloxWords& words, uint64_t n) {
  const auto next = [&] {
    const uint32_t low = words.Next();
    return Philox::Join(low, words.Next());
  };
  if ((n & (n - 1)) == 0) return next() & (n - 1);
  const uint64_t surplus = ~uint64_t{0} % n + 1;
  uint64_t word = next();
  while (word < surplus) word = next();
  return word % n;
}

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_RANDOM_STREAM_H_
