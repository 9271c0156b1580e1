#include "cli/tf/numpy_number.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "engine/base/errors.h"
#include "rivulet/tensor.h"

namespace rivulet::tf {
namespace {

// The value as one of the type has it.
double Rounded(double value, DType type) {
  if (type == DType::kHalf) return static_cast<double>(static_cast<float>(Half(static_cast<float>(value))));
  if (type == DType::kBfloat16) return static_cast<double>(static_cast<float>(BFloat16(static_cast<float>(value))));
  return value;
}

std::string Printed(const char* format, int64_t precision, double value) {
  char text[512];  // a double has up to 309 digits before the point
  const int length =
      std::snprintf(text, sizeof(text), format, static_cast<int>(std::min<int64_t>(precision, 100)), value);
  return {text, static_cast<size_t>(std::clamp(length, 0, 511))};
}

std::string WithoutZeros(std::string text) {
  while (text.ends_with('0')) text.pop_back();
  return text;
}

// The sign is looked at elsewhere.
Digits DigitsOf(std::string_view text, bool is_negative) {
  Digits out{.is_negative = is_negative};
  const size_t e = text.find('e');
  for (const char c : text.substr(0, e)) {
    if (c >= '0' && c <= '9') out.digits += c;
  }
  if (e != std::string_view::npos) out.exponent = std::atoi(std::string(text.substr(e + 1)).c_str());
  return out;
}

// Before and behind the point, without sign.
std::pair<std::string, std::string> Plain(const Digits& value) {
  std::string digits = value.digits;
  if (value.exponent < 0)
    return {"0", WithoutZeros(std::string(static_cast<size_t>(-value.exponent - 1), '0') + digits)};
  const auto whole = static_cast<size_t>(value.exponent) + 1;
  if (digits.size() < whole) digits.resize(whole, '0');
  return {digits.substr(0, whole), WithoutZeros(digits.substr(whole))};
}

// Ten to the number of digits that are sure to be right, from NumPy 2.3 on.
double LeastWithExponent(DType type) {
  if (type == DType::kHalf) return 1e3;
  if (type == DType::kBfloat16) return 1e2;
  return type == DType::kFloat || type == DType::kComplex64 ? 1e6 : 1e8;
}

std::string NotFinite(double value, const std::string& sign) { return std::isnan(value) ? "nan" : sign + "inf"; }

}  // namespace

Digits ShortestDigits(double value, DType type) {
  const bool is_negative = std::signbit(value);
  char text[64];
  const double size = std::abs(value);
  if (type == DType::kHalf || type == DType::kBfloat16) {
    for (int precision = 0; precision < 9; ++precision) {
      std::snprintf(text, sizeof(text), "%.*e", precision, size);
      if (Rounded(std::atof(text), type) == size) break;
    }
    return DigitsOf(text, is_negative);
  }
  const auto [end, error] =
      type == DType::kFloat || type == DType::kComplex64
          ? std::to_chars(text, text + sizeof(text) - 1, static_cast<float>(size), std::chars_format::scientific)
          : std::to_chars(text, text + sizeof(text) - 1, size, std::chars_format::scientific);
  return DigitsOf({text, static_cast<size_t>(end - text)}, is_negative);
}

NumpyNumbers::NumpyNumbers(std::span<const double> values, DType type, int64_t precision, bool suppress, bool plus)
    : type_(type), precision_(precision), plus_(plus) {
  double largest = 0, least = HUGE_VAL;
  bool has_nan = false, has_infinity = false, has_negative_infinity = false;
  for (const double value : values) {
    has_nan |= std::isnan(value);
    has_infinity |= std::isinf(value);
    has_negative_infinity |= std::isinf(value) && value < 0;
    if (!std::isfinite(value) || value == 0) continue;
    largest = std::max(largest, std::abs(value));
    least = std::min(least, std::abs(value));
  }
  // NumPy divides in the array's own type.
  const bool is_single = type == DType::kFloat || type == DType::kComplex64;
  const double spread = is_single ? static_cast<double>(static_cast<float>(largest) / static_cast<float>(least))
                                  : Rounded(largest / least, type);
  has_exponents_ =
      largest > 0 && (largest >= LeastWithExponent(type) || (!suppress && (least < 0.0001 || spread > 1000)));
  size_t left = 0, right = 0, digits = 0;
  for (const double value : values) {
    if (!std::isfinite(value)) continue;
    const std::string text = has_exponents_ ? Scientific(value, -1) : Positional(value);
    const size_t point = text.find('.'), e = std::min(text.find('e'), text.size());
    left = std::max(left, point);
    right = std::max(right, e - point - 1);
    if (has_exponents_) digits = std::max(digits, text.size() - e - 2);
  }
  if (has_exponents_) {
    precision_ = static_cast<int64_t>(right);
    exponent_digits_ = digits;
    right += digits + 2;
  }
  if (has_nan || has_infinity) {
    const size_t behind = right + 1;
    const size_t wide = std::max<size_t>(has_nan || has_infinity ? 3 : 0, 3 + (plus || has_negative_infinity ? 1 : 0));
    left = std::max(left, wide > behind ? wide - behind : 0);
  }
  left_ = left;
  right_ = right;
}

std::string NumpyNumbers::Positional(double value) const {
  const Digits shortest = ShortestDigits(value, type_);
  auto [whole, part] = Plain(shortest);
  if (static_cast<int64_t>(part.size()) > precision_) {
    const std::string text = Printed("%.*f", precision_, std::abs(value));
    const size_t point = text.find('.');
    whole = text.substr(0, point);
    part = point == std::string::npos ? "" : WithoutZeros(text.substr(point + 1));
  }
  return Cat(Sign(shortest.is_negative), whole, ".", part);
}

// A precision below 0: the shortest digits, up to the array's precision. Else so many, of the number's own: NumPy fills
// up with the digits that follow, not with zeros.
std::string NumpyNumbers::Scientific(double value, int64_t precision) const {
  Digits number = ShortestDigits(value, type_);
  const int64_t most = precision < 0 ? precision_ : precision;
  if (precision >= 0 || static_cast<int64_t>(number.digits.size()) - 1 > most) {
    number = DigitsOf(Printed("%.*e", most, std::abs(value)), number.is_negative);
  }
  std::string part = number.digits.substr(1);
  if (precision < 0) part = WithoutZeros(std::move(part));
  std::string exponent = std::to_string(std::abs(number.exponent));
  if (exponent.size() < exponent_digits_) exponent.insert(0, exponent_digits_ - exponent.size(), '0');
  return Cat(Sign(number.is_negative), number.digits.substr(0, 1), ".", part, "e", number.exponent < 0 ? "-" : "+",
             exponent);
}

std::string NumpyNumbers::operator()(double value) const {
  if (!std::isfinite(value)) {
    const std::string text = NotFinite(value, Sign(value < 0));
    const size_t width = left_ + right_ + 1;
    return std::string(width > text.size() ? width - text.size() : 0, ' ') + text;
  }
  std::string text = has_exponents_ ? Scientific(value, precision_) : Positional(value);
  const size_t point = text.find('.');
  if (!has_exponents_) text.append(right_ - std::min(right_, text.size() - point - 1), ' ');
  return std::string(left_ - std::min(left_, point), ' ') + text;
}

namespace {

// `keeps_zero`: 1.0 rather than 1.
std::string Scalar(double value, DType type, bool keeps_zero) {
  if (!std::isfinite(value)) return NotFinite(value, value < 0 ? "-" : "");
  const Digits shortest = ShortestDigits(value, type);
  const std::string sign = shortest.is_negative ? "-" : "";
  const bool is_double = type == DType::kDouble || type == DType::kComplex128;
  if (value == 0 || (std::abs(value) >= 1e-4 && std::abs(value) < (is_double ? 1e16 : LeastWithExponent(type)))) {
    const auto [whole, part] = Plain(shortest);
    if (part.empty() && !keeps_zero) return sign + whole;
    return Cat(sign, whole, ".", part.empty() ? "0" : part);
  }
  const std::string part = WithoutZeros(shortest.digits.substr(1));
  std::string exponent = std::to_string(std::abs(shortest.exponent));
  if (exponent.size() < 2) exponent = "0" + exponent;
  return Cat(sign, shortest.digits.substr(0, 1), part.empty() ? "" : ".", part, "e", shortest.exponent < 0 ? "-" : "+",
             exponent);
}

}  // namespace

std::string NumpyScalar(double value, DType type) { return Scalar(value, type, true); }

std::string NumpyScalar(double real, double imaginary, DType type) {
  std::string text = Scalar(imaginary, type, false) + "j";
  if (real == 0 && !std::signbit(real)) return text;
  if (!text.starts_with('-')) text = "+" + text;
  return Cat("(", Scalar(real, type, false), text, ")");
}

}  // namespace rivulet::tf
