// _CodeSteps: steps whose source is no product (code_steps.h).
#include <optional>
#include <string>

#include "engine/ops/code_steps.h"
#include "engine/ops/quantized_ranges.h"

namespace rivulet {
namespace {

constexpr StageType kBytes = StageType::kBytes, kCodes = StageType::kCodes, kFloats = StageType::kFloats;

enum class Head { kFloats, kCodes, kAdd, kMul };
std::optional<Head> HeadOf(const std::string& source) {
  if (source == "floats") return Head::kFloats;
  if (source == "codes") return Head::kCodes;
  if (source == "QuantizedAdd") return Head::kAdd;
  if (source == "QuantizedMul") return Head::kMul;
  return std::nullopt;
}
struct State : OpState {
  CodeSteps steps;
  Head head = Head::kCodes;
};

int InputsOf(Head head) { return head == Head::kFloats ? 1 : head == Head::kCodes ? 3 : 6; }

Status Infer(InferContext& c) {
  const std::string name = c.attrs().Str("source");
  const std::optional<Head> head = HeadOf(name);
  if (!head || c.num_inputs() < InputsOf(*head)) return InvalidArgument("attr 'source': got ", Quoted(name));
  const DType wanted = *head == Head::kFloats                                  ? DType::kFloat
                       : *head == Head::kCodes && c.dtype(0) == DType::kQint32 ? DType::kQint32
                                                                               : DType::kQuint8;
  if (c.dtype(0) != wanted) return InvalidArgument("input 0: want ", wanted, ", got ", c.dtype(0));
  const bool is_pair = InputsOf(*head) == 6;
  if (is_pair && c.dtype(1) != wanted) return InvalidArgument("input 1: want ", wanted, ", got ", c.dtype(1));
  for (int i = is_pair ? 2 : 1; i < InputsOf(*head); ++i) {
    if (c.dtype(i) != DType::kFloat) return InvalidArgument("input ", i, ": want float, got ", c.dtype(i));
  }
  const bool is_wide = wanted == DType::kQint32 || is_pair;
  RIVULET_RETURN_IF_ERROR(CheckCodeSteps(c.attrs().Strs("steps"),
                                         *head == Head::kFloats ? kFloats
                                         : is_wide              ? kCodes
                                                                : kBytes,
                                         c.num_inputs() - InputsOf(*head), c.output_dtype(0)));
  c.set_output(0, c.shape(0));
  c.set_output(1, {});
  c.set_output(2, {});
  return Status();
}

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c) {
  auto state = std::make_unique<State>();
  state->head = HeadOf(c.attrs().Str("source")).value_or(Head::kCodes);  // checked
  state->steps = ReadCodeSteps(c.attrs().Strs("steps"), InputsOf(state->head));
  return std::unique_ptr<OpState>(std::move(state));
}

// The pair's codes and their range.
Status ReadPair(RunContext& c, bool multiplies, CodeStepsSource* source) {
  Range x, y;
  RIVULET_RETURN_IF_ERROR(ReadRange(c, 2, 3, true, &x));
  RIVULET_RETURN_IF_ERROR(ReadRange(c, 4, 5, true, &y));
  CodePair& pair = source->values.pair;
  pair.other = static_cast<const uint8_t*>(c.input(1).raw());
  pair.multiplies = multiplies;
  if (multiplies) {
    pair.step_a = Wrap(CodeUnclamped<uint8_t>(0, x));
    pair.step_b = Wrap(CodeUnclamped<uint8_t>(0, y));
    source->range = ProductRange<uint8_t, uint8_t>(x, y);
    return Status();
  }
  source->range = SumRange(x, y, 14);
  const CodeLine x_line(x, source->range), y_line(y, source->range);
  pair.start = Wrap(x_line.start + y_line.start);
  pair.step_a = x_line.step;
  pair.step_b = y_line.step;
  return Status();
}

Status Run(RunContext& c) {
  const auto& state = c.state<State>();
  const Tensor& x = c.input(0);
  CodeStepsSource source;
  source.count = x.num_elements();
  source.channels = x.rank() > 0 ? x.dim(x.rank() - 1) : 1;
  source.values.values = x.raw();
  source.values.type = x.dtype() == DType::kFloat ? kFloats : x.dtype() == DType::kQint32 ? kCodes : kBytes;
  if (state.head == Head::kCodes) RIVULET_RETURN_IF_ERROR(ReadRange(c, 1, 2, false, &source.range));
  if (state.head == Head::kAdd || state.head == Head::kMul) {
    if (c.input(1).shape() != x.shape()) {
      return InvalidArgument("want two of one shape, got ", x.shape(), " and ", c.input(1).shape());
    }
    RIVULET_RETURN_IF_ERROR(ReadPair(c, state.head == Head::kMul, &source));
  }
  const CheckedSize bytes = CodeStepsBytes(state.steps, source.channels, c.pool().num_threads());
  if (!bytes.valid()) return ResourceExhausted("codes of shape ", x.shape(), " are too large");
  RIVULET_ASSIGN_OR_RETURN(void* memory, c.Scratch(static_cast<size_t>(bytes.value())));
  return RunCodeSteps(c, state.steps, source, memory);
}

}  // namespace

const OpDef kCodeSteps = {.name = "_CodeSteps",
                          .inputs = "x:list(Tin)",
                          .outputs = "y:T, min:f32, max:f32",
                          .attrs = "Tin:list(type); T:type in {qu8,f32}; source:string; steps:list(string)",
                          .infer = Infer,
                          .prepare = Prepare,
                          .run = Run};

}  // namespace rivulet
