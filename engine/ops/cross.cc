// Cross: the vector product of a and b, [.., 3] of one shape: (a1 b2 - a2 b1, a2 b0 - a0 b2, a0 b1 - a1 b0). Integers
// wrap around.
#include "engine/graph/shape_math.h"
#include "engine/ops/op.h"

namespace rivulet {
namespace {

Status Infer(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(c.WantMinRank(0, 1));
  RIVULET_RETURN_IF_ERROR(c.WantMinRank(1, 1));
  RIVULET_ASSIGN_OR_RETURN(Shape shape, MergeShapes(c.shape(0), c.shape(1)));
  if (shape.has_rank() && shape[shape.rank() - 1] != Shape::kUnknownDim && shape[shape.rank() - 1] != 3) {
    return InvalidArgument("want vectors of 3 elements, got shape ", shape);
  }
  c.set_output(0, std::move(shape));
  return Status();
}

// Computed as Wide.
template <typename T, typename Wide>
Status Product(RunContext& c) {
  const T* a = c.input(0).data<T>();
  const T* b = c.input(1).data<T>();
  T* out = c.output(0).data<T>();
  c.ParallelFor(c.output(0).num_elements() / 3, 1 << 12, [&](int64_t begin, int64_t end) {
    for (int64_t i = 3 * begin; i < 3 * end; i += 3) {
      const Wide a0 = static_cast<Wide>(a[i]), a1 = static_cast<Wide>(a[i + 1]), a2 = static_cast<Wide>(a[i + 2]);
      const Wide b0 = static_cast<Wide>(b[i]), b1 = static_cast<Wide>(b[i + 1]), b2 = static_cast<Wide>(b[i + 2]);
      out[i] = static_cast<T>(a1 * b2 - a2 * b1);
      out[i + 1] = static_cast<T>(a2 * b0 - a0 * b2);
      out[i + 2] = static_cast<T>(a0 * b1 - a1 * b0);
    }
  });
  return Status();
}

Status Run(RunContext& c) {
  switch (c.output(0).dtype()) {
    case DType::kFloat: return Product<float, float>(c);
    case DType::kDouble: return Product<double, double>(c);
    case DType::kHalf: return Product<Half, float>(c);
    case DType::kBfloat16: return Product<BFloat16, float>(c);
    default: break;
  }
  switch (ElementBytes(c.output(0).dtype())) {
    case 1: return Product<uint8_t, uint32_t>(c);
    case 2: return Product<uint16_t, uint32_t>(c);
    case 4: return Product<uint32_t, uint32_t>(c);
    default: return Product<uint64_t, uint64_t>(c);
  }
}

constexpr OpDef kDefs[] = {
    {.name = "Cross",
     .inputs = "a:T, b:T",
     .outputs = "product:T",
     .attrs = "T:type in {f32,f64,i32,u8,i16,i8,i64,bf16,u16,f16,u32,u64}",
     .infer = Infer,
     .run = Run},
};

}  // namespace

RIVULET_OP_LIST(Cross, kDefs);

}  // namespace rivulet
