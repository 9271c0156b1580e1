// The boundary where std::bad_alloc, the one exception that the standard containers may throw, becomes a Status.
#ifndef RIVULET_ENGINE_BASE_GUARD_H_
#define RIVULET_ENGINE_BASE_GUARD_H_

#include <new>

#include "rivulet/status.h"

namespace rivulet {

// Calls body(), which returns a Status or Result. Public calls of the API are wrapped in it.
template <typename Body>
auto CatchBadAlloc(const Body& body) -> decltype(body()) {
#if defined(__cpp_exceptions)
  try {
    return body();
  } catch (const std::bad_alloc&) {
    return Status(Code::kResourceExhausted, "out of memory");
  }
#else
  return body();
#endif
}

}  // namespace rivulet

#endif  // RIVULET_ENGINE_BASE_GUARD_H_
