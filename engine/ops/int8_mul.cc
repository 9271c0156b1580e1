// _Int8Mul: products of two arrays of codes, which passes/int8_sums.cc makes.
//
//   y = (a - zero_a) * (b - zero_b) * factor + zero, within [low, high], rounded to even
//
// a, b [..] of uint8 and one shape, or b [n, 1, 1, c] beside a [n, h, w, c]; y has a's shape.
#include <memory>

#include "engine/kernels/int8_codes.h"
#include "engine/ops/int8_steps.h"

namespace rivulet {
namespace {

struct State : OpState {
  CodeProduct how;
};

bool IsOfChannels(const Shape& a, const Shape& b) {
  return a.rank() == 4 && b.rank() == 4 && b[0] == a[0] && b[1] == 1 && b[2] == 1 && b[3] == a[3];
}

Status Infer(InferContext& c) {
  for (const char* zero : {"zero_a", "zero_b"}) {
    const int64_t value = c.attrs().Int(zero);
    if (value < 0 || value > 255) return InvalidArgument("attr '", zero, "': want [0, 255], got ", value);
  }
  c.set_output(0, c.shape(0));
  return Status();
}

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c) {
  auto state = std::make_unique<State>();
  const AttrReader attrs = c.attrs();
  state->how = {.zero_a = static_cast<int32_t>(attrs.Int("zero_a")),
                .zero_b = static_cast<int32_t>(attrs.Int("zero_b")),
                .factor = attrs.Float("factor"),
                .zero = attrs.Float("zero"),
                .low = attrs.Float("low"),
                .high = attrs.Float("high")};
  return std::unique_ptr<OpState>(std::move(state));
}

Status Run(RunContext& c) {
  const auto& state = c.state<State>();
  const Shape &a = c.input(0).shape(), &b = c.input(1).shape();
  const auto *left = c.input(0).data<uint8_t>(), *right = c.input(1).data<uint8_t>();
  auto* out = c.output(0).data<uint8_t>();
  if (a == b) {
    MultiplyCodes(left, right, c.output(0).num_elements(), state.how, out, c.pool(), c.stop());
  } else if (IsOfChannels(a, b)) {
    MultiplyChannels(left, right, a[0], a[1] * a[2], a[3], state.how, out, c.pool(), c.stop());
  } else {
    return InvalidArgument("codes to be multiplied: want one shape, or a number for each channel of an image, got ", a,
                           " and ", b);
  }
  return Status();
}

}  // namespace

const OpDef kInt8Mul = {.name = "_Int8Mul",
                        .inputs = "a:u8, b:u8",
                        .outputs = "y:u8",
                        .attrs = "zero_a:int; zero_b:int; factor:float; zero:float; low:float; high:float",
                        .infer = Infer,
                        .prepare = Prepare,
                        .run = Run};

}  // namespace rivulet
