// UnicodeDecode, UnicodeDecodeWithOffsets: the code points of strings as ragged rows, one for each string of x in
// order.
//   x [..] -> row_splits [strings + 1], char_values [n], char_to_byte_starts [n] (WithOffsets)
// Encodings: unicode_attrs.h.
#include <vector>

#include "engine/ops/dims.h"
#include "engine/ops/text_bytes.h"
#include "engine/ops/unicode_attrs.h"

namespace rivulet {
namespace {

struct State : OpState {
  TextDecoder decoder;
  UnicodeErrors errors;
};

Status Infer(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(ReadUnicodeErrors(c.attrs(), true).status());
  RIVULET_RETURN_IF_ERROR(TextDecoder::Find(c.attrs().Str("input_encoding")).status());
  const int64_t strings = c.shape(0).complete() ? c.shape(0).num_elements() : Shape::kUnknownDim;
  c.set_output(0, Shape{strings < 0 ? Shape::kUnknownDim : strings + 1});
  for (int i = 1; i < c.num_outputs(); ++i) c.set_output(i, Shape{Shape::kUnknownDim});
  return Status();
}

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c) {
  auto state = std::make_unique<State>();
  RIVULET_ASSIGN_OR_RETURN(state->decoder, TextDecoder::Find(c.attrs().Str("input_encoding")));
  RIVULET_ASSIGN_OR_RETURN(state->errors, ReadUnicodeErrors(c.attrs(), true));
  return std::unique_ptr<OpState>(std::move(state));
}

Status Run(RunContext& c) {
  const State& state = c.state<State>();
  const std::span<const std::string> strings = c.input(0).values<std::string>();
  std::vector<int64_t> splits = {0};
  int64_t count = 0;
  for (const std::string& text : strings) {
    if (c.stop().stopped()) return Status();
    RIVULET_RETURN_IF_ERROR(state.decoder.ForEach(text, state.errors, [&](char32_t, size_t) { ++count; }));
    splits.push_back(count);
  }
  RIVULET_RETURN_IF_ERROR(WriteIntegers(splits, c.output(0)));
  RIVULET_RETURN_IF_ERROR(c.AllocateOutput(1, Shape{count}));
  const bool has_offsets = c.num_outputs() > 2;
  if (has_offsets) RIVULET_RETURN_IF_ERROR(c.AllocateOutput(2, Shape{count}));
  int32_t* value = c.output(1).data<int32_t>();
  int64_t* start = has_offsets ? c.output(2).data<int64_t>() : nullptr;
  for (const std::string& text : strings) {
    if (c.stop().stopped()) return Status();
    RIVULET_RETURN_IF_ERROR(state.decoder.ForEach(text, state.errors, [&](char32_t code_point, size_t begin) {
      *value++ = static_cast<int32_t>(code_point);
      if (has_offsets) *start++ = static_cast<int64_t>(begin);
    }));
  }
  return Status();
}

constexpr char kAttrs[] =
    "input_encoding:string; errors:string=\"replace\"; replacement_char:int=65533; "
    "replace_control_characters:bool=false; Tsplits:type=i64 in {i32,i64}";

constexpr OpDef kDefs[] = {
    {.name = "UnicodeDecode",
     .inputs = "input:str",
     .outputs = "row_splits:Tsplits, char_values:i32",
     .attrs = kAttrs,
     .infer = Infer,
     .prepare = Prepare,
     .run = Run,
     .flags = kDataDependent},
    {.name = "UnicodeDecodeWithOffsets",
     .inputs = "input:str",
     .outputs = "row_splits:Tsplits, char_values:i32, char_to_byte_starts:i64",
     .attrs = kAttrs,
     .infer = Infer,
     .prepare = Prepare,
     .run = Run,
     .flags = kDataDependent},
};

}  // namespace

RIVULET_OP_LIST(UnicodeDecode, kDefs);

}  // namespace rivulet
