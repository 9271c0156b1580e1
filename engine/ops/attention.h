// Attention as one step. Internal: passes make it (engine/passes/fuse_attention.cc), no file has it.
//
//   scores = scale * sum over d of q * k, masked      out = sum over s of softmax(scores, over s) * v
//
// An axis of an operand is a letter: t the queries' rows, s the keys', d what scores are summed over, e the values'
// columns; all others are of the batch, which broadcasts. What d, of q, and e, of out, follow one another.
#ifndef RIVULET_ENGINE_OPS_ATTENTION_H_
#define RIVULET_ENGINE_OPS_ATTENTION_H_

#include "engine/ops/op.h"

namespace rivulet {

inline constexpr int kMostAttentionMasks = 2;

// q, k, v:f32, masks:list(Tm). Attributes q_axes, k_axes, v_axes, scores_axes, out_axes: a letter for each axis; scale.
// At most two masks, one after the other, which broadcast against the scores: float to be added; or bool, and where it
// is not `keeps` the score is `otherwise`.
extern const OpDef kAttention;

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_ATTENTION_H_
