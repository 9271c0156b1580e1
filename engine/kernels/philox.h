// Philox4x32-10, the counter-based generator of TensorFlow's random operators, and its distributions, bit for bit.
//
// A block is four 32-bit words made from a 128-bit counter and a 64-bit key; the next block has the next counter.
// Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
#ifndef RIVULET_ENGINE_KERNELS_PHILOX_H_
#define RIVULET_ENGINE_KERNELS_PHILOX_H_

#include <array>
#include "engine/base/bit_cast.h"
#include <cmath>
#include <cstdint>

#include "rivulet/dtype.h"

namespace rivulet {

class Philox {
 public:
  using Block = std::array<uint32_t, 4>;
  using Key = std::array<uint32_t, 2>;

  Philox() = default;
  Philox(Block counter, Key key) : counter_(counter), key_(key) {}
  // Two seeds as the stateful operators take them: the key, and the upper half of the counter.
  static Philox FromSeeds(uint64_t seed, uint64_t seed2) {
    return Philox({0, 0, Low(seed2), High(seed2)}, {Low(seed), High(seed)});
  }

  // Passes over `blocks` blocks.
  void Skip(uint64_t blocks) {
    const uint64_t low = Join(counter_[0], counter_[1]);
    const uint64_t sum = low + blocks;
    counter_[0] = Low(sum);
    counter_[1] = High(sum);
    if (sum < low) {
      const uint64_t high = Join(counter_[2], counter_[3]) + 1;
      counter_[2] = Low(high);
      counter_[3] = High(high);
    }
  }

  Block Next() {
    Block c = counter_;
    Key k = key_;
    for (int round = 0; round < 10; ++round) {
      const uint64_t p0 = uint64_t{0xD2511F53} * c[0];
      const uint64_t p1 = uint64_t{0xCD9E8D57} * c[2];
      c = {High(p1) ^ c[1] ^ k[0], Low(p1), High(p0) ^ c[3] ^ k[1], Low(p0)};
      k[0] += 0x9E3779B9;
      k[1] += 0xBB67AE85;
    }
    Skip(1);
    return c;
  }

  const Block& counter() const { return counter_; }
  const Key& key() const { return key_; }

  static uint32_t Low(uint64_t v) { return static_cast<uint32_t>(v); }
  static uint32_t High(uint64_t v) { return static_cast<uint32_t>(v >> 32); }
  static uint64_t Join(uint32_t low, uint32_t high) { return low | (static_cast<uint64_t>(high) << 32); }

 private:
  Block counter_{};
  Key key_{};
};

// The words of the blocks one by one.
class PhiloxWords {
 public:
  explicit PhiloxWords(const Philox& generator) : generator_(generator) {}
  uint32_t Next() {
    if (used_ == 4) {
      block_ = generator_.Next();
      used_ = 0;
    }
    return block_[static_cast<size_t>(used_++)];
  }

 private:
  Philox generator_;
  Philox::Block block_{};
  int used_ = 4;
};

// [0, 1) with as many random bits as the type's mantissa has: the bits are put under the exponent of 1.
inline float UniformFloat(uint32_t word) { return BitCast<float>((127u << 23) | (word & 0x7FFFFFu)) - 1.0f; }
inline double UniformDouble(uint32_t high, uint32_t low) {
  const uint64_t mantissa = (static_cast<uint64_t>(high & 0xFFFFFu) << 32) | low;
  return BitCast<double>((uint64_t{1023} << 52) | mantissa) - 1.0;
}
inline Half UniformHalf(uint32_t word) {
  Half one_to_two;
  one_to_two.bits = static_cast<uint16_t>((15u << 10) | (word & 0x3FFu));
  return Half(static_cast<float>(one_to_two) - 1.0f);
}
inline BFloat16 UniformBFloat16(uint32_t word) {
  BFloat16 one_to_two;
  one_to_two.bits = static_cast<uint16_t>((127u << 7) | (word & 0x7Fu));
  return BFloat16(static_cast<float>(one_to_two) - 1.0f);
}

// Two normal numbers from two uniform ones (Box and Muller); uniform numbers below 1e-7 count as 1e-7.
inline std::array<float, 2> NormalFloats(uint32_t a, uint32_t b) {
  const float u = std::fmax(UniformFloat(a), 1e-7f);
  const auto angle = static_cast<float>(2.0 * 3.14159265358979323846 * static_cast<double>(UniformFloat(b)));
  const float radius = std::sqrt(-2.0f * std::log(u));
  return {std::sin(angle) * radius, std::cos(angle) * radius};
}
inline std::array<double, 2> NormalDoubles(uint32_t a, uint32_t b, uint32_t c, uint32_t d) {
  const double u = std::fmax(UniformDouble(a, b), 1e-7);
  const double angle = 2.0 * 3.14159265358979323846 * UniformDouble(c, d);
  const double radius = std::sqrt(-2.0 * std::log(u));
  return {std::sin(angle) * radius, std::cos(angle) * radius};
}

}  // namespace rivulet

#endif  // RIVULET_ENGINE_KERNELS_PHILOX_H_
