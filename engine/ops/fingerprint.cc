// Fingerprint: data [n, ..] of T, method: the scalar "farmhash64" -> [n, 8] bytes, Fingerprint64 of each row, the
// lowest byte first. A row of strings is the fingerprint of its strings' fingerprints; a vector's string that of its
// own bytes. TensorFlow leaves rows of no strings undefined; here they are the fingerprint of nothing.
#include <string>
#include <vector>

#include "engine/ops/fingerprint64.h"
#include "engine/ops/op.h"

namespace rivulet {
namespace {

Status Infer(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(c.WantMinRank(0, 1));
  RIVULET_RETURN_IF_ERROR(c.WantScalar(1));
  if (c.known(1)) {
    const std::string& method = *c.value(1)->data<std::string>();
    if (method != "farmhash64") return InvalidArgument("method: want \"farmhash64\", got ", Quoted(method));
  }
  c.set_output(0,
               Shape{c.shape(0).has_rank() ? c.shape(0)[0] : Shape::kUnknownDim, c.known(1) ? 8 : Shape::kUnknownDim});
  return Status();
}

void Write(uint64_t fingerprint, uint8_t* out) {
  for (int i = 0; i < 8; ++i) out[i] = static_cast<uint8_t>(fingerprint >> (8 * i));
}

Status Run(RunContext& c) {
  const Tensor& data = c.input(0);
  const int64_t rows = data.dim(0);
  if (rows == 0) return Status();
  const int64_t row = data.num_elements() / rows;
  uint8_t* out = c.output(0).data<uint8_t>();
  if (data.dtype() != DType::kString) {
    const size_t bytes = data.bytes() / static_cast<size_t>(rows);
    const auto* from = static_cast<const char*>(data.raw());
    c.ParallelFor(rows, 16, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        const std::string_view one = bytes == 0 ? std::string_view() : std::string_view(from + i * bytes, bytes);
        Write(Fingerprint64(one), out + 8 * i);
      }
    });
    return Status();
  }
  RIVULET_ASSIGN_OR_RETURN(void* scratch, c.Scratch(static_cast<size_t>(row) * 8 + 1));
  auto* inner = static_cast<uint8_t*>(scratch);
  const std::string* text = data.data<std::string>();
  for (int64_t i = 0; i < rows && !c.stop().stopped(); ++i) {
    if (data.rank() == 1) {
      Write(Fingerprint64(text[i]), out + 8 * i);
      continue;
    }
    for (int64_t k = 0; k < row; ++k) Write(Fingerprint64(text[i * row + k]), inner + 8 * k);
    Write(Fingerprint64({reinterpret_cast<const char*>(inner), static_cast<size_t>(row) * 8}), out + 8 * i);
  }
  return Status();
}

constexpr OpDef kDefs[] = {
    {.name = "Fingerprint",
     .inputs = "data:T, method:str",
     .outputs = "fingerprint:u8",
     .attrs = "T:type in {f32,f64,i32,u8,i16,i8,str,c64,i64,bool,qi8,qu8,qi32,bf16,qi16,qu16,u16,c128,f16,u32,u64}",
     .infer = Infer,
     .run = Run},
};

}  // namespace

RIVULET_OP_LIST(Fingerprint, kDefs);

}  // namespace rivulet
