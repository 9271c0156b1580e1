// StringLower, StringUpper: x in lower or upper case. x and y: [..] of strings. Without encoding only ASCII letters
// change. With encoding utf-8 all letters do, by Unicode's full mappings; ill-formed bytes become U+FFFD, and, as in
// TensorFlow, a zero byte ends the string.
#include <string>

#include "engine/ops/text_bytes.h"
#include "engine/ops/unicode_codec.h"
#include "engine/ops/unicode_tables.h"

namespace rivulet {
namespace {

struct State : OpState {
  bool unicode = false;
};

Status Infer(InferContext& c) {
  const std::string encoding = c.attrs().Str("encoding");
  if (!encoding.empty() && encoding != "utf-8") {
    return InvalidArgument("attr 'encoding': want utf-8 or nothing, got ", Quoted(encoding));
  }
  c.set_output(0, c.shape(0));
  return Status();
}

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c) {
  auto state = std::make_unique<State>();
  state->unicode = !c.attrs().Str("encoding").empty();
  return std::unique_ptr<OpState>(std::move(state));
}

struct Lower {
  static char Ascii(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
  static std::u32string Unicode(const std::u32string& text) { return LowerCase(text); }
};
struct Upper {
  static char Ascii(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }
  static std::u32string Unicode(const std::u32string& text) { return UpperCase(text); }
};

template <typename Case>
Status Run(RunContext& c) {
  const bool unicode = c.state<State>().unicode;
  const std::string* text = c.input(0).data<std::string>();
  std::string* out = c.output(0).data<std::string>();
  TextBytes bytes(c.allocator());
  for (int64_t i = 0; i < c.output(0).num_elements() && !c.stop().stopped(); ++i) {
    // A byte becomes at most a code point, whose other case is 3 code points of 3 bytes.
    const CheckedSize size = static_cast<int64_t>(text[i].size());
    if (!unicode) {
      RIVULET_RETURN_IF_ERROR(bytes.Charge(size));
      out[i] = text[i];
      for (char& one : out[i]) one = Case::Ascii(one);
      continue;
    }
    TextBytes decoded(c.allocator());
    RIVULET_RETURN_IF_ERROR(decoded.Charge(size * 16));
    out[i] = EncodeUtf8(Case::Unicode(DecodeUtf8(std::string_view(text[i]).substr(0, text[i].find('\0')))));
    RIVULET_RETURN_IF_ERROR(bytes.Charge(static_cast<int64_t>(out[i].size())));
  }
  return Status();
}

constexpr OpDef kDefs[] = {
    {.name = "StringLower",
     .inputs = "input:str",
     .outputs = "output:str",
     .attrs = "encoding:string=\"\"",
     .infer = Infer,
     .prepare = Prepare,
     .run = Run<Lower>},
    {.name = "StringUpper",
     .inputs = "input:str",
     .outputs = "output:str",
     .attrs = "encoding:string=\"\"",
     .infer = Infer,
     .prepare = Prepare,
     .run = Run<Upper>},
};

}  // namespace

RIVULET_OP_LIST(StringCase, kDefs);

}  // namespace rivulet
