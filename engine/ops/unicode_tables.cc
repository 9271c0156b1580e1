#include "engine/ops/unicode_tables.h"

#include <algorithm>
#include <iterator>
#include <span>

namespace rivulet {
namespace {

// `count` letters from `first` on, `step` apart, whose other case is `delta` away.
struct CaseRange {
  uint32_t first;
  uint16_t count;
  uint16_t step;
  int32_t delta;
};
// A letter whose other case is up to 3 letters; 0 for none.
struct SpecialCase {
  uint32_t letter;
  char32_t text[3];
};

#include "engine/ops/unicode_tables.inc"

// Where a property is true: from every even entry to before the next odd one.
bool Has(std::span<const uint32_t> changes, char32_t c) {
  const auto after = std::upper_bound(changes.begin(), changes.end(), static_cast<uint32_t>(c));
  return (after - changes.begin()) % 2 == 1;
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
  const auto next = std::find_if(begin, end, [](char32_t c) { return !Has(kCaseIgnored, c); });
  return next != end && Has(kCased, *next);
}

}  // namespace

int32_t ScriptOf(int32_t code_point) {
  if (code_point < 0 || code_point > 0x10FFFF) return -1;
  const auto after = std::upper_bound(std::begin(kScripts), std::end(kScripts), static_cast<uint32_t>(code_point),
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
