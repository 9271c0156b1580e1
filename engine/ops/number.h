// Arithmetic within one element type, as TensorFlow's kernels have it: integers wrap around, float16 and bfloat16 are
// computed in float and rounded after every step.
#ifndef RIVULET_ENGINE_OPS_NUMBER_H_
#define RIVULET_ENGINE_OPS_NUMBER_H_

#include <cmath>
#include <complex>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "engine/base/built.h"
#include "engine/ops/complex_math.h"
#include "rivulet/dtype.h"

namespace rivulet {

template <typename T>
inline constexpr bool kIsSmallFloat = std::is_same_v<T, Half> || std::is_same_v<T, BFloat16>;

// What elements of T are computed in.
template <typename T>
using Wide = std::conditional_t<kIsSmallFloat<T>, float, T>;

template <typename T>
Wide<T> Widen(T x) {
  return static_cast<Wide<T>>(x);
}

template <typename T>
T Plus(T a, T b) {
  if constexpr (std::is_integral_v<T>) {
    return static_cast<T>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b));
  } else {
    return T(Widen(a) + Widen(b));
  }
}

template <typename T>
T Minus(T a, T b) {
  if constexpr (std::is_integral_v<T>) {
    return static_cast<T>(static_cast<uint64_t>(a) - static_cast<uint64_t>(b));
  } else {
    return T(Widen(a) - Widen(b));
  }
}

template <typename T>
T Product(T a, T b) {
  if constexpr (std::is_integral_v<T>) {
    return static_cast<T>(static_cast<uint64_t>(a) * static_cast<uint64_t>(b));
  } else {
    return T(Times(Widen(a), Widen(b)));
  }
}

// Rounded to zero; 0 where b is; the lowest number divided by -1 is itself.
template <typename T>
T WholeQuotient(T a, T b) {
  static_assert(std::is_integral_v<T>);
  if (b == 0) return 0;
  if constexpr (std::is_signed_v<T>) {
    if (b == -1) return Minus(T{0}, a);
  }
  return static_cast<T>(a / b);
}

// The lowest and the highest finite number.
template <typename T>
T Lowest() {
  if constexpr (std::is_same_v<T, Half>) {
    return Half(-65504.0f);
  } else if constexpr (std::is_same_v<T, BFloat16>) {
    return BFloat16(-3.38953138925e38f);
  } else {
    return std::numeric_limits<T>::lowest();
  }
}
template <typename T>
T Highest() {
  if constexpr (kIsSmallFloat<T>) {
    return T(-static_cast<float>(Lowest<T>()));
  } else {
    return std::numeric_limits<T>::max();
  }
}

// Whether a narrowed build may meet elements that are read as T. Integers stand for others of their size, also for
// halves that are only moved; those of one, four and eight bytes are in every build.
template <typename T>
constexpr bool MayMeet() {
  if constexpr (!std::is_integral_v<T>) {
    return IsBuilt(DTypeOf<T>);
  } else if constexpr (sizeof(T) == 2) {
    for (const DType dtype :
         {DType::kInt16, DType::kUint16, DType::kQint16, DType::kQuint16, DType::kHalf, DType::kBfloat16}) {
      if (IsBuilt(dtype)) return true;
    }
    return false;
  }
  return true;
}

// Calls visit(TypeTag<T>) for the T among Ts that stores `dtype`; false when there is none.
template <typename T>
struct TypeTag {
  using Type = T;
};
template <typename T, typename Visit>
bool VisitOne(DType dtype, const Visit& visit) {
  if constexpr (MayMeet<T>()) {
    if (dtype != DTypeOf<T>) return false;
    visit(TypeTag<T>());
    return true;
  }
  return false;
}
template <typename... Ts, typename Visit>
bool VisitType(DType dtype, const Visit& visit) {
  return (VisitOne<Ts>(dtype, visit) || ...);
}

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_NUMBER_H_
