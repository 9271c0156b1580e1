// Which row each value of a ragged or a sparse tensor lies in.
#ifndef RIVULET_ENGINE_OPS_VALUE_ROWS_H_
#define RIVULET_ENGINE_OPS_VALUE_ROWS_H_

#include <span>

#include "engine/ops/sparse_parts.h"

namespace rivulet {

// The row of each of `n` values in their order, by where the rows begin.
class RaggedRows {
 public:
  explicit RaggedRows(std::span<const int64_t> splits) : splits_(splits) {}

  Status Check(int64_t n) const {
    if (splits_.front() == 0 && splits_.back() == n) return Status();
    return InvalidArgument("splits: want them from 0 to the number of values, ", n, ", got ", splits_.front(), " to ",
                           splits_.back());
  }
  // For i = 0, 1, …; the last split is past every value, so that the search ends.
  int64_t Next(int64_t i) {
    while (i >= splits_[next_]) ++next_;
    return static_cast<int64_t>(next_) - 1;
  }

 private:
  std::span<const int64_t> splits_;
  size_t next_ = 0;
};

// That every index lies inside of the shape.
inline Status CheckIndices(RunContext& c, const SparseView& sparse) {
  for (int64_t i = 0; i < sparse.count; ++i) {
    if (i % 4096 == 4095 && c.stop().stopped()) return c.stop().Why();
    if (IsInside(sparse.index(i), sparse.shape)) continue;
    return InvalidArgument("indices[", i, "]: want an index inside of ", IndexText(sparse.shape.data(), sparse.rank),
                           ", got ", IndexText(sparse.index(i), sparse.rank));
  }
  return Status();
}

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_VALUE_ROWS_H_
