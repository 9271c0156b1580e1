// Products of bytes.
#include "bench/micro/micro.h"
#include "engine/kernels/gemm_u8.h"

namespace rivulet::bench {
namespace {

using Bytes = Values<uint8_t>;

void AddProduct(int64_t m, int64_t n, int64_t k) {
  const Work work{2.0 * static_cast<double>(m * n) * static_cast<double>(k), m * k + k * n, 4 * m * n, true};
  AddBenchmark("bytes/matmul/" + std::to_string(m) + "x" + std::to_string(n) + "x" + std::to_string(k), work, [=] {
    const auto allocator = Allocator::Create();
    const PackedMatrixU8 b = *PackedMatrixU8::Pack(Bytes(k * n).get(), k, n, false, *allocator);
    return [=, a = Bytes(m * k), c = Values<int32_t>(m * n), allocator = allocator] {
      MatMulU8(a.get(), k, false, 128, m, b, 128, c.get(), n, Pool(), NoStop());
    };
  });
}

void AddConvolution(int64_t size, int64_t in_c, int64_t out_c, int64_t filter, int64_t stride) {
  ConvGeometry g;
  g.in_h = g.in_w = size;
  g.in_c = in_c;
  g.out_c = out_c;
  g.k_h = g.k_w = filter;
  g.stride_h = g.stride_w = stride;
  g.out_h = g.out_w = (size - 1) / stride + 1;
  g.pad_top = g.pad_left = ((g.out_h - 1) * stride + filter - size) / 2;
  const int64_t k = filter * filter * in_c, in = size * size * in_c, out = g.out_h * g.out_w * out_c;
  const Work work{2.0 * static_cast<double>(out) * static_cast<double>(k), in + k * out_c, 4 * out, true};
  const std::string name = std::to_string(size) + "x" + std::to_string(in_c) + "-" + std::to_string(out_c) + "/" +
                           std::to_string(filter) + "s" + std::to_string(stride);
  AddBenchmark("bytes/conv/" + name, work, [=] {
    const auto allocator = Allocator::Create();
    const PackedMatrixU8 weights = *PackedMatrixU8::Pack(Bytes(k * out_c).get(), k, out_c, false, *allocator);
    return [=, x = Bytes(in), y = Values<int32_t>(out), allocator = allocator] {
      Conv2DU8(x.get(), 128, weights, 128, g, y.get(), Pool(), NoStop());
    };
  });
}

}  // namespace

void AddBytes() {
  AddProduct(256, 256, 256);
  AddProduct(196, 512, 512);
  AddProduct(3136, 128, 128);
  AddProduct(1, 1001, 1024);
  AddConvolution(224, 3, 32, 3, 2);
  AddConvolution(28, 128, 128, 3, 1);
}

}  // namespace rivulet::bench
