// Assert: an error that shows `data` when the condition, a scalar, is false. No output.
#include <algorithm>

#include "engine/kernels/half.h"
#include "engine/ops/op.h"

namespace rivulet {
namespace {

// What an error may hold of one tensor, whatever `summarize` says.
constexpr int64_t kMostElements = 100;
constexpr size_t kMostText = 1000;

struct State : OpState {
  int64_t summarize = 3;
};

Status Infer(InferContext& c) { return c.WantScalar(0); }

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c) {
  auto state = std::make_unique<State>();
  state->summarize = c.attrs().Int("summarize");
  return std::unique_ptr<OpState>(std::move(state));
}

template <typename T>
void AppendElement(const Tensor& tensor, int64_t i, std::string* text) {
  AppendAny(*text, tensor.data<T>()[i]);
}

void AppendElement(const Tensor& tensor, int64_t i, std::string* text) {
  switch (tensor.dtype()) {
    case DType::kFloat: return AppendElement<float>(tensor, i, text);
    case DType::kDouble: return AppendElement<double>(tensor, i, text);
    case DType::kHalf: return AppendAny(*text, static_cast<float>(tensor.data<Half>()[i]));
    case DType::kBfloat16: return AppendAny(*text, static_cast<float>(tensor.data<BFloat16>()[i]));
    case DType::kInt8: return AppendElement<int8_t>(tensor, i, text);
    case DType::kInt16: return AppendElement<int16_t>(tensor, i, text);
    case DType::kInt32: return AppendElement<int32_t>(tensor, i, text);
    case DType::kInt64: return AppendElement<int64_t>(tensor, i, text);
    case DType::kUint8: return AppendElement<uint8_t>(tensor, i, text);
    case DType::kUint16: return AppendElement<uint16_t>(tensor, i, text);
    case DType::kUint32: return AppendElement<uint32_t>(tensor, i, text);
    case DType::kUint64: return AppendElement<uint64_t>(tensor, i, text);
    case DType::kBool: return AppendAny(*text, tensor.data<uint8_t>()[i] != 0);
    case DType::kString: {
      const std::string quoted = Quoted(tensor.data<std::string>()[i]);
      text->append(quoted, 1, quoted.size() - 2);
      return;
    }
    default: text->append("?");
  }
}

// "[1 2 3...]"
std::string Summary(const Tensor& tensor, int64_t summarize) {
  const int64_t most = summarize < 0 ? kMostElements : std::min(summarize, kMostElements);
  const int64_t shown = std::min(tensor.num_elements(), most);
  std::string text = "[";
  int64_t i = 0;
  for (; i < shown && text.size() < kMostText; ++i) {
    if (i > 0) text += ' ';
    AppendElement(tensor, i, &text);
  }
  if (i < tensor.num_elements()) text += "...";
  return text + "]";
}

Status Run(RunContext& c) {
  if (c.input(0).data<uint8_t>()[0] != 0) return Status();
  std::string text = "assertion failed:";
  for (int i = 1; i < c.num_inputs() && text.size() < 10 * kMostText; ++i) {
    text += ' ';
    text += Summary(c.input(i), c.state<State>().summarize);
  }
  return InvalidArgument(text);
}

constexpr OpDef kDefs[] = {
    {.name = "Assert",
     .inputs = "condition:bool, data:list(T)",
     .outputs = "",
     .attrs = "T:list(type) >=1; summarize:int=3",
     .infer = Infer,
     .prepare = Prepare,
     .run = Run,
     .flags = kStateful},
};

}  // namespace

RIVULET_OP_LIST(Assert, kDefs);

}  // namespace rivulet
