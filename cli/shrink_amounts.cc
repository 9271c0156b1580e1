#include "cli/shrink_amounts.h"

#include <cctype>
#include <cstdlib>

#include "engine/base/errors.h"

namespace rivulet::cli {

Result<double> ParseShare(const std::string& text) {
  char* end = nullptr;
  double value = std::strtod(text.c_str(), &end);
  if (end != text.c_str() && *end == '%') {
    value /= 100;
    ++end;
  }
  if (end == text.c_str() || *end != '\0' || !(value >= 0 && value <= 1)) {
    return InvalidArgument("--max-drop: want a share such as 1% or 0.01, got '", text, "'");
  }
  return value;
}

Result<int64_t> ParseSize(const std::string& text) {
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  std::string unit(end);
  for (char& c : unit) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  const double factor = unit.empty() || unit == "B"   ? 1
                        : unit == "K" || unit == "KB" ? 1e3
                        : unit == "M" || unit == "MB" ? 1e6
                        : unit == "G" || unit == "GB" ? 1e9
                                                      : 0;
  if (end == text.c_str() || factor == 0 || !(value > 0) || value * factor > 1e15) {
    return InvalidArgument("--size: want a size such as 8MB or 300KB, got '", text, "'");
  }
  return static_cast<int64_t>(value * factor);
}

}  // namespace rivulet::cli
