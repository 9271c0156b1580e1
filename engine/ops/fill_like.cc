// ZerosLike, OnesLike: zeros (empty strings, false) or ones (true) of the input's dtype and shape.
#include <algorithm>
#include <cstring>

#include "engine/ops/op.h"
#include "engine/ops/tensor_list_value.h"
#include "engine/ops/with.h"

namespace rivulet {
namespace {

// All ones of one dtype have the same bytes, so filling goes by these.
struct One {
  size_t bytes = 0;
  char pattern[16] = {};
};

template <typename T>
One PatternOf(T value) {
  One one;
  one.bytes = sizeof(T);
  std::memcpy(one.pattern, &value, sizeof(T));
  return one;
}

One OneOf(DType dtype) {
  switch (dtype) {
    case DType::kFloat: return PatternOf(1.0f);
    case DType::kDouble: return PatternOf(1.0);
    case DType::kHalf: return PatternOf(Half(1.0f));
    case DType::kBfloat16: return PatternOf(BFloat16(1.0f));
    case DType::kComplex64: return PatternOf(Complex64(1));
    case DType::kComplex128: return PatternOf(Complex128(1));
    default: break;
  }
  switch (ElementBytes(dtype)) {
    case 1: return PatternOf(uint8_t{1});
    case 2: return PatternOf(uint16_t{1});
    case 4: return PatternOf(uint32_t{1});
    default: return PatternOf(uint64_t{1});
  }
}

void Fill(Tensor& output, bool with_ones) {
  if (output.num_elements() == 0) return;
  if (output.dtype() == DType::kString) {
    std::fill_n(output.data<std::string>(), output.num_elements(), std::string());
  } else if (!with_ones) {
    std::memset(output.raw(), 0, output.bytes());
  } else {
    const One one = OneOf(output.dtype());
    char* to = static_cast<char*>(output.raw());
    for (int64_t i = 0; i < output.num_elements(); ++i, to += one.bytes) std::memcpy(to, one.pattern, one.bytes);
  }
}

// Small results are known without the input's value: they are often parts of shapes.
Status Infer(InferContext& c, bool with_ones) {
  constexpr int64_t kSmall = 64;
  const Shape& shape = c.shape(0);
  c.set_output(0, shape);
  const int64_t count = shape.complete() ? shape.num_elements() : -1;
  if (count >= 0 && count <= kSmall && (c.dtype(0) == DType::kInt32 || c.dtype(0) == DType::kInt64)) {
    RIVULET_ASSIGN_OR_RETURN(Tensor value, Tensor::Allocate(c.dtype(0), shape, c.allocator()));
    Fill(value, with_ones);
    c.set_value(0, std::move(value));
  }
  return Status();
}

Status Run(RunContext& c, bool with_ones) {
  if (c.input(0).dtype() == DType::kVariant) {  // lists of tensors: the same lists of zeros
    RIVULET_ASSIGN_OR_RETURN(const Tensor zeros, ZerosLikeTensor(c.input(0), c.allocator()));
    c.SetOutput(0, zeros);
    return Status();
  }
  Fill(c.output(0), with_ones);
  return Status();
}

constexpr OpDef kDefs[] = {
    {.name = "ZerosLike",
     .inputs = "x:T",
     .outputs = "y:T",
     .attrs = "T:type in {bf16,f16,f32,f64,i8,u8,i16,u16,i32,u32,i64,u64,c64,c128,bool,str,variant}",
     .infer = With<Infer, false>,
     .run = With<Run, false>,
     .flags = kElementwise},
    {.name = "OnesLike",
     .inputs = "x:T",
     .outputs = "y:T",
     .attrs = "T:type in {bf16,f16,f32,f64,i8,u8,i16,u16,i32,u32,i64,u64,c64,c128,bool}",
     .infer = With<Infer, true>,
     .run = With<Run, true>,
     .flags = kElementwise},
};

}  // namespace

RIVULET_OP_LIST(FillLike, kDefs);

}  // namespace rivulet
