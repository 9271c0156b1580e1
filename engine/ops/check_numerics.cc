// CheckNumerics, CheckNumericsV2: the input itself, or an error when it holds NaN or an infinity. The second tells the
// infinities apart.
#include <atomic>
#include <cmath>
#include <cstring>

#include "engine/kernels/half.h"
#include "engine/ops/op.h"
#include "engine/ops/plain_infer.h"
#include "engine/ops/with.h"

namespace rivulet {
namespace {

enum Found : uint32_t { kNothing = 0, kNan = 1, kMinusInf = 2, kPlusInf = 4 };

struct State : OpState {
  std::string message;
};

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c) {
  auto state = std::make_unique<State>();
  state->message = c.attrs().Str("message");
  return std::unique_ptr<OpState>(std::move(state));
}

template <typename T>
uint32_t Look(const T* x, int64_t n) {
  uint32_t found = kNothing;
  for (int64_t i = 0; i < n; ++i) {
    const auto value = static_cast<std::conditional_t<std::is_same_v<T, double>, double, float>>(x[i]);
    if (std::isfinite(value)) continue;
    found |= value != value ? kNan : value < 0 ? kMinusInf : kPlusInf;
  }
  return found;
}

uint32_t LookAt(const Tensor& tensor, int64_t begin, int64_t count) {
  switch (tensor.dtype()) {
    case DType::kFloat: return Look(tensor.data<float>() + begin, count);
    case DType::kDouble: return Look(tensor.data<double>() + begin, count);
    case DType::kHalf: return Look(tensor.data<Half>() + begin, count);
    default: return Look(tensor.data<BFloat16>() + begin, count);
  }
}

std::string Words(uint32_t found, bool tell_signs) {
  std::string words;
  const auto add = [&](const char* word) { words += words.empty() ? word : std::string(" and ") + word; };
  if (tell_signs) {
    if (found & kMinusInf) add("-Inf");
    if (found & kPlusInf) add("+Inf");
  } else if (found & (kMinusInf | kPlusInf)) {
    add("Inf");
  }
  if (found & kNan) add("NaN");
  return words;
}

Status Run(RunContext& c, bool tell_signs) {
  const Tensor& input = c.input(0);
  Tensor& output = c.output(0);
  std::atomic<uint32_t> found{kNothing};
  c.ParallelFor(input.num_elements(), 1 << 15, [&](int64_t begin, int64_t end) {
    found.fetch_or(LookAt(input, begin, end - begin), std::memory_order_relaxed);
  });
  if (found != kNothing) {
    return InvalidArgument(Quoted(c.state<State>().message), ": the tensor has ", Words(found, tell_signs), " values");
  }
  if (output.bytes() > 0 && output.raw() != input.raw()) std::memcpy(output.raw(), input.raw(), output.bytes());
  return Status();
}

constexpr OpDef kDefs[] = {
    {.name = "CheckNumerics",
     .inputs = "tensor:T",
     .outputs = "output:T",
     .attrs = "T:type in {bf16,f16,f32,f64}; message:string",
     .infer = InferLikeFirst,
     .prepare = Prepare,
     .run = With<Run, false>,
     .flags = kElementwise | kStateful},
    {.name = "CheckNumericsV2",
     .inputs = "tensor:T",
     .outputs = "output:T",
     .attrs = "T:type in {bf16,f16,f32,f64}; message:string",
     .infer = InferLikeFirst,
     .prepare = Prepare,
     .run = With<Run, true>,
     .flags = kElementwise | kStateful},
};

}  // namespace

RIVULET_OP_LIST(CheckNumerics, kDefs);

}  // namespace rivulet
