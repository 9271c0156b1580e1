#include "engine/ops/random_stream.h"

#include <random>

namespace rivulet {
Philox TakeStream(RunContext& c, const SeedState& seeds, uint64_t blocks) {
  RandomStream alone;
  RandomStream& stream = c.persistent() != nullptr ? c.persistent()->Get<RandomStream>() : alone;
  std::lock_guard<std::mutex> lock(stream.mutex);
  if (!stream.started) {
    uint64_t seed = seeds.seed;
    uint64_t seed2 = seeds.seed2;
    if (seed == 0 && seed2 == 0) {
      std::random_device device;
      seed = Philox::Join(device(), device());
      seed2 = Philox::Join(device(), device());
    }
    stream.generator = Philox::FromSeeds(seed, seed2);
    stream.started = true;
  }
  const Philox generator = stream.generator;
  stream.generator.Skip(blocks);
  return generator;
}

// The seed is scrambled once through Philox itself, so that neighbouring seeds give unrelated streams.
Philox StatelessStream(const Tensor& seed) {
  const std::vector<int64_t> s = ToInt64s(seed);
  const auto seed0 = static_cast<uint64_t>(s[0]);
  const auto seed1 = static_cast<uint64_t>(s[1]);
  // TensorFlow's fixed key for this step.
  Philox mixer({Philox::Low(seed0), Philox::High(seed0), Philox::Low(seed1), Philox::High(seed1)},
               {0x3EC8F720, 0x02461E29});
  const Philox::Block mix = mixer.Next();
  return Philox({0, 0, mix[2], mix[3]}, {mix[0], mix[1]});
}

Result<Philox> KeyedStream(const Tensor& key, const Tensor& counter, const Tensor& algorithm) {
  const int32_t alg = algorithm.data<int32_t>()[0];
  if (alg != 1 && alg != 3) return Unimplemented("alg: want 1 (Philox) or 3 (auto), got ", alg);
  const uint64_t k = key.data<uint64_t>()[0];
  const uint64_t* c = counter.data<uint64_t>();
  return Philox({Philox::Low(c[0]), Philox::High(c[0]), Philox::Low(c[1]), Philox::High(c[1])},
                {Philox::Low(k), Philox::High(k)});
}

}  // namespace rivulet
