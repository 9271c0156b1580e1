// Convolutions and their gradients as plain loops, for element types and cases that have no kernel.
//
// Arrays are channels-last, filters [depth, height, width, in_c / groups, out_c]; sizes are complete. T is what
// products and sums are made in: float, double, or uint32_t for int32 (the same bits, without overflow).
#ifndef RIVULET_ENGINE_OPS_CONV_LOOPS_H_
#define RIVULET_ENGINE_OPS_CONV_LOOPS_H_

#include <algorithm>
#include <type_traits>

#include "engine/ops/conv_shape.h"

namespace rivulet {

// Pieces of about this many multiplications.
inline int64_t ConvGrain(double work_per_item) {
  return static_cast<int64_t>(std::max((1 << 18) / std::max(work_per_item, 1.0), 1.0));
}

// a + b; integers wrap around.
template <typename T>
T WrappingSum(T a, T b) {
  if constexpr (std::is_integral_v<T>) {
    return static_cast<T>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b));
  } else {
    return a + b;
  }
}

inline double FilterWork(const ConvSizes& s) {
  return static_cast<double>(s.taps()) * static_cast<double>(s.group_in()) * static_cast<double>(s.out_c);
}

// Nothing to multiply: the result is zeros. Loops over a filter's taps are bounded by its elements otherwise.
inline bool EmptyFilter(const ConvSizes& s) {
  return s.k[0] == 0 || s.k[1] == 0 || s.k[2] == 0 || s.in_c == 0 || s.out_c == 0;
}

// The input index under output index `out` and tap `k` along axis `i`.
inline int64_t InputIndex(const ConvSizes& s, size_t i, int64_t out, int64_t k) {
  return out * s.stride[i] - s.pad[i] + k * s.dilation[i];
}

// The taps along axis `i` that output index `out` sees inside the input.
inline TapRange TapsOf(const ConvSizes& s, size_t i, int64_t out) {
  return TapsInside(out * s.stride[i] - s.pad[i], s.dilation[i], s.k[i], s.in[i]);
}

// The output index along axis `i` that sees input index `in` under tap `k`; -1 when there is none.
inline int64_t OutputIndex(const ConvSizes& s, size_t i, int64_t in, int64_t k) {
  const int64_t at = in + s.pad[i] - k * s.dilation[i];
  if (at < 0 || at % s.stride[i] != 0) return -1;
  const int64_t out = at / s.stride[i];
  return out < s.out[i] ? out : -1;
}

// out [out_c] += in [in_c] * filter [group_in, out_c]: one tap of one pixel.
template <typename T>
void AddTap(const ConvSizes& s, const T* in, const T* filter, T* out) {
  const int64_t group_in = s.group_in();
  const int64_t group_out = s.group_out();
  if (group_in == 1 && group_out == 1) {
    for (int64_t c = 0; c < s.in_c; ++c) out[c] += in[c] * filter[c];
    return;
  }
  for (int64_t g = 0; g < s.groups; ++g, out += group_out, filter += group_out) {
    for (int64_t i = 0; i < group_in; ++i) {
      const T value = *in++;
      const T* row = filter + i * s.out_c;
      for (int64_t o = 0; o < group_out; ++o) out[o] += value * row[o];
    }
  }
}

// out [batch, out.., out_c] = in * filter.
template <typename T>
void ConvForward(RunContext& c, const ConvSizes& s, const T* in, const T* filter, T* out) {
  const bool empty = EmptyFilter(s);
  const int64_t tap_size = s.group_in() * s.out_c;
  c.ParallelFor(s.batch * s.out_pixels(), ConvGrain(FilterWork(s)), [&](int64_t begin, int64_t end) {
    for (int64_t pixel = begin; pixel < end; ++pixel) {
      T* o = out + pixel * s.out_c;
      std::fill_n(o, s.out_c, T(0));
      if (empty) continue;
      const int64_t x = pixel % s.out[2];
      const int64_t y = pixel / s.out[2] % s.out[1];
      const int64_t z = pixel / s.out[2] / s.out[1] % s.out[0];
      const T* image = in + pixel / s.out_pixels() * s.in_pixels() * s.in_c;
      const TapRange depth = TapsOf(s, 0, z);
      const TapRange height = TapsOf(s, 1, y);
      const TapRange width = TapsOf(s, 2, x);
      for (int64_t d = depth.begin; d < depth.end; ++d) {
        for (int64_t h = height.begin; h < height.end; ++h) {
          const int64_t row = InputIndex(s, 0, z, d) * s.in[1] + InputIndex(s, 1, y, h);
          const T* taps = filter + (d * s.k[1] + h) * s.k[2] * tap_size;
          for (int64_t w = width.begin; w < width.end; ++w) {
            AddTap(s, image + (row * s.in[2] + InputIndex(s, 2, x, w)) * s.in_c, taps + w * tap_size, o);
          }
        }
      }
    }
  });
}

