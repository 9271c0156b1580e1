// CompareAndBitpack: whether each element is above a threshold, eight to a byte, the first in its highest bit.
//
//   input [.., 8 n] of T, threshold scalar -> [.., n] of uint8
#include "engine/ops/number.h"
#include "engine/ops/op.h"
#include "engine/ops/widen.h"

namespace rivulet {
namespace {

Status Infer(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(c.WantMinRank(0, 1));
  RIVULET_RETURN_IF_ERROR(c.WantScalar(1));
  Shape out = c.shape(0);
  if (out.has_rank()) {
    const int64_t last = out[out.rank() - 1];
    if (last > 0 && last % 8 != 0) return InvalidArgument("input: want a last dim that 8 divides, got ", out);
    if (last >= 0) out.set_dim(out.rank() - 1, last / 8);
  }
  c.set_output(0, std::move(out));
  return Status();
}

// Bytes [begin, end) of y.
template <typename T>
void Pack(const Tensor& input, const Tensor& given, int64_t begin, int64_t end, uint8_t* y) {
  const T* x = input.data<T>();
  // Of bools the threshold is not asked: the bits are the elements.
  const Wide<T> threshold = std::is_same_v<T, bool> ? Wide<T>(0) : Widen(*given.data<T>());
  for (int64_t i = begin; i < end; ++i) {
    unsigned byte = 0;
    for (int bit = 0; bit < 8; ++bit) byte = byte << 1 | (Widen(x[i * 8 + bit]) > threshold ? 1u : 0u);
    y[i] = static_cast<uint8_t>(byte);
  }
}

Status Run(RunContext& c) {
  auto* pack = Pack<bool>;
  VisitLoops<kWidenFloats, float, double, Half, int8_t, int16_t, int32_t, int64_t>(
      c.input(0).dtype(), [&](auto tag) { pack = Pack<typename decltype(tag)::Type>; });
  c.ParallelFor(c.output(0).num_elements(), 1 << 11, [&](int64_t begin, int64_t end) {
    pack(c.input(0), c.input(1), begin, end, c.output(0).data<uint8_t>());
  });
  return Status();
}

constexpr OpDef kDefs[] = {
    {.name = "CompareAndBitpack",
     .inputs = "input:T, threshold:T",
     .outputs = "output:u8",
     .attrs = "T:type in {bool,f16,f32,f64,i8,i16,i32,i64}",
     .infer = Infer,
     .run = kWidened<Run, kWidenFloats>},
};

}  // namespace

RIVULET_OP_LIST(CompareAndBitpack, kDefs);

}  // namespace rivulet
