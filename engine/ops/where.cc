// Where: the coordinates of all elements that are not 0, in row-major order.
//
//   input [d0 .. dr] of T, rank >= 1 -> index [count, rank] of int64. NaN counts as not 0.
#include <algorithm>

#include "engine/ops/number.h"
#include "engine/ops/op.h"

namespace rivulet {
namespace {

Status Infer(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(c.WantMinRank(0, 1));
  const Shape& shape = c.shape(0);
  c.set_output(0, {Shape::kUnknownDim, shape.has_rank() ? shape.rank() : Shape::kUnknownDim});
  return Status();
}

template <typename T>
Status Find(RunContext& c) {
  const Tensor& input = c.input(0);
  const T* x = static_cast<const T*>(input.raw());
  const int64_t n = input.num_elements();
  const int rank = input.rank();
  const auto is_set = [](T value) {
    if constexpr (kIsComplex<T>) {
      return value.real() != 0 || value.imag() != 0;
    } else if constexpr (std::is_same_v<T, BFloat16>) {
      return (value.bits & 0x7FFF) != 0;  // subnormal ones as well, which float's comparison would flush
    } else {
      return Widen(value) != Wide<T>(0);
    }
  };
  int64_t count = 0;
  for (int64_t i = 0; i < n; ++i) count += is_set(x[i]);
  RIVULET_RETURN_IF_ERROR(c.AllocateOutput(0, {count, rank}));
  int64_t* out = c.output(0).template data<int64_t>();
  const Shape& shape = input.shape();
  for (int64_t i = 0; i < n; ++i) {
    if ((i & 0xffff) == 0xffff && c.stop().stopped()) return Status();
    if (!is_set(x[i])) continue;
    int64_t flat = i;
    for (int axis = rank - 1; axis >= 0; --axis) {
      out[axis] = flat % shape[axis];
      flat /= shape[axis];
    }
    out += rank;
  }
  return Status();
}

Status Run(RunContext& c) {
  const DType dtype = c.input(0).dtype();
  Status status;
  VisitType<float, double, Half, BFloat16, int8_t, int16_t, int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t,
            Complex64, Complex128>(dtype == DType::kBool ? DType::kUint8 : dtype,
                                   [&](auto tag) { status = Find<typename decltype(tag)::Type>(c); });
  return status;
}

constexpr OpDef kDefs[] = {
    {.name = "Where",
     .inputs = "input:T",
     .outputs = "index:i64",
     .attrs = "T:type=bool in {bf16,f16,f32,f64,i8,i16,i32,i64,u8,u16,u32,u64,bool,c64,c128}",
     .infer = Infer,
     .run = Run,
     .flags = kDataDependent},
};

}  // namespace

RIVULET_OP_LIST(Where, kDefs);

}  // namespace rivulet
