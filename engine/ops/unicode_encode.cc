// UnicodeEncode: ragged rows of code points as strings, in UTF-8, UTF-16 or UTF-32, big endian.
//   input_values [n], input_splits [rows + 1] -> output [rows]
// UnicodeTranscode: strings x [..] of one encoding as strings of another. Encodings: unicode_attrs.h.
#include <vector>

#include "engine/ops/dims.h"
#include "engine/ops/text_bytes.h"
#include "engine/ops/unicode_attrs.h"

namespace rivulet {
namespace {

struct State : OpState {
  TextDecoder decoder;
  WriteCodePoint write = nullptr;
  UnicodeErrors errors;
};

// A code point has at most 4 bytes in each encoding.
constexpr int64_t kMostBytes = 4;

Status InferEncode(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(ReadUnicodeErrors(c.attrs(), false).status());
  RIVULET_RETURN_IF_ERROR(FindTextEncoder(c.attrs().Str("output_encoding")).status());
  RIVULET_RETURN_IF_ERROR(c.WantRank(0, 1));
  RIVULET_RETURN_IF_ERROR(c.WantRank(1, 1));
  const int64_t splits = c.shape(1).has_rank() ? c.shape(1)[0] : Shape::kUnknownDim;
  if (splits == 0) return InvalidArgument("input_splits: want at least one, got none");
  c.set_output(0, Shape{splits < 0 ? Shape::kUnknownDim : splits - 1});
  return Status();
}

Result<std::unique_ptr<OpState>> PrepareEncode(PrepareContext& c) {
  auto state = std::make_unique<State>();
  RIVULET_ASSIGN_OR_RETURN(state->write, FindTextEncoder(c.attrs().Str("output_encoding")));
  RIVULET_ASSIGN_OR_RETURN(state->errors, ReadUnicodeErrors(c.attrs(), false));
  return std::unique_ptr<OpState>(std::move(state));
}

Status RunEncode(RunContext& c) {
  const State& state = c.state<State>();
  const std::vector<int64_t> splits = ToInt64s(c.input(1));
  const int64_t count = c.input(0).num_elements();
  if (splits.front() != 0) return InvalidArgument("input_splits: want a first split of 0, got ", splits.front());
  for (size_t i = 1; i < splits.size(); ++i) {
    if (splits[i] < splits[i - 1]) {
      return InvalidArgument("input_splits: want them in order, got ", splits[i], " after ", splits[i - 1]);
    }
  }
  if (splits.back() != count)
    return InvalidArgument("input_splits: want a last split of ", count, ", got ", splits.back());
  TextBytes bytes(c.allocator());
  RIVULET_RETURN_IF_ERROR(bytes.Charge(CheckedSize(count) * kMostBytes));
  const int32_t* value = c.input(0).data<int32_t>();
  for (size_t row = 0; row + 1 < splits.size() && !c.stop().stopped(); ++row) {
    std::string& out = c.output(0).data<std::string>()[row];
    out.clear();
    for (int64_t i = splits[row]; i < splits[row + 1]; ++i) {
      const auto code_point = static_cast<char32_t>(value[i]);
      if (IsCodePoint(code_point)) {
        state.write(code_point, &out);
      } else if (state.errors.strict) {
        return InvalidArgument("input_values[", i, "]: ", value[i], " is no code point that text can have");
      } else if (!state.errors.ignore) {
        state.write(state.errors.replacement, &out);
      }
    }
  }
  return Status();
}

Status InferTranscode(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(ReadUnicodeErrors(c.attrs(), true).status());
  RIVULET_RETURN_IF_ERROR(TextDecoder::Find(c.attrs().Str("input_encoding")).status());
  RIVULET_RETURN_IF_ERROR(FindTextEncoder(c.attrs().Str("output_encoding")).status());
  c.set_output(0, c.shape(0));
  return Status();
}

Result<std::unique_ptr<OpState>> PrepareTranscode(PrepareContext& c) {
  auto state = std::make_unique<State>();
  RIVULET_ASSIGN_OR_RETURN(state->decoder, TextDecoder::Find(c.attrs().Str("input_encoding")));
  RIVULET_ASSIGN_OR_RETURN(state->write, FindTextEncoder(c.attrs().Str("output_encoding")));
  RIVULET_ASSIGN_OR_RETURN(state->errors, ReadUnicodeErrors(c.attrs(), true));
  state->errors.strict_on_control_characters = true;
  return std::unique_ptr<OpState>(std::move(state));
}

Status RunTranscode(RunContext& c) {
  const State& state = c.state<State>();
  const std::string* text = c.input(0).data<std::string>();
  TextBytes bytes(c.allocator());
  for (int64_t i = 0; i < c.output(0).num_elements() && !c.stop().stopped(); ++i) {
    RIVULET_RETURN_IF_ERROR(bytes.Charge(CheckedSize(static_cast<int64_t>(text[i].size())) * kMostBytes));
    std::string& out = c.output(0).data<std::string>()[i];
    out.clear();
    RIVULET_RETURN_IF_ERROR(state.decoder.ForEach(text[i], state.errors,
                                                  [&](char32_t code_point, size_t) { state.write(code_point, &out); }));
  }
  return Status();
}

constexpr OpDef kDefs[] = {
    {.name = "UnicodeEncode",
     .inputs = "input_values:i32, input_splits:Tsplits",
     .outputs = "output:str",
     .attrs = "errors:string=\"replace\"; output_encoding:string; replacement_char:int=65533; "
              "Tsplits:type=i64 in {i32,i64}",
     .infer = InferEncode,
     .prepare = PrepareEncode,
     .run = RunEncode},
    {.name = "UnicodeTranscode",
     .inputs = "input:str",
     .outputs = "output:str",
     .attrs = "input_encoding:string; output_encoding:string; errors:string=\"replace\"; "
              "replacement_char:int=65533; replace_control_characters:bool=false",
     .infer = InferTranscode,
     .prepare = PrepareTranscode,
     .run = RunTranscode},
};

}  // namespace

RIVULET_OP_LIST(UnicodeEncode, kDefs);

}  // namespace rivulet
