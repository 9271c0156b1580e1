// Memory moved: transposes, pictures resized.
#include <array>
#include <vector>

#include "bench/micro/micro.h"
#include "engine/kernels/transpose.h"
#include "engine/media/resize.h"

namespace rivulet::bench {
namespace {

void AddTranspose(const std::string& name, std::vector<int64_t> dims, std::vector<int> perm) {
  int64_t count = 1;
  for (const int64_t dim : dims) count *= dim;
  AddBenchmark("transpose/" + name, {0, 4 * count, 4 * count}, [=] {
    return [=, x = Floats(count), y = Floats(count)] {
      Transpose(x.get(), static_cast<int>(dims.size()), dims.data(), perm.data(), sizeof(float), y.get(), Pool(),
                NoStop());
    };
  });
}

void AddResize(const std::string& name, const ResizeShape& shape) {
  const int64_t in = shape.in_height * shape.in_width * shape.channels;
  const int64_t out = shape.out_height * shape.out_width * shape.channels;
  AddBenchmark("resize/" + name, {0, 4 * in, 4 * out}, [=] {
    return [=, x = Floats(in), y = Floats(out)] {
      (void)ResizeBilinear(std::span<const float>(x.get(), static_cast<size_t>(in)), shape, ResizeAlignment::kHalfPixel,
                           std::span<float>(y.get(), static_cast<size_t>(out)));
    };
  });
}

}  // namespace

void AddLayouts() {
  AddTranspose("nhwc-nchw/56x56x64", {1, 56, 56, 64}, {0, 3, 1, 2});
  AddTranspose("nchw-nhwc/56x56x64", {1, 64, 56, 56}, {0, 2, 3, 1});
  AddTranspose("plane/512x512", {512, 512}, {1, 0});
  AddTranspose("plane/2048x2048", {2048, 2048}, {1, 0});
  AddTranspose("heads/128x8x64", {1, 128, 8, 64}, {0, 2, 1, 3});
  AddTranspose("shuffle/28x28x3x80", {1, 28, 28, 3, 80}, {0, 1, 2, 4, 3});
  AddResize("bilinear/480x640x3-224x224", {480, 640, 224, 224, 3});
  AddResize("bilinear/33x33x21-513x513", {33, 33, 513, 513, 21});
  AddResize("bilinear/28x28x128-56x56", {28, 28, 56, 56, 128});
}

}  // namespace rivulet::bench
