// StringLength: bytes of each string, or with unit UTF8_CHAR its characters (utf8.h). StringStrip: x without ASCII
// space at either end. x and y: [..].
#include <limits>

#include "engine/ops/number_text.h"
#include "engine/ops/op.h"
#include "engine/ops/plain_infer.h"
#include "engine/ops/utf8.h"

namespace rivulet {
namespace {

struct State : OpState {
  bool characters = false;
};

Status InferLength(InferContext& c) {
  const std::string unit = c.attrs().Str("unit");
  if (unit != "BYTE" && unit != "UTF8_CHAR") {
    return InvalidArgument("attr 'unit': want BYTE or UTF8_CHAR, got ", Quoted(unit));
  }
  return InferLikeFirst(c);
}

Result<std::unique_ptr<OpState>> PrepareLength(PrepareContext& c) {
  auto state = std::make_unique<State>();
  state->characters = c.attrs().Str("unit") == "UTF8_CHAR";
  return std::unique_ptr<OpState>(std::move(state));
}

Status RunLength(RunContext& c) {
  const bool characters = c.state<State>().characters;
  const std::string* text = c.input(0).data<std::string>();
  int32_t* length = c.output(0).data<int32_t>();
  for (int64_t i = 0; i < c.output(0).num_elements(); ++i) {
    const int64_t count = characters ? CountUtf8(text[i]) : static_cast<int64_t>(text[i].size());
    if (count > std::numeric_limits<int32_t>::max()) return InvalidArgument("a string of ", count, " characters");
    length[i] = static_cast<int32_t>(count);
  }
  return Status();
}

Status RunStrip(RunContext& c) {
  const std::string* text = c.input(0).data<std::string>();
  std::string* out = c.output(0).data<std::string>();
  for (int64_t i = 0; i < c.output(0).num_elements(); ++i) out[i].assign(WithoutSpaceAround(text[i]));
  return Status();
}

constexpr OpDef kDefs[] = {
    {.name = "StringLength",
     .inputs = "input:str",
     .outputs = "output:i32",
     .attrs = "unit:string=\"BYTE\"",
     .infer = InferLength,
     .prepare = PrepareLength,
     .run = RunLength},
    {.name = "StringStrip",
     .inputs = "input:str",
     .outputs = "output:str",
     .attrs = "",
     .infer = InferLikeFirst,
     .run = RunStrip},
};

}  // namespace

RIVULET_OP_LIST(StringLength, kDefs);

}  // namespace rivulet
