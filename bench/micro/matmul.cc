// Matrix products: square, skinny, of one row, of two operands that are made while a model runs.
#include "engine/kernels/matmul.h"

#include "bench/micro/micro.h"
#include "engine/kernels/gemm_half.h"

namespace rivulet::bench {
namespace {

Work WorkOf(int64_t batch, int64_t m, int64_t n, int64_t k) {
  return {2.0 * static_cast<double>(batch * m * n) * static_cast<double>(k), 4 * batch * (m * k + k * n),
          4 * batch * m * n};
}

void Packed(const std::string& name, int64_t m, int64_t n, int64_t k) {
  AddBenchmark(name, WorkOf(1, m, n, k), [=] {
    const auto allocator = Allocator::Create();
    const PackedMatrix b = *PackedMatrix::Pack(Floats(k * n).get(), k, n, false, *allocator);
    return [=, a = Floats(m * k), c = Floats(m * n), allocator = allocator] {
      MatMul(a.get(), k, m, b, c.get(), n, {}, Pool(), NoStop());
    };
  });
}

void Dynamic(const std::string& name, MatMulShape shape) {
  AddBenchmark(name, WorkOf(shape.batch, shape.m, shape.n, shape.k), [=] {
    const Floats a(shape.batch * shape.m * shape.k), b(shape.batch * shape.k * shape.n),
        c(shape.batch * shape.m * shape.n);
    const Floats scratch(MatMulScratchBytes(shape).value() / 4 + 16);
    return
        [=] { MatMulDynamic(shape, a.get(), nullptr, b.get(), nullptr, c.get(), {}, scratch.get(), Pool(), NoStop()); };
  });
}

// Operands rounded to 16 bits, where the processor gains by it.
void Halves(const std::string& name, int64_t m, int64_t n, int64_t k) {
  AddBenchmark(name, WorkOf(1, m, n, k), [=] {
    const auto allocator = Allocator::Create();
    const PackedHalf b = *PackedHalf::Pack(HalfProductsHere(), Floats(k * n).get(), k, n, MemoryOf(*allocator));
    return [=, a = Floats(m * k), c = Floats(m * n), allocator = allocator] {
      GemmTask task;
      task.source = a.get();
      task.lda = k;
      task.m = m;
      task.n = n;
      task.k = k;
      task.c = c.get();
      task.ldc = n;
      RunGemmHalf(task, b, Pool(), NoStop());
    };
  });
}

}  // namespace

void AddMatrixProducts() {
  for (const int64_t size : {64, 128, 256, 512, 1024})
    Packed("matmul/square/" + std::to_string(size), size, size, size);
  Packed("matmul/skinny/12544x32x16", 12544, 32, 16);
  Packed("matmul/skinny/3136x24x144", 3136, 24, 144);
  Packed("matmul/skinny/196x512x512", 196, 512, 512);
  Packed("matmul/skinny/49x1024x1024", 49, 1024, 1024);
  if (HalfProductsHere() != HalfProducts::kNone) Halves("matmul/halves/196x512x512", 196, 512, 512);
  Packed("matmul/row/1x1001x1024", 1, 1001, 1024);
  Packed("matmul/row/1x4096x4096", 1, 4096, 4096);
  Packed("matmul/lstm/1x1024x320", 1, 1024, 320);
  Packed("matmul/lstm/8x1024x320", 8, 1024, 320);
  Dynamic("matmul/scores/8x128x128x64", {8, 128, 128, 64, false, true});
  Dynamic("matmul/values/8x128x64x128", {8, 128, 64, 128, false, false});
}

}  // namespace rivulet::bench
