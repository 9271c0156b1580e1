// The polynomial 0x1EDC6F41, bit-reversed. Eight bytes a step: the processor's instruction where it has one, else eight
// tables, where table k holds the effect of a byte that k more bytes follow.
#include "engine/base/crc32c.h"

#include <array>
#include <cstring>

namespace rivulet {
namespace {

using Tables = std::array<std::array<uint32_t, 256>, 8>;

constexpr Tables MakeTables() {
  Tables tables{};
  for (uint32_t i = 0; i < 256; ++i) {
    uint32_t crc = i;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0x82F63B78u : 0u);
    tables[0][i] = crc;
  }
  for (uint32_t i = 0; i < 256; ++i) {
    for (size_t k = 1; k < 8; ++k) {
      const uint32_t before = tables[k - 1][i];
      tables[k][i] = (before >> 8) ^ tables[0][before & 0xFF];
    }
  }
  return tables;
}

constexpr Tables kTables = MakeTables();

uint32_t ByTable(uint32_t state, const uint8_t* p, size_t count) {
  for (; count >= 8; count -= 8, p += 8) {
    const uint32_t low = state ^ (uint32_t{p[0]} | uint32_t{p[1]} << 8 | uint32_t{p[2]} << 16 | uint32_t{p[3]} << 24);
    state = kTables[7][low & 0xFF] ^ kTables[6][(low >> 8) & 0xFF] ^ kTables[5][(low >> 16) & 0xFF] ^
            kTables[4][low >> 24] ^ kTables[3][p[4]] ^ kTables[2][p[5]] ^ kTables[1][p[6]] ^ kTables[0][p[7]];
  }
  for (; count > 0; --count, ++p) state = (state >> 8) ^ kTables[0][(state ^ *p) & 0xFF];
  return state;
}

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) uint32_t ByInstruction(uint32_t state, const uint8_t* p, size_t count) {
  uint64_t wide = state;
  for (; count >= 8; count -= 8, p += 8) {
    uint64_t word;
    std::memcpy(&word, p, 8);
    wide = __builtin_ia32_crc32di(wide, word);
  }
  auto narrow = static_cast<uint32_t>(wide);
  for (; count > 0; --count, ++p) narrow = __builtin_ia32_crc32qi(narrow, *p);
  return narrow;
}
#endif

}  // namespace

uint32_t ExtendCrc32c(uint32_t crc, std::span<const uint8_t> bytes) {
#if defined(__SSE4_2__)
  return ~ByInstruction(~crc, bytes.data(), bytes.size());
#elif defined(__x86_64__)
  static const bool has_instruction = __builtin_cpu_supports("sse4.2");
  if (has_instruction) return ~ByInstruction(~crc, bytes.data(), bytes.size());
  return ~ByTable(~crc, bytes.data(), bytes.size());
#else
  return ~ByTable(~crc, bytes.data(), bytes.size());
#endif
}

uint32_t Crc32cByTable(std::span<const uint8_t> bytes) { return ~ByTable(~0u, bytes.data(), bytes.size()); }

}  // namespace rivulet
