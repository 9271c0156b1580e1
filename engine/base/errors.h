// Short spellings for making a Status out of pieces: InvalidArgument("want rank 4, got ", rank).
#ifndef RIVULET_ENGINE_BASE_ERRORS_H_
#define RIVULET_ENGINE_BASE_ERRORS_H_

#include "engine/base/text.h"
#include "rivulet/status.h"

namespace rivulet {

// The error of the pieces that Cat() would take, put together out of line (text.h); its code is the first letter, from
// '0' on.
[[gnu::cold, gnu::returns_nonnull]] Status::Rep* ErrorOfPieces(const char* code_and_kinds, ...);

template <Code kCode, typename... Args>
[[gnu::always_inline]] inline Status ErrorOf(const Args&... args) {
  return Status(ErrorOfPieces(kPieceKinds<static_cast<char>('0' + static_cast<int>(kCode)), PieceKind<Args>()...>,
                              PieceWord(args)...));
}

#define RIVULET_DEFINE_ERROR(Name)                                 \
  template <typename... Args>                                      \
  [[gnu::always_inline]] inline Status Name(const Args&... args) { \
    return ErrorOf<Code::k##Name>(args...);                        \
  }
RIVULET_DEFINE_ERROR(Cancelled)
RIVULET_DEFINE_ERROR(InvalidArgument)
RIVULET_DEFINE_ERROR(DeadlineExceeded)
RIVULET_DEFINE_ERROR(NotFound)
RIVULET_DEFINE_ERROR(ResourceExhausted)
RIVULET_DEFINE_ERROR(FailedPrecondition)
RIVULET_DEFINE_ERROR(OutOfRange)
RIVULET_DEFINE_ERROR(Unimplemented)
RIVULET_DEFINE_ERROR(Internal)
RIVULET_DEFINE_ERROR(DataLoss)
#undef RIVULET_DEFINE_ERROR

}  // namespace rivulet

#endif  // RIVULET_ENGINE_BASE_ERRORS_H_
