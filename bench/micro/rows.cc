// What goes row by row: softmax, moments, sums.
#include "bench/micro/micro.h"
#include "engine/kernels/reduce.h"

namespace rivulet::bench {
namespace {

void AddSoftmax(const std::string& name, int64_t rows, int64_t columns) {
  AddBenchmark("softmax/" + name, {0, 4 * rows * columns, 4 * rows * columns}, [=] {
    return [=, x = Floats(rows * columns), y = Floats(rows * columns)] {
      SoftmaxRows(x.get(), rows, columns, false, y.get(), Pool(), NoStop());
    };
  });
}

void AddMoments(const std::string& name, int64_t rows, int64_t columns) {
  AddBenchmark("moments/" + name, {0, 4 * rows * columns, 8 * rows}, [=] {
    return [=, x = Floats(rows * columns), mean = Floats(rows), variance = Floats(rows)] {
      RowMoments(x.get(), rows, columns, mean.get(), variance.get(), Pool(), NoStop());
    };
  });
}

void AddMean(const std::string& name, int64_t outer, int64_t reduced, int64_t inner) {
  AddBenchmark("mean/" + name, {0, 4 * outer * reduced * inner, 4 * outer * inner}, [=] {
    const Floats scratch(ReduceScratchBytes(outer, reduced, inner).value() / 4 + 16);
    return [=, x = Floats(outer * reduced * inner), y = Floats(outer * inner)] {
      Reduce(ReduceKind::kMean, x.get(), outer, reduced, inner, y.get(), scratch.get(), Pool(), NoStop());
    };
  });
}

}  // namespace

void AddRows() {
  AddSoftmax("1x1001", 1, 1001);
  AddSoftmax("1024x128", 1024, 128);
  AddSoftmax("8x32000", 8, 32000);
  AddMoments("128x512", 128, 512);
  AddMean("1x49x1024", 1, 49, 1024);
  AddMean("256x3136x1", 256, 3136, 1);
}

}  // namespace rivulet::bench
