// Bitcast: the same bytes as another dtype. With elements k times smaller a last dim of k is added; with elements k
// times larger the last dim must be k and goes away.
#include <cstring>

#include "engine/ops/op.h"

namespace rivulet {
namespace {

Status Infer(InferContext& c) {
  const auto from = static_cast<int64_t>(ElementBytes(c.dtype(0)));
  const auto to = static_cast<int64_t>(ElementBytes(c.output_dtype(0)));
  const Shape& in = c.shape(0);
  if (!in.has_rank() || from == to) {
    c.set_output(0, in);
    return Status();
  }
  if (from > to) {
    if (in.rank() == Shape::kMaxRank) return InvalidArgument("the result would have rank ", in.rank() + 1);
    Shape out = in;
    out.push_back(from / to);
    c.set_output(0, std::move(out));
    return Status();
  }
  const int last = in.rank() - 1;
  if (last < 0 || (in[last] >= 0 && in[last] != to / from)) {
    return InvalidArgument("from ", c.dtype(0), " to ", c.output_dtype(0), ": want a last dim of ", to / from,
                           ", got shape ", in);
  }
  c.set_output(0, Shape(in.dims().first(static_cast<size_t>(last))));
  return Status();
}

Status Run(RunContext& c) {
  Tensor& output = c.output(0);
  if (output.bytes() > 0 && output.raw() != c.input(0).raw()) {
    std::memcpy(output.raw(), c.input(0).raw(), output.bytes());
  }
  return Status();
}

#define RIVULET_BYTES "{bf16,f16,f32,f64,i64,i32,u8,u16,u32,u64,i8,i16,c64,c128,qi8,qu8,qi16,qu16,qi32}"

constexpr OpDef kDefs[] = {
    {.name = "Bitcast",
     .inputs = "input:T",
     .outputs = "output:type",
     .attrs = "T:type in " RIVULET_BYTES "; type:type in " RIVULET_BYTES,
     .infer = Infer,
     .run = Run,
     .flags = kElementwise},
};

}  // namespace

RIVULET_OP_LIST(Bitcast, kDefs);

}  // namespace rivulet
