#include "engine/ops/unicode_tables.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <span>

namespace rivulet {
namespace {

// `count` letters from `first` on, `step` apart, whose other case is `delta` away.
struct CaseRange {
  uint32_t first : 21;
  uint32_t count : 9;
  uint32_t step : 2;
  int32_t delta;
};
// A letter whose other case is up to 3 letters; 0 for none.
struct SpecialCase {
  char16_t letter;
  char16_t text[3];
};

#include "engine/ops/unicode_tables.inc"

// The tables above have ascending numbers of 4 bytes, of which an engine keeps the differences: 7 bits a byte, the
// highest bit says that more follow.
template <const auto& kNumbers>
struct Differences {
  static constexpr size_t Encode(uint8_t* out) {
    size_t size = 0;
    uint32_t before = 0;
    for (const uint32_t number : kNumbers) {
      uint32_t rest = number - before;
      before = number;
      for (; rest > 0x7F; rest >>= 7, ++size) {
        if (out != nullptr) out[size] = static_cast<uint8_t>(0x80 | (rest & 0x7F));
      }
      if (out != nullptr) out[size] = static_cast<uint8_t>(rest);
      ++size;
    }
    return size;
  }
  static constexpr auto kBytes = [] {
    std::array<uint8_t, Encode(nullptr)> bytes{};
    Encode(bytes.data());
    return bytes;
  }();
};

uint32_t NextDifference(const uint8_t** at) {
  uint32_t difference = 0;
  for (int shift = 0;; shift += 7) {
    const uint32_t byte = *(*at)++;
    difference |= (byte & 0x7F) << shift;
    if (byte <= 0x7F) return difference;
  }
}

// Where a property is true: from every even number to before the next odd one.
bool Has(std::span<const uint8_t> changes, char32_t c) {
  uint32_t number = 0;
  bool has = false;
  for (const uint8_t* at = changes.data(); at != changes.data() + changes.size(); has = !has) {
    number += NextDifference(&at);
    if (number > c) break;
  }
  return has;
}

constexpr auto kCasedChanges = Differences<kCased>::kBytes;
constexpr auto kCaseIgnoredChanges = Differences<kCaseIgnored>::kBytes;
constexpr auto kScriptDifferences = Differences<kScripts>::kBytes;

using Scripts = std::array<uint32_t, std::size(kScripts)>;

Scripts DecodeScripts() {
  Scripts scripts;
  uint32_t number = 0;
  const uint8_t* at = kScriptDifferences.data();
  for (uint32_t& script : scripts) script = number += NextDifference(&at);
  return scripts;
}

void AppendCase(char32_t c, std::span<const CaseRange> ranges, std::span<const SpecialCase> special,
                std::u32string* out) {
  const auto exact = std::lower_bound(special.begin(), special.end(), c,
                                      [](const SpecialCase& one, char32_t letter) { return one.letter < letter; });
  if (exact != special.end() && exact->letter == c) {
    for (const char32_t letter : exact->text) {
      if (letter != 0) out->push_back(letter);
    }
    return;
  }
  const auto after = std::upper_bound(ranges.begin(), ranges.end(), c,
                                      [](char32_t letter, const CaseRange& one) { return letter < one.first; });
  if (after != ranges.begin()) {
    const CaseRange& range = *(after - 1);
    const uint32_t offset = static_cast<uint32_t>(c) - range.first;
    if (offset % range.step == 0 && offset / range.step < range.count) {
      out->push_back(static_cast<char32_t>(static_cast<int32_t>(c) + range.delta));
      return;
    }
  }
  out->push_back(c);
}

constexpr char32_t kSigma = 0x3A3, kFinalSigma = 0x3C2;

// Whether a cased letter comes next, from `begin` to `end`, after letters that do not count.
template <typename Iterator>
bool MeetsCased(Iterator begin, Iterator end) {
  const auto next = std::find_if(begin, end, [](char32_t c) { return !Has(kCaseIgnoredChanges, c); });
  return next != end && Has(kCasedChanges, *next);
}

}  // namespace

int32_t ScriptOf(int32_t code_point) {
  if (code_point < 0 || code_point > 0x10FFFF) return -1;
  static const Scripts scripts = DecodeScripts();
  const auto after = std::upper_bound(scripts.begin(), scripts.end(), static_cast<uint32_t>(code_point),
                                      [](uint32_t c, uint32_t entry) { return c < entry >> 8; });
  return static_cast<int32_t>(*(after - 1) & 0xFF);
}

std::u32string LowerCase(const std::u32string& text) {
  std::u32string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == kSigma) {
      const auto at = text.begin() + static_cast<std::ptrdiff_t>(i);
      const bool ends_word = MeetsCased(std::make_reverse_iterator(at), text.rend()) && !MeetsCased(at + 1, text.end());
      if (ends_word) {
        out.push_back(kFinalSigma);
        continue;
      }
    }
    AppendCase(text[i], kLowerRanges, kLowerSpecial, &out);
  }
  return out;
}

std::u32string UpperCase(const std::u32string& text) {
  std::u32string out;
  out.reserve(text.size());
  for (const char32_t c : text) AppendCase(c, kUpperRanges, kUpperSpecial, &out);
  return out;
}

}  // namespace rivulet
