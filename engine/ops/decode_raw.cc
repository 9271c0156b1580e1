// DecodeRaw, DecodePaddedRaw: strings as the bytes of numbers, little or big endian.
//   DecodeRaw        x [..] of strings of one length -> y [.., length / bytes of T]
//   DecodePaddedRaw  x [..], fixed_length: a scalar -> y [.., fixed_length / bytes of T]; shorter strings end in zeros,
//                    longer ones are cut
// A bool is true for every byte but 0.
#include <algorithm>
#include <cstring>

#include "engine/ops/dims.h"
#include "engine/ops/op.h"

namespace rivulet {
namespace {

struct State : OpState {
  bool little_endian = true;
};

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c) {
  auto state = std::make_unique<State>();
  state->little_endian = c.attrs().Bool("little_endian");
  return std::unique_ptr<OpState>(std::move(state));
}

Shape WithLastDim(const Shape& shape, int64_t last) {
  if (!shape.has_rank()) return Shape::UnknownRank();
  Shape out = shape;
  out.push_back(last);
  return out;
}

Status WantRoom(InferContext& c) {
  if (c.shape(0).rank() < Shape::kMaxRank) return Status();
  return InvalidArgument("want less than ", Shape::kMaxRank, " dims, got ", c.shape(0));
}

Status InferRaw(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(WantRoom(c));
  c.set_output(0, WithLastDim(c.shape(0), Shape::kUnknownDim));
  return Status();
}

Status InferPadded(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(WantRoom(c));
  RIVULET_RETURN_IF_ERROR(c.WantScalar(1));
  int64_t last = Shape::kUnknownDim;
  if (c.known(1)) {
    const int64_t length = c.ints(1)[0];
    const auto element = static_cast<int64_t>(ElementBytes(c.output_dtype(0)));
    if (length <= 0 || length % element != 0) {
      return InvalidArgument("fixed_length: want a positive multiple of ", element, ", the bytes of ",
                             c.output_dtype(0), ", got ", length);
    }
    last = length / element;
  }
  c.set_output(0, WithLastDim(c.shape(0), last));
  return Status();
}

// Puts the bytes of each number in the machine's order; those of a complex number's parts are apart.
void PutInOrder(DType dtype, bool little_endian, Tensor& output) {
  auto* bytes = static_cast<uint8_t*>(output.raw());
  const size_t size = output.bytes();
  if (dtype == DType::kBool) {
    for (size_t i = 0; i < size; ++i) bytes[i] = bytes[i] != 0;
  }
  const bool is_complex = dtype == DType::kComplex64 || dtype == DType::kComplex128;
  const size_t number = ElementBytes(dtype) / (is_complex ? 2 : 1);
  if (little_endian || number < 2) return;
  for (size_t i = 0; i < size; i += number) std::reverse(bytes + i, bytes + i + number);
}

Status RunRaw(RunContext& c) {
  const Tensor& input = c.input(0);
  const std::string* text = input.data<std::string>();
  const DType dtype = c.output(0).dtype();
  const auto element = static_cast<int64_t>(ElementBytes(dtype));
  const size_t length = input.num_elements() == 0 ? 0 : text[0].size();
  for (int64_t i = 1; i < input.num_elements(); ++i) {
    if (text[i].size() == length) continue;
    return InvalidArgument("bytes: want strings of one length, got ", static_cast<uint64_t>(length), " bytes and ",
                           static_cast<uint64_t>(text[i].size()), " at element ", i);
  }
  const auto bytes = static_cast<int64_t>(length);
  if (bytes % element != 0) {
    return InvalidArgument("bytes: want a multiple of ", element, ", the bytes of ", dtype, ", got ", bytes);
  }
  RIVULET_RETURN_IF_ERROR(c.AllocateOutput(0, WithLastDim(input.shape(), bytes / element)));
  if (bytes == 0) return Status();
  auto* out = static_cast<char*>(c.output(0).raw());
  for (int64_t i = 0; i < input.num_elements(); ++i, out += length) std::memcpy(out, text[i].data(), length);
  PutInOrder(dtype, c.state<State>().little_endian, c.output(0));
  return Status();
}

Status RunPadded(RunContext& c) {
  const Tensor& input = c.input(0);
  Tensor& output = c.output(0);
  if (output.num_elements() == 0) return Status();
  const size_t length = output.bytes() / static_cast<size_t>(input.num_elements());
  auto* out = static_cast<char*>(output.raw());
  for (const std::string& text : input.values<std::string>()) {
    const size_t given = std::min(length, text.size());
    std::memcpy(out, text.data(), given);
    std::memset(out + given, 0, length - given);
    out += length;
  }
  PutInOrder(output.dtype(), c.state<State>().little_endian, output);
  return Status();
}

constexpr OpDef kDefs[] = {
    {.name = "DecodeRaw",
     .inputs = "bytes:str",
     .outputs = "output:out_type",
     .attrs = "out_type:type in {f16,f32,f64,i32,u16,u8,i16,i8,i64,c64,c128,bool,bf16}; little_endian:bool=true",
     .infer = InferRaw,
     .prepare = Prepare,
     .run = RunRaw,
     .flags = kDataDependent},
    {.name = "DecodePaddedRaw",
     .inputs = "input_bytes:str, fixed_length:i32",
     .outputs = "output:out_type",
     .attrs = "out_type:type in {f32,f64,i32,u16,u8,i16,i8,i64,bf16}; little_endian:bool=true",
     .infer = InferPadded,
     .prepare = Prepare,
     .run = RunPadded},
};

}  // namespace

RIVULET_OP_LIST(DecodeRaw, kDefs);

}  // namespace rivulet
