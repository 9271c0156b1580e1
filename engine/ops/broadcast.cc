#include "engine/ops/broadcast.h"

#include <algorithm>
#include <cstring>

namespace rivulet {
namespace {

template <size_t kBytes>
void CopyRun(const void* data, int64_t position, int64_t stride, int64_t count, void* buffer, int64_t at) {
  const char* from = static_cast<const char*>(data) + static_cast<size_t>(position) * kBytes;
  char* to = static_cast<char*>(buffer) + static_cast<size_t>(at) * kBytes;
  if (stride == 0) {
    for (int64_t i = 0; i < count; ++i) std::memcpy(to + static_cast<size_t>(i) * kBytes, from, kBytes);
  } else {
    std::memcpy(to, from, static_cast<size_t>(count) * kBytes);
  }
}

}  // namespace

BroadcastReader::BroadcastReader(const Shape& input, const Shape& output, size_t element_bytes)
    : element_bytes_(element_bytes) {
  int64_t stride = 1;
  for (int i = output.rank() - 1; i >= 0; --i) {
    const int64_t size = output[i];
    if (size == 1) continue;
    const int axis = i - (output.rank() - input.rank());
    const bool is_spread = axis < 0 || input[axis] == 1;
    if (num_dims_ > 0 && (strides_[num_dims_ - 1] == 0) == is_spread) {
      sizes_[num_dims_ - 1] *= size;
    } else if (num_dims_ < kMaxDims) {
      sizes_[num_dims_] = size;
      strides_[num_dims_++] = is_spread ? 0 : stride;
    }
    if (!is_spread) stride *= size;
  }
}

// emit(position in the input, stride 0 or 1, run length, index of the first output in the tile).
template <typename Emit>
void BroadcastReader::ForEachRun(int64_t begin, int64_t count, const Emit& emit) const {
  if (num_dims_ == 0) return emit(int64_t{0}, int64_t{0}, count, int64_t{0});
  int64_t index[kMaxDims];
  int64_t position = 0;
  int64_t rest = begin;
  for (int i = 0; i < num_dims_; ++i) {
    index[i] = rest % sizes_[i];
    rest /= sizes_[i];
    position += index[i] * strides_[i];
  }
  int64_t done = 0;
  for (;;) {
    const int64_t run = std::min(sizes_[0] - index[0], count - done);
    emit(position, strides_[0], run, done);
    done += run;
    if (done == count) return;
    position -= index[0] * strides_[0];
    index[0] = 0;
    for (int i = 1; i < num_dims_; ++i) {
      position += strides_[i];
      if (++index[i] < sizes_[i]) break;
      position -= index[i] * strides_[i];
      index[i] = 0;
    }
  }
}

const void* BroadcastReader::Tile(const void* data, int64_t begin, int64_t count, void* buffer) const {
  const char* bytes = static_cast<const char*>(data);
  if (is_full()) return bytes + static_cast<size_t>(begin) * element_bytes_;
  if (strides_[0] == 1 && begin % sizes_[0] + count <= sizes_[0]) {
    // Inside one run: no copy.
    const void* direct = nullptr;
    ForEachRun(begin, count, [&](int64_t position, int64_t, int64_t, int64_t) {
      direct = bytes + static_cast<size_t>(position) * element_bytes_;
    });
    return direct;
  }
  ForEachRun(begin, count, [&](int64_t position, int64_t stride, int64_t run, int64_t at) {
    switch (element_bytes_) {
      case 1: return CopyRun<1>(data, position, stride, run, buffer, at);
      case 2: return CopyRun<2>(data, position, stride, run, buffer, at);
      case 4: return CopyRun<4>(data, position, stride, run, buffer, at);
      case 8: return CopyRun<8>(data, position, stride, run, buffer, at);
      default: return CopyRun<16>(data, position, stride, run, buffer, at);
    }
  });
  return buffer;
}

void BroadcastReader::Positions(int64_t begin, int64_t count, int64_t* positions) const {
  ForEachRun(begin, count, [&](int64_t position, int64_t stride, int64_t run, int64_t at) {
    for (int64_t i = 0; i < run; ++i) positions[at + i] = position + i * stride;
  });
}

}  // namespace rivulet
