// Shape rules of operators about whose outputs there is nothing to find out.
#ifndef RIVULET_ENGINE_OPS_PLAIN_INFER_H_
#define RIVULET_ENGINE_OPS_PLAIN_INFER_H_

#include "engine/ops/op.h"

namespace rivulet {

// No output, or outputs of unknown rank.
inline Status InferNothing(InferContext&) { return Status(); }

// The first output has the shape of the first input.
inline Status InferLikeFirst(InferContext& c) {
  c.set_output(0, c.shape(0));
  return Status();
}

// The first output is a scalar, be it a handle.
inline Status InferScalar(InferContext& c) {
  c.set_output(0, {});
  return Status();
}

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_PLAIN_INFER_H_
