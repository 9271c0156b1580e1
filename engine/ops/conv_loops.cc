#include "engine/ops/conv_loops.h"

#include <cstring>

#include "engine/ops/number.h"
#include "engine/ops/rows.h"

namespace rivulet {
namespace {

// What is done for one tap of one pixel: all that depends on the type. T is uint32_t for int32, which has the same bits
// and may overflow.
using TapLoop = void (*)(const ConvSizes& s, const void* a, const void* b, void* to);

// out [out_c] += in [in_c] * filter [group_in, out_c].
template <typename T>
void AddForward(const ConvSizes& s, const void* input, const void* weights, void* output) {
  const T *in = static_cast<const T*>(input), *filter = static_cast<const T*>(weights);
  T* out = static_cast<T*>(output);
  const int64_t group_in = s.group_in(), group_out = s.group_out();
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

// in_grad [in_c] += grad [out_c] * filter [group_in, out_c].
template <typename T>
void AddBackward(const ConvSizes& s, const void* grad, const void* filter, void* in_grad) {
  const T *from = static_cast<const T*>(grad), *weights = static_cast<const T*>(filter);
  T* to = static_cast<T*>(in_grad);
  const int64_t group_in = s.group_in(), group_out = s.group_out();
  if (group_in == 1 && group_out == 1) {
    for (int64_t i = 0; i < s.in_c; ++i) to[i] += from[i] * weights[i];
    return;
  }
  for (int64_t i = 0; i < s.in_c; ++i) {
    const int64_t group = i / group_in * group_out;
    const T* w = weights + i % group_in * s.out_c + group;
    T sum = 0;
    for (int64_t o = 0; o < group_out; ++o) sum += from[group + o] * w[o];
    to[i] += sum;
  }
}

// filter_grad [out_c] += in [groups], group_in apart, * grad [out_c].
template <typename T>
void AddToFilter(const ConvSizes& s, const void* input, const void* grad, void* filter_grad) {
  const T *from = static_cast<const T*>(input), *g = static_cast<const T*>(grad);
  T* to = static_cast<T*>(filter_grad);
  const int64_t group_in = s.group_in(), group_out = s.group_out();
  for (int64_t group = 0; group < s.groups; ++group) {
    const T value = from[group * group_in];
    for (int64_t o = group * group_out; o < (group + 1) * group_out; ++o) to[o] += value * g[o];
  }
}

// `other`: where it is neither float nor double.
TapLoop LoopOf(DType compute, TapLoop of_float, TapLoop of_double, TapLoop other) {
  return compute == DType::kFloat ? of_float : compute == DType::kDouble ? of_double : other;
}

// Elements of one type, found by their index.
struct Elements {
  DType dtype;

  const void* At(const void* data, int64_t i) const { return ElementAt(data, dtype, i); }
  void* At(void* data, int64_t i) const { return ElementAt(data, dtype, i); }
  void Clear(void* data, int64_t count) const {
    std::memset(data, 0, static_cast<size_t>(count) * ElementBytes(dtype));
  }
};

}  // namespace

void ConvForward(RunContext& c, const ConvSizes& s, DType compute, const void* in, const void* filter, void* out) {
  const Elements elements{compute};
  const TapLoop add = LoopOf(compute, AddForward<float>, AddForward<double>, AddForward<uint32_t>);
  const bool empty = EmptyFilter(s);
  const int64_t tap_size = s.group_in() * s.out_c;
  c.ParallelFor(s.batch * s.out_pixels(), ConvGrain(FilterWork(s)), [&](int64_t begin, int64_t end) {
    for (int64_t pixel = begin; pixel < end; ++pixel) {
      void* to = elements.At(out, pixel * s.out_c);
      elements.Clear(to, s.out_c);
      if (empty) continue;
      const int64_t x = pixel % s.out[2];
      const int64_t y = pixel / s.out[2] % s.out[1];
      const int64_t z = pixel / s.out[2] / s.out[1] % s.out[0];
      const int64_t image = pixel / s.out_pixels() * s.in_pixels();
      const TapRange depth = TapsOf(s, 0, z);
      const TapRange height = TapsOf(s, 1, y);
      const TapRange width = TapsOf(s, 2, x);
      for (int64_t d = depth.begin; d < depth.end; ++d) {
        for (int64_t h = height.begin; h < height.end; ++h) {
          const int64_t row = image + (InputIndex(s, 0, z, d) * s.in[1] + InputIndex(s, 1, y, h)) * s.in[2];
          const int64_t taps = (d * s.k[1] + h) * s.k[2];
          for (int64_t w = width.begin; w < width.end; ++w) {
            add(s, elements.At(in, (row + InputIndex(s, 2, x, w)) * s.in_c), elements.At(filter, (taps + w) * tap_size),
                to);
          }
        }
      }
    }
  });
}

void ConvBackpropInput(RunContext& c, const ConvSizes& s, DType compute, const void* filter, const void* grad,
                       void* in_grad) {
  const Elements elements{compute};
  const TapLoop add = LoopOf(compute, AddBackward<float>, AddBackward<double>, AddBackward<uint32_t>);
  const bool empty = EmptyFilter(s);
  const int64_t tap_size = s.group_in() * s.out_c;
  c.ParallelFor(s.batch * s.in_pixels(), ConvGrain(FilterWork(s)), [&](int64_t begin, int64_t end) {
    for (int64_t pixel = begin; pixel < end; ++pixel) {
      void* to = elements.At(in_grad, pixel * s.in_c);
      elements.Clear(to, s.in_c);
      if (empty) continue;
      const int64_t x = pixel % s.in[2];
      const int64_t y = pixel / s.in[2] % s.in[1];
      const int64_t z = pixel / s.in[2] / s.in[1] % s.in[0];
      const int64_t image = pixel / s.in_pixels() * s.out_pixels();
      for (int64_t tap = 0; tap < s.taps(); ++tap) {
        const int64_t out_z = OutputIndex(s, 0, z, tap / s.k[2] / s.k[1]);
        const int64_t out_y = OutputIndex(s, 1, y, tap / s.k[2] % s.k[1]);
        const int64_t out_x = OutputIndex(s, 2, x, tap % s.k[2]);
        if (out_z < 0 || out_y < 0 || out_x < 0) continue;
        const int64_t from = image + (out_z * s.out[1] + out_y) * s.out[2] + out_x;
        add(s, elements.At(grad, from * s.out_c), elements.At(filter, tap * tap_size), to);
      }
    }
  });
}

void ConvBackpropFilter(RunContext& c, const ConvSizes& s, DType compute, const void* in, const void* grad,
                        void* filter_grad) {
  if (EmptyFilter(s)) return;
  const Elements elements{compute};
  const TapLoop add = LoopOf(compute, AddToFilter<float>, AddToFilter<double>, AddToFilter<uint32_t>);
  const int64_t group_in = s.group_in();
  const double work = static_cast<double>(s.batch) * static_cast<double>(s.out_pixels()) * static_cast<double>(s.out_c);
  // A piece is a tap and an input channel of a group: a row of the filter.
  c.ParallelFor(s.taps() * group_in, ConvGrain(work), [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      void* to = elements.At(filter_grad, row * s.out_c);
      elements.Clear(to, s.out_c);
      const int64_t tap = row / group_in;
      const int64_t channel = row % group_in;
      for (int64_t pixel = 0; pixel < s.batch * s.out_pixels(); ++pixel) {
        const int64_t x = InputIndex(s, 2, pixel % s.out[2], tap % s.k[2]);
        const int64_t y = InputIndex(s, 1, pixel / s.out[2] % s.out[1], tap / s.k[2] % s.k[1]);
        const int64_t z = InputIndex(s, 0, pixel / s.out[2] / s.out[1] % s.out[0], tap / s.k[2] / s.k[1]);
        if (x < 0 || x >= s.in[2] || y < 0 || y >= s.in[1] || z < 0 || z >= s.in[0]) continue;
        const int64_t from = ((pixel / s.out_pixels() * s.in[0] + z) * s.in[1] + y) * s.in[2] + x;
        add(s, elements.At(in, from * s.in_c + channel), elements.At(grad, pixel * s.out_c), to);
      }
    }
  });
}

}  // namespace rivulet
