// The weights of ScaleAndTranslate along one axis.
#ifndef RIVULET_ENGINE_OPS_SCALE_SPANS_H_
#define RIVULET_ENGINE_OPS_SCALE_SPANS_H_

#include <algorithm>
#include <string_view>

#include "engine/base/errors.h"
#include "rivulet/tensor.h"

namespace rivulet {

struct ScaleKernel {
  const char* name;
  float radius;
  float (*weight)(float x, float radius);  // x >= 0
};

// lanczos1, lanczos3, lanczos5, gaussian, box, triangle, keyscubic, mitchellcubic; null for another name.
const ScaleKernel* FindScaleKernel(std::string_view name);

// For every output place of one axis: the first input pixel that counts, and the weights of it and those after it: as
// many for every place, so that, as in TensorFlow, also a pixel of weight 0 makes NaN of an infinity.
class ScaleSpans {
 public:
  int64_t start(int64_t place) const { return starts_.data<int64_t>()[place]; }
  int64_t count(int64_t place) const { return std::min(stride_, in_ - start(place)); }
  const float* weights(int64_t place) const { return weights_.data<float>() + place * stride_; }

  // Output place x lies at (x + 0.5 - shift) / scale; scale > 0.
  Status Make(const ScaleKernel& kernel, bool antialias, int64_t in, int64_t out, float scale, float shift,
              Allocator& allocator);
  // The other way: for every one of the input pixels, the places it counts for. Outer weights of 0 are left out.
  Result<ScaleSpans> Turned(Allocator& allocator) const;

 private:
  int64_t in_ = 0;
  int64_t out_ = 0;
  int64_t stride_ = 0;
  Tensor starts_;
  Tensor weights_;
};

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_SCALE_SPANS_H_
