// Reading an input as if it had the shape of the output, tile by tile: the only place that walks broadcast strides.
//
// Operators compute on contiguous tiles of every input, so each needs one loop and no notion of strides. A tile is the
// input's own memory where that is contiguous, else a copy in the caller's buffer.
#ifndef RIVULET_ENGINE_OPS_BROADCAST_H_
#define RIVULET_ENGINE_OPS_BROADCAST_H_

#include <cstddef>
#include <cstdint>

#include "rivulet/shape.h"

namespace rivulet {

class BroadcastReader {
 public:
  // `input` must broadcast to `output`, which is complete and has elements.
  BroadcastReader(const Shape& input, const Shape& output, size_t element_bytes);

  // Output element i is input element i.
  bool is_full() const { return num_dims_ == 0 || (num_dims_ == 1 && strides_[0] == 1); }
  // One element for the whole output.
  bool is_scalar() const { return num_dims_ == 0 || (num_dims_ == 1 && strides_[0] == 0); }

  // The elements that outputs [begin, begin + count) read: in `data` itself or copied to `buffer` of count elements.
  const void* Tile(const void* data, int64_t begin, int64_t count, void* buffer) const;
  // Their positions in the input; for elements that are not plain bytes.
  void Positions(int64_t begin, int64_t count, int64_t* positions) const;

 private:
  // An output with elements has at most 62 dims above 1.
  static constexpr int kMaxDims = 64;

  template <typename Emit>
  void ForEachRun(int64_t begin, int64_t count, const Emit& emit) const;

  // The dims of the output, innermost first, neighbours merged where the input is contiguous over both or spread over
  // both. A stride of 0 spreads one element.
  int num_dims_ = 0;
  size_t element_bytes_;
  int64_t sizes_[kMaxDims];
  int64_t strides_[kMaxDims];
};

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_BROADCAST_H_
