// The boundary where the exceptions that standard containers throw for want of memory become a Status.
#ifndef RIVULET_ENGINE_BASE_GUARD_H_
#define RIVULET_ENGINE_BASE_GUARD_H_

#include <new>
#include <stdexcept>

#include "rivulet/status.h"

namespace rivulet {

// RESOURCE_EXHAUSTED, made without memory where none is to be had: some are kept in reserve.
Status OutOfMemory();
// Fills the reserve. May throw std::bad_alloc.
void KeepReserve();

// Calls body(), which returns a Status or Result. Public calls of the API are wrapped in it.
template <typename Body>
auto CatchBadAlloc(const Body& body) -> decltype(body()) {
#if defined(__cpp_exceptions)
  try {
    KeepReserve();
    return body();
  } catch (const std::bad_alloc&) {
    return OutOfMemory();
  } catch (const std::length_error&) {  // more than any memory holds
    return OutOfMemory();
  }
#else
  return body();
#endif
}

}  // namespace rivulet

#endif  // RIVULET_ENGINE_BASE_GUARD_H_
