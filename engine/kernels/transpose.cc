// Axes of one element are dropped and axes that stay together are merged. What is left either moves contiguous runs
// (the last axis stays last) or turns planes: the output's last axis against the input's, in small tiles so that both
// sides are read and written by whole cache lines.
#include "engine/kernels/transpose.h"

#include <algorithm>
#include <cstring>

#ifndef RIVULET_ENGINE_KERNELS_TRANSPOSE_PLANES_
#define RIVULET_ENGINE_KERNELS_TRANSPOSE_PLANES_
namespace rivulet {
// `count` planes of out[r * out_stride + c] = in[c * in_stride + r], each so many elements behind the one before.
struct Planes {
  int64_t rows;
  int64_t columns;
  int64_t in_stride;
  int64_t out_stride;
  int64_t count = 1;
  int64_t in_step = 0;
  int64_t out_step = 0;
};
}  // namespace rivulet
#endif

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/kernels/transpose.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace rivulet {
namespace HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

// out[r * out_stride + c] = in[c * in_stride + r] for 4x4 elements of 4 bytes.
HWY_INLINE void Turn4x4(const uint32_t* in, int64_t in_stride, uint32_t* out, int64_t out_stride) {
#if HWY_TARGET == HWY_SCALAR
  for (int r = 0; r < 4; ++r) {
    for (int c = 0; c < 4; ++c) out[r * out_stride + c] = in[c * in_stride + r];
  }
#else
  const hn::FixedTag<uint32_t, 4> d;
  const hn::FixedTag<uint64_t, 2> d64;
  const auto i0 = hn::LoadU(d, in);
  const auto i1 = hn::LoadU(d, in + in_stride);
  const auto i2 = hn::LoadU(d, in + 2 * in_stride);
  const auto i3 = hn::LoadU(d, in + 3 * in_stride);
  const auto a = hn::BitCast(d64, hn::InterleaveLower(d, i0, i1));
  const auto b = hn::BitCast(d64, hn::InterleaveLower(d, i2, i3));
  const auto e = hn::BitCast(d64, hn::InterleaveUpper(d, i0, i1));
  const auto f = hn::BitCast(d64, hn::InterleaveUpper(d, i2, i3));
  hn::StoreU(hn::BitCast(d, hn::InterleaveLower(d64, a, b)), d, out);
  hn::StoreU(hn::BitCast(d, hn::InterleaveUpper(d64, a, b)), d, out + out_stride);
  hn::StoreU(hn::BitCast(d, hn::InterleaveLower(d64, e, f)), d, out + 2 * out_stride);
  hn::StoreU(hn::BitCast(d, hn::InterleaveUpper(d64, e, f)), d, out + 3 * out_stride);
#endif
}

// Vectors from `*at` on while they fit before `count`: of 16 elements where the target has them, then of 4.
template <class Body>
HWY_INLINE void ByVectors([[maybe_unused]] int64_t count, [[maybe_unused]] int64_t* at,
                          [[maybe_unused]] const Body& body) {
#if HWY_TARGET != HWY_SCALAR && !HWY_HAVE_SCALABLE
  const hn::CappedTag<uint32_t, 16> wide;
  const auto lanes = static_cast<int64_t>(hn::Lanes(wide));
  for (; *at + lanes <= count; *at += lanes) body(wide, *at);
#endif
#if HWY_TARGET != HWY_SCALAR
  const hn::FixedTag<uint32_t, 4> narrow;
  for (; *at + 4 <= count; *at += 4) body(narrow, *at);
#endif
}

// A few runs become one, an element of each in turn: out[r * kColumns + c] = in[c * in_stride + r].
template <int kColumns>
void Interleave(const uint32_t* in, int64_t in_stride, uint32_t* out, int64_t rows) {
  int64_t r = 0;
  ByVectors(rows, &r, [&](auto d, int64_t at) HWY_ATTR {
    const auto i0 = hn::LoadU(d, in + at);
    const auto i1 = hn::LoadU(d, in + in_stride + at);
    if constexpr (kColumns == 2) {
      hn::StoreInterleaved2(i0, i1, d, out + 2 * at);
    } else {
      const auto i2 = hn::LoadU(d, in + 2 * in_stride + at);
      if constexpr (kColumns == 3) {
        hn::StoreInterleaved3(i0, i1, i2, d, out + 3 * at);
      } else {
        hn::StoreInterleaved4(i0, i1, i2, hn::LoadU(d, in + 3 * in_stride + at), d, out + 4 * at);
      }
    }
  });
  for (; r < rows; ++r) {
    for (int64_t c = 0; c < kColumns; ++c) out[r * kColumns + c] = in[c * in_stride + r];
  }
}

// The way back: out[r * out_stride + c] = in[c * kRows + r].
template <int kRows>
void Separate(const uint32_t* in, uint32_t* out, int64_t out_stride, int64_t columns) {
  int64_t c = 0;
  ByVectors(columns, &c, [&](auto d, int64_t at) HWY_ATTR {
    auto i0 = hn::Zero(d), i1 = hn::Zero(d), i2 = hn::Zero(d), i3 = hn::Zero(d);
    if constexpr (kRows == 2) hn::LoadInterleaved2(d, in + 2 * at, i0, i1);
    if constexpr (kRows == 3) hn::LoadInterleaved3(d, in + 3 * at, i0, i1, i2);
    if constexpr (kRows == 4) hn::LoadInterleaved4(d, in + 4 * at, i0, i1, i2, i3);
    hn::StoreU(i0, d, out + at);
    hn::StoreU(i1, d, out + out_stride + at);
    if constexpr (kRows > 2) hn::StoreU(i2, d, out + 2 * out_stride + at);
    if constexpr (kRows > 3) hn::StoreU(i3, d, out + 3 * out_stride + at);
  });
  for (; c < columns; ++c) {
    for (int64_t r = 0; r < kRows; ++r) out[r * out_stride + c] = in[c * kRows + r];
  }
}

// Rows [0, rows) and columns [0, columns) of out[r * out_stride + c] = in[c * in_stride + r].
void TurnPlane(const uint32_t* in, int64_t in_stride, uint32_t* out, int64_t out_stride, int64_t rows,
               int64_t columns) {
  if (out_stride == columns && columns == 2) return Interleave<2>(in, in_stride, out, rows);
  if (out_stride == columns && columns == 3) return Interleave<3>(in, in_stride, out, rows);
  if (out_stride == columns && columns == 4) return Interleave<4>(in, in_stride, out, rows);
  if (in_stride == rows && rows == 2) return Separate<2>(in, out, out_stride, columns);
  if (in_stride == rows && rows == 3) return Separate<3>(in, out, out_stride, columns);
  if (in_stride == rows && rows == 4) return Separate<4>(in, out, out_stride, columns);
  constexpr int64_t kTile = 16;
  for (int64_t r0 = 0; r0 < rows; r0 += kTile) {
    const int64_t r1 = std::min(r0 + kTile, rows);
    for (int64_t c0 = 0; c0 < columns; c0 += kTile) {
      const int64_t c1 = std::min(c0 + kTile, columns);
      int64_t r = r0;
      for (; r + 4 <= r1; r += 4) {
        int64_t c = c0;
        for (; c + 4 <= c1; c += 4) Turn4x4(in + c * in_stride + r, in_stride, out + r * out_stride + c, out_stride);
        for (; c < c1; ++c) {
          for (int64_t i = r; i < r + 4; ++i) out[i * out_stride + c] = in[c * in_stride + i];
        }
      }
      for (; r < r1; ++r) {
        for (int64_t c = c0; c < c1; ++c) out[r * out_stride + c] = in[c * in_stride + r];
      }
    }
  }
}

void Turn4Bytes(const void* from, void* to, const Planes& planes) {
  const auto* in = static_cast<const uint32_t*>(from);
  auto* out = static_cast<uint32_t*>(to);
  for (int64_t i = 0; i < planes.count; ++i) {
    TurnPlane(in + i * planes.in_step, planes.in_stride, out + i * planes.out_step, planes.out_stride, planes.rows,
              planes.columns);
  }
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace rivulet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace rivulet {
namespace {

HWY_EXPORT(Turn4Bytes);

template <typename T>
void TurnPlane(const T* in, T* out, const Planes& p) {
  if (p.columns == 2 && p.out_stride == 2) {  // two runs become one
    const T* second = in + p.in_stride;
    for (int64_t r = 0; r < p.rows; ++r) {
      out[2 * r] = in[r];
      out[2 * r + 1] = second[r];
    }
    return;
  }
  constexpr int64_t kTile = 64 / sizeof(T) < 8 ? 8 : 64 / sizeof(T);
  for (int64_t r0 = 0; r0 < p.rows; r0 += kTile) {
    const int64_t r1 = std::min(r0 + kTile, p.rows);
    for (int64_t c0 = 0; c0 < p.columns; c0 += kTile) {
      const int64_t c1 = std::min(c0 + kTile, p.columns);
      for (int64_t r = r0; r < r1; ++r) {
        for (int64_t c = c0; c < c1; ++c) out[r * p.out_stride + c] = in[c * p.in_stride + r];
      }
    }
  }
}

template <typename T>
void Turn(const void* from, void* to, const Planes& planes) {
  for (int64_t i = 0; i < planes.count; ++i) {
    TurnPlane(static_cast<const T*>(from) + i * planes.in_step, static_cast<T*>(to) + i * planes.out_step, planes);
  }
}

struct Bytes16 {
  uint64_t low;
  uint64_t high;
};

using TurnFunction = void (*)(const void*, void*, const Planes&);

TurnFunction TurnFor(size_t element_bytes) {
  switch (element_bytes) {
    case 1: return &Turn<uint8_t>;
    case 2: return &Turn<uint16_t>;
    case 4: return HWY_DYNAMIC_POINTER(Turn4Bytes);
    case 8: return &Turn<uint64_t>;
    default: return &Turn<Bytes16>;
  }
}

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
#endif  // HWY_ONCE
