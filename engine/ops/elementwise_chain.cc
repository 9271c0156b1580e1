#include "engine/ops/elementwise_chain.h"

#include <algorithm>
#include <charconv>
#include <string>
#include <vector>

#include "engine/kernels/map_built.h"
#include "engine/ops/elementwise.h"

namespace rivulet {
namespace {

constexpr struct {
  std::string_view op;
  UnaryKind kind;
} kUnaries[] = {
    {"Abs", UnaryKind::kAbs},        {"Neg", UnaryKind::kNeg},           {"Sign", UnaryKind::kSign},
    {"Square", UnaryKind::kSquare},  {"Sqrt", UnaryKind::kSqrt},         {"Rsqrt", UnaryKind::kRsqrt},
    {"Inv", UnaryKind::kReciprocal}, {"Floor", UnaryKind::kFloor},       {"Reciprocal", UnaryKind::kReciprocal},
    {"Ceil", UnaryKind::kCeil},      {"Rint", UnaryKind::kRound},        {"Round", UnaryKind::kRound},
    {"Exp", UnaryKind::kExp},        {"Expm1", UnaryKind::kExpm1},       {"Log", UnaryKind::kLog},
    {"Log1p", UnaryKind::kLog1p},    {"Sin", UnaryKind::kSin},           {"Cos", UnaryKind::kCos},
    {"Tanh", UnaryKind::kTanh},      {"Sigmoid", UnaryKind::kSigmoid},   {"Erf", UnaryKind::kErf},
    {"Relu", UnaryKind::kRelu},      {"Relu6", UnaryKind::kRelu6},       {"Elu", UnaryKind::kElu},
    {"Selu", UnaryKind::kSelu},      {"Softplus", UnaryKind::kSoftplus},
};

constexpr struct {
  std::string_view op;
  BinaryKind kind;
} kBinaries[] = {
    {"Add", BinaryKind::kAdd},      {"AddV2", BinaryKind::kAdd},
    {"BiasAdd", BinaryKind::kAdd},  {"Sub", BinaryKind::kSub},
    {"Mul", BinaryKind::kMul},      {"RealDiv", BinaryKind::kDiv},
    {"Div", BinaryKind::kDiv},      {"Maximum", BinaryKind::kMax},
    {"Minimum", BinaryKind::kMin},  {"SquaredDifference", BinaryKind::kSquaredDifference},
    {"_Prelu", BinaryKind::kPrelu},
};

// "x12" or "s3": below `inputs`, or below `steps`.
bool ReadOperand(std::string_view text, int64_t inputs, int64_t steps, ElementOperand* operand) {
  if (text.size() < 2 || (text[0] != 'x' && text[0] != 's')) return false;
  operand->is_step = text[0] == 's';
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data() + 1, end, operand->index);
  return error == std::errc() && rest == end && operand->index >= 0 &&
         operand->index < (operand->is_step ? steps : inputs);
}

// `before` steps came before this one.
bool ReadStep(std::string_view text, float alpha, int64_t inputs, int64_t before, ElementStep* step) {
  std::string_view words[3];
  size_t count = 0;
  for (; !text.empty() && count < std::size(words); ++count) {
    const size_t space = std::min(text.find(' '), text.size());
    words[count] = text.substr(0, space);
    text.remove_prefix(std::min(space + 1, text.size()));
  }
  if (!text.empty()) return false;
  const auto known = ElementStepOf(words[0], alpha);
  if (!known) return false;
  *step = *known;
  const bool binary = step->kind == ElementStep::Kind::kBinary;
  return count == (binary ? 3 : 2) && ReadOperand(words[1], inputs, before, &step->a) &&
         (!binary || ReadOperand(words[2], inputs, before, &step->b));
}

struct State : OpState {
  ElementChain chain;
  std::vector<Spread> spreads;
  std::vector<int64_t> row_steps;  // of inputs whose rows do not follow one another, else 0
  SpreadGrid grid;
};

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c) {
  auto state = std::make_unique<State>();
  const std::vector<std::string> texts = c.attrs().Strs("steps");
  const std::vector<float> alphas = c.attrs().Floats("alphas");
  if (texts.empty() || alphas.size() != texts.size() || c.num_inputs() > ElementChain::kMaxInputs) {
    return Internal("a chain of ", texts.size(), " steps, ", alphas.size(), " alphas and ", c.num_inputs(), " inputs");
  }
  std::vector<ElementStep> steps(texts.size());
  for (size_t i = 0; i < texts.size(); ++i) {
    if (!ReadStep(texts[i], alphas[i], c.num_inputs(), static_cast<int64_t>(i), &steps[i])) {
      return Internal("step ", i, " of a chain: ", Quoted(texts[i]));
    }
  }
  if (!ElementChain::Make(std::move(steps), &state->chain)) return Internal("a chain with too many results in use");
  const Shape& output = c.output(0).shape;
  if (!output.complete() || output.num_elements() == 0) return Internal("a chain of unknown or empty shape");
  for (int i = 0; i < c.num_inputs(); ++i) {
    const auto spread = c.shape(i).complete() ? SpreadOver(c.shape(i), output, &state->grid) : std::nullopt;
    if (!spread) return Internal("a chain's input of shape ", c.shape(i), " for ", output);
    state->spreads.push_back(*spread);
  }
  if (state->grid.rows == 0) state->grid = {1, output.num_elements()};
  state->row_steps.resize(state->spreads.size());
  return std::unique_ptr<OpState>(std::move(state));
}

