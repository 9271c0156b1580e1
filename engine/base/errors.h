// Short spellings for making a Status out of pieces: InvalidArgument("want rank 4, got ", rank).
#ifndef RIVULET_ENGINE_BASE_ERRORS_H_
#define RIVULET_ENGINE_BASE_ERRORS_H_

#include "engine/base/text.h"
#include "rivulet/status.h"

namespace rivulet {

// A Status of the pieces that Cat() would take, put together out of line (text.h).
[[gnu::cold]] Status StatusOfPieces(Code code, const char* kinds, ...);

#define RIVULET_DEFINE_ERROR(Name)                                                               \
  template <typename... Args>                                                                    \
  [[gnu::always_inline]] inline Status Name(const Args&... args) {                               \
    return StatusOfPieces(Code::k##Name, kPieceKinds<PieceKind<Args>()...>, PieceWord(args)...); \
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
