// First of what is precompiled, and of no other use: no file includes it.
//
// Inline functions of the standard library's headers ask for some 700 functions of templates (of strings of five kinds
// of characters, of durations, of Bessel's functions), which GCC makes at the end of each file, used or not: half of
// what a small file costs. What is evaluated while compiling is made at once, and so lies in the precompiled header.
// What is made is the same; a file that reads no precompiled header makes it itself.
#ifndef RIVULET_CMAKE_MADE_ONCE_H_
#define RIVULET_CMAKE_MADE_ONCE_H_

// Bessel's and other special functions, which nothing here calls, are templates that <cmath> asks for: this is the
// guard of their header. With a library that calls it otherwise it means nothing.
#define _GLIBCXX_BITS_SPECFUN_H 1

#include <chrono>
#include <string>
#include <string_view>

#if defined(__GNUC__) && !defined(__clang__) && defined(__cpp_lib_constexpr_string)
#if __cpp_lib_constexpr_string >= 201907L
namespace rivulet::made_once {

constexpr bool Strings() {
  std::string a = "a", b(a), c(40, 'x'), d(c.begin(), c.end()), e(b.data(), b.data() + 1), f(std::string_view("f"));
  const std::string part(c, 0, 1);
  a += b;
  a += 'x';
  a += "x";
  a += std::string_view("x");
  a.append(c).append("x").append("x", 1).append(2, 'x').append(std::string_view("x"));
  a.insert(0, "x").insert(0, c).insert(0, 2, 'x').replace(0, 1, "xx").replace(0, 1, c);
  a.push_back('x');
  a.pop_back();
  a.reserve(100);
  a.resize(120);
  b = "x" + c + 'x' + "x" + d;
  c = d + "x";
  c = std::move(d) + e;
  d = 'x' + std::move(c);
  c = "x" + std::move(d);
  d = b;
  c = f + std::move(e);
  e.assign("xx");
  e.assign(b);
  e.erase(0, 1);
  e = std::string_view("x");
  e.swap(a);
  const std::string_view view = b;
  return (b < c) | (b == c) | (b == "x") | (b.find("x") == 0) | (b.find('x') == 0) | (b.find(c) == 0) |
         (b.rfind('x') == 0) | (b.substr(1) == c) | (b.compare(c) == 0) | (b.c_str() == nullptr) |
         (part.back() == part[0]) | b.starts_with("x") | (view.substr(1) == "x") | (view.find('x') == 0) |
         (view.find("x") == 0) | (view.rfind('x') == 0) | (view == c) | (view < "x") | view.starts_with("x") |
         view.ends_with("x") | view.empty();
}
static_assert(Strings() || true);

template <class... C>
constexpr bool OtherStrings() {
  return ([] {
    const C text[] = {C('x'), C('x'), C('x'), C('x'), C('x'), C('x'), C('x'), C('x'), C('x'), C('x'),
                      C('x'), C('x'), C('x'), C('x'), C('x'), C('x'), C('x'), C('x'), C('x'), C(0)};
    const std::basic_string<C> copied(text, 19), filled(size_t{40}, C('x'));
    return copied.size() + filled.size() == 59;
  }() && ...);
}
static_assert(OtherStrings<wchar_t, char8_t, char16_t, char32_t>());

constexpr bool Times() {
  using namespace std::chrono;
  using namespace std::chrono_literals;
  const auto numbers = 1.0h + 1.0min + 1.0s + 1.0ms + 1.0us + 1.0ns;
  year_month_day day{sys_days{days{1}}};
  day += months{1};
  day += years{1};
  const weekday last = weekday{local_days{days{1}}} + days{1};
  const auto since = time_point_cast<nanoseconds>(sys_seconds{seconds{1}}).time_since_epoch();
  return numbers.count() > 0 && day.ok() && last.ok() && duration_cast<seconds>(since).count() == 1 &&
         steady_clock::time_point{} < steady_clock::time_point{} + since;
}
static_assert(Times());

}  // namespace rivulet::made_once
#endif
#endif

#endif  // RIVULET_CMAKE_MADE_ONCE_H_
