// StringToNumber: y = the number that x spells. x: [..] of strings, y: [..] of T. What may be written: number_text.h.
#include "engine/ops/dims.h"
#include "engine/ops/number.h"
#include "engine/ops/number_text.h"
#include "engine/ops/plain_infer.h"

namespace rivulet {
namespace {

template <typename T>
Status Read(RunContext& c) {
  const std::string* text = c.input(0).data<std::string>();
  T* number = c.output(0).data<T>();
  for (int64_t i = 0; i < c.output(0).num_elements(); ++i) {
    if (ReadNumber(text[i], &number[i])) continue;
    return InvalidArgument("string_tensor: want strings that spell a ", c.output(0).dtype(), ", got ", Quoted(text[i]),
                           " at element ", i);
  }
  return Status();
}

Status Run(RunContext& c) {
  Status status;
  VisitType<float, double, int32_t, int64_t, uint32_t, uint64_t>(
      c.output(0).dtype(), [&](auto tag) { status = Read<typename decltype(tag)::Type>(c); });
  return status;
}

constexpr OpDef kDefs[] = {
    {.name = "StringToNumber",
     .inputs = "string_tensor:str",
     .outputs = "output:out_type",
     .attrs = "out_type:type=f32 in {f32,f64,i32,i64,u32,u64}",
     .infer = InferLikeFirst,
     .run = Run},
};

}  // namespace

RIVULET_OP_LIST(StringToNumber, kDefs);

}  // namespace rivulet
