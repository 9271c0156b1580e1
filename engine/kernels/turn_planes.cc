// In small tiles, so that both sides are read and written by whole cache lines; elements of four bytes by vectors.
#include "engine/kernels/turn_planes.h"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/kernels/turn_planes.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace rivulet {
namespace HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

#if HWY_TARGET != HWY_SCALAR
// Four elements of each of the columns `step` apart from `in` on, one behind the other.
template <class D>
HWY_INLINE hn::Vec<D> LoadBlocks(D d, const uint32_t* in, int64_t step) {
  constexpr size_t kBlocks = HWY_MAX_LANES_D(D) / 4;
  if constexpr (kBlocks == 1) {
    return hn::LoadU(d, in);
  } else {
    const hn::Half<D> half;
    return hn::Combine(d, LoadBlocks(half, in + static_cast<int64_t>(kBlocks / 2) * step, step),
                       LoadBlocks(half, in, step));
  }
}

// out[r * out_stride + c] = in[c * in_stride + r] for 4 r and as many c as D has lanes.
template <class D>
HWY_INLINE void TurnFourRows(D d, const uint32_t* in, int64_t in_stride, uint32_t* out, int64_t out_stride) {
  const hn::RepartitionToWide<D> d64;
  // Block b of the k-th is of column 4 b + k, and is interleaved with its like.
  const auto i0 = LoadBlocks(d, in, 4 * in_stride);
  const auto i1 = LoadBlocks(d, in + in_stride, 4 * in_stride);
  const auto i2 = LoadBlocks(d, in + 2 * in_stride, 4 * in_stride);
  const auto i3 = LoadBlocks(d, in + 3 * in_stride, 4 * in_stride);
  const auto a = hn::BitCast(d64, hn::InterleaveLower(d, i0, i1));
  const auto b = hn::BitCast(d64, hn::InterleaveLower(d, i2, i3));
  const auto e = hn::BitCast(d64, hn::InterleaveUpper(d, i0, i1));
  const auto f = hn::BitCast(d64, hn::InterleaveUpper(d, i2, i3));
  hn::StoreU(hn::BitCast(d, hn::InterleaveLower(d64, a, b)), d, out);
  hn::StoreU(hn::BitCast(d, hn::InterleaveUpper(d64, a, b)), d, out + out_stride);
  hn::StoreU(hn::BitCast(d, hn::InterleaveLower(d64, e, f)), d, out + 2 * out_stride);
  hn::StoreU(hn::BitCast(d, hn::InterleaveUpper(d64, e, f)), d, out + 3 * out_stride);
}
#endif

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
  // Down the columns first: what is read lies together.
  constexpr int64_t kTile = 16;
  for (int64_t c0 = 0; c0 < columns; c0 += kTile) {
    const int64_t c1 = std::min(c0 + kTile, columns);
    for (int64_t r0 = 0; r0 < rows; r0 += kTile) {
      const int64_t r1 = std::min(r0 + kTile, rows);
      int64_t r = r0;
#if HWY_TARGET != HWY_SCALAR
      for (; r + 4 <= r1; r += 4) {
        int64_t c = c0;
        ByVectors(c1, &c, [&](auto d, int64_t at) HWY_ATTR {
          TurnFourRows(d, in + at * in_stride + r, in_stride, out + r * out_stride + at, out_stride);
        });
        for (; c < c1; ++c) {
          for (int64_t i = r; i < r + 4; ++i) out[i * out_stride + c] = in[c * in_stride + i];
        }
      }
#endif
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

// Two runs of bytes become one.
void PairBytes(const uint8_t* in, uint8_t* out, const Planes& p) {
  for (int64_t i = 0; i < p.count; ++i) {
    const uint8_t *first = in + i * p.in_step, *second = first + p.in_stride;
    uint8_t* to = out + i * p.out_step;
    int64_t r = 0;
#if HWY_TARGET != HWY_SCALAR
    const hn::CappedTag<uint8_t, 32> d;
    const auto lanes = static_cast<int64_t>(hn::Lanes(d));
    for (; r < p.rows && p.rows >= lanes; r += lanes) {
      r = std::min(r, p.rows - lanes);  // the last ones overlap those before
      hn::StoreInterleaved2(hn::LoadU(d, first + r), hn::LoadU(d, second + r), d, to + 2 * r);
    }
#endif
    for (; r < p.rows; ++r) {
      to[2 * r] = first[r];
      to[2 * r + 1] = second[r];
    }
  }
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace rivulet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace rivulet {
namespace {

HWY_EXPORT(PairBytes);
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

void TurnBytes(const void* from, void* to, const Planes& planes) {
  if (planes.columns != 2 || planes.out_stride != 2) return Turn<uint8_t>(from, to, planes);
  HWY_DYNAMIC_DISPATCH(PairBytes)(static_cast<const uint8_t*>(from), static_cast<uint8_t*>(to), planes);
}

struct Bytes16 {
  uint64_t low;
  uint64_t high;
};

}  // namespace

TurnFunction TurnFor(size_t element_bytes) {
  switch (element_bytes) {
    case 1: return &TurnBytes;
    case 2: return &Turn<uint16_t>;
    case 4: return HWY_DYNAMIC_POINTER(Turn4Bytes);
    case 8: return &Turn<uint64_t>;
    default: return &Turn<Bytes16>;
  }
}

}  // namespace rivulet
#endif  // HWY_ONCE
