#include "cli/tf/sha1.h"

#include <bit>
#include <string>

namespace rivulet::tf {

std::array<uint8_t, 20> Sha1(std::string_view bytes) {
  // FIPS 180-4: the bytes, a one bit, zeros, and the length in bits to whole blocks of 64.
  std::string padded(bytes);
  padded += '\x80';
  padded.append((120 - padded.size() % 64) % 64, '\0');
  for (int shift = 56; shift >= 0; shift -= 8) padded += static_cast<char>(uint64_t{bytes.size()} * 8 >> shift);
  uint32_t state[5] = {0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0};
  for (size_t block = 0; block < padded.size(); block += 64) {
    uint32_t w[80];
    for (size_t t = 0; t < 80; ++t) {
      if (t < 16) {
        w[t] = 0;
        for (size_t i = 0; i < 4; ++i) w[t] = w[t] << 8 | static_cast<uint8_t>(padded[block + 4 * t + i]);
      } else {
        w[t] = std::rotl(w[t - 3] ^ w[t - 8] ^ w[t - 14] ^ w[t - 16], 1);
      }
    }
    uint32_t a = state[0], b = state[1], c = state[2], d = state[3], e = state[4];
    for (size_t t = 0; t < 80; ++t) {
      const uint32_t f = t < 20              ? ((b & c) | (~b & d))
                         : t < 40 || t >= 60 ? (b ^ c ^ d)
                                             : ((b & c) | (b & d) | (c & d));
      static constexpr uint32_t kRound[] = {0x5A827999, 0x6ED9EBA1, 0x8F1BBCDC, 0xCA62C1D6};
      const uint32_t next = std::rotl(a, 5) + f + e + kRound[t / 20] + w[t];
      e = d;
      d = c;
      c = std::rotl(b, 30);
      b = a;
      a = next;
    }
    state[0] += a;
    state[1] += b;
    state[2] += c;
    state[3] += d;
    state[4] += e;
  }
  std::array<uint8_t, 20> digest;
  for (size_t i = 0; i < 20; ++i) digest[i] = static_cast<uint8_t>(state[i / 4] >> (24 - 8 * (i % 4)));
  return digest;
}

}  // namespace rivulet::tf