Status Run(RunContext& c) {
  const auto& state = c.state<State>();
  ElementChain::Input inputs[ElementChain::kMaxInputs];
  for (int i = 0; i < c.num_inputs(); ++i) {
    const auto at = static_cast<size_t>(i);
    inputs[i] = {c.input(i).data<float>(), state.spreads[at], state.row_steps[at]};
  }
  state.chain.Run({inputs, static_cast<size_t>(c.num_inputs())}, state.grid.rows, state.grid.columns,
                  c.output(0).data<float>(), c.pool(), c.stop());
  return Status();
}

}  // namespace

const OpDef kElementwiseChain = {.name = "_ElementwiseChain",
                                 .inputs = "x:N*T",
                                 .outputs = "y:T",
                                 .attrs = "T:type in {f32}; N:int >=1; steps:list(string); alphas:list(float)",
                                 .infer = InferBroadcast,
                                 .prepare = Prepare,
                                 .run = Run,
                                 .flags = kElementwise};

std::optional<ElementStep> ElementStepOf(std::string_view op, float alpha) {
  ElementStep step;
  if (op.empty()) return std::nullopt;
  for (const auto& entry : kUnaries) {
    if (entry.op.front() != op.front() || entry.op != op) continue;
    if (!IsMapped(entry.kind)) return std::nullopt;
    step.unary = entry.kind;
    return step;
  }
  for (const auto& entry : kBinaries) {
    if (entry.op.front() != op.front() || entry.op != op) continue;
    step.kind = ElementStep::Kind::kBinary;
    step.binary = entry.kind;
    return step;
  }
  if (op != "LeakyRelu") return std::nullopt;
  step.kind = ElementStep::Kind::kActivation;
  step.activation = {.kind = ActivationKind::kLeakyRelu, .alpha = alpha};
  return step;
}

bool ChainReadsRows(const Graph& graph, const Node& chain, Edge edge, int64_t columns) {
  const Shape& output = chain.outputs[0].shape;
  SpreadGrid grid;
  for (const Edge& input : chain.inputs) {
    const auto spread = SpreadOver(graph.fact(input).shape, output, &grid);
    if (!spread || (input == edge && *spread != Spread::kFull)) return false;
  }
  return grid.rows == 0 || grid.columns == columns;
}

void SetChainRows(OpState& state, int input, int64_t columns, int64_t row_step) {
  auto& chain = static_cast<State&>(state);
  chain.grid = {chain.grid.rows * chain.grid.columns / columns, columns};
  chain.row_steps[static_cast<size_t>(input)] = row_step;
}

std::optional<Spread> SpreadOver(const Shape& input, const Shape& output, SpreadGrid* grid) {
  if (input.rank() > output.rank()) return std::nullopt;
  // The output's dims above 1 as runs that the input has or is spread over: [first, second].
  int64_t sizes[2] = {1, 1};
  bool has[2] = {true, true};
  int runs = 0;
  for (int i = 0; i < output.rank(); ++i) {
    const int axis = i - (output.rank() - input.rank());
    if (axis >= 0 && input[axis] != output[i] && input[axis] != 1) return std::nullopt;
    if (output[i] == 1) continue;
    const bool is_full = axis >= 0 && input[axis] != 1;
    if (runs > 0 && has[runs - 1] == is_full) {
      sizes[runs - 1] *= output[i];
      continue;
    }
    if (runs == 2) return std::nullopt;
    sizes[runs] = output[i];
    has[runs++] = is_full;
  }
  if (runs < 2) return runs == 0 || has[0] ? Spread::kFull : Spread::kScalar;
  if (grid->rows != 0 && (grid->rows != sizes[0] || grid->columns != sizes[1])) return std::nullopt;
  *grid = {sizes[0], sizes[1]};
  return has[0] ? Spread::kColumn : Spread::kRow;
}

}  // namespace rivulet
