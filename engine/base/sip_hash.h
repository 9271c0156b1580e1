// A keyed hash: only who knows the key can say where a text falls, or make many fall into one place.
#ifndef RIVULET_ENGINE_BASE_SIP_HASH_H_
#define RIVULET_ENGINE_BASE_SIP_HASH_H_

#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace rivulet {

// SipHash-c-d (J.-P. Aumasson, D. J. Bernstein, 2012; public domain): rounds for each word, and at the end.
template <int kWordRounds, int kEndRounds>
class SipHashOf {
 public:
  SipHashOf(uint64_t key0, uint64_t key1)
      : a_(key0 ^ 0x736f6d6570736575),
        b_(key1 ^ 0x646f72616e646f6d),
        c_(key0 ^ 0x6c7967656e657261),
        d_(key1 ^ 0x7465646279746573) {}

  uint64_t Of(std::string_view bytes) {
    const size_t whole = bytes.size() / 8 * 8;
    for (size_t at = 0; at < whole; at += 8) Take(Word(bytes.data() + at));
    uint64_t last = uint64_t{bytes.size()} << 56;
    for (size_t i = 0; whole + i < bytes.size(); ++i) last |= Byte(bytes.data() + whole + i) << (8 * i);
    Take(last);
    c_ ^= 0xff;
    for (int i = 0; i < kEndRounds; ++i) Round();
    return a_ ^ b_ ^ c_ ^ d_;
  }

 private:
  static uint64_t Byte(const char* at) { return static_cast<uint8_t>(*at); }
  // Eight bytes, the lowest first. A byte at a time takes as long as two words' rounds.
  static uint64_t Word(const char* at) {
    uint64_t word = 0;
    if constexpr (std::endian::native == std::endian::little) {
      std::memcpy(&word, at, sizeof(word));
    } else {
      for (int i = 0; i < 8; ++i) word |= Byte(at + i) << (8 * i);
    }
    return word;
  }
  void Take(uint64_t word) {
    d_ ^= word;
    for (int i = 0; i < kWordRounds; ++i) Round();
    a_ ^= word;
  }
  void Round() {
    a_ += b_;
    c_ += d_;
    b_ = std::rotl(b_, 13) ^ a_;
    d_ = std::rotl(d_, 16) ^ c_;
    a_ = std::rotl(a_, 32) + d_;
    c_ += b_;
    d_ = std::rotl(d_, 21) ^ a_;
    b_ = std::rotl(b_, 17) ^ c_;
    c_ = std::rotl(c_, 32);
  }
  uint64_t a_, b_, c_, d_;
};

// What TensorFlow calls strong.
using SipHash = SipHashOf<2, 4>;

}  // namespace rivulet

#endif  // RIVULET_ENGINE_BASE_SIP_HASH_H_
