// Axes of one element are dropped and axes that stay together are merged. What is left either moves contiguous runs
// (the last axis stays last) or turns planes: the output's last axis against the input's.
#include "engine/kernels/transpose.h"

#include <algorithm>
#include <cstring>

#include "engine/kernels/turn_planes.h"

namespace rivulet {
namespace {

// The output's axes: their sizes and the input's strides along them, in elements.
struct Axes {
  int rank = 0;
  int64_t size[kMaxTransposeRank];
  int64_t stride[kMaxTransposeRank];
};

Axes Simplify(int rank, const int64_t* dims, const int* perm) {
  int64_t strides[kMaxTransposeRank];
  int64_t stride = 1;
  for (int i = rank - 1; i >= 0; --i) {
    strides[i] = stride;
    stride *= dims[i];
  }
  Axes axes;
  for (int i = 0; i < rank; ++i) {
    const int64_t size = dims[perm[i]];
    if (size == 1) continue;
    const int64_t along = strides[perm[i]];
    if (axes.rank > 0 && axes.stride[axes.rank - 1] == size * along) {
      axes.size[axes.rank - 1] *= size;
      axes.stride[axes.rank - 1] = along;
    } else {
      axes.size[axes.rank] = size;
      axes.stride[axes.rank] = along;
      ++axes.rank;
    }
  }
  return axes;
}

// Where in the input the `index`-th combination of the first `rank` axes lies.
int64_t OffsetOf(const Axes& axes, int rank, int64_t index) {
  int64_t offset = 0;
  for (int i = rank - 1; i >= 0; --i) {
    offset += index % axes.size[i] * axes.stride[i];
    index /= axes.size[i];
  }
  return offset;
}

constexpr int64_t kPieceBytes = 1 << 16;

int64_t GrainOf(int64_t bytes) { return std::max<int64_t>(kPieceBytes / std::max<int64_t>(bytes, 1), 1); }

// `count` runs of kBytes, or of `bytes`, which lie `step` bytes apart in the input and one after the other in the
// output.
template <size_t kBytes>
void CopyRunsOf(const char* in, int64_t step, int64_t bytes, int64_t count, char* out) {
  if constexpr (kBytes > 0) bytes = kBytes;
  for (int64_t i = 0; i < count; ++i) std::memcpy(out + i * bytes, in + i * step, static_cast<size_t>(bytes));
}

void CopyRuns(const char* in, int64_t step, int64_t bytes, int64_t count, char* out) {
  switch (bytes) {
    case 2: return CopyRunsOf<2>(in, step, bytes, count, out);
    case 3: return CopyRunsOf<3>(in, step, bytes, count, out);
    case 4: return CopyRunsOf<4>(in, step, bytes, count, out);
    case 8: return CopyRunsOf<8>(in, step, bytes, count, out);
    case 12: return CopyRunsOf<12>(in, step, bytes, count, out);
    case 16: return CopyRunsOf<16>(in, step, bytes, count, out);
    case 32: return CopyRunsOf<32>(in, step, bytes, count, out);
    case 64: return CopyRunsOf<64>(in, step, bytes, count, out);
    default: return CopyRunsOf<0>(in, step, bytes, count, out);
  }
}

void MoveRuns(const char* in, const Axes& axes, int64_t element, char* out, ThreadPool& pool, const StopToken& stop) {
  const int inner = axes.rank - 2;
  const int64_t run = axes.size[inner + 1] * element;
  const int64_t length = axes.size[inner];
  int64_t count = length;
  for (int i = 0; i < inner; ++i) count *= axes.size[i];
  pool.ParallelFor(count, GrainOf(run), stop, [&](int64_t begin, int64_t end) {
    while (begin < end) {
      const int64_t first = begin % length;
      const int64_t runs = std::min(length - first, end - begin);
      const int64_t offset = OffsetOf(axes, inner, begin / length) + first * axes.stride[inner];
      CopyRuns(in + offset * element, axes.stride[inner] * element, run, runs, out + begin * run);
      begin += runs;
    }
  });
}

void TurnPlanes(const char* in, const Axes& axes, size_t element_bytes, char* out, ThreadPool& pool,
                const StopToken& stop) {
  const auto element = static_cast<int64_t>(element_bytes);
  // The axis along which the input is dense, and the output's strides.
  int dense = 0;
  while (axes.stride[dense] != 1) ++dense;
  int64_t out_strides[kMaxTransposeRank];
  int64_t stride = 1;
  for (int i = axes.rank - 1; i >= 0; --i) {
    out_strides[i] = stride;
    stride *= axes.size[i];
  }
  Axes planes;
  int64_t plane_strides[kMaxTransposeRank];
  int64_t count = 1;
  for (int i = 0; i + 1 < axes.rank; ++i) {
    if (i == dense) continue;
    planes.size[planes.rank] = axes.size[i];
    planes.stride[planes.rank] = axes.stride[i];
    plane_strides[planes.rank] = out_strides[i];
    count *= axes.size[i];
    ++planes.rank;
  }
  Axes targets = planes;
  std::copy(plane_strides, plane_strides + planes.rank, targets.stride);

  const int64_t rows = axes.size[dense];
  const int64_t columns = axes.size[axes.rank - 1];
  const int64_t in_stride = axes.stride[axes.rank - 1];
  const int64_t out_stride = out_strides[dense];
  const TurnFunction turn = TurnFor(element_bytes);
  // Small planes, which lie one behind the other along the innermost of their axes, are turned many at a time.
  constexpr int64_t kSmallPlane = 1 << 14;
  const int64_t plane_bytes = rows * columns * element;
  if (planes.rank > 0 && plane_bytes <= kSmallPlane) {
    const int inner = planes.rank - 1;
    const int64_t length = planes.size[inner];
    pool.ParallelFor(count, GrainOf(plane_bytes), stop, [&](int64_t begin, int64_t end) {
      while (begin < end) {
        const int64_t many = std::min(length - begin % length, end - begin);
        turn(in + OffsetOf(planes, planes.rank, begin) * element,
             out + OffsetOf(targets, targets.rank, begin) * element,
             {rows, columns, in_stride, out_stride, many, planes.stride[inner], targets.stride[inner]});
        begin += many;
      }
    });
    return;
  }
  // A plane is cut along its longer side.
  constexpr int64_t kStrip = 64;
  const bool by_rows = rows >= columns;
  const int64_t strips = ((by_rows ? rows : columns) + kStrip - 1) / kStrip;
  const int64_t strip_bytes = std::min(by_rows ? rows : columns, kStrip) * (by_rows ? columns : rows) * element;
  pool.ParallelFor(count * strips, GrainOf(strip_bytes), stop, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t plane = i / strips;
      const int64_t first = i % strips * kStrip;
      const int64_t row = by_rows ? first : 0;
      const int64_t column = by_rows ? 0 : first;
      turn(in + (OffsetOf(planes, planes.rank, plane) + column * in_stride + row) * element,
           out + (OffsetOf(targets, targets.rank, plane) + row * out_stride + column) * element,
           {by_rows ? std::min(kStrip, rows - row) : rows, by_rows ? columns : std::min(kStrip, columns - column),
            in_stride, out_stride});
    }
  });
}

}  // namespace

void Transpose(const void* in, int rank, const int64_t* dims, const int* perm, size_t element_bytes, void* out,
               ThreadPool& pool, const StopToken& stop) {
  const auto element = static_cast<int64_t>(element_bytes);
  for (int i = 0; i < rank; ++i) {
    if (dims[i] == 0) return;
  }
  const Axes axes = Simplify(rank, dims, perm);
  const auto* from = static_cast<const char*>(in);
  auto* to = static_cast<char*>(out);
  if (axes.rank <= 1) {
    const int64_t bytes = (axes.rank == 0 ? 1 : axes.size[0]) * element;
    pool.ParallelFor(bytes, kPieceBytes, stop, [&](int64_t begin, int64_t end) {
      std::memcpy(to + begin, from + begin, static_cast<size_t>(end - begin));
    });
  } else if (axes.stride[axes.rank - 1] == 1) {
    MoveRuns(from, axes, element, to, pool, stop);
  } else {
    TurnPlanes(from, axes, element_bytes, to, pool, stop);
  }
}

}  // namespace rivulet
