// CompareAndBitpack: whether each element is above a threshold, eight to a byte, the first in its highest bit.
//
//   input [.., 8 n] of T, threshold scalar -> [.., n] of uint8
#include "engine/ops/number.h"
#include "engine/ops/op.h"

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

template <typename T>
void Pack(RunContext& c) {
  const T* x = c.input(0).data<T>();
  const auto threshold = Widen(*c.input(1).data<T>());
  uint8_t* y = c.output(0).data<uint8_t>();
  c.ParallelFor(c.output(0).num_elements(), 1 << 11, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      unsigned byte = 0;
      for (int bit = 0; bit < 8; ++bit) byte = byte << 1 | (Widen(x[i * 8 + bit]) > threshold ? 1u : 0u);
      y[i] = static_cast<uint8_t>(byte);
    }
  });
}

// Of bools the threshold is not asked: the bits are the elements.
void PackBools(RunContext& c) {
  const bool* x = c.input(0).data<bool>();
  uint8_t* y = c.output(0).data<uint8_t>();
  for (int64_t i = 0; i < c.output(0).num_elements(); ++i) {
    unsigned byte = 0;
    for (int bit = 0; bit < 8; ++bit) byte = byte << 1 | (x[i * 8 + bit] ? 1u : 0u);
    y[i] = static_cast<uint8_t>(byte);
  }
}

Status Run(RunContext& c) {
  if (c.output(0).num_elements() == 0) return Status();
  if (c.input(0).dtype() == DType::kBool) {
    PackBools(c);
    return Status();
  }
  VisitType<float, double, Half, int8_t, int16_t, int32_t, int64_t>(
      c.input(0).dtype(), [&](auto tag) { Pack<typename decltype(tag)::Type>(c); });
  return Status();
}

constexpr OpDef kDefs[] = {
    {.name = "CompareAndBitpack",
     .inputs = "input:T, threshold:T",
     .outputs = "output:u8",
     .attrs = "T:type in {bool,f16,f32,f64,i8,i16,i32,i64}",
     .infer = Infer,
     .run = Run},
};

}  // namespace

RIVULET_OP_LIST(CompareAndBitpack, kDefs);

}  // namespace rivulet
