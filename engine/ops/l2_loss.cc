// L2Loss: output = sum(t^2) / 2, a scalar. float16 and bfloat16 are summed in float.
//
// Blocks of kBlock elements are summed by themselves and then added up in double, in their order: the same for any
// number of threads, and little is lost in long sums.
#include <algorithm>

#include "engine/ops/op.h"
#include "engine/ops/plain_infer.h"
#include "engine/ops/widen.h"

namespace rivulet {
namespace {

constexpr int64_t kBlock = 1024;
constexpr int64_t kPiece = 64 * kBlock;

template <typename T>
Status SumSquares(RunContext& c) {
  const T* x = c.input(0).data<T>();
  const int64_t count = c.input(0).num_elements();
  const int64_t num_pieces = (count + kPiece - 1) / kPiece;
  RIVULET_ASSIGN_OR_RETURN(void* scratch, c.Scratch(static_cast<size_t>(num_pieces) * sizeof(double)));
  double* sums = static_cast<double*>(scratch);
  std::fill_n(sums, num_pieces, 0.0);  // a stopped run skips pieces
  c.ParallelFor(count, kPiece, [&](int64_t begin, int64_t end) {
    double total = 0;
    for (int64_t at = begin; at < end; at += kBlock) {
      Wide<T> lanes[8] = {};
      const int64_t stop = std::min(end, at + kBlock);
      for (int64_t i = at; i < stop; ++i) {
        const Wide<T> value = Widen(x[i]);
        lanes[i & 7] += value * value;
      }
      for (const Wide<T> lane : lanes) total += static_cast<double>(lane);
    }
    sums[begin / kPiece] = total;
  });
  double total = 0;
  for (int64_t i = 0; i < num_pieces; ++i) total += sums[i];
  *c.output(0).data<T>() = static_cast<T>(static_cast<Wide<T>>(total / 2));
  return Status();
}

Status Run(RunContext& c) {
  Status status;
  VisitLoops<kWidenFloats, float, double, Half, BFloat16>(
      c.input(0).dtype(), [&](auto tag) { status = SumSquares<typename decltype(tag)::Type>(c); });
  return status;
}

constexpr OpDef kDefs[] = {
    {.name = "L2Loss",
     .inputs = "t:T",
     .outputs = "output:T",
     .attrs = "T:type in {f16,bf16,f32,f64}",
     .infer = InferScalar,
     .run = kWidened<Run, kWidenFloats>},
};

}  // namespace

RIVULET_OP_LIST(L2Loss, kDefs);

}  // namespace rivulet
