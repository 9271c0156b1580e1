// StringFormat: the template with one tensor's text for each placeholder. Output: a scalar string. How a tensor is
// written: tensor_text.h.
#include <vector>

#include "engine/ops/tensor_text.h"
#include "engine/ops/text_bytes.h"

namespace rivulet {
namespace {

struct State : OpState {
  std::vector<std::string> pieces;
  int64_t summarize = 3;
};

// What is before, between and after the placeholders. An empty one is between any two characters.
std::vector<std::string> Pieces(const std::string& text, const std::string& placeholder) {
  std::vector<std::string> pieces;
  if (placeholder.empty()) {
    for (const char c : text) pieces.emplace_back(1, c);
    if (pieces.empty()) pieces.emplace_back();
    return pieces;
  }
  size_t begin = 0;
  for (size_t at = text.find(placeholder); at != std::string::npos; at = text.find(placeholder, begin)) {
    pieces.push_back(text.substr(begin, at - begin));
    begin = at + placeholder.size();
  }
  pieces.push_back(text.substr(begin));
  return pieces;
}

Status Infer(InferContext& c) {
  const auto placeholders =
      static_cast<int64_t>(Pieces(c.attrs().Str("template"), c.attrs().Str("placeholder")).size()) - 1;
  if (placeholders != c.num_inputs()) {
    return InvalidArgument("attr 'template': want one placeholder for each of ", c.num_inputs(), " inputs, got ",
                           placeholders);
  }
  c.set_output(0, {});
  return Status();
}

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c) {
  auto state = std::make_unique<State>();
  state->pieces = Pieces(c.attrs().Str("template"), c.attrs().Str("placeholder"));
  state->summarize = c.attrs().Int("summarize");
  return std::unique_ptr<OpState>(std::move(state));
}

Status Run(RunContext& c) {
  const State& state = c.state<State>();
  TextBytes bytes(c.allocator());
  std::string text = state.pieces[0];
  for (int i = 0; i < c.num_inputs(); ++i) {
    const size_t before = text.size();
    AppendTensorText(c.input(i), state.summarize, &text);
    text += state.pieces[static_cast<size_t>(i) + 1];
    RIVULET_RETURN_IF_ERROR(bytes.Charge(static_cast<int64_t>(text.size() - before)));
    if (c.stop().stopped()) return Status();
  }
  *c.output(0).data<std::string>() = std::move(text);
  return Status();
}

constexpr OpDef kDefs[] = {
    {.name = "StringFormat",
     .inputs = "inputs:list(T)",
     .outputs = "output:str",
     .attrs = "T:list(type) >=0; template:string=\"%s\"; placeholder:string=\"%s\"; summarize:int=3",
     .infer = Infer,
     .prepare = Prepare,
     .run = Run},
};

}  // namespace

RIVULET_OP_LIST(StringFormat, kDefs);

}  // namespace rivulet
