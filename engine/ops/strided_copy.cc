#include "engine/ops/strided_copy.h"

#include <algorithm>
#include <cstring>
#include <numeric>

#include "engine/base/sort.h"
#include "engine/kernels/transpose.h"

namespace rivulet {
namespace {

struct Bytes16 {
  uint64_t half[2];
};

template <typename T>
void CopyRun(const T* from, int64_t from_step, T* to, int64_t to_step, int64_t count) {
  if (from_step == 1 && to_step == 1) {
    std::memcpy(to, from, static_cast<size_t>(count) * sizeof(T));
    return;
  }
  for (int64_t i = 0; i < count; ++i) to[i * to_step] = from[i * from_step];
}

// A piece is a number of runs along the last axis.
template <typename T>
void Copy(RunContext& c, const StridedLoop& loop, const T* from, T* to) {
  const size_t outer = loop.dims.empty() ? 0 : loop.dims.size() - 1;
  const int64_t run = loop.dims.empty() ? 1 : loop.dims[outer];
  const int64_t from_step = loop.dims.empty() ? 1 : loop.from[outer];
  const int64_t to_step = loop.dims.empty() ? 1 : loop.to[outer];
  int64_t runs = 1;
  for (size_t i = 0; i < outer; ++i) runs *= loop.dims[i];
  c.ParallelFor(runs, std::max<int64_t>((1 << 14) / std::max<int64_t>(run, 1), 1), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      int64_t rest = i;
      int64_t from_at = 0;
      int64_t to_at = 0;
      for (size_t axis = outer; axis-- > 0;) {
        const int64_t index = rest % loop.dims[axis];
        rest /= loop.dims[axis];
        from_at += index * loop.from[axis];
        to_at += index * loop.to[axis];
      }
      CopyRun(from + from_at, from_step, to + to_at, to_step, run);
    }
  });
}

// Whether the loop is a permutation between two dense arrays; then the dims and axes as Transpose wants them.
bool AsTranspose(const StridedLoop& loop, std::vector<int64_t>* dims, std::vector<int>* perm) {
  const size_t rank = loop.dims.size();
  if (rank < 2 || rank > static_cast<size_t>(kMaxTransposeRank)) return false;
  // Loop axes from the outermost to the innermost of each side.
  std::vector<size_t> by_from(rank);
  std::iota(by_from.begin(), by_from.end(), size_t{0});
  std::vector<size_t> by_to = by_from;
  Sort(by_from.begin(), by_from.end(), [&](size_t a, size_t b) { return loop.from[a] > loop.from[b]; });
  Sort(by_to.begin(), by_to.end(), [&](size_t a, size_t b) { return loop.to[a] > loop.to[b]; });
  int64_t from_stride = 1;
  int64_t to_stride = 1;
  for (size_t i = rank; i-- > 0;) {
    if (loop.from[by_from[i]] != from_stride || loop.to[by_to[i]] != to_stride) return false;
    from_stride *= loop.dims[by_from[i]];
    to_stride *= loop.dims[by_to[i]];
  }
  dims->clear();
  perm->clear();
  for (const size_t axis : by_from) dims->push_back(loop.dims[axis]);
  for (const size_t axis : by_to) {
    perm->push_back(static_cast<int>(std::find(by_from.begin(), by_from.end(), axis) - by_from.begin()));
  }
  return true;
}

}  // namespace

StridedLoop Simplify(const StridedLoop& loop) {
  StridedLoop out;
  for (size_t i = 0; i < loop.dims.size(); ++i) {
    if (loop.dims[i] == 1) continue;
    if (!out.dims.empty() && out.from.back() == loop.from[i] * loop.dims[i] &&
        out.to.back() == loop.to[i] * loop.dims[i]) {
      out.dims.back() *= loop.dims[i];
      out.from.back() = loop.from[i];
      out.to.back() = loop.to[i];
      continue;
    }
    out.dims.push_back(loop.dims[i]);
    out.from.push_back(loop.from[i]);
    out.to.push_back(loop.to[i]);
  }
  return out;
}

PreparedCopy PrepareCopy(const StridedLoop& loop) {
  PreparedCopy copy;
  copy.is_empty = std::find(loop.dims.begin(), loop.dims.end(), 0) != loop.dims.end();
  if (copy.is_empty) return copy;
  copy.loop = Simplify(loop);
  copy.is_transpose = AsTranspose(copy.loop, &copy.dims, &copy.perm);
  return copy;
}

void RunCopy(RunContext& c, const PreparedCopy& copy, size_t element_bytes, const void* from, void* to) {
  if (copy.is_empty) return;
  if (copy.is_transpose) {
    Transpose(from, static_cast<int>(copy.dims.size()), copy.dims.data(), copy.perm.data(), element_bytes, to, c.pool(),
              c.stop());
    return;
  }
  const StridedLoop& loop = copy.loop;
  switch (element_bytes) {
    case 1: Copy(c, loop, static_cast<const uint8_t*>(from), static_cast<uint8_t*>(to)); break;
    case 2: Copy(c, loop, static_cast<const uint16_t*>(from), static_cast<uint16_t*>(to)); break;
    case 4: Copy(c, loop, static_cast<const uint32_t*>(from), static_cast<uint32_t*>(to)); break;
    case 8: Copy(c, loop, static_cast<const uint64_t*>(from), static_cast<uint64_t*>(to)); break;
    case 16: Copy(c, loop, static_cast<const Bytes16*>(from), static_cast<Bytes16*>(to)); break;
    default: break;
  }
}

void StridedCopy(RunContext& c, const StridedLoop& loop, size_t element_bytes, const void* from, void* to) {
  RunCopy(c, PrepareCopy(loop), element_bytes, from, to);
}

}  // namespace rivulet
