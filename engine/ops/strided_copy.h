// Copies between arrays that are walked with any strides: diagonals, permutations, scatters.
#ifndef RIVULET_ENGINE_OPS_STRIDED_COPY_H_
#define RIVULET_ENGINE_OPS_STRIDED_COPY_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "engine/ops/op.h"

namespace rivulet {

// An index space and how two arrays are walked over it; strides in elements, not negative.
struct StridedLoop {
  std::vector<int64_t> dims;
  std::vector<int64_t> from;
  std::vector<int64_t> to;
};

// The same walk with axes of one element dropped and neighbours merged where both sides allow it; no axis for one
// element.
StridedLoop Simplify(const StridedLoop& loop);

// to[i * loop.to] = from[i * loop.from] for all i. element_bytes is 1, 2, 4, 8 or 16. No element of `to` is written
// twice.
void StridedCopy(RunContext& c, const StridedLoop& loop, size_t element_bytes, const void* from, void* to);

// The same, looked at once and run often.
struct PreparedCopy {
  StridedLoop loop;           // simplified
  bool is_empty = false;      // no element
  bool is_transpose = false;  // between dense arrays: then these are what Transpose wants
  std::vector<int64_t> dims;
  std::vector<int> perm;
};
PreparedCopy PrepareCopy(const StridedLoop& loop);
void RunCopy(RunContext& c, const PreparedCopy& copy, size_t element_bytes, const void* from, void* to);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_STRIDED_COPY_H_
