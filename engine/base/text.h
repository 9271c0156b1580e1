// Text from pieces, without locale, iostream or a formatting library: what error messages are made of.
#ifndef RIVULET_ENGINE_BASE_TEXT_H_
#define RIVULET_ENGINE_BASE_TEXT_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

namespace rivulet {

void AppendPiece(std::string& out, std::string_view piece);
void AppendPiece(std::string& out, int64_t number);
void AppendPiece(std::string& out, uint64_t number);
// Shortest form that reads back as the same double, e.g. "0.1", "1e+30", "nan".
void AppendPiece(std::string& out, double number);

template <typename T>
void AppendAny(std::string& out, const T& value) {
  if constexpr (std::is_same_v<T, bool>) {
    AppendPiece(out, std::string_view(value ? "true" : "false"));
  } else if constexpr (std::is_same_v<T, char>) {
    AppendPiece(out, std::string_view(&value, 1));
  } else if constexpr (std::is_integral_v<T> && std::is_signed_v<T>) {
    AppendPiece(out, static_cast<int64_t>(value));
  } else if constexpr (std::is_integral_v<T>) {
    AppendPiece(out, static_cast<uint64_t>(value));
  } else if constexpr (std::is_floating_point_v<T>) {
    AppendPiece(out, static_cast<double>(value));
  } else {
    AppendPiece(out, std::string_view(value));
  }
}

template <typename... Args>
std::string Cat(const Args&... args) {
  std::string out;
  (AppendAny(out, args), ...);
  return out;
}

// 'name' for a message: quoted, control and non-UTF-8 bytes as \xNN, cut to 200 characters.
std::string Quoted(std::string_view name);

// The candidates nearest to `name` by edit distance, best first, at most `count`; for "did you mean".
// `for_each` calls its argument with every candidate.
template <typename Range>
std::string NearestNames(std::string_view name, const Range& candidates, int count = 3);
int EditDistance(std::string_view a, std::string_view b, int limit);

}  // namespace rivulet

#include "engine/base/text-inl.h"

#endif  // RIVULET_ENGINE_BASE_TEXT_H_
