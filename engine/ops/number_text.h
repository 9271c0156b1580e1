// Numbers as text, read and written as TensorFlow's string operators do, whatever the program's locale.
#ifndef RIVULET_ENGINE_OPS_NUMBER_TEXT_H_
#define RIVULET_ENGINE_OPS_NUMBER_TEXT_H_

#include <cfloat>
#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>

namespace rivulet {

// False unless the whole text is one number, with ASCII space around it allowed. Reals: decimal or hexadecimal
// (0x1.8p3), inf, infinity, nan, nan(...) in any case; too large ones are infinite, too small ones zero. Integers:
// decimal digits with a sign (only + for unsigned ones), within the type's range.
bool ReadNumber(std::string_view text, float* value);
bool ReadNumber(std::string_view text, double* value);
bool ReadNumber(std::string_view text, int32_t* value);
bool ReadNumber(std::string_view text, int64_t* value);
bool ReadNumber(std::string_view text, uint32_t* value);
bool ReadNumber(std::string_view text, uint64_t* value);

// ASCII space: blank, tab, new line, vertical tab, form feed, carriage return.
inline bool IsSpace(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
std::string_view WithoutSpaceAround(std::string_view text);

// How printf writes a number: %[flag][width][.precision][conversion].
struct NumberFormat {
  char flag = 0;        // one of "+- 0#", or none
  int width = 0;        // at least so many characters
  int precision = -1;   // -1: the conversion's own
  char conversion = 0;  // 'f', 'e' or 'g'; unused for integers
};
// TensorFlow's operators run with subnormal numbers off, so those are written as zeros.
void AppendReal(const NumberFormat& format, double value, std::string* out);
inline void AppendReal(const NumberFormat& format, float value, std::string* out) {
  AppendReal(format, std::fabs(value) < FLT_MIN ? std::copysign(0.0, double{value}) : double{value}, out);
}
void AppendInteger(const NumberFormat& format, int64_t value, std::string* out);
void AppendInteger(const NumberFormat& format, uint64_t value, std::string* out);
void AppendText(const NumberFormat& format, std::string_view text, std::string* out);

// The shorter of two precisions that reads back as the same number: "0.1", "0.333333343", "1e+10".
void AppendShortest(float value, std::string* out);
void AppendShortest(double value, std::string* out);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_NUMBER_TEXT_H_
