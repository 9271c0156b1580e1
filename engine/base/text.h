// Text from pieces, without locale, iostream or a formatting library: what error messages are made of.
#ifndef RIVULET_ENGINE_BASE_TEXT_H_
#define RIVULET_ENGINE_BASE_TEXT_H_

#include <cstdarg>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

namespace rivulet {

class Shape;
enum class DType : int;

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

// Texts of many pieces are put together out of line. There are thousands of them in the engine, most of them error
// messages, and so a call hands over no more than a word a piece, and what each is, by a letter:
//   s const char*   t const std::string*   v const std::string_view*   h const Shape*
//   i int64_t       u uint64_t             d double                    b, c, y int, of a bool, a char and a DType
[[gnu::cold]] std::string JoinPieces(const char* kinds, ...);
[[gnu::cold]] std::string JoinPieceList(const char* kinds, va_list pieces);

template <typename T>
constexpr char PieceKind() {
  if constexpr (std::is_same_v<T, bool>) {
    return 'b';
  } else if constexpr (std::is_same_v<T, char>) {
    return 'c';
  } else if constexpr (std::is_integral_v<T>) {
    return std::is_signed_v<T> ? 'i' : 'u';
  } else if constexpr (std::is_floating_point_v<T>) {
    return 'd';
  } else if constexpr (std::is_same_v<T, Shape>) {
    return 'h';
  } else if constexpr (std::is_same_v<T, DType>) {
    return 'y';
  } else if constexpr (std::is_same_v<T, std::string>) {
    return 't';
  } else if constexpr (std::is_same_v<T, std::string_view>) {
    return 'v';
  } else {
    static_assert(std::is_convertible_v<const T&, const char*>, "no piece of a text");
    return 's';
  }
}

// Equal for calls that differ by the lengths of their literals alone.
template <char... kKinds>
inline constexpr char kPieceKinds[] = {kKinds..., '\0'};

template <typename T>
[[gnu::always_inline]] inline auto PieceWord(const T& value) {
  constexpr char kKind = PieceKind<T>();
  if constexpr (kKind == 'b' || kKind == 'c' || kKind == 'y') {
    return static_cast<int>(value);
  } else if constexpr (kKind == 'i') {
    return static_cast<long long>(value);
  } else if constexpr (kKind == 'u') {
    return static_cast<unsigned long long>(value);
  } else if constexpr (kKind == 'd') {
    return static_cast<double>(value);
  } else if constexpr (kKind == 's') {
    return static_cast<const char*>(value);
  } else {
    return static_cast<const void*>(&value);
  }
}

template <typename... Args>
[[gnu::always_inline]] inline std::string Cat(const Args&... args) {
  return JoinPieces(kPieceKinds<PieceKind<Args>()...>, PieceWord(args)...);
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
