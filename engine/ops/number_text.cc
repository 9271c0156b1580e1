#include "engine/ops/number_text.h"

#include <algorithm>
#include <cfloat>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>

namespace rivulet {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
bool IsHexDigit(char c) { return IsDigit(c) || (Lower(c) >= 'a' && Lower(c) <= 'f'); }

// The decimal point of the program's locale, which the C library reads and writes.
char LocalePoint() {
  char half[8];
  std::snprintf(half, sizeof(half), "%.1f", 0.5);
  return half[1];
}

bool ConsumeWord(std::string_view word, std::string_view* text) {
  if (text->size() < word.size()) return false;
  for (size_t i = 0; i < word.size(); ++i) {
    if (Lower((*text)[i]) != word[i]) return false;
  }
  text->remove_prefix(word.size());
  return true;
}

template <typename IsOne>
size_t ConsumeAll(const IsOne& is_one, std::string_view* text) {
  size_t count = 0;
  while (count < text->size() && is_one((*text)[count])) ++count;
  text->remove_prefix(count);
  return count;
}

// Whether the text, which has no sign, is a real number as it may be written.
bool IsReal(std::string_view text) {
  if (ConsumeWord("infinity", &text) || ConsumeWord("inf", &text)) return text.empty();
  if (ConsumeWord("nan", &text)) {
    if (text.empty()) return true;
    if (text.size() < 2 || text.front() != '(' || text.back() != ')') return false;
    text = text.substr(1, text.size() - 2);
    ConsumeAll([](char c) { return IsDigit(c) || c == '_' || (Lower(c) >= 'a' && Lower(c) <= 'z'); }, &text);
    return text.empty();
  }
  const bool hex = ConsumeWord("0x", &text);
  const auto is_digit = hex ? IsHexDigit : IsDigit;
  size_t digits = ConsumeAll(is_digit, &text);
  if (ConsumeWord(".", &text)) digits += ConsumeAll(is_digit, &text);
  if (digits == 0) return false;
  if (!ConsumeWord(hex ? "p" : "e", &text)) return text.empty();
  if (!text.empty() && (text[0] == '+' || text[0] == '-')) text.remove_prefix(1);
  return ConsumeAll(IsDigit, &text) > 0 && text.empty();
}

template <typename T>
bool ReadReal(std::string_view text, T* value) {
  text = WithoutSpaceAround(text);
  std::string_view body = text;
  if (!body.empty() && (body[0] == '+' || body[0] == '-')) body.remove_prefix(1);
  if (!IsReal(body)) return false;
  std::string copy(text);
  std::replace(copy.begin(), copy.end(), '.', LocalePoint());
  if constexpr (sizeof(T) == 4) {
    *value = std::strtof(copy.c_str(), nullptr);
  } else {
    *value = std::strtod(copy.c_str(), nullptr);
  }
  return true;
}

template <typename T>
bool ReadInteger(std::string_view text, T* value) {
  text = WithoutSpaceAround(text);
  if (!text.empty() && text[0] == '+') {
    text.remove_prefix(1);
    if (!text.empty() && text[0] == '-') return false;
  }
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *value);
  return error == std::errc() && end == text.data() + text.size();
}

// sign, then digits, in a field of the format's width.
void AppendField(const NumberFormat& format, bool fills_with_zeros, std::string_view sign, std::string_view body,
                 std::string* out) {
  const size_t length = sign.size() + body.size();
  const size_t width = format.width < 0 ? 0 : static_cast<size_t>(format.width);
  const size_t filling = width > length ? width - length : 0;
  const bool zeros = format.flag == '0' && fills_with_zeros;
  if (format.flag != '-' && !zeros) out->append(filling, ' ');
  out->append(sign);
  if (zeros) out->append(filling, '0');
  out->append(body);
  if (format.flag == '-') out->append(filling, ' ');
}

std::string_view SignOf(const NumberFormat& format, bool negative) {
  return negative ? "-" : format.flag == '+' ? "+" : format.flag == ' ' ? " " : "";
}

template <typename T>
void AppendShortest(T value, bool same, int digits, int more_digits, std::string* out) {
  if (std::isnan(value)) {
    out->append("nan");
    return;
  }
  AppendReal({.precision = same ? digits : more_digits, .conversion = 'g'}, value, out);
}

}  // namespace

std::string_view WithoutSpaceAround(std::string_view text) {
  while (!text.empty() && IsSpace(text.front())) text.remove_prefix(1);
  while (!text.empty() && IsSpace(text.back())) text.remove_suffix(1);
  return text;
}

bool ReadNumber(std::string_view text, float* value) { return ReadReal(text, value); }
bool ReadNumber(std::string_view text, double* value) { return ReadReal(text, value); }
bool ReadNumber(std::string_view text, int32_t* value) { return ReadInteger(text, value); }
bool ReadNumber(std::string_view text, int64_t* value) { return ReadInteger(text, value); }
bool ReadNumber(std::string_view text, uint32_t* value) { return ReadInteger(text, value); }
bool ReadNumber(std::string_view text, uint64_t* value) { return ReadInteger(text, value); }

void AppendReal(const NumberFormat& format, double value, std::string* out) {
  const bool finite = std::isfinite(value);
  const char pattern[] = {'%', format.flag == '#' ? '#' : '0', '.', '*', format.conversion, '\0'};
  const int precision = format.precision < 0 ? 6 : format.precision;
  const double magnitude = std::fabs(value) < DBL_MIN ? 0.0 : std::fabs(value);
  std::string body;
  if (!finite) {
    body = std::isnan(value) ? "nan" : "inf";
  } else {
    const int size = std::snprintf(nullptr, 0, pattern, precision, magnitude);
    body.resize(static_cast<size_t>(std::max(size, 0)) + 1);
    std::snprintf(body.data(), body.size(), pattern, precision, magnitude);
    body.pop_back();
    std::replace(body.begin(), body.end(), LocalePoint(), '.');
  }
  AppendField(format, finite, SignOf(format, std::signbit(value)), body, out);
}

void AppendInteger(const NumberFormat& format, int64_t value, std::string* out) {
  const uint64_t bits = static_cast<uint64_t>(value);
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof(digits), value < 0 ? 0 - bits : bits).ptr;
  AppendField(format, true, SignOf(format, value < 0), {digits, static_cast<size_t>(end - digits)}, out);
}

void AppendInteger(const NumberFormat& format, uint64_t value, std::string* out) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof(digits), value).ptr;
  AppendField(format, true, {}, {digits, static_cast<size_t>(end - digits)}, out);
}

void AppendText(const NumberFormat& format, std::string_view text, std::string* out) {
  AppendField(format, false, {}, text, out);
}

void AppendShortest(float value, std::string* out) {
  std::string shorter;
  AppendReal({.precision = FLT_DIG, .conversion = 'g'}, value, &shorter);
  float back = 0;
  const bool same = ReadReal(shorter, &back) && back == value;
  AppendShortest(value, same, FLT_DIG, FLT_DIG + 3, out);
}

void AppendShortest(double value, std::string* out) {
  std::string shorter;
  AppendReal({.precision = DBL_DIG, .conversion = 'g'}, value, &shorter);
  double back = 0;
  const bool same = ReadReal(shorter, &back) && back == value;
  AppendShortest(value, same, DBL_DIG, DBL_DIG + 2, out);
}

}  // namespace rivulet
