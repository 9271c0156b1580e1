// std::bit_cast, which not every standard library that the engine is built with has.
#ifndef RIVULET_ENGINE_BASE_BIT_CAST_H_
#define RIVULET_ENGINE_BASE_BIT_CAST_H_

#include <cstring>
#include <type_traits>

namespace rivulet {

template <typename To, typename From>
inline To BitCast(const From& from) {
  static_assert(sizeof(To) == sizeof(From) && std::is_trivially_copyable_v<To> && std::is_trivially_copyable_v<From>);
  To to;
  std::memcpy(&to, &from, sizeof(To));
  return to;
}

}  // namespace rivulet

#endif  // RIVULET_ENGINE_BASE_BIT_CAST_H_
