// SerializeTensor: any tensor as the bytes of a TensorProto, a scalar string. ParseTensor: the tensor of out_type in
// such bytes.
#include "engine/ops/plain_infer.h"
#include "engine/ops/tensor_message.h"
#include "engine/ops/text_bytes.h"

namespace rivulet {
namespace {

Status RunSerialize(RunContext& c) {
  TextBytes bytes(c.allocator());
  RIVULET_ASSIGN_OR_RETURN(const int64_t size, TensorMessageBytes(c.input(0)));
  RIVULET_RETURN_IF_ERROR(bytes.Charge(size));
  *c.output(0).data<std::string>() = WriteTensorMessage(c.input(0));
  return Status();
}

Status InferParse(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(c.WantScalar(0));
  c.set_output(0, Shape::UnknownRank());
  return Status();
}

struct State : OpState {
  DType dtype = DType::kInvalid;
};

Result<std::unique_ptr<OpState>> PrepareParse(PrepareContext& c) {
  auto state = std::make_unique<State>();
  state->dtype = c.attrs().Type("out_type");
  return std::unique_ptr<OpState>(std::move(state));
}

Status RunParse(RunContext& c) {
  // The elements of a message stand in a list of 8 bytes each, or 16 for a string, before they are in the tensor.
  const std::string& message = *c.input(0).data<std::string>();
  TextBytes bytes(c.allocator());
  RIVULET_RETURN_IF_ERROR(bytes.Charge(CheckedSize(static_cast<int64_t>(message.size())) * 16));
  auto tensor = ReadTensorMessage(message, c.state<State>().dtype, c.allocator());
  if (!tensor.ok()) return std::move(tensor).status().Framed("serialized");
  c.SetOutput(0, *tensor);
  return Status();
}

constexpr OpDef kDefs[] = {
    {.name = "SerializeTensor",
     .inputs = "tensor:T",
     .outputs = "serialized:str",
     .attrs = "T:type in {f32,f64,i32,u8,i16,i8,str,c64,i64,bool,bf16,u16,c128,f16,u32,u64}",
     .infer = InferScalar,
     .run = RunSerialize},
    {.name = "ParseTensor",
     .inputs = "serialized:str",
     .outputs = "output:out_type",
     .attrs =
         "out_type:type in {f32,f64,i32,u8,i16,i8,str,c64,i64,bool,qi8,qu8,qi32,bf16,qi16,qu16,u16,c128,f16,u32,u64}",
     .infer = InferParse,
     .prepare = PrepareParse,
     .run = RunParse,
     .flags = kDataDependent},
};

}  // namespace

RIVULET_OP_LIST(SerializeTensor, kDefs);

}  // namespace rivulet
