// Functions of whole numbers that AudioMicrofrontend scales its channels by, rounded as TensorFlow's.
#ifndef RIVULET_ENGINE_OPS_FIXED_POINT_SCALE_H_
#define RIVULET_ENGINE_OPS_FIXED_POINT_SCALE_H_

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>

namespace rivulet {

// A gain for numbers of any size: three coefficients of a parabola for each power of two.
class GainTable {
 public:
  GainTable() = default;
  GainTable(float offset, float strength, int64_t gain_bits, int64_t input_bits) {
    const auto gain = [&](uint32_t x) {
      const float at = static_cast<float>(x) / static_cast<float>(uint32_t{1} << input_bits);
      const float value = static_cast<float>(uint32_t{1} << gain_bits) * std::pow(at + offset, -strength);
      return value > 32767 ? int16_t{32767} : static_cast<int16_t>(value + 0.5f);
    };
    small_[0] = gain(0);
    small_[1] = gain(1);
    for (int bits = 2; bits <= 32; ++bits) {
      const uint32_t x = uint32_t{1} << (bits - 1);
      const int32_t y = gain(x), middle = gain(x + x / 2) - y, end = gain(bits == 32 ? x + (x - 1) : 2 * x) - y;
      const int32_t slope = 4 * middle - end;
      parts_[bits] = {static_cast<int16_t>(y), static_cast<int16_t>(slope), static_cast<int16_t>(end - slope)};
    }
  }

  uint32_t At(uint32_t x) const {
    if (x < 2) return static_cast<uint32_t>(small_[x]);
    const int bits = std::bit_width(x);
    const Part& part = parts_[bits];
    if (x == 2) return static_cast<uint32_t>(part.value);
    const auto rest = static_cast<int32_t>((bits < 11 ? x << (11 - bits) : x >> (bits - 11)) & 0x3FF);
    const int32_t bend = ((part.bend * rest) >> 5) + part.slope * 32;
    const auto scaled = static_cast<int64_t>(bend) * rest;
    return static_cast<uint32_t>(static_cast<int16_t>(((scaled + (1 << 14)) >> 15) + part.value));
  }

 private:
  struct Part {
    int16_t value = 0, slope = 0, bend = 0;
  };
  int16_t small_[2] = {};
  Part parts_[33] = {};
};

// The natural logarithm times 2^scale_shift of x > 1: by a table of how far log2(1 + f) is above f.
class LogTable {
 public:
  LogTable() {
    for (int i = 0; i <= 128; ++i)
      above_[i] = static_cast<int32_t>(std::lround(65536 * (std::log2(1 + i / 128.0) - i / 128.0)));
  }
  uint32_t At(uint32_t x, int64_t scale_shift) const {
    const int whole = std::bit_width(x) - 1;
    const uint32_t rest = x - (uint32_t{1} << whole);
    const auto part = static_cast<int32_t>(whole < 16 ? rest << (16 - whole) : rest >> (whole - 16));
    const int32_t i = part >> 9;
    const int32_t between = ((above_[i + 1] - above_[i]) * (part - i * 512)) >> 16;
    const auto log2 = (static_cast<uint32_t>(whole) << 16) + static_cast<uint32_t>(part + above_[i] + between);
    constexpr uint64_t ln2 = 45426;  // of 2^16
    const auto log = static_cast<uint32_t>((ln2 * log2 + 32768) >> 16);
    return ((log << scale_shift) + 32768) >> 16;
  }

 private:
  int32_t above_[130] = {};
};

// The root, to nearest; but never above 65535 for what fits in 32 bits, nor above 2^32 - 1.
inline uint32_t RoundedRoot(uint64_t x) {
  auto root = static_cast<uint64_t>(std::sqrt(static_cast<double>(x)));
  root = std::min<uint64_t>(root, 0xFFFFFFFF);
  while (root * root > x) --root;
  while (root < 0xFFFFFFFF && (root + 1) * (root + 1) <= x) ++root;
  const uint64_t most = x >> 32 == 0 ? 0xFFFF : 0xFFFFFFFF;
  return static_cast<uint32_t>(x - root * root > root && root != most ? root + 1 : root);
}

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_FIXED_POINT_SCALE_H_
