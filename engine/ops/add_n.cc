// AddN, AccumulateNV2: the sum of N tensors of one shape, added in their order. Integers wrap around; float16 and
// bfloat16 are summed in float and rounded once. AccumulateNV2's attribute `shape` decides nothing, as in TensorFlow.
#include <algorithm>
#include <cstring>

#include "engine/graph/shape_math.h"
#include "engine/kernels/half.h"
#include "engine/ops/op.h"
#include "engine/ops/rows.h"
#include "engine/ops/tensor_list_value.h"

namespace rivulet {
namespace {

Status Infer(InferContext& c) {
  if (c.num_inputs() < 1) return InvalidArgument("want at least one input");
  Shape shape = c.shape(0);
  for (int i = 1; i < c.num_inputs(); ++i) {
    RIVULET_ASSIGN_OR_RETURN(shape, MergeShapes(shape, c.shape(i)));
  }
  c.set_output(0, std::move(shape));
  return Status();
}

constexpr int64_t kTile = 256;

template <typename T>
void AddInto(void* to, const void* from, int64_t n) {
  T* sum = static_cast<T*>(to);
  const T* x = static_cast<const T*>(from);
  for (int64_t i = 0; i < n; ++i) {
    if constexpr (std::is_integral_v<T>) {
      using U = std::common_type_t<T, unsigned>;
      sum[i] = static_cast<T>(U{sum[i]} + U{x[i]});
    } else {
      sum[i] += x[i];
    }
  }
}

// The output may be the memory of any input, so a tile is summed aside.
Status Sum(RunContext& c, decltype(&AddInto<float>) add_into) {
  const DType dtype = c.output(0).dtype();
  const size_t bytes = ElementBytes(dtype);
  c.ParallelFor(c.output(0).num_elements(), 1 << 13, [&](int64_t begin, int64_t end) {
    alignas(64) char sum[kTile * sizeof(Complex128)];
    for (int64_t at = begin; at < end; at += kTile) {
      const int64_t count = std::min(kTile, end - at);
      std::memcpy(sum, ElementAt(c.input(0).raw(), dtype, at), static_cast<size_t>(count) * bytes);
      for (int i = 1; i < c.num_inputs(); ++i) add_into(sum, ElementAt(c.input(i).raw(), dtype, at), count);
      std::memcpy(ElementAt(c.output(0).raw(), dtype, at), sum, static_cast<size_t>(count) * bytes);
    }
  });
  return Status();
}

Status SumHalves(RunContext& c) {
  const DType dtype = c.output(0).dtype();
  uint16_t* out = c.output(0).data<uint16_t>();
  c.ParallelFor(c.output(0).num_elements(), 1 << 13, [&](int64_t begin, int64_t end) {
    float sum[kTile];
    float wide[kTile];
    for (int64_t at = begin; at < end; at += kTile) {
      const int64_t count = std::min(kTile, end - at);
      WidenHalf(dtype, c.input(0).data<uint16_t>() + at, count, sum);
      for (int i = 1; i < c.num_inputs(); ++i) {
        WidenHalf(dtype, c.input(i).data<uint16_t>() + at, count, wide);
        AddInto<float>(sum, wide, count);
      }
      NarrowToHalf(dtype, sum, count, out + at);
    }
  });
  return Status();
}

// Lists of tensors are added element by element, maps key by key.
Status SumVariants(RunContext& c) {
  Tensor sum = c.input(0);
  for (int i = 1; i < c.num_inputs(); ++i) {
    RIVULET_ASSIGN_OR_RETURN(sum, AddTensors(sum, c.input(i), c.allocator()));
  }
  c.SetOutput(0, sum);
  return Status();
}

Status Run(RunContext& c) {
  const DType dtype = c.output(0).dtype();
  switch (dtype) {
    case DType::kVariant: return SumVariants(c);
    case DType::kFloat: return Sum(c, AddInto<float>);
    case DType::kDouble: return Sum(c, AddInto<double>);
    case DType::kComplex64: return Sum(c, AddInto<Complex64>);
    case DType::kComplex128: return Sum(c, AddInto<Complex128>);
    case DType::kHalf:
    case DType::kBfloat16: return SumHalves(c);
    default: break;
  }
  switch (ElementBytes(dtype)) {
    case 1: return Sum(c, AddInto<uint8_t>);
    case 2: return Sum(c, AddInto<uint16_t>);
    case 4: return Sum(c, AddInto<uint32_t>);
    default: return Sum(c, AddInto<uint64_t>);
  }
}

#define RIVULET_NUMBERS "T:type in {f32,f64,i32,u8,i16,i8,c64,i64,bf16,u16,c128,f16,u32,u64"

constexpr OpDef kDefs[] = {
    {.name = "AddN",
     .inputs = "inputs:N*T",
     .outputs = "sum:T",
     .attrs = "N:int >=1; " RIVULET_NUMBERS ",variant}",
     .infer = Infer,
     .run = Run,
     .flags = kElementwise},
    {.name = "AccumulateNV2",
     .inputs = "inputs:N*T",
     .outputs = "sum:T",
     .attrs = "N:int >=1; " RIVULET_NUMBERS "}; shape:shape",
     .infer = Infer,
     .run = Run,
     .flags = kElementwise},
};

}  // namespace

RIVULET_OP_LIST(AddN, kDefs);

}  // namespace rivulet
