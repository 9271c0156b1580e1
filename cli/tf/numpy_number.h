// Floating-point numbers of one array as NumPy writes them: with the same number of columns, all with exponents or
// none.
#ifndef RIVULET_CLI_TF_NUMPY_NUMBER_H_
#define RIVULET_CLI_TF_NUMPY_NUMBER_H_

#include <cstdint>
#include <span>
#include <string>

#include "rivulet/dtype.h"

namespace rivulet::tf {

// The shortest decimal digits that read back as the same value of the type: digits[0] stands before the point, times
// 10^exponent. For finite values.
struct Digits {
  std::string digits;
  int exponent = 0;
  bool is_negative = false;
};
Digits ShortestDigits(double value, DType type);

class NumpyNumbers {
 public:
  // `values` are those that will be shown; `plus`: positive ones have a sign.
  NumpyNumbers(std::span<const double> values, DType type, int64_t precision, bool suppress, bool plus);

  std::string operator()(double value) const;

 private:
  std::string Positional(double value) const;
  std::string Scientific(double value, int64_t precision) const;
  std::string Sign(bool is_negative) const { return is_negative ? "-" : plus_ ? "+" : ""; }

  DType type_;
  int64_t precision_;
  bool plus_;
  bool has_exponents_ = false;
  size_t left_ = 0;   // columns before the point
  size_t right_ = 0;  // behind it
  size_t exponent_digits_ = 2;
};

// A number alone, as str() has it: 1.0, 1e-05, nan.
std::string NumpyScalar(double value, DType type);
// (1+2.5j)
std::string NumpyScalar(double real, double imaginary, DType type);

}  // namespace rivulet::tf

#endif  // RIVULET_CLI_TF_NUMPY_NUMBER_H_
