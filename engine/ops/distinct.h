// Finding equal slices of a tensor: what Unique and ListDiff share.
//
// Equal is what TensorFlow's CPU kernels take for it: NaN equals nothing, and -0 equals 0 in float32 and float64 but
// not in float16 and bfloat16, which go by their bits. Found by sorting, so that no choice of values makes it slow.
#ifndef RIVULET_ENGINE_OPS_DISTINCT_H_
#define RIVULET_ENGINE_OPS_DISTINCT_H_

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>

#include "engine/base/sort.h"
#include "engine/ops/number.h"
#include "rivulet/tensor.h"

namespace rivulet {

// The slices along the middle axis of a dense tensor [outer, n, inner], in an order in which equal ones are neighbours.
class Slices {
 public:
  Slices(const void* data, DType dtype, int64_t outer, int64_t n, int64_t inner)
      : data_(data), dtype_(dtype), outer_(outer), n_(n), inner_(inner) {}

  // By content; any fixed total order of slices that are not equal, 0 for equal ones.
  int Compare(int64_t a, int64_t b) const { return Compare(a, *this, b); }
  // The same with slice b of another tensor of the same dtype, outer and inner.
  int Compare(int64_t a, const Slices& other, int64_t b) const {
    for (int64_t o = 0; o < outer_; ++o) {
      const int order = CompareRuns((o * n_ + a) * inner_, other, (o * other.n_ + b) * inner_);
      if (order != 0) return order;
    }
    return 0;
  }
  // A slice with a NaN is not even equal to itself.
  bool HasNan(int64_t a) const {
    bool found = false;
    VisitType<float, double, Half, BFloat16>(dtype_, [&](auto tag) {
      using T = typename decltype(tag)::Type;
      const T* x = static_cast<const T*>(data_);
      for (int64_t o = 0; o < outer_; ++o) {
        for (int64_t i = 0; i < inner_; ++i) {
          const auto wide = Widen(x[(o * n_ + a) * inner_ + i]);
          found = found || wide != wide;
        }
      }
    });
    return found;
  }

  // Fills order[0..n) with the slices' positions, sorted by content and then by position.
  void Sort(int64_t* order) const {
    for (int64_t i = 0; i < n_; ++i) order[i] = i;
    rivulet::Sort(order, order + n_, [this](int64_t a, int64_t b) {
      const int by_content = Compare(a, b);
      return by_content != 0 ? by_content < 0 : a < b;
    });
  }

 private:
  int CompareRuns(int64_t a, const Slices& other, int64_t b) const {
    switch (dtype_) {
      case DType::kFloat: return CompareFloats<float>(a, other, b);
      case DType::kDouble: return CompareFloats<double>(a, other, b);
      case DType::kString: {
        const auto* x = static_cast<const std::string*>(data_) + a;
        const auto* y = static_cast<const std::string*>(other.data_) + b;
        for (int64_t i = 0; i < inner_; ++i) {
          const int order = x[i].compare(y[i]);
          if (order != 0) return order;
        }
        return 0;
      }
      default: {
        const size_t bytes = ElementBytes(dtype_);
        if (inner_ == 0) return 0;
        return std::memcmp(static_cast<const char*>(data_) + static_cast<size_t>(a) * bytes,
                           static_cast<const char*>(other.data_) + static_cast<size_t>(b) * bytes,
                           static_cast<size_t>(inner_) * bytes);
      }
    }
  }

  // NaNs go first, all alike, so that the order is total.
  template <typename T>
  int CompareFloats(int64_t a, const Slices& other, int64_t b) const {
    const T* x = static_cast<const T*>(data_) + a;
    const T* y = static_cast<const T*>(other.data_) + b;
    for (int64_t i = 0; i < inner_; ++i) {
      if (x[i] < y[i]) return -1;
      if (x[i] > y[i]) return 1;
      const bool x_nan = x[i] != x[i], y_nan = y[i] != y[i];
      if (x_nan != y_nan) return x_nan ? -1 : 1;
    }
    return 0;
  }

  const void* data_;
  DType dtype_;
  int64_t outer_, n_, inner_;
};

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_DISTINCT_H_
