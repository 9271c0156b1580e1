// ToBool: whether a tensor counts as true for If and While. input [..] -> output: a bool scalar
//
// A scalar is true where it is not 0 (NaN is not), a string where it is not empty; any other tensor where it has
// elements. TensorFlow does not know what scalars of float16, bfloat16, the unsigned integers from 16 bits, complex
// and quantised numbers count as.
#include <type_traits>

#include "engine/ops/number.h"
#include "engine/ops/op.h"
#include "engine/ops/plain_infer.h"

namespace rivulet {
namespace {

Status Run(RunContext& c) {
  const Tensor& input = c.input(0);
  bool is_true = input.num_elements() > 0;
  Status status;
  if (input.rank() == 0) {
    status = InvalidArgument("a scalar of ", input.dtype(), " does not say true or false");
    VisitType<float, double, int8_t, int16_t, int32_t, int64_t, uint8_t, bool, std::string>(
        input.dtype(), [&](auto tag) {
          using T = typename decltype(tag)::Type;
          if constexpr (std::is_same_v<T, std::string>) {
            is_true = !input.data<T>()[0].empty();
          } else {
            is_true = input.data<T>()[0] != T(0);
          }
          status = Status();
        });
  }
  c.output(0).data<bool>()[0] = is_true;
  return status;
}

constexpr OpDef kDefs[] = {
    {.name = "ToBool",
     .inputs = "input:T",
     .outputs = "output:bool",
     .attrs = "T:type in {bf16,f16,f32,f64,i8,i16,i32,i64,u8,u16,u32,u64,c64,c128,bool,str,qi8,qu8,qi16,qu16,qi32}",
     .infer = InferScalar,
     .run = Run},
};

}  // namespace

RIVULET_OP_LIST(ToBool, kDefs);

}  // namespace rivulet
