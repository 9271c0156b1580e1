#include "engine/ops/fingerprint64.h"

#include <bit>
#include <utility>

namespace rivulet {
namespace {

// Odd numbers of FarmHash; they were found by search, not derived.
constexpr uint64_t kFirst = 0xc3a5c85c97cb3127;
constexpr uint64_t kSecond = 0xb492b66fbe98f273;
constexpr uint64_t kThird = 0x9ae16a3b2f90404f;

uint64_t Fold(uint64_t x) { return x ^ (x >> 47); }

// One hash of two numbers.
uint64_t Join(uint64_t low, uint64_t high, uint64_t multiplier) {
  const uint64_t mixed = Fold((low ^ high) * multiplier);
  return Fold((high ^ mixed) * multiplier) * multiplier;
}

// Little-endian numbers within the bytes, which the callers know to be long enough.
class Words {
 public:
  explicit Words(std::string_view bytes) : bytes_(bytes) {}
  uint64_t size() const { return bytes_.size(); }
  uint64_t Byte(size_t at) const { return static_cast<uint8_t>(bytes_[at]); }
  uint64_t Four(size_t at) const { return Read(at, 4); }
  uint64_t Eight(size_t at) const { return Read(at, 8); }
  // Eight bytes of which the last is `from_end` - 8 bytes before the end.
  uint64_t Last(size_t from_end) const { return Eight(bytes_.size() - from_end); }

 private:
  uint64_t Read(size_t at, int count) const {
    uint64_t value = 0;
    for (int i = 0; i < count; ++i) value |= Byte(at + static_cast<size_t>(i)) << (8 * i);
    return value;
  }
  std::string_view bytes_;
};

uint64_t UpTo16(const Words& words) {
  const uint64_t size = words.size();
  const uint64_t multiplier = kThird + size * 2;
  if (size >= 8) {
    const uint64_t head = words.Eight(0) + kThird, tail = words.Last(8);
    return Join(std::rotr(tail, 37) * multiplier + head, (std::rotr(head, 25) + tail) * multiplier, multiplier);
  }
  if (size >= 4) return Join(size + (words.Four(0) << 3), words.Four(size - 4), multiplier);
  if (size == 0) return kThird;
  const uint64_t head = words.Byte(0) + (words.Byte(size / 2) << 8);
  const uint64_t tail = size + (words.Byte(size - 1) << 2);
  return Fold((head * kThird) ^ (tail * kFirst)) * kThird;
}

uint64_t UpTo32(const Words& words) {
  const uint64_t multiplier = kThird + words.size() * 2;
  const uint64_t a = words.Eight(0) * kSecond, b = words.Eight(8);
  const uint64_t c = words.Last(8) * multiplier, d = words.Last(16) * kThird;
  return Join(std::rotr(a + b, 43) + std::rotr(c, 30) + d, a + std::rotr(b + kThird, 18) + c, multiplier);
}

uint64_t UpTo64(const Words& words) {
  const uint64_t multiplier = kThird + words.size() * 2;
  const uint64_t a = words.Eight(0) * kThird, b = words.Eight(8);
  const uint64_t c = words.Last(8) * multiplier, d = words.Last(16) * kThird;
  const uint64_t outer = std::rotr(a + b, 43) + std::rotr(c, 30) + d;
  const uint64_t inner = Join(outer, a + std::rotr(b + kThird, 18) + c, multiplier);
  const uint64_t e = words.Eight(16) * multiplier, f = words.Eight(24);
  const uint64_t g = (outer + words.Last(32)) * multiplier, h = (inner + words.Last(24)) * multiplier;
  return Join(std::rotr(e + f, 43) + std::rotr(g, 30) + h, e + std::rotr(f + a, 18) + g, multiplier);
}

struct Pair {
  uint64_t first = 0, second = 0;
};

// The 32 bytes at `at` and two seeds as two numbers.
Pair Mix32(const Words& words, size_t at, uint64_t a, uint64_t b) {
  const uint64_t last = words.Eight(at + 24);
  a += words.Eight(at);
  b = std::rotr(b + a + last, 21);
  const uint64_t start = a;
  a += words.Eight(at + 8) + words.Eight(at + 16);
  return {a + last, b + std::rotr(a, 44) + start};
}

uint64_t Longer(const Words& words) {
  constexpr uint64_t kSeed = 81;
  uint64_t y = kSeed * kSecond + 113;
  uint64_t z = Fold(y * kThird + 113) * kThird;
  uint64_t x = kSeed * kThird + words.Eight(0);
  Pair v, w;
  // All of the first (size - 1) / 64 blocks, then the last 64 bytes, which may overlap them.
  const size_t left = (words.size() - 1) % 64;
  const size_t end = words.size() - 1 - left;
  for (size_t at = 0; at < end; at += 64) {
    x = std::rotr(x + y + v.first + words.Eight(at + 8), 37) * kSecond;
    y = std::rotr(y + v.second + words.Eight(at + 48), 42) * kSecond;
    x ^= w.second;
    y += v.first + words.Eight(at + 40);
    z = std::rotr(z + w.first, 33) * kSecond;
    v = Mix32(words, at, v.second * kSecond, x + w.first);
    w = Mix32(words, at + 32, z + w.second, y + words.Eight(at + 16));
    std::swap(z, x);
  }
  const uint64_t multiplier = kSecond + ((z & 0xff) << 1);
  const size_t at = words.size() - 64;
  w.first += left;
  v.first += w.first;
  w.first += v.first;
  x = std::rotr(x + y + v.first + words.Eight(at + 8), 37) * multiplier;
  y = std::rotr(y + v.second + words.Eight(at + 48), 42) * multiplier;
  x ^= w.second * 9;
  y += v.first * 9 + words.Eight(at + 40);
  z = std::rotr(z + w.first, 33) * multiplier;
  v = Mix32(words, at, v.second * multiplier, x + w.first);
  w = Mix32(words, at + 32, z + w.second, y + words.Eight(at + 16));
  return Join(Join(v.first, w.first, multiplier) + Fold(y) * kFirst + x, Join(v.second, w.second, multiplier) + z,
              multiplier);
}

}  // namespace

uint64_t Fingerprint64(std::string_view bytes) {
  const Words words(bytes);
  if (bytes.size() <= 16) return UpTo16(words);
  if (bytes.size() <= 32) return UpTo32(words);
  if (bytes.size() <= 64) return UpTo64(words);
  return Longer(words);
}

}  // namespace rivulet
