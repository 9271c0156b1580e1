// Attention: softmax(scale * q * k' + mask) * v, a block of rows at a time, so that scores never leave the near caches.
#ifndef RIVULET_ENGINE_KERNELS_ATTENTION_H_
#define RIVULET_ENGINE_KERNELS_ATTENTION_H_

#include <cstdint>

#include "engine/base/checked.h"
#include "engine/base/stop.h"
#include "engine/base/thread_pool.h"

namespace rivulet {

inline constexpr int kAttentionBatch = 6;  // axes of a batch, at most
inline constexpr int kAttentionMasks = 2;

// A batch of matrices as they lie: steps in elements, 0 along what they are the same for.
struct AttentionLayout {
  int64_t row = 0;
  int64_t column = 1;
  int64_t batch[kAttentionBatch] = {};
};

// [rows, keys], or neither: `added` to the scores; or `otherwise` in their place where `chosen` is not `keeps`. Its
// column step is 0 or 1.
struct AttentionMask {
  const float* added = nullptr;
  const uint8_t* chosen = nullptr;
  bool keeps = true;
  float otherwise = 0.0f;
  AttentionLayout layout;

  bool is_none() const { return added == nullptr && chosen == nullptr; }
};

// Queries [rows, depth], keys [keys, depth], values [keys, width], out [rows, width], of a batch each; the columns of
// queries and of the output follow one another, and so do rows or columns of keys and of values. `out` overlaps
// nothing.
struct AttentionTask {
  int64_t rows = 0;
  int64_t keys = 0;
  int64_t depth = 0;
  int64_t width = 0;
  int64_t batch[kAttentionBatch] = {1, 1, 1, 1, 1, 1};
  float scale = 1.0f;

  const float* q = nullptr;
  AttentionLayout q_layout;
  const float* k = nullptr;
  AttentionLayout k_layout;
  const float* v = nullptr;
  AttentionLayout v_layout;
  float* out = nullptr;
  AttentionLayout out_layout;

  // What is done to the scaled scores, one after the other.
  AttentionMask masks[kAttentionMasks];
};

// Bytes of scratch, aligned for vectors.
CheckedSize AttentionScratchBytes(const AttentionTask& task, int threads);

// The same bits for any number of threads. A stop leaves the output unfinished.
void Attention(const AttentionTask& task, void* scratch, ThreadPool& pool, const StopToken& stop);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_KERNELS_ATTENTION_H_
