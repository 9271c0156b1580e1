// Print and PrintV2: what somebody who looks for a mistake, or calibrates ranges, wants to read. The engine has no
// output of its own: the session's printer gets the text, TensorFlow's to the letter, or nobody does. Print hands on
// its first input. PrintV2 writes no files. Small engines are silent.
#include <algorithm>
#include <atomic>

#include "engine/base/small.h"
#include "engine/ops/op.h"
#include "engine/ops/rows.h"
#include "engine/ops/tensor_text.h"

namespace rivulet {
namespace {

struct State : OpState {
  std::string message;
  int64_t summarize = 3;
  int64_t first_n = -1;
};

struct Printed : Persistent {
  std::atomic<int64_t> lines{0};
};

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c) {
  auto state = std::make_unique<State>();
  state->message = c.attrs().Str("message");
  state->summarize = c.attrs().Int("summarize");
  state->first_n = c.attrs().Int("first_n");
  return std::unique_ptr<OpState>(std::move(state));
}

Status InferPrint(InferContext& c) {
  c.set_output(0, c.shape(0));
  return Status();
}

const Printer* PrinterOf(const RunContext& c) {
  if constexpr (kIsSmall) return nullptr;
  return c.resources() == nullptr ? nullptr : c.resources()->printer();
}

// The first so many lines of a node are printed; all of them where the number is negative.
bool IsDue(const RunContext& c, int64_t first_n) {
  if (first_n < 0 || c.persistent() == nullptr) return first_n != 0;
  return c.persistent()->Get<Printed>().lines.fetch_add(1) < first_n;
}

Status RunPrint(RunContext& c) {
  const Printer* printer = PrinterOf(c);
  if (printer != nullptr && IsDue(c, c.state<State>().first_n)) {
    const auto& state = c.state<State>();
    std::string text = state.message;
    for (int i = 1; i < c.num_inputs(); ++i) {
      text += '[';
      AppendPrintedTensor(c.input(i), state.summarize, &text);
      text += ']';
    }
    text += '\n';
    (*printer)(text);
  }
  Tensor& output = c.output(0);
  CopyElements(output.dtype(), output.raw(), c.input(0).raw(), output.num_elements());
  return Status();
}

Status InferPrintV2(InferContext& c) {
  constexpr std::string_view kStreams[] = {"stdout", "stderr", "log(info)", "log(warning)", "log(error)"};
  const std::string stream = c.attrs().Str("output_stream");
  if (!stream.starts_with("file://") &&
      std::find(std::begin(kStreams), std::end(kStreams), stream) == std::end(kStreams)) {
    return InvalidArgument(
        "attr 'output_stream': want stdout, stderr, log(info), log(warning), log(error) or a file://, got ",
        Quoted(stream));
  }
  return c.WantScalar(0);
}

struct StateV2 : OpState {
  std::string end;
  bool to_file = false;
};

Result<std::unique_ptr<OpState>> PrepareV2(PrepareContext& c) {
  auto state = std::make_unique<StateV2>();
  state->end = c.attrs().Str("end");
  state->to_file = c.attrs().Str("output_stream").starts_with("file://");
  return std::unique_ptr<OpState>(std::move(state));
}

Status RunPrintV2(RunContext& c) {
  const Printer* printer = PrinterOf(c);
  if (printer == nullptr) return Status();
  const auto& state = c.state<StateV2>();
  if (!state.to_file) (*printer)(*c.input(0).data<std::string>() + state.end);
  return Status();
}

constexpr OpDef kDefs[] = {
    {.name = "Print",
     .inputs = "input:T, data:list(U)",
     .outputs = "output:T",
     .attrs = "T:type; U:list(type) >=0; message:string=\"\"; first_n:int=-1; summarize:int=3",
     .infer = InferPrint,
     .prepare = kIsSmall ? nullptr : Prepare,
     .run = RunPrint,
     .flags = kTakesObjects | kStateful},
    {.name = "PrintV2",
     .inputs = "input:str",
     .outputs = "",
     .attrs = "output_stream:string=\"stderr\"; end:string=\"\n\"",
     .infer = InferPrintV2,
     .prepare = kIsSmall ? nullptr : PrepareV2,
     .run = RunPrintV2,
     .flags = kStateful},
};

}  // namespace

RIVULET_OP_LIST(Print, kDefs);

}  // namespace rivulet