// in_grad [batch, in.., in_c] = the sum over the outputs that see each input, of grad [batch, out.., out_c] * filter.
template <typename T>
void ConvBackpropInput(RunContext& c, const ConvSizes& s, const T* filter, const T* grad, T* in_grad) {
  const bool empty = EmptyFilter(s);
  const int64_t group_in = s.group_in();
  const int64_t group_out = s.group_out();
  c.ParallelFor(s.batch * s.in_pixels(), ConvGrain(FilterWork(s)), [&](int64_t begin, int64_t end) {
    for (int64_t pixel = begin; pixel < end; ++pixel) {
      T* to = in_grad + pixel * s.in_c;
      std::fill_n(to, s.in_c, T(0));
      if (empty) continue;
      const int64_t x = pixel % s.in[2];
      const int64_t y = pixel / s.in[2] % s.in[1];
      const int64_t z = pixel / s.in[2] / s.in[1] % s.in[0];
      const T* image = grad + pixel / s.in_pixels() * s.out_pixels() * s.out_c;
      for (int64_t tap = 0; tap < s.taps(); ++tap) {
        const int64_t out_z = OutputIndex(s, 0, z, tap / s.k[2] / s.k[1]);
        const int64_t out_y = OutputIndex(s, 1, y, tap / s.k[2] % s.k[1]);
        const int64_t out_x = OutputIndex(s, 2, x, tap % s.k[2]);
        if (out_z < 0 || out_y < 0 || out_x < 0) continue;
        const T* from = image + ((out_z * s.out[1] + out_y) * s.out[2] + out_x) * s.out_c;
        const T* weights = filter + tap * group_in * s.out_c;
        if (group_in == 1 && group_out == 1) {
          for (int64_t i = 0; i < s.in_c; ++i) to[i] += from[i] * weights[i];
          continue;
        }
        for (int64_t i = 0; i < s.in_c; ++i) {
          const int64_t group = i / group_in * group_out;
          const T* w = weights + i % group_in * s.out_c + group;
          T sum = 0;
          for (int64_t o = 0; o < group_out; ++o) sum += from[group + o] * w[o];
          to[i] += sum;
        }
      }
    }
  });
}

// filter_grad [k.., group_in, out_c] = the sum over all pixels of in * grad.
template <typename T>
void ConvBackpropFilter(RunContext& c, const ConvSizes& s, const T* in, const T* grad, T* filter_grad) {
  if (EmptyFilter(s)) return;
  const int64_t group_in = s.group_in();
  const int64_t group_out = s.group_out();
  const double work = static_cast<double>(s.batch) * static_cast<double>(s.out_pixels()) * static_cast<double>(s.out_c);
  // A piece is a tap and an input channel of a group: a row of the filter.
  c.ParallelFor(s.taps() * group_in, ConvGrain(work), [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      T* to = filter_grad + row * s.out_c;
      std::fill_n(to, s.out_c, T(0));
      const int64_t tap = row / group_in;
      const int64_t channel = row % group_in;
      for (int64_t pixel = 0; pixel < s.batch * s.out_pixels(); ++pixel) {
        const int64_t x = InputIndex(s, 2, pixel % s.out[2], tap % s.k[2]);
        const int64_t y = InputIndex(s, 1, pixel / s.out[2] % s.out[1], tap / s.k[2] % s.k[1]);
        const int64_t z = InputIndex(s, 0, pixel / s.out[2] / s.out[1] % s.out[0], tap / s.k[2] / s.k[1]);
        if (x < 0 || x >= s.in[2] || y < 0 || y >= s.in[1] || z < 0 || z >= s.in[0]) continue;
        const int64_t image = pixel / s.out_pixels();
        const T* from = in + (((image * s.in[0] + z) * s.in[1] + y) * s.in[2] + x) * s.in_c + channel;
        const T* g = grad + pixel * s.out_c;
        for (int64_t group = 0; group < s.groups; ++group) {
          const T value = from[group * group_in];
          for (int64_t o = group * group_out; o < (group + 1) * group_out; ++o) to[o] += value * g[o];
        }
      }
    }
  });
}

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_CONV_LOOPS_H_
