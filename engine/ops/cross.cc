// Cross: the vector product of a and b, [.., 3] of one shape: (a1 b2 - a2 b1, a2 b0 - a0 b2, a0 b1 - a1 b0). Integers
// wrap around.
#include "engine/graph/shape_math.h"
#include "engine/ops/op.h"
#include "engine/ops/widen.h"

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

// Vectors [begin, end); integers are multiplied as uint64_t.
template <typename T>
void Multiply(const void* left, const void* right, int64_t begin, int64_t end, void* product) {
  using Number = std::conditional_t<std::is_integral_v<T>, uint64_t, Wide<T>>;
  const T *a = static_cast<const T*>(left), *b = static_cast<const T*>(right);
  T* out = static_cast<T*>(product);
  const auto minor = [&](int64_t i, int64_t j) {
    return static_cast<T>(static_cast<Number>(a[i]) * static_cast<Number>(b[j]) -
                          static_cast<Number>(a[j]) * static_cast<Number>(b[i]));
  };
  for (int64_t i = 3 * begin; i < 3 * end; i += 3) {
    const T first = minor(i + 1, i + 2), second = minor(i + 2, i), third = minor(i, i + 1);
    out[i] = first;
    out[i + 1] = second;
    out[i + 2] = third;
  }
}

constexpr uint32_t kWiden = kWidenHalves | kWidenInts;

Status Run(RunContext& c) {
  auto* multiply = Multiply<uint64_t>;
  VisitLoops<kWiden, float, double, Half, BFloat16, int8_t, uint8_t, int16_t, uint16_t, int32_t, uint32_t>(
      c.output(0).dtype(), [&](auto tag) { multiply = Multiply<typename decltype(tag)::Type>; });
  c.ParallelFor(c.output(0).num_elements() / 3, 1 << 12, [&](int64_t begin, int64_t end) {
    multiply(c.input(0).raw(), c.input(1).raw(), begin, end, c.output(0).raw());
  });
  return Status();
}

constexpr OpDef kDefs[] = {
    {.name = "Cross",
     .inputs = "a:T, b:T",
     .outputs = "product:T",
     .attrs = "T:type in {f32,f64,i32,u8,i16,i8,i64,bf16,u16,f16,u32,u64}",
     .infer = Infer,
     .run = kWidened<Run, kWiden>},
};

}  // namespace

RIVULET_OP_LIST(Cross, kDefs);

}  // namespace rivulet
